"""Somebody deletes under the shipper what setup installed, or stops the engine: events wait until it is there again."""

from collections.abc import Callable
from typing import Any

from auth0_elastic.engine.embedded import EmbeddedEngine
from auth0_elastic.package_files import load_assets

Do = Callable[[Any], None]


def test_nothing_is_sent_before_the_installed_version_is_confirmed(
    breakable: EmbeddedEngine, make_delivery: Any, set_up: Do, tear_down: Do
) -> None:
    delivery = make_delivery(breakable.url)
    tear_down(delivery.engine)
    sent = delivery.keep_events(5)
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: "auth0-elastic setup" in delivery.state())
    assert delivery.engine.request("GET", f"/{delivery.stream}").status == 404
    set_up(delivery.engine)
    delivery.deliver()
    assert delivery.ids() == sent


def test_a_pipeline_deleted_under_load_costs_no_event(
    breakable: EmbeddedEngine, make_delivery: Any, set_up: Do
) -> None:
    delivery = make_delivery(breakable.url)
    delivery.keep_events(500)
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: delivery.counters().get("indexed", 0) > 0)
    for pipeline in load_assets().pipelines:
        delivery.engine.call("DELETE", f"/_ingest/pipeline/{pipeline}")
    sent = delivery.keep_events(500)
    delivery.step_until(shipper, lambda: delivery.state() not in ("", "ok"))
    set_up(delivery.engine)
    delivery.deliver()
    assert delivery.ids() == sent
    assert delivery.dead_letters() == []
    assert {hit["_source"]["event"]["kind"] for hit in delivery.documents()} == {"event"}


def test_a_template_deleted_with_its_data_stream_makes_no_plain_index(
    breakable: EmbeddedEngine, make_delivery: Any, set_up: Do, tear_down: Do
) -> None:
    """What was in the data stream is gone, by somebody's will; what comes afterwards waits for setup."""
    delivery = make_delivery(breakable.url)
    before = delivery.keep_events(50)
    shipper = delivery.deliver()
    tear_down(delivery.engine)
    after = delivery.keep_events(50)
    delivery.step_until(shipper, lambda: "auth0-elastic setup" in delivery.state())
    assert delivery.engine.request("GET", f"/{delivery.stream}").status == 404
    set_up(delivery.engine)
    delivery.deliver()
    assert delivery.ids() == sorted({*after} - {*before})
    assert delivery.dead_letters() == []


def test_an_engine_that_is_away_costs_only_disk(breakable: EmbeddedEngine, make_delivery: Any) -> None:
    delivery = make_delivery(breakable.url, elasticsearch_timeout="5s")
    delivery.keep_events(200)
    shipper = delivery.deliver()
    breakable.stop()
    for _ in range(15):
        sent = delivery.keep_events(400, description="x" * 1000)
    delivery.step_until(shipper, lambda: "no answer" in delivery.state())
    assert len(shipper._intake.retries) < 3_000  # what was under way, 4 MiB, and by name only; not the backlog of 6,000
    breakable.start()
    delivery.deliver()
    assert delivery.ids() == sent
    assert delivery.dead_letters() == []
