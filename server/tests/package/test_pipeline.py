"""The pipeline turns whatever Auth0 sends, by whatever way, into one good ECS document."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import Bench, find_cases, read_case
from auth0_elastic.package_files import find_package, load_assets

Json = dict[str, Any]

RECEIVED = "2026-11-20T10:15:02.318Z"
FIREFOX = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:93.0) Gecko/20100101 Firefox/93.0"
LOG_ID = "90020261120101501696000000000000000000000000000000001"
DATA = {
    "date": "2026-11-20T10:15:01.696Z",
    "type": "fp",
    "description": "Wrong email or password.",
    "ip": "81.2.69.143",
    "user_agent": FIREFOX,
    "user_id": "auth0|619d7a2c58f6",
    "user_name": "jane.doe@example.com",
    "log_id": LOG_ID,
}


@pytest.fixture(scope="module")
def engine(opensearch: RunningEngine) -> Engine:
    return connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,)))


@pytest.fixture(scope="module")
def process(engine: Engine) -> Iterator[Callable[[Json], Json]]:
    """Sends one document of an input through the pipeline."""
    with Bench(engine, load_assets()) as bench:

        def simulate(document: Json) -> Json:
            result = bench.simulate([document])[0]
            assert result.document is not None, result.error
            return result.document

        yield simulate


def received(element: Any, *, tags: tuple[str, ...] = ("preserve_original_event",)) -> Json:
    """The document that the listener makes of an element, which is given as JSON or as what it is in JSON."""
    text = element if isinstance(element, str) else json.dumps(element)
    return {"@timestamp": RECEIVED, "message": text, "event": {"created": RECEIVED}, "tags": list(tags)}


def event(document: Json) -> Json:
    """Without what depends on the way or the time."""
    return {key: value for key, value in document.items() if key not in ("event", "tags", "@timestamp", "input")}


def test_the_known_example_of_the_specification(process: Callable[[Json], Json]) -> None:
    document = process(read_case(find_cases(find_package(), ["samples"])[0]).events[0])
    assert document["@timestamp"] == "2021-11-03T03:06:05.696Z"
    assert {key: document["event"][key] for key in ("action", "category", "type", "outcome", "code")} == {
        "action": "failed-login",
        "category": ["authentication"],
        "type": ["info"],
        "outcome": "failure",
        "code": "f",
    }
    assert document["log"]["level"] == "error"
    assert document["auth0"]["logs"]["data"]["classification"] == "Login - Failure"
    assert document["network"]["type"] == "ipv4"
    agent = document["user_agent"]
    assert (agent["name"], agent["os"]["name"], agent["version"]) == ("Firefox", "Ubuntu", "93.0")
    assert {"forwarded", "auth0-logstream"} <= set(document["tags"])


def test_the_sample_event_is_what_the_pipeline_makes_of_the_known_example(process: Callable[[Json], Json]) -> None:
    sample = json.loads((find_package() / "data_stream" / "logs" / "sample_event.json").read_text())
    document = process(read_case(find_cases(find_package(), ["samples"])[0]).events[0])
    document["event"]["ingested"] = sample["event"]["ingested"]
    assert document == sample


def test_an_address_is_located_and_attributed(process: Callable[[Json], Json]) -> None:
    source = process(received({"log_id": LOG_ID, "data": DATA}))["source"]
    assert (source["geo"]["country_iso_code"], source["geo"]["city_name"]) == ("GB", "Abingdon")
    assert source["geo"]["location"] == {"lat": 51.7095, "lon": -1.3614}
    assert source["as"] == {"number": 20712, "organization": {"name": "Andrews & Arnold Ltd"}}


@pytest.mark.parametrize(
    "element",
    [
        DATA,
        DATA | {"_id": LOG_ID},
        {"detail": {"log_id": LOG_ID, "data": DATA}, "detail-type": "Auth0 log", "time": "2026-11-20T10:15:02Z"},
    ],
    ids=["polled", "polled with _id", "EventBridge"],
)
def test_every_envelope_gives_the_same_event(process: Callable[[Json], Json], element: Json) -> None:
    streamed = process(received({"log_id": LOG_ID, "data": DATA}))
    other = process(received(element))
    assert event(other) == event(streamed)
    assert other["event"]["id"] == streamed["event"]["id"] == LOG_ID


def test_elastic_agent_gives_the_same_event_with_and_without_its_original(process: Callable[[Json], Json]) -> None:
    element = {"log_id": LOG_ID, "data": DATA}
    bare: Json = {"@timestamp": RECEIVED, "json": element}
    with_original = bare | {"event": {"original": json.dumps(element)}, "tags": ["preserve_original_event"]}
    streamed = process(received(element))
    assert event(process(bare)) == event(process(with_original)) == event(streamed)
    assert process(with_original)["event"]["original"] == streamed["event"]["original"]


def test_the_time_of_receipt_stays_in_event_created(process: Callable[[Json], Json]) -> None:
    document = process({"@timestamp": RECEIVED, "json": {"log_id": LOG_ID, "data": DATA}})
    assert (document["@timestamp"], document["event"]["created"]) == ("2026-11-20T10:15:01.696Z", RECEIVED)


def test_the_original_is_kept_only_with_its_tag(process: Callable[[Json], Json]) -> None:
    assert process(received(DATA))["event"]["original"] == json.dumps(DATA)
    assert "original" not in process(received(DATA, tags=()))["event"]
    assert "original" not in process({key: value for key, value in received(DATA).items() if key != "tags"})["event"]


def test_a_user_agent_of_8000_characters_is_kept_and_parsed_in_part(process: Callable[[Json], Json]) -> None:
    document = process(received(DATA | {"user_agent": f"{FIREFOX} {'x' * 8_000}"}))
    assert (document["user_agent"]["name"], len(document["user_agent"]["original"])) == ("Firefox", 512)
    assert len(document["auth0"]["logs"]["data"]["user_agent"]) == len(FIREFOX) + 8_001


@pytest.mark.parametrize("broken", ["no JSON", "[1]", "42", "{", '{"type"'])
def test_a_failed_document_keeps_its_original_and_nothing_half_made(
    process: Callable[[Json], Json], broken: str
) -> None:
    document = process(received(broken, tags=()))
    assert document["event"]["kind"] == "pipeline_error"
    assert document["event"]["original"] == broken
    assert "script_map_event" in document["error"]["message"][0]
    assert document.keys() == {"@timestamp", "ecs", "event", "error", "tags"}


@pytest.mark.parametrize("tags", [(), ("preserve_original_event",)])
def test_a_document_that_fails_after_it_was_mapped_keeps_what_was_mapped(engine: Engine, tags: tuple[str, ...]) -> None:
    assets = load_assets()
    pipeline = assets.pipelines[assets.default_pipeline]
    pipeline["processors"].append({"fail": {"tag": "fail_late", "message": "the database is broken"}})
    with Bench(engine, assets) as bench:
        document = bench.simulate([received(DATA, tags=tags)])[0].document or {}
    assert document["event"]["kind"] == "pipeline_error"
    assert "the database is broken" in document["error"]["message"][-1]
    assert document["message"].startswith("Incorrect password of jane.doe@example.com")
    assert document["auth0"]["logs"]["data"]["type"] == "Incorrect password"
    assert document["event"].get("original") == (json.dumps(DATA) if tags else None)


def test_a_list_of_one_event_does_not_leak_into_the_next(process: Callable[[Json], Json]) -> None:
    first, second = process(received(DATA | {"type": "s"})), process(received(DATA))
    assert first["event"]["category"] == ["authentication", "session"]
    assert second["event"]["category"] == ["authentication"]


def test_a_log_id_becomes_the_id_of_a_document_without_one(engine: Engine) -> None:
    log_ids: tuple[Any, ...] = ("900-of-ours", "x" * 513)
    with Bench(engine, load_assets()) as bench:
        name = bench.index_name  # and that of the default pipeline
        for log_id in log_ids:
            document = {"@timestamp": RECEIVED, "json": {"log_id": log_id, "data": DATA}}
            engine.call("POST", f"/{name}/_doc", document, params={"pipeline": name, "refresh": "true"})
        hits = engine.call("GET", f"/{name}/_search")["hits"]["hits"]
    ids = {hit["_source"]["event"]["id"]: hit["_id"] for hit in hits}
    assert ids["900-of-ours"] == "900-of-ours"
    assert len(ids["x" * 513]) < 30
