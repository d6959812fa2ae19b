"""A whole server, local Auth0s that it polls and that deliver to it over HTTPS, and a data stream of its own."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.local_auth0 import Behaviour, Client, LocalAuth0, Stream
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install


class Clock:
    """The real time, so many seconds off."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def __call__(self) -> float:
        return time.time() + self.offset


class Site:
    """`server` is the running `auth0-elastic serve`; `auth0s` and `clocks` are its tenants' by name."""

    def __init__(self, start: Callable[..., Any], engine: Engine, url: str, certificate: Path, port: int) -> None:
        self.engine, self.port = engine, port
        self.auth0s: dict[str, LocalAuth0] = {}
        self.clocks: dict[str, Clock] = {}
        self.namespace = f"tenants{secrets.token_hex(4)}"
        self.data_stream = f"logs-auth0.logs-{self.namespace}"
        self.server: Any = None
        self.told: list[str] = []
        self._start, self._url, self._certificate = start, url, certificate

    @property
    def ca(self) -> Path:
        return self._certificate / "ca.pem"

    def tenant(self, name: str, offset: float = 0.0, every: float | None = None, **behaviour: Any) -> LocalAuth0:
        """A local Auth0 over HTTPS, whose clock is `offset` seconds off; it delivers every so many seconds."""
        self.clocks[name] = Clock(offset)
        self.auth0s[name] = LocalAuth0(
            clock=self.clocks[name],
            behaviour=Behaviour(delivery_timeout=5, **behaviour),
            client=Client(f"client-{name}", secrets.token_urlsafe()),
            certificate=(self._certificate / "tls.crt", self._certificate / "tls.key"),
            ca_file=self.ca,
            deliver_every=every,
        )
        return self.auth0s[name].start()

    def serve(self, workers: int = 1, *, automatic: bool = False, **sections: dict[str, Any]) -> Any:
        """Starts the server with these sections (`poll`, `reconcile`) for each of the tenants.

        `automatic` has it make each a log stream; it then has no token but those that it makes.
        """
        made = {"authorization_token": None} if automatic else {}
        self.server = self._start(
            listener={"listen_port": self.port, "workers": workers, **made},
            elasticsearch={"hosts": [self._url]},
            data_stream={"namespace": self.namespace},
            tenants={name: self._section(name, automatic, sections) for name in self.auth0s},
        )
        return self.server

    def _section(self, name: str, automatic: bool, sections: dict[str, Any]) -> dict[str, Any]:
        auth0 = self.auth0s[name]
        stream = {"mode": "automatic", "name": name, "url": f"https://localhost:{self.port}/auth0/logs"}
        return {
            "base_url": auth0.base_url,
            "client_id": auth0.tenant.client.client_id,
            "client_secret": auth0.tenant.client.client_secret,
            "ssl": {"certificate_authorities": [str(self.ca)]},
            **({"log_stream": stream} if automatic else {}),
            **sections,
        }

    def stream(self, name: str) -> Stream | None:
        """The log stream that the tenant has."""
        return next(iter(self.auth0s[name].tenant.streams), None)

    def ids(self) -> list[str]:
        """The ids in all backing indices, a second copy a second time."""
        self.engine.request("POST", f"/{self.data_stream}/_refresh")
        query = {"size": 10_000, "_source": False, "sort": ["_doc"]}
        answer = self.engine.request("POST", f"/{self.data_stream}/_search", query)
        return sorted(hit["_id"] for hit in answer.body["hits"]["hits"]) if answer.status == 200 else []

    def has(self, log_ids: list[str]) -> bool:
        return set(log_ids) <= set(self.ids())

    def events(self) -> dict[str, int]:
        """How many logs came in, and how they ended; zeros left out."""
        found = self._logs()["events"]
        return {name: count for name, count in found.items() if count and name != "retried"}

    def live_bytes(self) -> int:
        """What the spool holds of logs."""
        return int(self._logs()["spool"]["live_bytes"])

    def _logs(self) -> dict[str, Any]:
        streams: dict[str, dict[str, Any]] = self.server.health("/readyz").json["data_streams"]
        return streams["logs"]

    def settled(self) -> bool:
        """Whether each event that was taken has come to its end."""
        events = self.events()
        return events.get("accepted") == events.get("indexed", 0) + events.get("duplicate", 0)

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """`auth0-elastic …` with the server's settings."""
        command = [sys.executable, "-m", "auth0_elastic", *arguments, "--config", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "", **environment})
        self.told += [done.stdout, done.stderr]
        return done

    @property
    def config(self) -> Path:
        return Path(self.server.settings["spool"]["path"]).parent / "auth0-elastic.yml"

    def secrets(self) -> set[str]:
        """All that must not be told."""
        found = {auth0.tenant.client.client_secret for auth0 in self.auth0s.values()}
        found |= {token for auth0 in self.auth0s.values() for token in auth0.tenant.tokens.issued}
        made = Path(self.server.settings["spool"]["path"]) / "tokens.json"
        if made.exists():
            found |= {entry["token"] for entry in json.loads(made.read_text())["tokens"]}
        return found

    def close(self) -> None:
        """Nothing that was written down anywhere may have told a secret."""
        if self.server is not None:
            self.server.stop()
            told = "\n".join([self.server.log(), *self.told])
            assert self.secrets()
            assert not [secret for secret in self.secrets() if secret in told]
        for auth0 in self.auth0s.values():
            auth0.stop()
        self.engine.request("DELETE", f"/_data_stream/{self.data_stream}")


@pytest.fixture(scope="session")
def installed(opensearch: RunningEngine) -> Engine:
    engine = connect(load(None, {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url}).elasticsearch)
    for name in ("logs", "actions"):
        install(engine, load_assets(name))
    return engine


@pytest.fixture(scope="module")
def make_site(
    serve_module: Callable[..., Any],
    installed: Engine,
    opensearch: RunningEngine,
    certificate: Path,
    free_port: Callable[[], int],
) -> Iterator[Callable[[], Site]]:
    """Makes a place for a server that the tests of a module may share."""
    with ExitStack() as sites:

        def make() -> Site:
            site = Site(serve_module, installed, opensearch.url, certificate, free_port())
            sites.callback(site.close)
            return site

        yield make
