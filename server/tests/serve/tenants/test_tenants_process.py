"""The tenants' process by itself: ends at once when it is told to, and waits for what others hold."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from auth0_elastic.local_auth0 import LocalAuth0
from auth0_elastic.spool.spool_file import SpoolFile

Eventually = Callable[..., Any]


@pytest.fixture
def auth0() -> Iterator[LocalAuth0]:
    with LocalAuth0() as auth0:
        auth0.tenant.log()
        yield auth0


class Process:
    """`auth0-elastic serve --only tenants`; `log` is what it says."""

    def __init__(self, folder: Path, auth0: LocalAuth0, **sections: dict[str, Any]) -> None:
        client = auth0.tenant.client
        tenant = {"base_url": auth0.base_url, "client_id": client.client_id, "client_secret": client.client_secret}
        settings = {"tenants": {"acme": {**tenant, **sections}}, "spool": {"path": str(folder / "spool")}}
        self.config, self._log = folder / "auth0-elastic.yml", folder / "log"
        self.config.write_text(yaml.safe_dump(settings))
        self.secret = client.client_secret

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[bytes]"]:
        command = [sys.executable, "-m", "auth0_elastic", "serve", "--only", "tenants", "--config", str(self.config)]
        with self._log.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                yield process
            finally:
                process.kill()
        assert self.secret not in self.log()
        assert "Traceback" not in self.log()

    def log(self) -> str:
        return self._log.read_text()


def test_a_request_under_way_does_not_hold_up_the_end(
    auth0: LocalAuth0, tmp_path: Path, eventually: Eventually
) -> None:
    auth0.faults.slow(60, path="/oauth/token")
    slow = Process(tmp_path, auth0, poll={"enabled": True}, reconcile={"enabled": True})
    with slow.running() as process:
        eventually(lambda: not auth0.faults.waiting, "it asks for a token")
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 10


def test_a_poll_by_hand_does_not_end_the_process(auth0: LocalAuth0, tmp_path: Path, eventually: Eventually) -> None:
    with closing(SpoolFile.open_named(tmp_path / "spool" / "logs", "poll-acme")):
        shared = Process(tmp_path, auth0, poll={"enabled": True})
        with shared.running() as process:
            eventually(lambda: "another process writes it" in shared.log(), "it is told")
            assert process.poll() is None


def test_a_resumed_stream_without_reconcile_is_told_to_have_gaps(
    auth0: LocalAuth0, tmp_path: Path, eventually: Eventually
) -> None:
    auth0.tenant.behaviour.https_only = False
    url = "http://127.0.0.1:9/auth0/logs"
    auth0.tenant.create_stream({"type": "http", "name": "auth0-elastic", "sink": {"httpEndpoint": url}})
    auth0.tenant.streams[0].status = "suspended"
    watching = Process(tmp_path, auth0, log_stream={"mode": "automatic", "url": url})
    with watching.running():
        eventually(lambda: "reconcile --tenant acme --since 7d" in watching.log(), "it is told")
    assert auth0.tenant.streams[0].status == "active"
