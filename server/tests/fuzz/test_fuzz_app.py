"""The app and the parser against what hypothesis thinks of: every body ends as events, dead letters or a refusal."""

import gzip
import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from auth0_elastic.config.load import load
from auth0_elastic.errors import RequestRefused
from auth0_elastic.receive.app import Keepers, create_app
from auth0_elastic.receive.parse import Parsed, parse
from auth0_elastic.receive.source_address import Sources
from auth0_elastic.secret import Secret

TOKEN = "tok-0123456789-0123456789"
MARK = "hunter2-of-a-body"
REFUSALS = {400, 401, 403, 404, 405, 413, 429}
FEW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(MARK),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=8), values, max_size=4).map(lambda value: json.dumps(value).encode())
whole = st.lists(objects, max_size=5)
bodies = st.one_of(
    whole.map(b"\n".join),
    whole.map(lambda events: b"[" + b",".join(events) + b"]"),
    st.binary(max_size=200),
    st.text(alphabet='{}[],:"\\ \n0aé\u2028\x00', max_size=60).map(str.encode),
    st.builds(lambda events, cut: b"\n".join(events)[: cut or None], whole, st.integers(-20, 0)),
    st.builds(lambda events, piece: b"\n".join([*events, piece, *events]), whole, st.binary(max_size=30)),
    st.builds(lambda events, cut: gzip.compress(b"\n".join(events))[: cut or None], whole, st.integers(-12, 0)),
)
header_texts = st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
paths = st.text(alphabet=st.characters(exclude_characters="?", exclude_categories=["Cs"]), max_size=30)


class MemoryKeeper:
    def __init__(self) -> None:
        self.kept: list[Parsed] = []

    def keep(self, parsed: Parsed) -> None:
        self.kept.append(parsed)


@pytest.fixture(scope="module")
def keeper() -> MemoryKeeper:
    return MemoryKeeper()


@pytest.fixture(scope="module")
def client(keeper: MemoryKeeper) -> FlaskClient:
    changes = {"authorization_token": (Secret(TOKEN),), "trusted_proxies": ("127.0.0.1",), "max_body_size": 50_000}
    listener = replace(load(Path("/dev/null"), {}).listener, **changes)  # type: ignore[arg-type]
    client = create_app(listener, Keepers(keeper, keeper), lambda seconds: nullcontext()).test_client()
    client.environ_base["wsgi.input_terminated"] = True  # as gunicorn says, so that the hot route is taken
    return client


@pytest.fixture(autouse=True)
def _silent_about_bodies(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert MARK not in caplog.text
    assert TOKEN not in caplog.text


@FEW
@given(body=bodies, path=st.sampled_from(["/auth0/logs", "/collect"]))
@example(body=b'{"a":"' + MARK.encode(), path="/auth0/logs")
@example(body=b'{"event_type":"x","secrets":"' + MARK.encode() + b'"}', path="/collect")
def test_every_body_is_kept_whole_or_refused(client: FlaskClient, keeper: MemoryKeeper, body: bytes, path: str) -> None:
    keeper.kept.clear()
    response = client.post(path, data=body, headers={"Authorization": TOKEN})
    if response.status_code == 200:
        (parsed,) = keeper.kept
        assert response.get_json() == {"accepted": len(parsed.events), "rejected": len(parsed.rejected)}
    else:
        assert response.status_code in REFUSALS
        assert response.get_json()["error"]
        assert keeper.kept == []


@FEW
@given(body=bodies)
def test_events_and_dead_letters_are_slices_of_the_body_in_its_order(body: bytes) -> None:
    try:
        parsed = parse(body)
    except RequestRefused:
        return
    for pieces in (parsed.events, [each.raw for each in parsed.rejected]):
        position = 0
        for piece in pieces:
            position = body.index(piece, position) + len(piece)
    assert all(event[:1] == b"{" and event[-1:] == b"}" for event in parsed.events)


@FEW
@given(events=whole, broken=st.integers(0, 5))
def test_what_is_whole_is_kept_whatever_stands_beside_it(events: list[bytes], broken: int) -> None:
    lines = [*events[:broken], b'{"broken": ', *events[broken:]]
    if events:
        parsed = parse(b"\n".join(lines))
        assert parsed.events == events
        assert [each.raw for each in parsed.rejected] == [b'{"broken":']


@FEW
@given(token=header_texts, forwarded=header_texts, path=paths, query=st.text(max_size=30))
def test_no_header_path_or_query_is_answered_with_an_error_of_ours(
    client: FlaskClient, token: str, forwarded: str, path: str, query: str
) -> None:
    headers = {"Authorization": token, "X-Forwarded-For": forwarded, "x-api-key": token}
    for where in ("/auth0/logs", f"/{path}"):
        answer = client.post(where, data=b"{}", headers=headers, query_string=query)
        assert answer.status_code in REFUSALS


@FEW
@given(claim=header_texts, sender=st.ip_addresses())
def test_nothing_before_the_last_hop_changes_who_the_sender_is(claim: str, sender: object) -> None:
    sources = Sources((), ("192.0.2.1",))
    without = sources.source_of("192.0.2.1", str(sender))
    assert str(sender) == "192.0.2.1" or sources.source_of("192.0.2.1", f"{claim},{sender}") == without
