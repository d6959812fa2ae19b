"""Real Elasticsearch, which refuses what OpenSearch takes, takes every document of the pipeline tests."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Answer, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import Bench, find_cases, read_case
from auth0_elastic.package_files import find_package, load_assets

Json = dict[str, Any]

# Types whose modules the Elasticsearch for tests has not; the field's document is the same.
_LACKING = {"constant_keyword": "keyword", "match_only_text": "text", "wildcard": "keyword"}


def _plain(mapping: Json) -> Json:
    if mapping.get("type") in _LACKING:
        return {"type": _LACKING[mapping["type"]]}
    inner = {key: mapping[key] for key in ("properties", "fields") if key in mapping}
    return mapping | {key: {name: _plain(field) for name, field in fields.items()} for key, fields in inner.items()}


@pytest.fixture(scope="module")
def index(elasticsearch_url: str) -> Iterator[Callable[[Json], Answer]]:
    settings = load(Path(os.devnull), {}).elasticsearch
    engine = connect(replace(settings, hosts=(elasticsearch_url,), distribution="elasticsearch"))
    mappings = _plain(load_assets().mappings | {"dynamic": "strict"})
    engine.call("PUT", "/golden", {"mappings": mappings, "settings": {"number_of_replicas": 0}})
    yield lambda document: engine.request("POST", "/golden/_doc", document)
    engine.call("DELETE", "/golden")


@pytest.mark.parametrize("path", find_cases(find_package()), ids=lambda path: path.stem.removeprefix("test-"))
def test_every_golden_result_is_indexed(opensearch: RunningEngine, index: Callable[[Json], Answer], path: Path) -> None:
    settings = replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,))
    with Bench(connect(settings), load_assets()) as bench:
        results = bench.simulate(read_case(path).events)
    for result in results:
        assert result.document is not None
        answer = index(result.document)
        assert answer.status == 201, answer.body
