"""The endpoint for Actions: what it takes, what it refuses, and where it keeps it."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from auth0_elastic.config.load import load
from auth0_elastic.errors import RequestRefused, SpoolFull
from auth0_elastic.receive.app import Keepers, create_app
from auth0_elastic.receive.collect import collect
from auth0_elastic.receive.parse import Parsed
from auth0_elastic.secret import Secret

TOKEN = "tok-0123456789"
EVENT = b'{"event_type": "auth.login_success", "event_id": "e-1", "new": {"kept": [1.50, "\\u00e9"]}}'


class Memory:
    """Keeps everything, or raises the error that it is told to."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.error: Exception | None = None

    def keep(self, parsed: Parsed) -> None:
        if self.error:
            raise self.error
        self.events += parsed.events


@pytest.fixture
def logs() -> Memory:
    return Memory()


@pytest.fixture
def actions() -> Memory:
    return Memory()


@pytest.fixture
def make_client(logs: Memory, actions: Memory) -> Callable[..., FlaskClient]:
    def make(**changes: Any) -> FlaskClient:
        defaults = load(Path("/dev/null"), {}).listener
        settings = replace(defaults, **{"authorization_token": (Secret(TOKEN),), **changes})
        keepers = Keepers(logs, actions if settings.collect_path else None)
        return create_app(settings, keepers, lambda seconds: nullcontext()).test_client()

    return make


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    return make_client()


def post(client: FlaskClient, body: bytes = EVENT, path: str = "/collect") -> TestResponse:
    return client.post(path, data=body, headers={"Authorization": f"Bearer {TOKEN}"})


def refusal(body: bytes | str | dict[str, Any]) -> RequestRefused:
    with pytest.raises(RequestRefused) as refused:
        collect(
            json.dumps(body).encode() if isinstance(body, dict) else body if isinstance(body, bytes) else body.encode()
        )
    assert refused.value.status == 400
    assert refused.value.remedy
    return refused.value


def test_an_event_is_kept_byte_for_byte_apart_from_the_logs(client: FlaskClient, logs: Memory, actions: Memory) -> None:
    response = post(client)
    assert (response.status_code, response.get_json()) == (200, {"accepted": 1, "rejected": 0})
    assert (logs.events, actions.events) == ([], [EVENT])


def test_the_logs_stay_apart_from_the_events_of_actions(client: FlaskClient, logs: Memory, actions: Memory) -> None:
    assert post(client, b'{"log_id":"900"}', "/auth0/logs").status_code == 200
    assert (logs.events, actions.events) == ([b'{"log_id":"900"}'], [])


def test_the_token_is_the_same_as_for_the_logs(client: FlaskClient, actions: Memory) -> None:
    response = client.post("/collect", data=EVENT, headers={"Authorization": "Bearer wrong"})
    assert (response.status_code, response.get_json()["remedy"]) == (
        401,
        "check the Action's secret AUTH0_ELASTIC_TOKEN",
    )
    assert actions.events == []


@pytest.mark.parametrize("path", ["/collect", "/in/actions"])
def test_the_path_is_the_one_that_is_set(make_client: Callable[..., FlaskClient], path: str) -> None:
    client = make_client(collect_path=path)
    assert post(client, path=path).status_code == 200
    assert client.get(path).headers["Allow"] == "POST"


def test_without_a_path_there_is_no_endpoint(make_client: Callable[..., FlaskClient]) -> None:
    assert post(make_client(collect_path=None)).status_code == 404


def test_a_refused_event_is_answered_with_what_is_wrong_in_it(client: FlaskClient, actions: Memory) -> None:
    response = post(client, EVENT + b'\n{"actor": {}}')
    assert (response.status_code, response.get_json()["error"]) == (400, "event 2: event_type is missing")
    assert actions.events == []


def test_a_full_spool_says_so(client: FlaskClient, actions: Memory) -> None:
    actions.error = SpoolFull("full")
    assert post(client).status_code == 503


@pytest.mark.parametrize(
    "body",
    [b"[" + EVENT + b"," + EVENT + b"]", EVENT + b"\n" + EVENT + b"\n"],
    ids=["an array", "lines"],
)
def test_several_events_may_come_together(body: bytes) -> None:
    assert collect(body) == Parsed([EVENT, EVENT], [])


@pytest.mark.parametrize(
    "more",
    ['"actor": "jane"', '"context": [1]', '"metadata": null', '"event_time": 7', '"a.b": {"": 1}', '"x": NaN'],
)
def test_what_an_action_cannot_send_again_is_taken_as_it_is(more: str) -> None:
    raw = f'{{"event_type": "any.thing", "event_id": "1", {more}}}'.encode()
    assert collect(raw).events == [raw]


@pytest.mark.parametrize("body", [b"", b" \n", b"[]", b"42", b"oops", b"[1]", b'"text"', b"{", EVENT + b"\noops"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert "event_type" in refusal(body).remedy


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ({}, "missing"),
        ({"event_type": None}, "missing"),
        ({"event_type": ""}, "missing"),
        ({"event_type": " "}, "no text"),
        ({"event_type": ["auth.login_success"]}, "no text"),
    ],
)
def test_an_event_without_its_type_is_refused(kind: dict[str, Any], reason: str) -> None:
    assert str(refusal({**kind, "actor": {}})) == f"event 1: event_type is {reason}"


@pytest.mark.parametrize("name", ["secrets", "configuration"])
@pytest.mark.parametrize("holder", [None, "metadata", "event"])
def test_the_secrets_of_an_action_are_refused(name: str, holder: str | None) -> None:
    secret = {name: {"API_KEY": "hunter2"}}
    refused = refusal({"event_type": "x", **({holder: secret} if holder else secret)})
    assert str(refused) == f"event 1: it holds {name}, which must not be sent"


@pytest.mark.parametrize("inner", ['"a": 1, "a": 2', '"x": {"a": 1, "a": 2}', '"x": [[{"a": 1, "a": 2}]]'])
def test_of_a_name_that_is_given_twice_the_last_value_counts(inner: str) -> None:
    raw = f'{{"event_type": "x", "event_id": "1", {inner}}}'
    (event,) = collect(raw.encode()).events
    assert json.loads(event) == json.loads(raw)
    assert event.count(b'"a"') == 1


@pytest.mark.parametrize(
    "value",
    [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"1" + b"0" * 5_000],
    ids=["an abyss of arrays", "an abyss of objects", "a number of 5,001 digits"],
)
def test_what_no_parser_takes_is_refused(value: bytes) -> None:
    refused = refusal(b'{"event_type": "x", "event_id": "1", "a": ' + value + b"}")
    assert str(refused) == "event 1: it is nested too deeply, or has too long a number"


@pytest.mark.parametrize(
    "given",
    ["{}", '{"event_id": ""}', '{"event_id": 7}', '{"event_id": null}', '{"event_id": "\\ud800"}',
     f'{{"event_id": "{"x" * 513}"}}'],
    ids=["no id", "an empty one", "a number", "null", "half a character", "a long one"],
)  # fmt: skip
def test_two_events_without_a_usable_id_get_different_ones(given: str) -> None:
    raw = given.replace("{", '{"event_type": "auth.login_success", "actor": {"name": "Zo\\u00eb"},', 1)
    raw = raw.replace(",}", "}")
    first, second = (json.loads(collect(raw.encode()).events[0]) for _ in range(2))
    assert first["event_id"] != second["event_id"]
    assert {**first, "event_id": 1} == {**json.loads(raw), "event_id": 1}
