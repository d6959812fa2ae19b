"""A namespace with the package installed in it, on the OpenSearch that all tests share."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.sigma import SHIPPED, load_rules
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import data_streams, find_package, load_assets
from auth0_elastic.setup.apply import install


@pytest.fixture(scope="session")
def engine(opensearch: RunningEngine) -> Engine:
    made = connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(opensearch.url,)))
    for name in data_streams(find_package()):
        install(made, load_assets(name))
    return made


@pytest.fixture
def namespace(engine: Engine) -> Iterator[str]:
    yield from own_namespace(engine)


@pytest.fixture(scope="module")
def cases_namespace(engine: Engine) -> Iterator[str]:
    yield from own_namespace(engine)


def own_namespace(engine: Engine) -> Iterator[str]:
    """Is deleted with all that is in it."""
    name = f"d{secrets.token_hex(4)}"
    yield name
    for stream in data_streams(find_package()):
        engine.request("DELETE", f"/_data_stream/logs-auth0.{stream}-{name}")
    engine.request("DELETE", f"/auth0-elastic-detect-{name}")


@pytest.fixture(scope="session")
def rules() -> list[Rule]:
    return load_rules([SHIPPED])
