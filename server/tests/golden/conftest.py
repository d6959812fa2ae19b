"""Benches with the package's pipelines and mappings, one of a kind for the whole session."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import Bench
from auth0_elastic.package_files import load_assets

# This Elasticsearch comes without the modules of these types. Their stand-ins take and refuse the same values, but for
# a constant, which OpenSearch checks.
STAND_INS = {
    "match_only_text": {"type": "text"},
    "constant_keyword": {"type": "keyword"},
    "wildcard": {"type": "keyword"},
}


@pytest.fixture(scope="session")
def engine(opensearch: RunningEngine) -> Engine:
    return connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,)))


@pytest.fixture(scope="session")
def elasticsearch(elasticsearch_url: str) -> Engine:
    settings = load(Path(os.devnull), {}).elasticsearch
    return connect(replace(settings, hosts=(elasticsearch_url,), distribution="elasticsearch"))


@pytest.fixture(scope="session")
def bench_of(engine: Engine) -> Iterator[Callable[[str], Bench]]:
    """The bench of a data stream."""
    with ExitStack() as benches:
        yield cache(lambda stream: benches.enter_context(Bench(engine, load_assets(stream))))


@pytest.fixture(scope="session")
def bench(bench_of: Callable[[str], Bench]) -> Bench:
    return bench_of("logs")


@pytest.fixture(scope="session")
def elasticsearch_bench_of(elasticsearch: Engine) -> Iterator[Callable[[str], Bench]]:
    """The bench of a data stream in a real Elasticsearch, with types that this one has, and without pipelines."""
    with ExitStack() as benches:

        def enter(stream: str) -> Bench:
            assets = load_assets(stream)
            plain = replace(assets, components={name: with_stand_ins(each) for name, each in assets.components.items()})
            return benches.enter_context(Bench(elasticsearch, plain, with_pipelines=False))

        yield cache(enter)


@pytest.fixture(scope="session")
def elasticsearch_bench(elasticsearch_bench_of: Callable[[str], Bench]) -> Bench:
    return elasticsearch_bench_of("logs")


def with_stand_ins(body: Any) -> Any:
    if isinstance(body, list):
        return [with_stand_ins(each) for each in body]
    if not isinstance(body, dict):
        return body
    inner = {key: with_stand_ins(value) for key, value in body.items()}
    kind = inner.get("type")
    return STAND_INS[kind] if isinstance(kind, str) and kind in STAND_INS else inner
