"""What Auth0 says when it refuses: the Management API's JSON, and the token endpoint's."""

from http import HTTPStatus
from typing import Any


class Refusal(Exception):
    """An answer with `status` and the JSON `body`."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def refusal(status: int, message: str, code: str = "", **more: Any) -> Refusal:
    """In the shape of the Management API."""
    body = {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message}
    return Refusal(status, {**body, **({"errorCode": code} if code else {}), **more})


def invalid_body(problem: str) -> Refusal:
    return refusal(400, f"Payload validation error: '{problem}'.", "invalid_body")


def invalid_query(problem: str) -> Refusal:
    return refusal(400, f"Query validation error: '{problem}'.", "invalid_query_string")


def invalid_token(reason: str) -> Refusal:
    return refusal(401, reason, attributes={"error": reason})


def no_token(status: int, error: str, description: str) -> Refusal:
    """In the shape of the token endpoint."""
    return Refusal(status, {"error": error, "error_description": description})
