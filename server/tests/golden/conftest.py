"""Benches with the package's pipelines and mappings, one of a kind for the whole session."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.golden import Bench
from auth0_elastic.package_files import Assets, load_assets

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
def bench(engine: Engine) -> Iterator[Bench]:
    with Bench(engine, load_assets()) as bench:
        yield bench


@pytest.fixture(scope="session")
def elasticsearch_assets() -> Assets:
    """The package's assets with types that the real Elasticsearch of these tests has."""
    assets = load_assets()
    return replace(assets, components={name: with_stand_ins(body) for name, body in assets.components.items()})


@pytest.fixture(scope="session")
def elasticsearch_bench(elasticsearch: Engine, elasticsearch_assets: Assets) -> Iterator[Bench]:
    with Bench(elasticsearch, elasticsearch_assets, with_pipelines=False) as bench:
        yield bench


def with_stand_ins(body: Any) -> Any:
    if isinstance(body, list):
        return [with_stand_ins(each) for each in body]
    if not isinstance(body, dict):
        return body
    inner = {key: with_stand_ins(value) for key, value in body.items()}
    kind = inner.get("type")
    return STAND_INS[kind] if isinstance(kind, str) and kind in STAND_INS else inner
