"""The API described in OpenAPI, from the models that check its requests."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from etl.jobs import JOBS, SOURCES
from etl.runs.requests import Options, RunRequest
from web.api.models import Problem, RefusedRows, Run, Runs, Started
from web.runs.search import FaultPage, Search

REFERENCE = "#/components/schemas/{model}"
JSON, PROBLEM = "application/json", "application/problem+json"


def document(prefix: str) -> dict[str, Any]:
    """Describe the API."""
    models = (Search, FaultPage, RunRequest, Run, Runs, RefusedRows, Started, Problem)
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
    # The models know neither jobs nor their sources.
    schemas["$defs"][RunRequest.__name__]["properties"]["job_name"]["enum"] = list(JOBS)
    (keys, _null) = schemas["$defs"][Options.__name__]["properties"]["source_keys"]["anyOf"]
    keys["items"]["enum"] = list(SOURCES)
    run_uuid = {
        "name": "execution_uuid",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Meterhouse: history of runs", "version": "1"},
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "components": {
            **{"schemas": schemas["$defs"]},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "paths": {
            "/runs": {
                "get": _operation("List runs", {200: Runs}, (400, 404), parameters=_as_query(schemas, Search))
            },
            "/runs/search": {"post": _operation("List runs", {200: Runs}, (400, 404, 415), body=Search)},
            "/runs/{execution_uuid}": {
                "get": _operation("Show a run", {200: Run}, (400, 404), parameters=[run_uuid])
            },
            "/runs/{execution_uuid}/faults": {
                "get": _operation(
                    "List what a run refused",
                    {200: RefusedRows},
                    (400, 404),
                    parameters=[run_uuid, *_as_query(schemas, FaultPage)],
                )
            },
            "/runs/{execution_uuid}/faults.csv": {
                "get": _text("What a run refused, as CSV", "text/csv", run_uuid)
            },
            "/runs/{execution_uuid}/log": {"get": _text("The log lines of a run", "text/plain", run_uuid)},
            "/trigger": {
                "post": _operation(
                    "Start a run",
                    {202: Started},
                    (400, 409, 415, 422, 429),
                    body=RunRequest,
                    parameters=[key],
                )
            },
        },
    }


def _operation(
    summary: str,
    answers: dict[int, type[BaseModel]],
    problems: tuple[int, ...],
    body: type[BaseModel] | None = None,
    parameters: list[dict] | None = None,
) -> dict[str, Any]:
    refused = {status: _content(PROBLEM, Problem) for status in (*problems, 401, 403, 503)}
    answered = {status: _content(JSON, model) for status, model in answers.items()}
    operation = {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {
            str(status): {"description": summary, **content}
            for status, content in (answered | refused).items()
        },
    }
    return operation | ({"requestBody": {"required": True, **_content(JSON, body)}} if body else {})


def _content(mimetype: str, model: type[BaseModel]) -> dict[str, Any]:
    return {"content": {mimetype: {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}}}


def _text(summary: str, mimetype: str, parameter: dict[str, Any]) -> dict[str, Any]:
    operation = _operation(summary, {}, (400, 404), parameters=[parameter])
    content = {mimetype: {"schema": {"type": "string"}}}
    operation["responses"]["200"] = {"description": summary, "content": content}
    return operation


def _as_query(schemas: dict[str, Any], model: type[BaseModel]) -> list[dict[str, Any]]:
    """Give the fields of a model as parameters of an address, where nothing is null."""
    fields = schemas["$defs"][model.__name__]["properties"]
    return [{"name": name, "in": "query", "schema": _not_null(schema)} for name, schema in fields.items()]


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if not kinds:
        return schema
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
