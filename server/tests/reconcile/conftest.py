"""A local Auth0, a spool and a real engine: what Auth0 has, what was delivered, and what a comparison makes of it."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.local_auth0 import LocalAuth0, SetClock
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.package_files import for_distribution, load_assets
from auth0_elastic.reconcile import Comparison, Findings, Indexed, Window
from auth0_elastic.serve.deliver import deliver
from auth0_elastic.setup.apply import install
from auth0_elastic.spool.spool_file import SpoolFile

HOUR = 3600.0
NO_ENGINE = "http://127.0.0.1:9"


def environment_of(auth0: LocalAuth0, folder: Path, url: str = NO_ENGINE, **settings: str) -> dict[str, str]:
    return {
        "AUTH0_ELASTIC_SPOOL_PATH": str(folder),
        "AUTH0_ELASTIC_DATA_STREAM_NAMESPACE": f"t{secrets.token_hex(4)}",
        "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": url,
        "AUTH0_ELASTIC_TENANTS_ACME_BASE_URL": auth0.base_url,
        "AUTH0_ELASTIC_TENANTS_ACME_CLIENT_ID": auth0.tenant.client.client_id,
        "AUTH0_ELASTIC_TENANTS_ACME_CLIENT_SECRET": auth0.tenant.client.client_secret,
        **{f"AUTH0_ELASTIC_{key.upper()}": value for key, value in settings.items()},
    }


class Site:
    """One server's place: its spool, its data stream, its Auth0."""

    def __init__(self, auth0: LocalAuth0, clock: SetClock, environment: dict[str, str]) -> None:
        self.auth0, self.clock, self.environment = auth0, clock, environment
        self.settings: Settings = load(None, environment)
        (self.tenant,) = self.settings.tenants
        self.folder = self.settings.spool.logs
        self.engine: Engine = connect(self.settings.elasticsearch)
        install(self.engine, for_distribution(load_assets(), self.engine.distribution))
        self.stream = f"logs-auth0.logs-{self.settings.data_stream.namespace}"
        self.indexed = Indexed(lambda: self.engine, self.stream)
        self.api = ManagementApi(self.tenant, clock=clock, sleep=clock.advance)

    def log(self, count: int, **data: Any) -> list[str]:
        """So many logs in Auth0, a second apart."""
        found = []
        for _ in range(count):
            found.append(self.auth0.tenant.log(**data))
            self.clock.advance(1)
        return found

    def stream_to_spool(self, log_ids: list[str]) -> None:
        """Auth0's log stream has brought these, and the listener has kept them."""
        bodies = [json.dumps(self.auth0.tenant.event(log_id)).encode() for log_id in log_ids]
        with closing(SpoolFile.open_free(self.folder, "listener")) as file:
            file.append(int(time.time() * 1000), bodies)

    def streamed(self, log_ids: list[str]) -> None:
        """As above, and delivered."""
        self.stream_to_spool(log_ids)
        assert deliver(self.settings)

    def rollover(self) -> None:
        self.engine.call("POST", f"/{self.stream}/_rollover")

    def comparison(self, *, ago: float = HOUR, until: datetime | None = None, **options: Any) -> Comparison:
        since = datetime.fromtimestamp(self.clock.now, UTC) - timedelta(seconds=ago)
        options = {"clock": self.clock, **options}
        indexed = options.pop("indexed", self.indexed)
        return Comparison(self.api, indexed, self.settings.spool, Window(since, until), **options)

    def compare(self, **options: Any) -> Findings:
        """With a shipper that delivers whenever the comparison waits."""
        comparison = self.comparison(**options)
        for pause in comparison.run():
            if pause:
                deliver(self.settings)
                self.clock.advance(pause)
        return comparison.findings

    def ids(self) -> list[str]:
        """Of all documents in all backing indices, a second copy a second time."""
        self.engine.call("POST", f"/{self.stream}/_refresh")
        found = self.engine.call("POST", f"/{self.stream}/_search", {"size": 10_000, "_source": False})
        return sorted(hit["_id"] for hit in found["hits"]["hits"])


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime.now(UTC))


@pytest.fixture
def auth0(clock: SetClock) -> Iterator[LocalAuth0]:
    with LocalAuth0(clock=clock) as auth0:
        yield auth0


@pytest.fixture
def make_site(
    auth0: LocalAuth0, clock: SetClock, opensearch: RunningEngine, tmp_path: Path
) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(**settings: str) -> Site:
        made.append(
            Site(auth0, clock, environment_of(auth0, tmp_path / f"spool-{len(made)}", opensearch.url, **settings))
        )
        return made[-1]

    yield make
    for site in made:
        site.engine.request("DELETE", f"/_data_stream/{site.stream}")
        site.api.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()
