"""One list, from a file or a URL, with a clock that only a test moves."""

from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from auth0_elastic.reputation import ListSource, Reputation, ReputationSettings
from auth0_elastic.secret import Secret


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class OneList:
    """The list `tor exits`, and what a restart makes of it."""

    def __init__(
        self, folder: Path, clock: Clock, url: str | None = None, pool: urllib3.PoolManager | None = None
    ) -> None:
        self.path, self.folder, self.clock, self.pool = folder / "tor.txt", folder, clock, pool
        source = ListSource(
            name="tor exits", kind="tor", url=Secret(url) if url else None, path=None if url else self.path
        )
        self.settings = ReputationSettings(lists=(source,), refresh=3600.0)
        self.restart()

    def restart(self) -> None:
        self.reputation = Reputation(self.settings, self.folder / "cache", clock=self.clock, pool=self.pool)

    def pass_time(self, seconds: float) -> float:
        self.clock.now += seconds
        return self.reputation.refresh()

    def known(self, address: str) -> bool:
        return bool(self.reputation.lookup(address))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_list(tmp_path: Path, clock: Clock) -> Callable[..., OneList]:
    """Each has the same cache, as the processes of a server have."""

    def make(url: str | None = None, pool: urllib3.PoolManager | None = None) -> OneList:
        return OneList(tmp_path, clock, url, pool)

    return make


@pytest.fixture
def from_file(make_list: Callable[..., OneList]) -> OneList:
    return make_list()
