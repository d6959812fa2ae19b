"""A local Auth0 whose clock the test sets, and a poller of it that keeps events in a real spool file."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Tenant
from auth0_elastic.local_auth0 import LocalAuth0, SetClock
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.poll import Poller
from auth0_elastic.spool.ledger import Ledger, Settled
from auth0_elastic.spool.spool_file import SpoolFile

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LIMIT = 10_000_000


def tenant_of(auth0: LocalAuth0, name: str = "acme", **settings: str) -> Tenant:
    prefix = f"AUTH0_ELASTIC_TENANTS_{name.upper()}"
    environment = {
        f"{prefix}_BASE_URL": auth0.base_url,
        f"{prefix}_CLIENT_ID": auth0.tenant.client.client_id,
        f"{prefix}_CLIENT_SECRET": auth0.tenant.client.client_secret,
        **{f"{prefix}_POLL_{key.upper()}": value for key, value in settings.items()},
    }
    (tenant,) = load(None, environment).tenants
    return tenant


class Polling:
    """Pollers of one Auth0, as processes that come and go over the same folder of the spool."""

    def __init__(self, auth0: LocalAuth0, clock: SetClock, folder: Path, **settings: str) -> None:
        self.auth0, self.clock, self.folder = auth0, clock, folder
        self.tenant = tenant_of(auth0, **settings)
        self.api = ManagementApi(self.tenant, clock=clock, sleep=clock.advance)
        self.max_size = LIMIT
        self.files: list[SpoolFile] = []

    def start(self, kind: type[SpoolFile] = SpoolFile, **options: Any) -> Poller:
        """A new process: the one before it is gone."""
        self.stop()
        self.files.append(kind.open_named(self.folder, f"poll-{self.tenant.name}"))
        return Poller(self.api, self.tenant, self.files[-1], self.max_size, clock=self.clock, **options)

    def stop(self) -> None:
        while self.files:
            self.files.pop().close()

    def round(self, poller: Poller) -> float:
        """Until everything has been fetched; the seconds that the poller then wants to wait."""
        for _ in range(1000):
            if pause := poller.step():
                return pause
        raise AssertionError("the round does not end")

    def log(self, count: int, seconds: float = 60) -> list[str]:
        """So many logs, each followed by so many seconds."""
        found = []
        for _ in range(count):
            found.append(self.auth0.tenant.log())
            self.clock.advance(seconds)
        return found

    @property
    def path(self) -> Path:
        return self.folder / f"poll-{self.tenant.name}.db"

    @property
    def kept(self) -> list[str]:
        """The log_ids in the spool, in the order in which they were kept."""
        with closing(sqlite3.connect(self.path)) as connection:
            rows = connection.execute("SELECT raw FROM event ORDER BY seq").fetchall()
        return [json.loads(raw)["log_id"] for (raw,) in rows]

    @property
    def pages(self) -> list[dict[str, str]]:
        """The queries with which pages were asked for."""
        return [asked.query for asked in self.auth0.journal.of("GET", "/api/v2/logs")]

    def deliver(self) -> None:
        """As the shipper would write it down."""
        file = self.files[-1]
        ledger = Ledger(self.folder, LIMIT)
        ledger.settle([Settled(file.file_id, 1_000_000)])
        ledger.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def auth0(clock: SetClock) -> Iterator[LocalAuth0]:
    with LocalAuth0(clock=clock) as auth0:
        yield auth0


@pytest.fixture
def make_polling(auth0: LocalAuth0, clock: SetClock, tmp_path: Path) -> Iterator[Callable[..., Polling]]:
    """Makes a Polling with other settings of `poll`."""
    made: list[Polling] = []

    def make(**settings: str) -> Polling:
        made.append(Polling(auth0, clock, tmp_path / "spool" / "logs", **settings))
        return made[-1]

    yield make
    for polling in made:
        polling.stop()
        polling.api.close()


@pytest.fixture
def polling(make_polling: Callable[..., Polling]) -> Polling:
    return make_polling(batch_size="2")
