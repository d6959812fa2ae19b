"""What Elastic Agent sends (`json`, an object) becomes the same document as what our listener sends (`message`)."""

import json
from typing import Any

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.golden import Bench, find_cases, read_case
from auth0_elastic.golden.case import data_stream_of
from auth0_elastic.package_files import find_package

Json = dict[str, Any]

RECEIVED = "2026-11-20T10:15:02.318Z"
CASES = [path for path in find_cases(find_package()) if data_stream_of(path).name == "logs"]


def elements() -> dict[str, tuple[str, Json]]:
    """Each event of the cases that is a JSON object: its text, and what Agent's own parser makes of it."""
    found: dict[str, tuple[str, Json]] = {}
    for path in CASES:
        for number, event in enumerate(read_case(path).events, 1):
            element = _parsed(event.get("message"))
            if element is not None:
                found[f"{path.stem} {number}"] = (event["message"], element)
    return found


def _parsed(text: Any) -> Json | None:
    """None for what Agent itself refuses, or cannot send on: no object, a key twice, half a character, 1e400.

    And for integers beyond 64 bits, which OpenSearch cannot copy for a script; Agent sends to Elasticsearch alone.
    """
    try:
        element = json.loads(text, object_pairs_hook=_once, parse_int=_long) if isinstance(text, str) else None
        json.dumps(element, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return None
    return element if isinstance(element, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> Json:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _long(text: str) -> int:
    if not -(2**63) <= int(text) < 2**63:
        raise ValueError("no long")
    return int(text)


ELEMENTS = elements()


def agents(text: str, element: Json, *, preserved: bool) -> Json:
    """The document of the http_endpoint input."""
    document: Json = {
        "@timestamp": RECEIVED,
        "json": element,
        "agent": {"id": "9f2a", "type": "filebeat", "version": "8.17.0"},
        "elastic_agent": {"id": "9f2a", "snapshot": False},
        "input": {"type": "http_endpoint"},
        "tags": ["forwarded"],
    }
    if preserved:
        document |= {"event": {"original": text}, "tags": ["preserve_original_event", "forwarded"]}
    return document


def same(document: Json) -> Json:
    """Without what may differ between the ways."""
    event = {key: value for key, value in document["event"].items() if key not in ("original", "created", "ingested")}
    kept = document.keys() - {"agent", "elastic_agent", "input", "tags", "event"}
    return {key: document[key] for key in kept} | {"event": event}


@pytest.fixture(scope="module")
def documents(bench: Bench) -> dict[str, list[Json]]:
    """What becomes of each element: from our listener, from Agent, from Agent with its original."""
    inputs = [
        each
        for text, element in ELEMENTS.values()
        for each in (
            {"@timestamp": RECEIVED, "message": text, "tags": ["preserve_original_event"]},
            agents(text, element, preserved=False),
            agents(text, element, preserved=True),
        )
    ]
    results = [each.document or {} for each in bench.simulate(inputs)]
    return {name: results[3 * number : 3 * number + 3] for number, name in enumerate(ELEMENTS)}


def test_nearly_every_event_of_the_cases_is_compared() -> None:
    assert len(ELEMENTS) > 0.8 * sum(len(read_case(path).events) for path in CASES)


@pytest.mark.parametrize("name", ELEMENTS)
def test_both_ways_give_the_same_document(documents: dict[str, list[Json]], name: str) -> None:
    ours, bare, preserved = documents[name]
    assert same(bare) == same(ours)
    assert same(preserved) == same(ours)
    assert preserved["event"]["original"] == ours["event"]["original"]


def test_both_ways_give_the_log_id_as_id(bench: Bench, engine: Engine, documents: dict[str, list[Json]]) -> None:
    name = bench.index_name  # and that of its default pipeline
    known = {each: found[0]["event"]["id"] for each, found in documents.items() if "id" in found[0]["event"]}
    usable = {each: log_id for each, log_id in known.items() if log_id.isascii() and len(log_id) <= 512}

    def ids(inputs: list[Json]) -> list[str]:
        body = "".join(f'{{"index":{{}}}}\n{json.dumps(each)}\n' for each in inputs).encode()
        items = engine.bulk(f"/{name}/_bulk", body, params={"pipeline": name}).body["items"]
        return [item["index"]["_id"] for item in items]

    elements = [ELEMENTS[each] for each in usable]
    assert ids([{"@timestamp": RECEIVED, "message": text} for text, _ in elements]) == list(usable.values())
    for preserved in (False, True):
        assert ids([agents(*each, preserved=preserved) for each in elements]) == list(usable.values())
    assert len(set(usable.values())) > 20
