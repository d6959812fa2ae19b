"""Which addresses an event has, as far as that can be told without reading all of it."""

import json
from typing import Any

import msgspec


class _Context(msgspec.Struct):
    ip_address: Any = None


class _Data(msgspec.Struct):
    ip: Any = None
    client_ip: Any = None


class _Element(_Data):
    data: _Data | None = None


class _Envelope(_Element):
    """Only where an address may stand; msgspec skips the rest without building it."""

    detail: _Element | None = None
    context: _Context | None = None


_DECODER = msgspec.json.Decoder(_Envelope)


def addresses(raw: bytes) -> list[str]:
    """What stands where a log event and what an Action sends have their addresses, each once; it need not be one.

    Streamed events have them in `data`, EventBridge's in `detail` and `data`, polled ones at the top, Actions' in
    `context`.
    """
    found: list[str] = []
    for candidate in _candidates(raw):
        if isinstance(candidate, str) and (address := candidate.strip()) and address not in found:
            found.append(address)
    return found


def _candidates(raw: bytes) -> tuple[Any, ...]:
    try:
        event = _DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return _lenient_candidates(raw)
    element = event.detail or event
    data = element.data or element
    return data.ip, data.client_ip, event.context and event.context.ip_address


def _lenient_candidates(raw: bytes) -> tuple[Any, ...]:
    """For what msgspec refuses: NaN, lone surrogates, a string where `data` should be an object."""
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError):
        return ()
    element = _member(event, "detail") or event
    data = _member(element, "data") or element
    return _get(data, "ip"), _get(data, "client_ip"), _get(_member(event, "context"), "ip_address")


def _member(value: Any, key: str) -> Any:
    found = _get(value, key)
    return found if isinstance(found, dict) else None


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
