"""Which addresses an event is looked up by, and how they come into its document."""

import json
from typing import Any

import pytest

from auth0_elastic.reputation import Match
from auth0_elastic.ship.addresses import addresses
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.spool.backlog import SpooledEvent

SHAPES: dict[str, tuple[Any, list[str]]] = {
    "streamed": ({"log_id": "1", "data": {"ip": "192.0.2.7", "details": {"ip": "192.0.2.8"}}}, ["192.0.2.7"]),
    "polled": ({"_id": "1", "ip": "192.0.2.7", "type": "s"}, ["192.0.2.7"]),
    "EventBridge": ({"detail": {"log_id": "1", "data": {"ip": "192.0.2.7"}}}, ["192.0.2.7"]),
    "EventBridge without an envelope": ({"detail": {"log_id": "1", "ip": "192.0.2.7"}}, ["192.0.2.7"]),
    "of an Action": ({"event_id": "1", "context": {"ip_address": "192.0.2.7"}}, ["192.0.2.7"]),
    "through a server": ({"data": {"ip": "192.0.2.7", "client_ip": "2001:db8::1"}}, ["192.0.2.7", "2001:db8::1"]),
    "the same twice": ({"data": {"ip": "192.0.2.7", "client_ip": "192.0.2.7"}}, ["192.0.2.7"]),
    "with blanks": ({"data": {"ip": " 192.0.2.7\n"}}, ["192.0.2.7"]),
    "empty": ({"data": {"ip": "", "client_ip": None}}, []),
    "no text": ({"data": {"ip": 3221225991, "client_ip": ["192.0.2.7"]}}, []),
    "without one": ({"data": {"type": "sapi"}}, []),
    "with a text for an object": ({"data": "s", "detail": 1, "ip": "192.0.2.7", "context": "192.0.2.8"}, ["192.0.2.7"]),
    "no object": (["192.0.2.7"], []),
}


@pytest.mark.parametrize(("event", "found"), SHAPES.values(), ids=SHAPES)
def test_each_shape_of_an_event_has_its_addresses_where_the_pipeline_has_them(event: Any, found: list[str]) -> None:
    assert addresses(json.dumps(event).encode()) == found


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"data":{"ip":"192.0.2.7","x":NaN}}', ["192.0.2.7"]),
        (b'{"data":{"ip":"192.0.2.7","x":"\\ud800"}}', ["192.0.2.7"]),
        (b'{"data":{"ip":"\\ud800"}}', ["\ud800"]),
        (b'{"data":{"ip":"192.0.2.7"', []),
        (b"[" * 100_000, []),
        (b"", []),
    ],
)
def test_what_is_no_good_json_breaks_nothing(raw: bytes, found: list[str]) -> None:
    assert addresses(raw) == found


def document_of(raw: bytes) -> dict[str, Any]:
    known = {
        "192.0.2.7": (Match("tor", "exits", "192.0.2.7/32"), Match("hosting", "clouds", "192.0.2.0/24")),
        "2001:db8::1": (Match("allow", "office", "2001:db8::/32"),),
    }
    writer = DocumentWriter(
        "prod", "auth0.logs", [], preserve_original_event=False, lookup=lambda address: known.get(address, ())
    )
    document: dict[str, Any] = json.loads(writer.bulk_body([("1", SpooledEvent("f", 1, 1, raw))]).splitlines()[1])
    return document


def test_a_document_says_what_is_known_of_each_address() -> None:
    document = document_of(b'{"data":{"ip":"192.0.2.7","client_ip":"2001:db8::1"}}')
    assert document["auth0"] == {
        "reputation": [
            {"address": "192.0.2.7", "kind": "tor", "list": "exits", "network": "192.0.2.7/32"},
            {"address": "192.0.2.7", "kind": "hosting", "list": "clouds", "network": "192.0.2.0/24"},
            {"address": "2001:db8::1", "kind": "allow", "list": "office", "network": "2001:db8::/32"},
        ]
    }
    assert document["data_stream"]["namespace"] == "prod"


def test_a_document_says_nothing_of_an_address_on_no_list() -> None:
    assert "auth0" not in document_of(b'{"data":{"ip":"198.51.100.7"}}')
