"""The engine that is measured with: an embedded OpenSearch, warm, with the package installed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.embedded import EmbeddedEngine
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install
from bench.day import raw_events
from bench.replay import bodies, replay
from bench.storage import connected

STREAM = "logs-auth0.logs-default"
HEAP = "2g"  # the default suffices for tests, not for what is measured
_WARM_UP = 5_000  # documents at a time


class Site(NamedTuple):
    """An engine and where it answers."""

    engine: Engine
    url: str

    def fresh(self) -> None:
        """Makes the data stream anew; what the engine was still busy with is done when this returns."""
        if self.engine.request("GET", f"/_data_stream/{STREAM}").status == 200:
            self.engine.call("DELETE", f"/_data_stream/{STREAM}")
        self.engine.call("PUT", f"/_data_stream/{STREAM}")

    def check(self, count: int) -> None:
        """Raises Auth0ElasticError unless the data stream has as many events."""
        self.engine.call("POST", f"/{STREAM}/_refresh")
        found = self.engine.call("GET", f"/{STREAM}/_count")["count"]
        if found != count:
            raise Auth0ElasticError(f"{STREAM} has {found} events, not {count}: what was measured is worth nothing")


@contextmanager
def warm_engine(folder: Path, rounds: int) -> Iterator[Site]:
    """An engine that has been given 5,000 documents as often as `rounds` says."""
    with EmbeddedEngine(folder / "engine", heap=HEAP) as started:
        site = Site(connected(started.url), started.url)
        install(site.engine, load_assets())
        requests = bodies(list(raw_events(_WARM_UP)), 1000, now())
        for _ in range(rounds):
            site.fresh()
            replay(site.url, STREAM, requests, 4)
        site.fresh()
        yield site


def now() -> int:
    """Epoch milliseconds."""
    return int(time.time() * 1000)
