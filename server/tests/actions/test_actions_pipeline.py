"""What the pipeline of the Actions looks up, and what makes their events and those of the logs meet."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic import event_types
from auth0_elastic.config.load import load
from auth0_elastic.engine.client import connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import Bench, find_cases, read_case
from auth0_elastic.package_files import find_package, load_assets
from auth0_elastic.package_files.locate import read_yaml

Json = dict[str, Any]

FOLDER = find_package() / "data_stream" / "actions"
ADDRESS = "81.2.69.143"  # in the GeoIP databases of the embedded engine


@pytest.fixture(scope="module")
def bench(opensearch: RunningEngine) -> Iterator[Bench]:
    settings = replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,))
    with Bench(connect(settings), load_assets("actions")) as bench:
        yield bench


@pytest.fixture
def process(bench: Bench) -> Callable[[Json], Json]:
    """What the pipeline makes of an event; the result can be indexed."""

    def run(event: Json) -> Json:
        result = bench.simulate([{"@timestamp": "2026-11-20T10:15:02Z", "message": json.dumps(event)}])[0]
        assert result.document is not None, result.error
        assert bench.index([result.document]) == {}
        return result.document

    return run


def login(**context: Any) -> Json:
    return {"event_type": "auth.login_success", "event_id": "1", "context": {"ip_address": ADDRESS, **context}}


def test_without_a_place_of_auth0_the_address_is_looked_up(process: Callable[[Json], Json]) -> None:
    geo = process(login())["source"]["geo"]
    assert (geo["city_name"], geo["country_iso_code"], geo["continent_name"]) == ("Abingdon", "GB", "Europe")


def test_a_place_of_auth0_is_not_mixed_with_one_that_is_looked_up(process: Callable[[Json], Json]) -> None:
    assert process(login(geo={"countryCode": "FR"}))["source"]["geo"] == {"country_iso_code": "FR"}


@pytest.mark.parametrize(
    ("asn", "expected"),
    [
        (None, {"number": 20712, "organization": {"name": "Andrews & Arnold Ltd"}}),
        ("20712", {"number": 20712, "organization": {"name": "Andrews & Arnold Ltd"}}),
        (20712, {"number": 20712, "organization": {"name": "Andrews & Arnold Ltd"}}),
        ("3320", {"number": 3320}),
        ("AS3320", {"number": 20712, "organization": {"name": "Andrews & Arnold Ltd"}}),
    ],
)
def test_the_number_that_auth0_gives_goes_before_the_one_that_is_looked_up(
    process: Callable[[Json], Json], asn: Any, expected: Json
) -> None:
    assert process(login(asn=asn))["source"]["as"] == expected


def test_a_number_stays_where_the_address_is_not_known(process: Callable[[Json], Json]) -> None:
    assert process(login(ip_address="10.0.0.1", asn="3320"))["source"]["as"] == {"number": 3320}


def test_the_sample_event_is_what_the_pipeline_makes_of_a_login(bench: Bench) -> None:
    sample = json.loads((FOLDER / "sample_event.json").read_text())
    document = bench.simulate([read_case(find_cases(find_package(), ["actions-triggers"])[0]).events[0]])[0].document
    assert document is not None
    document["event"]["ingested"] = sample["event"]["ingested"]
    assert document == sample


def test_a_signal_has_the_severity_that_it_has_in_the_logs() -> None:
    pipeline = read_yaml(FOLDER / "elasticsearch" / "ingest_pipeline" / "default.yml")
    types = pipeline["processors"][0]["script"]["params"]["types"]
    ours = {name: (each["signal"], each["severity"]) for name, each in types.items() if "signal" in each}
    theirs = {each.signal: (each.severity, event_types.SEVERITY[each.severity]) for each in signals()}
    assert ours == theirs


def signals() -> Iterator[event_types.EventType]:
    return (each for each in event_types.load().values() if each.signal)
