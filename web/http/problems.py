"""What is wrong with a request, for a machine: problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from etl.errors import MeterhouseError

PREFIX = "/api/"


class BadParameter(MeterhouseError):
    """A parameter of the address is wrong."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value}: {expected}")
        self.name, self.value, self.expected = name, value, expected


def is_wanted() -> bool:
    """Whether the request is of a machine: errors are JSON then and no page."""
    return request.path.startswith(PREFIX)


def problem(status: int, detail: str, **more: Any) -> Response:
    """Make an answer of problem details.

    Parameters
    ----------
    status : int
        Of the answer.
    detail : str
        What was found, and what to do.
    **more : Any
        Further members; those that are None are left out.
    """
    members = {name: value for name, value in more.items() if value is not None}
    title = HTTPStatus(status).phrase
    answer = jsonify(type="about:blank", title=title, status=status, detail=detail, **members)
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    answer.headers["Cache-Control"] = "no-store"
    return answer
