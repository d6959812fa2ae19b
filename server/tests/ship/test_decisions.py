"""The shipper's small decisions: how far, how much, when, and in which order."""

import json

import pytest

from auth0_elastic.backoff import Backoff
from auth0_elastic.ship.batch_size import FIRST, SMALLEST, BatchSize
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.gate import Gate
from auth0_elastic.ship.progress import Progress
from auth0_elastic.ship.retries import Outstanding, Retries
from auth0_elastic.spool.backlog import SpooledEvent


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_position_waits_for_the_oldest_batch_under_way() -> None:
    progress = Progress()
    progress.began(1, [("f", 1, 10)])
    progress.began(2, [("f", 11, 20)])
    progress.began(3, [("f", 21, 30)])
    assert progress.ended(2) == {"f": 0}
    assert progress.ended(1) == {"f": 20}
    assert progress.ended(3) == {"f": 30}


def test_positions_of_different_files_are_independent() -> None:
    progress = Progress()
    progress.began(1, [("f", 1, 10), ("g", 5, 6)])
    progress.began(2, [("g", 7, 9)])
    assert progress.ended(1) == {"f": 10, "g": 6}
    assert progress.ended(2) == {"g": 9}


def test_the_delay_doubles_up_to_the_longest_and_jitter_takes_at_most_half() -> None:
    assert [Backoff(1, 8, lambda: 0).delay(attempt) for attempt in (1, 2, 3, 4, 5, 1000)] == [1, 2, 4, 8, 8, 8]
    assert Backoff(1, 8, lambda: 1).delay(4) == 4


def test_a_gate_starts_closed_but_due() -> None:
    gate = Gate(Backoff(1, 8, lambda: 0), Clock())
    assert (gate.is_open(), gate.is_due()) == (False, True)


def test_a_closed_gate_is_due_after_its_delay_which_grows_until_it_opens() -> None:
    clock = Clock()
    gate = Gate(Backoff(1, 8, lambda: 0), clock)
    assert gate.close("away")
    assert not gate.is_due()
    clock.now += 1
    assert gate.is_due()
    assert not gate.close("away")  # no news
    clock.now += 1
    assert not gate.is_due()
    assert gate.open()
    assert not gate.open()
    gate.close("away")
    clock.now += 1
    assert gate.is_due()


def test_batches_double_while_answers_are_quick_and_halve_when_they_are_slow() -> None:
    size = BatchSize(10 * FIRST)
    size.answered(seconds=0.1)
    assert size.bytes == FIRST * 2
    size.answered(seconds=2)
    assert size.bytes == FIRST * 2
    size.answered(seconds=20)
    assert size.bytes == FIRST


def test_batches_stay_within_their_limits() -> None:
    size = BatchSize(2 * FIRST)
    for _ in range(20):
        size.answered(seconds=0.1)
    assert size.bytes == 2 * FIRST
    for _ in range(20):
        size.was_too_much()
    assert size.bytes == SMALLEST


def test_retries_come_in_the_order_they_are_due_and_not_before() -> None:
    retries = Retries()
    late, soon = Outstanding("f", 2, 1), Outstanding("f", 1, 1)
    retries.add(20, late)
    retries.add(10, soon)
    assert [retries.take_due(now) for now in (15, 15, 25, 25)] == [soon, None, late, None]


def test_the_first_retry_can_be_taken_before_it_is_due() -> None:
    retries = Retries()
    retries.add(20, Outstanding("f", 2, 1))
    assert [retries.take_first(), retries.take_first()] == [Outstanding("f", 2, 1), None]


@pytest.mark.parametrize("preserve", [True, False])
def test_a_document_carries_the_received_text_and_what_the_receiver_knows(preserve: bool) -> None:
    writer = DocumentWriter("prod", "auth0.logs", ["forwarded"], preserve_original_event=preserve)
    raw = '{"a": "\\u0000 é \\" \u2028"}'.encode()
    action, document, end = writer.bulk_body([('id"1', SpooledEvent("f", 1, 1636000000007, raw))]).split(b"\n")
    assert json.loads(action) == {"create": {"_id": 'id"1'}}
    assert end == b""
    assert json.loads(document) == {
        "@timestamp": "2021-11-04T04:26:40.007Z",
        "event": {"created": "2021-11-04T04:26:40.007Z"},
        "message": raw.decode(),
        "data_stream": {"type": "logs", "dataset": "auth0.logs", "namespace": "prod"},
        "input": {"type": "http_endpoint"},
        "tags": ["preserve_original_event", "forwarded"] if preserve else ["forwarded"],
    }


def test_a_document_says_by_which_way_its_event_came() -> None:
    writer = DocumentWriter("prod", "auth0.logs", [], preserve_original_event=False)
    events = [SpooledEvent("f", 1, 1, b"{}", who) for who in ("poll", "listener", "reconcile", "collect")]
    documents = writer.bulk_body([("id", event) for event in events]).splitlines()[1::2]
    ways = [json.loads(document)["input"]["type"] for document in documents]
    assert ways == ["management_api", "http_endpoint", "management_api", "http_endpoint"]
