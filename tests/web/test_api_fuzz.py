"""The API fuzzed from its own description: it answers as it says, and never with a 500."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web.operators import ROOT, add_runs, add_token
from web.api.openapi import document

OPERATIONS = [
    ("/runs", "GET"),
    ("/runs/search", "POST"),
    ("/runs/{execution_uuid}", "GET"),
    ("/runs/{execution_uuid}/faults", "GET"),
    ("/runs/{execution_uuid}/faults.csv", "GET"),
    ("/runs/{execution_uuid}/log", "GET"),
    ("/trigger", "POST"),
]


@pytest.fixture
def token(world, monkeypatch):
    """Of an administrator; there are runs to be found, and what is triggered is written down, not started."""
    monkeypatch.setattr("web.runs.trigger._start", lambda *_: None)
    add_runs(world, 150)
    return {"Authorization": f"Bearer {add_token(world)}"}


def test_the_description_names_every_address(viewer, token):
    answer = viewer.client.get(f"{ROOT}/openapi.json", headers=token)
    paths = answer.json["paths"].items()
    described = {(path, method.upper()) for path, methods in paths for method in methods}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_it_answers_as_it_says(viewer, token, path, method, mode):
    schema = schemathesis.openapi.from_wsgi(f"{ROOT}/openapi.json", viewer.app, headers=token)

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def fuzz(case):
        # That a range has both ends, and no date lies in the future, is more than a schema can say.
        case.call_and_validate(headers=token, excluded_checks=[positive_data_acceptance])

    fuzz()


def test_the_document_has_no_word_that_openapi_does_not_know():
    """What pydantic calls `ge` is `minimum` there, and without it a client knows no bounds."""
    schemas = document("/api")["components"]["schemas"]
    (ids, _null) = schemas["Options"]["properties"]["user_ids"]["anyOf"]
    assert ids["items"] == {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    assert not {"ge", "gt", "le", "lt", "multiple_of"} & set(words(schemas))


def words(schema: object) -> Iterator[str]:
    """All keys of a document, whatever they stand in."""
    if isinstance(schema, dict):
        yield from schema
        for one in schema.values():
            yield from words(one)
    if isinstance(schema, list):
        for one in schema:
            yield from words(one)
