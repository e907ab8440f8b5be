# One image for batch and viewer, with what the archive needs.
FROM python:3.12-slim
RUN useradd --uid 1000 --create-home meterhouse
WORKDIR /app
COPY requirements.txt requirements-archive.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-archive.txt
COPY etl etl
COPY sql sql
COPY dbt dbt
COPY web web
# Named volumes take over whose these are.
RUN mkdir data logs state && chmod 700 state && chown meterhouse data logs state
USER meterhouse
CMD ["python", "-m", "etl.main"]
