"""The engine answers and refuses: what passes is waited for, what is a document's own fault is a dead letter."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

Said = Callable[[], list[str]]


def refusing(status: int, reason: str = "r", kind: str = "t") -> Callable[[Any, Any], None]:
    body = json.dumps({"error": {"type": kind, "reason": reason}, "status": status}).encode()
    return lambda handler, forward: handler.reply(status, body)


def items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [item["create"] for item in answer["items"]]


def refused(status: int, kind: str, reason: str = "r") -> dict[str, Any]:
    return {"status": status, "error": {"type": kind, "reason": reason}}


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503, 504])
def test_whole_requests_that_are_refused_are_waited_for(
    proxy: str, faults: Any, make_delivery: Any, said: Said, status: int
) -> None:
    delivery = make_delivery(proxy)
    sent = delivery.keep_events(20)
    faults.lasting = refusing(status, "overloaded since 17 ms")
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: faults.times >= 5 and str(status) in delivery.state())
    faults.lasting = None
    delivery.deliver()
    assert delivery.ids() == sent
    assert delivery.dead_letters() == []
    assert len([line for line in said() if line.startswith("waiting")]) == 1


def test_a_storm_of_429_for_large_requests_floods_neither_the_log_nor_the_engine(
    proxy: str, faults: Any, make_delivery: Any, said: Said
) -> None:
    """The single event that is tried first goes through each time, the requests after it do not."""
    delivery, began = make_delivery(proxy), time.monotonic()
    delivery.keep_events(60)
    storm = refusing(429, "rejected execution of coordinating operation")

    def refuse_many(handler: Any, forward: Any) -> None:
        length = int(handler.headers["Content-Length"])
        storm(handler, forward) if length > 700 else handler.reply(*forward())

    faults.lasting = refuse_many
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: faults.times >= 20)
    sent = delivery.keep_events(60)
    faults.lasting = None
    delivery.deliver()
    assert delivery.ids() == sent
    minutes = (time.monotonic() - began) * 100 / 60  # of the shipper's clock
    assert len(said()) <= 4 + 2 * minutes, said()


def test_a_storm_of_429_for_items_keeps_all_of_them(proxy: str, faults: Any, make_delivery: Any, said: Said) -> None:
    delivery = make_delivery(proxy)
    delivery.keep_events(1)
    delivery.deliver()
    rounds = 0

    def reject_most(body: bytes, answer: dict[str, Any]) -> None:
        nonlocal rounds
        rounds += 1
        for position, item in enumerate(answer["items"]):
            if position % 3:
                item["create"] = refused(429, "rejected_execution_exception", f"queue of {rounds}")

    faults.always = reject_most
    sent = delivery.keep_events(150)
    delivery.step_until(delivery.shippers[-1][0], lambda: rounds >= 8)
    faults.always = None
    delivery.deliver()
    assert delivery.ids() == sent
    assert delivery.dead_letters() == []
    assert delivery.counters()["retried"] > 150
    assert len(said()) <= 3, said()


PASSING = [
    refused(429, "rejected_execution_exception"),
    refused(500, "illegal_state_exception"),
    refused(503, "unavailable_shards_exception"),
    refused(503, "no_shard_available_action_exception"),
    refused(403, "security_exception"),
    refused(403, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/8/index write (api)]"),
    refused(
        429, "cluster_block_exception", "blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]"
    ),
    refused(404, "index_not_found_exception"),
    refused(400, "index_closed_exception"),
    refused(400, "illegal_argument_exception", "pipeline with id [logs-auth0.logs-9.9.9] does not exist"),
]
FINAL = [
    refused(400, "mapper_parsing_exception", "failed to parse field [source.ip] of type [ip]"),
    refused(400, "document_parsing_exception", "[1:2] object mapping for [user] tried to parse field as object"),
    refused(400, "illegal_argument_exception", "Document contains at least one immense term"),
    refused(400, "strict_dynamic_mapping_exception"),
]


def test_of_one_answer_each_item_comes_to_its_own_end(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    delivery.keep_events(1)
    delivery.deliver()
    sent = delivery.keep_events(len(PASSING) + len(FINAL) + 3)

    def each_its_own(answer: dict[str, Any]) -> None:
        for item, refusal in zip(answer["items"], [*PASSING, *FINAL], strict=False):
            item["create"] = refusal

    faults.change_answer(each_its_own)
    delivery.deliver()
    assert delivery.ids() == sent  # also those of which the answer said otherwise
    reasons = [letter.reason.split(":")[0] for letter in delivery.dead_letters()]
    assert reasons == [each["error"]["type"] for each in FINAL]
    assert delivery.counters()["retried"] == len(PASSING)


def test_poisoned_events_become_dead_letters_while_the_rest_flows(
    delivery: Any, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    """A mapping conflict as the engine itself finds it."""
    delivery.keep_events(1)
    delivery.deliver()
    name = f"poison-{delivery.settings.data_stream.namespace}"
    poison = {"set": {"if": "ctx.user?.id == 'poison'", "field": "source.ip", "value": "no address of {{user.name}}"}}
    delivery.engine.call("PUT", f"/_ingest/pipeline/{name}", {"processors": [poison]})
    delivery.engine.call("PUT", f"/{delivery.stream}/_settings", {"index.final_pipeline": name})
    good = delivery.keep_events(50)
    for number in range(40):
        delivery.keep_events(1, user_id="poison", user_name=f"jane{number}@example.com")
        good = sorted([*good, *delivery.keep_events(1)[-1:]])
    delivery.deliver()
    assert delivery.ids() == good
    letters = delivery.dead_letters()
    assert len(letters) == 40
    assert all("source.ip" in letter.reason for letter in letters)
    (line,) = [line for line in said() if line.startswith("dead letter")]
    assert "failed to parse field [source.ip]" in line
    assert "jane" not in caplog.text
    delivery.engine.call("PUT", f"/{delivery.stream}/_settings", {"index.final_pipeline": "_none"})
    delivery.engine.call("DELETE", f"/_ingest/pipeline/{name}")


def test_a_read_only_index_is_waited_for(delivery: Any, said: Said) -> None:
    delivery.keep_events(1)
    shipper = delivery.deliver()
    delivery.engine.call("PUT", f"/{delivery.stream}/_settings", {"index.blocks.write": True})
    sent = delivery.keep_events(50)
    delivery.step_until(shipper, lambda: "cluster_block_exception" in delivery.state())
    for _ in range(200):
        shipper.step()
    delivery.engine.call("PUT", f"/{delivery.stream}/_settings", {"index.blocks.write": False})
    delivery.deliver()
    assert delivery.ids() == sent
    assert delivery.dead_letters() == []
    assert delivery.state() == "ok"
    assert len([line for line in said() if line.startswith("waiting")]) == 1


def test_an_event_that_always_waits_holds_up_no_other(proxy: str, faults: Any, make_delivery: Any) -> None:
    delivery = make_delivery(proxy)
    cursed, *_ = sent = delivery.keep_events(30)

    def curse(body: bytes, answer: dict[str, Any]) -> None:
        ids = [json.loads(line)["create"]["_id"] for line in body.splitlines() if line.startswith(b'{"create"')]
        for position, identity in enumerate(ids):
            if identity == cursed:
                answer["items"][position]["create"] = refused(403, "security")

    faults.always = curse
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: delivery.counters().get("indexed", 0) >= 29)
    faults.always = None
    delivery.deliver()
    assert delivery.ids() == sent
