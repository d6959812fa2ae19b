"""One OpenSearch of these tests' own, to take assets away from; and what the log said."""

from collections.abc import Callable, Iterator

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.embedded import EmbeddedEngine
from auth0_elastic.package_files import for_distribution, load_assets
from auth0_elastic.setup.apply import install, remove


@pytest.fixture(scope="session")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    """It may be stopped, started again, and robbed of its assets."""
    with EmbeddedEngine(tmp_path_factory.mktemp("breakable"), heap="384m", short_lived=True) as engine:
        yield engine


@pytest.fixture
def set_up() -> Callable[[Engine], None]:
    """As `auth0-elastic setup` does it."""

    def run(engine: Engine) -> None:
        install(engine, for_distribution(load_assets(), engine.distribution))

    return run


@pytest.fixture
def tear_down() -> Callable[[Engine], None]:
    """As `auth0-elastic setup --remove --delete-data` does it."""

    def run(engine: Engine) -> None:
        remove(engine, load_assets(), delete_data=True)

    return run


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The lines of the log about waiting and delivering so far, without the one that the shipper starts with."""

    def lines() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "auth0_elastic.ship.announce"]

    caplog.set_level("INFO", "auth0_elastic.ship.announce")
    return lines
