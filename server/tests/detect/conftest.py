"""A namespace with the package installed in it, on the OpenSearch of all tests, and a server that ships to it."""

import os
import re
import secrets
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from auth0_elastic.config.load import load
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.sigma import SHIPPED, load_rules
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import data_streams, find_package, load_assets
from auth0_elastic.secret import Secret
from auth0_elastic.send import Target, send
from auth0_elastic.setup.apply import install
from auth0_elastic.spool.ledger import LedgerView

TOKEN = "tok-0123456789-0123456789"
PATHS = {"logs": "/auth0/logs", "actions": "/collect"}
ENDINGS = ("indexed", "duplicate", "dead")
SECONDS = 600
STAND_INS = {"match_only_text": "text", "constant_keyword": "keyword", "wildcard": "keyword"}


@pytest.fixture(scope="session")
def with_stand_ins() -> Callable[[Any], Any]:
    """Makes mappings of those that have types which the embedded Elasticsearch comes without."""
    return _with_stand_ins


def _with_stand_ins(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _with_stand_ins(each) for key, each in value.items()}
    kind = inner.get("type")
    return {"type": STAND_INS[kind]} if isinstance(kind, str) and kind in STAND_INS else inner


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
def module_namespace(engine: Engine) -> Iterator[str]:
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


class Way:
    """A whole server, from its listener to a namespace of an engine; `config` is its settings file."""

    def __init__(self, folder: Path, engine: Engine, url: str, namespace: str) -> None:
        self._folder, self._engine, self._namespace = folder, engine, namespace
        self.config, self._log = folder / "auth0-elastic.yml", folder / "server.log"
        self._posted = Counter[str]()
        with socket.create_server(("127.0.0.1", 0)) as free:
            listener = {"listen_address": "127.0.0.1", "listen_port": 0, "workers": 1, "authorization_token": TOKEN}
            settings = {
                "listener": listener,
                "elasticsearch": {"hosts": [url]},
                "data_stream": {"namespace": namespace},
                "spool": {"path": str(folder / "spool")},
                "monitoring": {"listen_port": free.getsockname()[1]},
            }
        self.config.write_text(yaml.safe_dump(settings))
        command = [sys.executable, "-m", "auth0_elastic", "serve", "--config", str(self.config)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTH0_ELASTIC_")}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def deliver(self, stream: str, raws: list[bytes]) -> None:
        """Posts the events as Auth0 does; when it returns, all are in the data stream and can be searched for."""
        url = f"{self._eventually(self._address, 'the listener listens')}{PATHS[stream]}"
        summary = send(raws, Target(url, Secret(TOKEN), batch_size=1000, connections=2))
        assert summary.accepted == len(raws)
        self._posted[stream] += len(raws)
        endings = self._eventually(lambda: self._endings(stream), "all events have come to an end")
        assert endings == {"indexed": self._posted[stream]}
        self._engine.call("POST", f"/logs-auth0.{stream}-{self._namespace}/_refresh")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        assert "Traceback" not in self._log.read_text(), self._log.read_text()

    def _address(self) -> str | None:
        found = re.search(r"Listening at: (http://\S+:\d+)", self._log.read_text())
        return found[1] if found else None

    def _endings(self, stream: str) -> dict[str, int]:
        """How many events have come to which end, once all have."""
        try:
            with closing(LedgerView(self._folder / "spool" / stream)) as ledger:
                counters = ledger.counters()
        except sqlite3.OperationalError:  # the shipper has not made it yet, or is making it now
            return {}
        found = {name: counters[name] for name in ENDINGS if counters.get(name)}
        return found if sum(found.values()) >= self._posted[stream] else {}

    def _eventually(self, look: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + SECONDS
        while not (found := look()):
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, f"not within {SECONDS} s: {what}"
            threading.Event().wait(0.05)
        return found


@pytest.fixture(scope="module")
def way(
    engine: Engine, opensearch: RunningEngine, module_namespace: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Way]:
    made = Way(tmp_path_factory.mktemp("way"), engine, opensearch.url, module_namespace)
    yield made
    made.stop()
