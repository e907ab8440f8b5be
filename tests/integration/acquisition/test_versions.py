"""Versions against a plain model: whatever is fetched in any order, each change is stored once, exactly."""

import hashlib
import json
from contextlib import closing

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.database.connection import transaction
from etl.database.queries import Sql
from etl.inbox.rejects import Rejects
from etl.jobs.acquisition.store import store_raw_data, validate
from etl.sources.files import Document
from etl.sources.formats import Format
from tests.integration.acquisition.sources import add_source

SLICE = 1_000
# As jsonb writes them, so that text stands for value.
numbers = st.one_of(
    st.integers().map(str),
    st.builds("{}.{}".format, st.integers(1, 10**30), st.from_regex(r"[0-9]{1,30}", fullmatch=True)),
)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
values = st.one_of(numbers, texts.map(lambda text: json.dumps(text, ensure_ascii=False)), st.just("null"))
records = st.one_of(values, values.map('{{"a": {}}}'.format), values.map("[{}]".format))
bodies = st.builds(
    lambda some, times: some * times, st.lists(records, max_size=3), st.sampled_from([1, 1, 500])
)
fetches = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), max_size=8)


@pytest.fixture
def source(world):
    """The id of a source, and a connection that stores for it."""
    with closing(psycopg2.connect(world.connection.dsn)) as connection:
        connection.autocommit = True
        yield add_source(world), connection, world


def store(source_id, connection, run_id, name, body, joined):
    """One fetch of one document, as a run does it."""
    sql = Sql(connection)
    with transaction(connection):
        sql("acquisition/work_tables")
        sql("acquisition/clear_staged")
        rejects = Rejects()
        form = Format(format="ndjson" if joined == "\n" else "json")
        text = joined.join(body) if joined == "\n" else f"[{joined.join(body)}]"
        validate(sql, Document(name, text.encode()), form, rejects)
        assert rejects.faults == 0
        return store_raw_data(sql, source_id, run_id, name, {})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(bodies, min_size=3, max_size=3), fetches, st.sampled_from([",", "\n", " ,\n\t"]))
def test_each_change_is_a_version(source, contents, fetched, joined):
    source_id, connection, world = source
    world.do("TRUNCATE acquired_data")
    model: dict[str, list[tuple[int, list[str]]]] = {"a": [], "b": []}
    for run_id, (name, number) in enumerate(fetched):
        is_new = not model[name] or model[name][-1][1] != contents[number]
        assert store(source_id, connection, run_id, name, contents[number], joined) is is_new
        if is_new:
            model[name].append((run_id, contents[number]))
    expected = [
        (name, run_id, part, as_array(body[part * SLICE : (part + 1) * SLICE]))
        for name, kept in model.items()
        for run_id, body in kept
        for part in range(max(1, -(-len(body) // SLICE)))
    ]
    rows = "SELECT document, run_id, part, raw_data::text, data_hash FROM acquired_data ORDER BY 1, 2, 3"
    found = world.rows(rows)
    assert [row[:4] for row in found] == expected
    assert all(hashlib.sha256(text.encode()).hexdigest() == hashed for *_, text, hashed in found)


def as_array(some):
    return f"[{', '.join(some)}]"
