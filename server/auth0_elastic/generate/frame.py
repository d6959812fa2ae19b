"""One event as Auth0 streams it: which keys, in which order, with which log_id."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from auth0_elastic.generate.tables import shapes

Event = dict[str, Any]

_SEQUENCE_START = 1223372036854775807
_HEAD = ("connection", "connection_id", "client_id", "client_name", "ip", "client_ip")


def clock(at: int) -> datetime:
    """UTC time of epoch milliseconds, exact."""
    seconds, milliseconds = divmod(at, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


def iso(at: int) -> str:
    return clock(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def log_id(at: int, shard: str, number: int) -> str:
    """56 digits: 900, the time to the millisecond, a shard, zeros and a number."""
    return f"900{clock(at):%Y%m%d%H%M%S}{at % 1000:03d}{shard}{0:014d}{_SEQUENCE_START + number}"


def _present(fields: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if fields.get(name) is not None}


def frame(
    code: str,
    at: int,
    identity: str,
    fields: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
    description: str | None = None,
) -> Event:
    """An event of type `code` at epoch milliseconds `at`; of `fields`, what this type carries, None being absent."""
    shape = shapes()[code]
    head = tuple(name for name in shape.fields if name in _HEAD)
    tail = tuple(name for name in shape.fields if name not in _HEAD)
    device = _present(fields, ("user_agent",))
    mobile = {"is_mobile": fields["is_mobile"]} if device else {}
    data = {
        "date": iso(at),
        "type": code,
        "description": shape.description if description is None else description,
        **_present(fields, head),
        **device,
        **({"details": details} if details is not None else {}),
        **_present(fields, tail),
        **mobile,
        "$event_schema": {"version": "1.0.0"},
        "environment_name": "prod-eu-1",
        "log_id": identity,
        "tenant_name": "example-tenant",
    }
    return {"log_id": identity, "data": data}
