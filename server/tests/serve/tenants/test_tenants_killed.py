"""kill -9 of the tenants' process, again and again while it polls: nothing missing, nothing twice, nothing skipped."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

Eventually = Callable[..., Any]
LOGS, BATCH, KILLS, PAGES = 3_000, 50, 4, 10
SPACING = 20.0  # seconds from a log to the next


class Polling:
    """`auth0-elastic serve --only tenants`, beside a server that ships."""

    def __init__(self, site: Any) -> None:
        self._site = site
        self._environment = {
            **os.environ,
            "AUTH0_ELASTIC_TENANTS_ACME_POLL_ENABLED": "true",
            "AUTH0_ELASTIC_TENANTS_ACME_POLL_BATCH_SIZE": str(BATCH),
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "auth0_elastic", "serve", "--only", "tenants"]
        self._process = subprocess.Popen(
            [*command, "--config", str(self._site.config)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self, *, kill: bool) -> int:
        assert self._process is not None
        assert self.is_alive
        self._process.kill() if kill else self._process.terminate()
        self._site.told.append(self._process.communicate(timeout=20)[0])
        return self._process.returncode

    def pages(self) -> int:
        return len(self._site.auth0s["acme"].journal.of("GET", "/api/v2/logs"))

    def kept(self) -> tuple[str, set[str]]:
        """The checkpoint, and the ids that the spool has."""
        with closing(sqlite3.connect(self._site.server.spool / "poll-acme.db")) as file:
            checkpoint = file.execute("SELECT log_id FROM checkpoint").fetchone()
            rows = file.execute("SELECT raw FROM event").fetchall()
        return checkpoint[0] if checkpoint else "", {json.loads(raw)["log_id"] for (raw,) in rows}


@pytest.fixture
def site(make_site: Callable[[], Any]) -> Any:
    site = make_site()
    site.tenant("acme")
    site.serve()
    return site


@pytest.fixture
def polling(site: Any) -> Iterator[Polling]:
    polling = Polling(site)
    polling.start()
    yield polling
    if polling.is_alive:
        assert polling.end(kill=False) == 0


def test_each_log_is_there_once_however_often_the_process_is_killed(
    site: Any, polling: Polling, eventually: Eventually
) -> None:
    began = time.time() - LOGS * SPACING
    auth0 = site.auth0s["acme"]
    logged = [auth0.tenant.log(written=began + number * SPACING) for number in range(LOGS)]
    for _ in range(KILLS):
        goal = polling.pages() + PAGES
        eventually(lambda goal=goal: polling.pages() >= goal, "it goes on")
        polling.end(kill=True)
        checkpoint, kept = polling.kept()
        assert all(log_id <= checkpoint for log_id in kept)
        assert {log_id for log_id in logged if log_id <= checkpoint} <= kept | set(site.ids())
        polling.start()
    assert not site.has(logged), "it was killed too late"
    eventually(lambda: site.has(logged), "all is found", 60)
    assert site.ids() == sorted(logged)
    assert site.events() == {"accepted": LOGS, "indexed": LOGS}
    eventually(lambda: site.live_bytes() == 0, "the spool is empty, long before the next poll")
