"""What a log stream's payload may hold; Auth0 refuses every property it does not know."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from auth0_elastic.generate import FORMATS
from auth0_elastic.local_auth0.refusals import invalid_body

FILTERS = (
    *("auth.login.fail", "auth.login.notification", "auth.login.success", "auth.logout.fail", "auth.logout.success"),
    *("auth.signup.fail", "auth.signup.success", "auth.silent_auth.fail", "auth.silent_auth.success"),
    *("auth.token_exchange.fail", "auth.token_exchange.success", "management.fail", "management.success"),
    *("scim.event", "system.notification", "user.fail", "user.notification", "user.success", "actions", "other"),
)
_PERSONAL = ("first_name", "last_name", "username", "email", "phone", "address")


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        "minProperties": 1,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT = {"type": "string", "minLength": 1}
_SINK = _object(
    ("httpEndpoint",),
    httpEndpoint=_TEXT,
    httpAuthorization={"type": "string"},
    httpContentFormat={"enum": list(FORMATS)},
    httpContentType={"type": "string"},
    httpCustomHeaders=_list(_object(("header", "value"), header=_TEXT, value={"type": "string"})),
)
_EITHER = {
    "name": _TEXT,
    "sink": _SINK,
    "isPriority": {"type": "boolean"},
    "filters": _list(_object(("type", "name"), type={"const": "category"}, name={"enum": list(FILTERS)})),
    "pii_config": _object(
        ("log_fields",),
        log_fields=_list({"enum": list(_PERSONAL)}),
        method={"enum": ["mask", "hash"]},
        algorithm={"const": "xxhash"},
    ),
}
_CREATED = Draft202012Validator(_object(("type", "sink"), **_EITHER, type={"const": "http"}, startFrom=_TEXT))
_PATCHED = Draft202012Validator(_object((), **_EITHER, status={"enum": ["active", "paused"]}))


def check_created(payload: object, https_only: bool) -> None:
    """Raises Refusal when a stream cannot be created from `payload`."""
    _check(_CREATED, payload, https_only)


def check_patched(payload: object, https_only: bool) -> None:
    """Raises Refusal when a stream cannot be changed by `payload`."""
    _check(_PATCHED, payload, https_only)


def _check(validator: Draft202012Validator, payload: object, https_only: bool) -> None:
    for error in validator.iter_errors(payload):
        raise invalid_body(_problem(error))
    endpoint = payload.get("sink", {}).get("httpEndpoint", "https:") if isinstance(payload, Mapping) else ""
    if not endpoint.startswith("https:" if https_only else "http"):
        raise invalid_body("String does not match pattern ^https:// on property sink.httpEndpoint")


def _problem(error: ValidationError) -> str:
    """In Auth0's words where they are known."""
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        given: Any = error.instance
        unknown = [name for name in given if name not in error.schema["properties"]]
        return f"Additional properties not allowed: {', '.join(unknown)}"
    place = ".".join(str(step) for step in error.absolute_path)
    return f"{error.message} on property {place}" if place else error.message
