"""What mapping settings cannot bound, the pipeline bounds, and both engines take the result."""

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
from auth0_elastic.golden import Bench
from auth0_elastic.package_files import load_assets

Json = dict[str, Any]

TRUNCATED = "auth0_details_truncated"
MAX_TEXT = 8191


@pytest.fixture(scope="module")
def bench(opensearch: RunningEngine) -> Iterator[Bench]:
    settings = replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,))
    with Bench(connect(settings), load_assets()) as bench:
        yield bench


@pytest.fixture(scope="module")
def elasticsearch(elasticsearch_url: str) -> Iterator[Callable[[Json], int]]:
    """Indexes into a real Elasticsearch, whose flattened fields refuse what OpenSearch's take; returns the status."""
    settings = load(Path(os.devnull), {}).elasticsearch
    engine: Engine = connect(replace(settings, hosts=(elasticsearch_url,), distribution="elasticsearch"))
    data = {"properties": {"details": {"type": "flattened"}}}
    mappings = {"dynamic": False, "properties": {"auth0": {"properties": {"logs": {"properties": {"data": data}}}}}}
    engine.call("PUT", "/bounds", {"mappings": mappings, "settings": {"number_of_replicas": 0}})
    yield lambda document: engine.request("POST", "/bounds/_doc", document).status
    engine.call("DELETE", "/bounds")


@pytest.fixture
def process(bench: Bench, elasticsearch: Callable[[Json], int]) -> Callable[[str], Json]:
    """Processes an event whose details are this JSON text, and indexes the result into both engines."""

    def run(details: str) -> Json:
        text = f'{{"log_id": "1", "data": {{"type": "f", "date": "2026-11-20T10:15:01Z", "details": {details}}}}}'
        document = bench.simulate([{"@timestamp": "2026-11-20T10:15:02Z", "message": text}])[0].document
        assert document is not None
        assert bench.index([document]) == {}
        assert elasticsearch(document) == 201
        return document

    return run


def details_of(document: Json) -> Any:
    return document["auth0"]["logs"]["data"]["details"]


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, dict | list) + max(map(depth, inner), default=0)


def leaves(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 1 if inner is None else sum(map(leaves, inner))


def nested(levels: int, leaf: str = '"leaf"') -> str:
    return '{"a": ' * levels + leaf + "}" * levels


def test_details_of_18_levels_stay_as_they_are(process: Callable[[str], Json]) -> None:
    document = process(nested(18))
    assert details_of(document) == json.loads(nested(18))
    assert TRUNCATED not in document.get("tags", [])


@pytest.mark.parametrize("levels", [19, 21, 500])
def test_deeper_levels_become_text(process: Callable[[str], Json], levels: int) -> None:
    document = process(nested(levels))
    assert depth(details_of(document)) == 18
    assert "leaf" in json.dumps(details_of(document))
    assert TRUNCATED in document["tags"]


def test_arrays_count_as_levels(process: Callable[[str], Json]) -> None:
    assert depth(details_of(process(f'{{"a": {"[" * 100}1{"]" * 100}}}'))) == 18


@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_an_abyss_fails_its_own_document_and_not_the_node(bench: Bench, levels: int) -> None:
    text = f'{{"log_id": "1", "data": {{"details": {nested(levels)}}}}}'
    document = bench.simulate([{"@timestamp": "2026-11-20T10:15:02Z", "message": text}])[0].document
    assert document is not None
    assert document["event"]["kind"] == "pipeline_error"
    assert document["event"]["original"] == text
    assert "levels deep" in document["error"]["message"][0]
    assert bench.index([document]) == {}


def test_brackets_in_strings_are_no_levels(process: Callable[[str], Json]) -> None:
    text = '{[\\"\\\\' * 1_000
    document = process(json.dumps({"text": text}))
    assert details_of(document) == {"text": text[:MAX_TEXT]}


@pytest.mark.parametrize(
    "details",
    [
        {f"key{number}": number for number in range(10_000)},
        {"list": list(range(10_000))},
        {f"key{number}": {"a": {"b": [number]}} for number in range(5_000)},
        {"list": [{"a": number} for number in range(5_000)]},
    ],
    ids=["keys", "list", "objects", "list of objects"],
)
def test_at_most_a_thousand_values_are_kept(process: Callable[[str], Json], details: Json) -> None:
    document = process(json.dumps(details))
    assert 500 <= leaves(details_of(document)) <= 1_000
    assert TRUNCATED in document["tags"]


@pytest.mark.parametrize(
    ("junk", "size"), [("null", 20_000), ("1", 20_000), ("{}", 20_000), ('{"a": "b"}', 20_000), ("null", 1_100_000)]
)
def test_junk_does_not_push_out_what_matters(process: Callable[[str], Json], junk: str, size: int) -> None:
    junks = f"[{','.join([junk] * size)}]"
    document = process(f'{{"a": {{"deep": {junks}}}, "b": {junks}, "error": {{"message": "Wrong"}}, "mfa": true}}')
    assert (details_of(document)["error"], details_of(document)["mfa"]) == ({"message": "Wrong"}, True)
    assert TRUNCATED in document["tags"]


@pytest.mark.parametrize("text", ["e" * 9_000, "é" * 9_000, "漢" * 9_000, "😀" * 9_000, "漢" * 2_000_000])
def test_a_long_text_is_cut_between_characters(process: Callable[[str], Json], text: str) -> None:
    document = process(json.dumps({"text": text}, ensure_ascii=False))
    kept = details_of(document)["text"].rstrip("\ufffd")
    assert text.startswith(kept)
    assert MAX_TEXT - 1 <= len(kept.encode("utf-16-le")) // 2 <= MAX_TEXT
    assert TRUNCATED in document["tags"]


def test_the_longest_path_and_the_longest_text_fit_into_one_term_together(process: Callable[[str], Json]) -> None:
    key = json.dumps("漢" * 300, ensure_ascii=False)
    text = json.dumps("漢" * 9_000, ensure_ascii=False)
    document = process(f"{{{key}: " * 18 + text + "}" * 18)
    assert depth(details_of(document)) == 18
