# Two commands do everything: `make run` shows it working, `make test` checks it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run web test check torture bench bench-quick bench-web bench-sales bench-archive batch archive servers stop clean help

help:            ## Show the commands.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(VENV)/.run  ## Set up everything, make a sample if there is nothing yet, run the batch.
	@$(BIN)/python -m etl.sample.demo

batch: $(VENV)/.run  ## Run the batch for yesterday, as cron does.
	@$(BIN)/python -m etl.main

archive: $(VENV)/.archive  ## Archive yesterday's points of the meters; installs what that needs.
	@$(BIN)/python -m etl.main --job archive

web: $(VENV)/.run  ## Start the viewer on http://127.0.0.1:8000 (WEB_PORT).
	@$(BIN)/gunicorn -c web/gunicorn_conf.py 'web.app:create_app()'

test: check servers  ## Format, lint, types, import contract, SQL lint and all tests.
	$(BIN)/python -m pytest -n 2

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ty check
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --processes 2 sql
	cd dbt && ../$(BIN)/sqlfluff lint models tests/*.sql

# Tests of pages, cache and archive need Chromium, Redis and InfluxDB. Without them, or rights to install them,
# they are skipped, loudly.
servers:
	@if ! { command -v chromium && command -v redis-server && command -v influxd; } >/dev/null; then \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	apt-get -qq -o Acquire::Retries=3 update >/dev/null && DEBIAN_FRONTEND=noninteractive \
	apt-get -qq -o Acquire::Retries=3 install -y --no-install-recommends \
	chromium fonts-noto-cjk redis-server influxdb >/dev/null 2>&1; fi; \
	command -v chromium >/dev/null || echo "no chromium: the tests of the pages will be skipped" >&2; \
	command -v influxd >/dev/null || echo "no influxd: the tests of the archive will be skipped" >&2; fi

bench: $(VENV)/.dev  ## Measure the batch against psql: ratios in one run; half an hour.
	$(BIN)/python -m bench.load

bench-quick: $(VENV)/.dev  ## The same with fewer files, in five minutes.
	$(BIN)/python -m bench.load --quick

bench-web: $(VENV)/.dev  ## Measure the viewer: ratios in one run.
	$(BIN)/python -m bench.web

bench-sales: $(VENV)/.dev  ## Measure daily sales: ratios in one run, in two minutes.
	$(BIN)/python -m bench.sales

bench-archive: $(VENV)/.dev  ## Measure the meter archive: ratios in one run, in five minutes.
	$(BIN)/python -m bench.archive

torture: $(VENV)/.dev  ## Fifty kills and more, at least eight in each phase of a run; 300 inboxes by both roads.
	$(BIN)/python -m pytest -m torture -n 2

stop:            ## Stop the embedded PostgreSQL.
	@$(BIN)/python -m etl.database.embedded stop

clean: ## Remove the virtual environment and caches; data/ and state/ stay.
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --require-hashes --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.archive: requirements-archive.txt requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --require-hashes --quiet --disable-pip-version-check -r requirements-archive.txt
	@touch $@ $(VENV)/.run

$(VENV)/.dev: requirements-dev.txt requirements-archive.txt requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --require-hashes --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.archive $(VENV)/.run
