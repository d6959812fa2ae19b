"""Dead letters that are delivered again, to a real engine."""

import json
from typing import Any

from auth0_elastic.spool.operate import DeadLetters

REFUSED = {"type": "mapper_parsing_exception", "reason": "failed to parse field [x]"}


def refuse(faults: Any, status: int = 400, error: dict[str, str] = REFUSED) -> None:
    """The next bulk request, of one event."""
    faults.answer(200, {"items": [{"create": {"status": status, "error": error}}]})


def event(number: int) -> bytes:
    return json.dumps({"log_id": f"9002026112{number}", "data": {"type": "s", "user_id": "auth0|1"}}).encode()


def replay_all(delivery: Any) -> int:
    with DeadLetters(delivery.settings.spool.path) as letters:
        return letters.replay([each.id for each in letters.all() if each.id is not None])


def test_one_is_indexed_and_gone_while_a_shipper_runs(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(1))
    refuse(faults)
    shipper = delivery.deliver()
    assert (delivery.ids(), len(delivery.dead_letters())) == ([], 1)
    assert replay_all(delivery) == 1
    delivery.step_until(shipper, lambda: delivery.counters().get("indexed") == 1)
    assert (delivery.ids(), delivery.dead_letters()) == (["90020261121"], [])
    assert delivery.counters() == {"dead": 1, "indexed": 1, "replayed": 1}


def test_one_that_is_refused_again_stays_with_its_new_reason(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(1))
    refuse(faults)
    shipper = delivery.deliver()
    replay_all(delivery)
    refuse(faults, error={"type": "script_exception", "reason": "still"})
    delivery.step_until(shipper, lambda: delivery.counters()["dead"] == 2)
    (letter,) = delivery.dead_letters()
    assert (letter.raw, letter.reason) == (event(1), "script_exception: still")


def test_one_whose_answer_is_lost_is_indexed_once(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(1))
    refuse(faults)
    shipper = delivery.deliver()
    replay_all(delivery)
    faults.lose_the_answer()
    delivery.step_until(shipper, lambda: not delivery.dead_letters())
    assert delivery.ids() == ["90020261121"]
    assert delivery.counters() == {"dead": 1, "retried": 1, "duplicate": 1, "replayed": 1}


def test_what_is_asked_for_without_a_shipper_is_done_by_the_next(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep(event(1))
    refuse(faults)
    delivery.deliver()
    delivery.shippers[-1][2].close()
    replay_all(delivery)
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: not delivery.dead_letters())
    assert delivery.ids() == ["90020261121"]
