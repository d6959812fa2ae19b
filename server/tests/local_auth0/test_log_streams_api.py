"""Create, read, update and delete log streams, with Auth0's refusals."""

from typing import Any

import pytest

from auth0_elastic.local_auth0 import Tenant
from auth0_elastic.local_auth0.stream_schema import FILTERS

STREAMS = "/api/v2/log-streams"
SINK = {
    "httpEndpoint": "https://siem.example.com/auth0/logs",
    "httpAuthorization": "tok-0123456789",
    "httpContentFormat": "JSONLINES",
    "httpContentType": "application/json",
    "httpCustomHeaders": [{"header": "X-Tenant", "value": "acme"}],
}
PAYLOAD = {
    "type": "http",
    "name": "to the SIEM",
    "filters": [{"type": "category", "name": "other"}],
    "isPriority": False,
    "pii_config": {"log_fields": ["email"], "method": "hash", "algorithm": "xxhash"},
    "startFrom": "2026-03-01T00:00:00.000Z",
    "sink": SINK,
}


@pytest.fixture
def created(api: Any) -> dict[str, Any]:
    answer = api.ask("POST", STREAMS, PAYLOAD)
    assert answer.status == 200
    return dict(answer.json)


def test_a_created_stream_is_active_and_shows_its_authorization(api: Any, created: dict[str, Any]) -> None:
    expected = {key: value for key, value in PAYLOAD.items() if key != "startFrom"}
    assert created == {**expected, "id": created["id"], "status": "active"}
    assert api.ask("GET", f"{STREAMS}/{created['id']}").json == created
    assert api.ask("GET", STREAMS).json == [created]


def test_a_stream_needs_only_type_and_endpoint(api: Any) -> None:
    answer = api.ask("POST", STREAMS, {"type": "http", "sink": {"httpEndpoint": SINK["httpEndpoint"]}})
    assert (answer.status, answer.json["filters"], answer.json["isPriority"]) == (200, [], False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "Additional properties not allowed: colour"),
        ({"status": "paused"}, "Additional properties not allowed: status"),
        ({"sink": {**SINK, "httpToken": "x"}}, "Additional properties not allowed: httpToken"),
        ({"sink": {**SINK, "httpEndpoint": "http://siem.example.com"}}, "^https://"),
        ({"sink": {**SINK, "httpContentFormat": "XML"}}, "sink.httpContentFormat"),
        ({"sink": {**SINK, "httpCustomHeaders": [{"header": "X", "value": "y", "on": 1}]}}, "not allowed: on"),
        ({"sink": {"httpAuthorization": "x"}}, "'httpEndpoint' is a required property"),
        ({"type": "carrier pigeon"}, "on property type"),
        ({"filters": [{"type": "category", "name": "auth.mfa"}]}, "filters.0.name"),
        ({"filters": ["other"]}, "filters.0"),
        ({"startFrom": "yesterday"}, "startFrom"),
        ({"pii_config": {"log_fields": ["email"], "method": "shred"}}, "pii_config.method"),
    ],
)
def test_a_wrong_payload_is_refused(api: Any, tenant: Tenant, change: dict[str, Any], said: str) -> None:
    tenant.behaviour.https_only = True
    refused = api.ask("POST", STREAMS, {**PAYLOAD, **change})
    assert (refused.status, refused.json["errorCode"], refused.json["error"]) == (400, "invalid_body", "Bad Request")
    assert said in refused.json["message"]
    assert not tenant.streams


@pytest.mark.parametrize("payload", [[], "text", {}, None])
def test_what_is_not_a_stream_is_refused(api: Any, payload: Any) -> None:
    assert api.ask("POST", STREAMS, payload).status == 400


def test_all_twenty_filters_are_known(api: Any) -> None:
    every = [{"type": "category", "name": name} for name in FILTERS]
    assert len(every) == 20
    assert api.ask("POST", STREAMS, {**PAYLOAD, "filters": every}).status == 200


@pytest.mark.parametrize(
    "change",
    [{"startFrom": "2026-03-01T00:00:00Z"}, {"type": "http"}, {"status": "suspended"}, {"status": "deleted"}, {}],
)
def test_a_patch_cannot_change_this(api: Any, created: dict[str, Any], change: dict[str, str]) -> None:
    refused = api.ask("PATCH", f"{STREAMS}/{created['id']}", change)
    assert (refused.status, refused.json["errorCode"]) == (400, "invalid_body")
    assert api.ask("GET", f"{STREAMS}/{created['id']}").json == created


def test_a_patch_replaces_what_it_names(api: Any, created: dict[str, Any]) -> None:
    change = {"name": "renamed", "status": "paused", "filters": [], "sink": {"httpEndpoint": "https://new.example.com"}}
    change["pii_config"] = {"log_fields": ["phone"], "method": "mask", "algorithm": "xxhash"}
    assert api.ask("PATCH", f"{STREAMS}/{created['id']}", change).json == {**created, **change}


@pytest.mark.parametrize("change", [{"name": "renamed"}, {"status": "paused"}])
def test_a_patch_without_pii_config_takes_it_away(api: Any, created: dict[str, Any], change: dict[str, Any]) -> None:
    patched = api.ask("PATCH", f"{STREAMS}/{created['id']}", change).json
    assert patched == {key: value for key, value in created.items() if key != "pii_config"} | change


def test_only_a_status_ends_a_suspension(api: Any, tenant: Tenant, created: dict[str, Any]) -> None:
    tenant.stream(created["id"]).status = "suspended"
    assert api.ask("PATCH", f"{STREAMS}/{created['id']}", {"name": "x", "sink": SINK}).json["status"] == "suspended"
    assert api.ask("PATCH", f"{STREAMS}/{created['id']}", {"status": "active"}).json["status"] == "active"


def test_a_deleted_stream_is_gone(api: Any, created: dict[str, Any]) -> None:
    path = f"{STREAMS}/{created['id']}"
    assert api.ask("DELETE", path).status == 204
    missing = api.ask("GET", path)
    assert (missing.status, missing.json["statusCode"]) == (404, 404)
    assert api.ask("PATCH", path, {"name": "x"}).status == 404
    assert api.ask("GET", STREAMS).json == []
