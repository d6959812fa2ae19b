"""`scripts/bench storage` measures what it says it does."""

from collections.abc import Iterator

import pytest
from rich.console import Console

from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.generate import encode, events
from bench.day import END
from bench.indices import Filled, disk_usage
from bench.storage import LEAN, NAIVE, connected, costliest, fill_both, parts, totals

RAW = [encode([event], "JSONOBJECT") for event in events(1, 60, end=END)]


@pytest.fixture(scope="module")
def elasticsearch(elasticsearch_url: str) -> Engine:
    return connected(elasticsearch_url)


@pytest.fixture(scope="module")
def filled(opensearch: RunningEngine, elasticsearch: Engine) -> Iterator[dict[str, tuple[Filled, Filled]]]:
    engine = connected(opensearch.url)
    yield {index: fill_both(engine, elasticsearch, index, RAW) for index in (LEAN, NAIVE)}
    engine.call("DELETE", f"/_data_stream/{LEAN}")
    for each, index in ((engine, NAIVE), (elasticsearch, LEAN), (elasticsearch, NAIVE)):
        each.call("DELETE", f"/{index}")


def test_both_engines_get_every_event_through_the_pipeline(filled: dict[str, tuple[Filled, Filled]]) -> None:
    assert [(each.documents, each.refused) for each in filled[LEAN]] == [(len(RAW), 0)] * 2


def test_a_field_that_is_not_indexed_takes_nothing_but_its_place_in_the_source(
    filled: dict[str, tuple[Filled, Filled]], elasticsearch: Engine
) -> None:
    fields = disk_usage(elasticsearch, LEAN)["fields"]
    assert fields["_source"]["stored_fields_in_bytes"] > 0
    assert fields["event.code"]["doc_values_in_bytes"] > 0
    assert "event.original" not in fields
    assert "data_stream.type" not in fields


def test_the_tables_name_what_was_measured(
    filled: dict[str, tuple[Filled, Filled]], elasticsearch: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = disk_usage(elasticsearch, LEAN)
    for table in (totals(filled, 1000), parts({LEAN: usage}, len(RAW)), costliest(usage, len(RAW), 3)):
        Console(width=150).print(table)
    shown = capsys.readouterr().out
    assert f"{filled[LEAN][0].per_document:,.0f}" in shown
    assert "without event.original" in shown
    assert "_source" in shown
