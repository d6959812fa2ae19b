"""Fixtures of real engines. A missing java or mvn fails the tests that need them; nothing is skipped."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from auth0_elastic.engine.embedded import EmbeddedEngine, RunningEngine


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """The OpenSearch that all tests share, each with index names of its own; its `url` answers."""
    engine = EmbeddedEngine(tmp_path_factory.mktemp("opensearch"), short_lived=True)
    yield engine.start()
    engine.stop()


@pytest.fixture(scope="session")
def elasticsearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Elasticsearch 8.18 without ingest processors, data streams, painless and `GET /`."""
    engine = EmbeddedEngine(tmp_path_factory.mktemp("elasticsearch"), kind="elasticsearch", short_lived=True)
    yield engine.start().url
    engine.stop()


@pytest.fixture
def own_engine(tmp_path: Path) -> Iterator[Callable[[], EmbeddedEngine]]:
    """Starts OpenSearches of the test's own, to be stopped, started again on the same port, or broken."""
    with ExitStack() as engines:

        def start() -> EmbeddedEngine:
            data = tmp_path / f"engine-{len(list(tmp_path.glob('engine-*')))}"
            return engines.enter_context(EmbeddedEngine(data, short_lived=True))

        yield start
