"""From the spool into a real engine: each event exactly once, whatever happens on the way."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from auth0_elastic.spool.spool_file import Rejected


def event(number: int, *, ago: timedelta = timedelta(0), **data: Any) -> bytes:
    """A streamed event whose log_id embeds its time, as Auth0's do."""
    moment = datetime.now(UTC) - ago
    log_id = f"900{moment:%Y%m%d%H%M%S}{number:039d}"
    body = {"type": "s", "date": f"{moment:%Y-%m-%dT%H:%M:%S.000Z}", "log_id": log_id, **data}
    return json.dumps({"log_id": log_id, "data": body}).encode()


def log_id(raw: bytes) -> str:
    return str(json.loads(raw)["log_id"])


def events(count: int, **kind: Any) -> list[bytes]:
    return [event(number, **kind) for number in range(count)]


def test_events_are_indexed_once_under_their_log_id_and_leave_the_spool(delivery: Any) -> None:
    sent = events(300)
    delivery.keep(*sent)
    delivery.deliver()
    assert delivery.ids() == sorted(map(log_id, sent))
    assert delivery.counters() == {"indexed": 300}
    delivery.writer.prune()
    assert delivery.writer.totals.live_bytes == 0


def test_a_redelivery_is_stored_once_and_counted(delivery: Any) -> None:
    sent = events(5)
    delivery.keep(*sent, sent[0])
    delivery.deliver()
    delivery.keep(*sent)
    delivery.deliver()
    assert delivery.ids() == sorted(map(log_id, sent))
    assert delivery.counters() == {"indexed": 5, "duplicate": 6}


def test_a_redelivery_across_a_rollover_is_stored_once(delivery: Any) -> None:
    sent = events(5)
    delivery.keep(*sent)
    delivery.deliver()
    delivery.rollover()
    fresh = event(99)
    delivery.keep(*sent, fresh)
    delivery.deliver()
    assert delivery.ids() == sorted(map(log_id, [*sent, fresh]))
    assert delivery.counters() == {"indexed": 6, "duplicate": 5}


def test_an_event_without_a_log_id_is_stored_once_across_rollovers(delivery: Any) -> None:
    for _ in range(3):
        delivery.keep(b'{"data":{"type":"s","date":"2026-01-01T00:00:00Z"}}')
        delivery.deliver()
        delivery.rollover()
    assert len(delivery.ids()) == 1
    assert delivery.counters() == {"indexed": 1, "duplicate": 2}


def test_the_same_event_streamed_and_polled_is_stored_once(delivery: Any) -> None:
    streamed = event(1)
    data = json.loads(streamed)["data"]
    polled = json.dumps({**data, "_id": data["log_id"], "isMobile": False}).encode()
    delivery.keep(streamed)
    delivery.deliver()
    delivery.rollover()
    delivery.keep(polled)
    delivery.deliver()
    assert delivery.ids() == [log_id(streamed)]


def test_an_unanswered_bulk_is_sent_again_and_stored_once(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    sent = events(50)
    delivery.keep(*sent)
    faults.lose_the_answer()
    faults.lose_the_answer()
    delivery.deliver()
    assert delivery.ids() == sorted(map(log_id, sent))
    assert faults.bulks >= 3
    counters = delivery.counters()
    assert counters["indexed"] + counters["duplicate"] == 50


def test_an_unanswered_bulk_before_a_rollover_is_stored_once(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    sent = events(3)
    delivery.keep(*sent)
    faults.lose_the_answer()
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: faults.bulks >= 1 and not faults.next and not shipper._in_flight)
    delivery.rollover()
    delivery.deliver()
    assert delivery.ids() == sorted(map(log_id, sent))


def test_an_item_that_is_rejected_for_now_is_tried_again_while_the_others_go(
    proxy: str, faults: Any, make_delivery: Any
) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(0))
    delivery.deliver()  # past the single event that is tried first
    sent = events(10)[1:]
    delivery.keep(*sent)

    def reject_one(answer: dict[str, Any]) -> None:
        answer["items"][4]["create"] = {"status": 429, "error": {"type": "rejected_execution_exception", "reason": "q"}}

    faults.change_answer(reject_one)
    delivery.deliver()
    assert len(delivery.ids()) == 10
    assert delivery.counters()["retried"] == 1


def test_an_outstanding_event_survives_a_restart(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(1))
    faults.answer(200, {"items": [{"create": {"status": 503, "error": {"type": "unavailable", "reason": "r"}}}]})
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: delivery.counters().get("retried") == 1)
    delivery.shippers[-1][2].close()
    delivery.writer.prune()
    delivery.deliver(delivery.start())
    assert len(delivery.ids()) == 1


def test_a_document_the_engine_refuses_becomes_a_dead_letter_with_its_reason(
    proxy: str, faults: Any, make_delivery: Any
) -> None:
    delivery = make_delivery(proxy)
    bad, good = event(1), event(2)
    delivery.keep(bad)
    error = {"type": "mapper_parsing_exception", "reason": "failed to parse field [x]"}
    faults.answer(200, {"items": [{"create": {"status": 400, "error": error}}]})
    delivery.deliver()
    delivery.keep(good)
    delivery.deliver()
    (letter,) = delivery.dead_letters()
    assert (letter.status, letter.reason, letter.raw) == (
        400,
        "mapper_parsing_exception: failed to parse field [x]",
        bad,
    )
    assert delivery.ids() == [log_id(good)]
    assert delivery.counters() == {"dead": 1, "indexed": 1}


def test_what_the_listener_could_not_parse_becomes_a_dead_letter(delivery: Any) -> None:
    delivery.writer.append(1, [event(1)], [Rejected(b"{bad", "not JSON")])
    delivery.deliver()
    assert [(letter.status, letter.reason, letter.raw) for letter in delivery.dead_letters()] == [
        (None, "not JSON", b"{bad")
    ]
    assert delivery.counters() == {"dead": 1, "indexed": 1}


def test_a_request_that_is_too_large_is_split(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(0))
    delivery.deliver()
    delivery.keep(*events(9)[1:])
    faults.answer(413, {"error": "too large"})
    faults.answer(413, {"error": "too large"})
    delivery.deliver()
    assert len(delivery.ids()) == 9
    assert delivery.dead_letters() == []


def test_a_small_event_that_a_proxy_finds_too_large_is_kept(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(1))
    faults.answer(413, {"error": "too large"})
    delivery.deliver()
    assert delivery.dead_letters() == []
    assert len(delivery.ids()) == 1


def test_an_event_that_is_too_large_by_itself_becomes_a_dead_letter(
    proxy: str, faults: Any, make_delivery: Any
) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(1, details={"x": "y" * 1_100_000}))
    faults.answer(413, {"error": "too large"})
    delivery.deliver()
    assert [letter.status for letter in delivery.dead_letters()] == [413]


def test_rollovers_under_load_make_no_duplicates(delivery: Any) -> None:
    sent = [event(1000)]
    delivery.keep(*sent)
    shipper = delivery.deliver()
    for round_ in range(4):
        some = [event(number) for number in range(round_ * 100, round_ * 100 + 100)]
        sent += some
        delivery.keep(*some, *sent[:50])
        shipper.step()
        delivery.rollover()
        shipper.step()
    delivery.deliver(shipper)
    assert delivery.ids() == sorted(map(log_id, sent))


def test_a_rollover_between_look_up_and_bulk_stores_nothing_twice(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    sent = events(6)
    delivery.keep(*sent[:5])
    delivery.deliver()
    delivery.keep(*sent)
    faults.before(delivery.rollover)
    delivery.deliver()
    assert delivery.ids() == sorted(map(log_id, sent))
    assert delivery.counters() == {"indexed": 6, "duplicate": 5}


def test_a_closed_older_index_stops_nothing(delivery: Any) -> None:
    delivery.keep(event(1))
    delivery.deliver()
    (old,) = {hit["_index"] for hit in delivery.documents()}
    delivery.rollover()
    delivery.engine.call("POST", f"/{old}/_close")
    delivery.keep(*[event(number) for number in range(10, 15)])
    delivery.deliver(delivery.start())
    assert delivery.counters()["indexed"] == 6
