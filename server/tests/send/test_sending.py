"""Posting to a real small listener: all formats, patience with what passes, an end to what does not."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.secret import Secret
from auth0_elastic.send import Clock, ListenerRefused, ListenerUnavailable, Target, send

EVENTS: list[dict[str, Any]] = [{"log_id": str(n), "data": {"type": "s", "log_id": str(n)}} for n in range(25)]


class FakeClock(Clock):
    """Time that only pauses let pass."""

    def __init__(self) -> None:
        self.time = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float, stop: threading.Event) -> None:
        self.time += seconds
        self.pauses.append(seconds)


def arrived(listener: Any) -> set[str]:
    texts = [text for body in listener.bodies for text in body.splitlines()]
    values = [json.loads(text) for text in texts]
    flat = [event for value in values for event in (value if isinstance(value, list) else [value])]
    return {event["log_id"] for event in flat}


@pytest.mark.parametrize("content_format", ["JSONLINES", "JSONARRAY", "JSONOBJECT", "mixed"])
def test_every_event_arrives_in_every_format(listener: Any, content_format: str) -> None:
    settled: list[int] = []
    summary = send(EVENTS, Target(listener.url, content_format=content_format, batch_size=4), progress=settled.append)
    assert (summary.posted, summary.accepted, summary.rejected) == (25, 25, 0)
    assert summary.complete
    assert sum(settled) == 25
    assert len(arrived(listener)) == 25
    assert summary.requests == len(listener.bodies)


def test_mixed_takes_the_formats_in_turn(listener: Any) -> None:
    send(EVENTS, Target(listener.url, content_format="mixed", batch_size=4, connections=1))
    assert [body.count(b'"data"') for body in listener.bodies[:4]] == [4, 4, 1, 4]
    assert [body[:1] for body in listener.bodies[:3]] == [b"{", b"[", b"{"]


def test_connections_are_kept_alive(listener: Any) -> None:
    send(EVENTS, Target(listener.url, batch_size=1, connections=2))
    assert len(listener.bodies) == 25
    assert listener.connections <= 2


def test_the_token_goes_verbatim_into_the_authorization(listener: Any) -> None:
    send(EVENTS, Target(listener.url, token=Secret("Bearer abc")))
    assert listener.headers[0]["Authorization"] == "Bearer abc"


def test_without_a_token_there_is_no_authorization(listener: Any) -> None:
    send(EVENTS, Target(listener.url))
    assert "Authorization" not in listener.headers[0]


def test_a_busy_listener_is_asked_again_after_the_time_it_names(listener: Any) -> None:
    listener.script = [(503, b'{"error": "full"}', {"Retry-After": "7"})] * 2
    clock = FakeClock()
    summary = send(EVENTS, Target(listener.url), clock=clock)
    assert clock.pauses == [7.0, 7.0]
    assert (summary.posted, summary.accepted, summary.requests) == (25, 25, 3)
    assert len(set(listener.bodies)) == 1


def test_without_a_named_time_the_pauses_grow(listener: Any) -> None:
    listener.script = [503, 503, 503]
    clock = FakeClock()
    send(EVENTS, Target(listener.url), clock=clock)
    assert clock.pauses == pytest.approx([0.1, 0.2, 0.4])


def test_a_broken_connection_is_tried_again(listener: Any) -> None:
    listener.script = ["drop", "drop"]
    summary = send(EVENTS, Target(listener.url), clock=FakeClock())
    assert (summary.posted, summary.accepted, summary.requests) == (25, 25, 3)


def test_patience_ends(listener: Any) -> None:
    listener.script = [503] * 100
    clock = FakeClock()
    with pytest.raises(ListenerUnavailable, match=r"busy \(503\)") as caught:
        send(EVENTS, Target(listener.url, patience=30), clock=clock)
    assert caught.value.exit_code == 69
    assert sum(clock.pauses) <= 30


def test_a_listener_that_is_not_there_is_named(listener: Any) -> None:
    target = Target("http://localhost:1/auth0/logs", patience=1)
    with pytest.raises(ListenerUnavailable, match="is the listener running"):
        send(EVENTS, target, clock=FakeClock())


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "--token-file"), (404, "webhook_path"), (413, "--batch-size"), (405, "do it right"), (302, "do it right")],
)
def test_an_answer_that_waiting_does_not_mend_ends_it(listener: Any, status: int, remedy: str) -> None:
    listener.script = [status] * 25
    with pytest.raises(ListenerRefused, match=f"{status}; said the listener; .*{remedy}"):
        send(EVENTS, Target(listener.url, token=Secret("hidden"), batch_size=1), clock=FakeClock())
    assert len(listener.bodies) <= 4


def test_the_token_is_in_no_message(listener: Any) -> None:
    listener.script = [401]
    target = Target(listener.url, token=Secret("hidden"))
    with pytest.raises(ListenerRefused) as caught:
        send(EVENTS, target, clock=FakeClock())
    assert "hidden" not in f"{caught.value} {target}"


def test_what_the_listener_says_is_cleaned(listener: Any) -> None:
    listener.script = [(401, b'{"error": "\\u001b[31mred\\nline"}', {})]
    with pytest.raises(ListenerRefused) as caught:
        send(EVENTS, Target(listener.url), clock=FakeClock())
    assert str(caught.value).isprintable()


def test_dead_letters_are_counted_as_rejected(listener: Any) -> None:
    listener.script = [(200, b'{"accepted": 23, "rejected": 2}', {})]
    summary = send(EVENTS, Target(listener.url))
    assert (summary.posted, summary.accepted, summary.rejected) == (25, 23, 2)
    assert not summary.complete


def test_a_broken_body_is_rejected_and_the_next_one_goes_on(listener: Any) -> None:
    listener.script = [400]
    summary = send(EVENTS, Target(listener.url, batch_size=10, connections=1))
    assert (summary.accepted, summary.rejected) == (15, 10)


def test_another_server_is_not_taken_for_a_listener(listener: Any) -> None:
    listener.script = [(200, b"<html>hello</html>", {})]
    with pytest.raises(ListenerRefused, match="is --url right"):
        send(EVENTS, Target(listener.url))


def test_a_rate_is_kept(listener: Any) -> None:
    clock = FakeClock()
    summary = send(EVENTS, Target(listener.url, batch_size=5, rate=10, connections=1), clock=clock)
    assert clock.time == pytest.approx(2.5)  # the sixth look finds nothing left
    assert summary.events_per_second == pytest.approx(10)


def test_nothing_to_send_is_complete(listener: Any) -> None:
    summary = send([], Target(listener.url))
    assert (summary.posted, summary.requests, summary.complete) == (0, 0, True)


def test_an_error_of_the_source_ends_it(listener: Any) -> None:
    def broken() -> Any:
        yield EVENTS[0]
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        send(broken(), Target(listener.url, batch_size=1))


def test_https_needs_the_authority(secure_listener: Any, authority: Path) -> None:
    assert send(EVENTS, Target(secure_listener.url, ca=authority)).complete
    with pytest.raises(ListenerRefused, match=r"not trusted.*--ca"):
        send(EVENTS, Target(secure_listener.url), clock=FakeClock())
