"""More connections than the listener may have: those that only wait make room, the longest first."""

import re
import resource
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.receive.refused import refused_totals

EVENT = b'{"log_id":"900"}'
OPEN_FILES = 160  # of which a worker of one process may use half for connections
Eventually = Callable[..., Any]


@pytest.fixture
def crowded(serve: Any, eventually: Eventually) -> Iterator[Any]:
    """A listener under a hard limit of open files, with deadlines far off."""
    server = serve("listen", listener={"header_timeout": "1h", "handshake_timeout": "1h"})
    server.stop()
    before = len(server.log())
    command = f'ulimit -n {OPEN_FILES}; exec "$0" -m auth0_elastic serve --only listen --config "$1"'
    with server._log.open("ab") as log:
        server.process = subprocess.Popen(
            ["sh", "-c", command, sys.executable, str(server._config)], stderr=log, stdout=log
        )
    listening = eventually(lambda: re.search(r"Listening at: \S+:(\d+)", server.log()[before:]), "the listener listens")
    server.port = int(listening[1])
    yield server
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(30)


def test_idle_connections_make_room_for_others(crowded: Any) -> None:
    with ExitStack() as held:
        idle = [held.enter_context(crowded.connect_tls()) for _ in range(OPEN_FILES)]
        for _ in range(5):
            assert crowded.post(EVENT).status == 200
        assert is_cut(idle[0])
        assert not is_cut(idle[-1])
    assert "nearly all of the 80 connections are taken; idle ones are cut" in crowded.log()
    assert "Too many open files" not in crowded.log()
    assert len(crowded.spooled()) == 5


def test_connections_without_a_handshake_make_room_too(crowded: Any, eventually: Eventually) -> None:
    with ExitStack() as held:
        for _ in range(OPEN_FILES):
            held.enter_context(crowded.connect())
        assert crowded.post(EVENT).status == 200
    spool = Path(crowded.settings["spool"]["path"])
    eventually(lambda: refused_totals(spool)["overloaded"] > 0, "they are counted")


def is_cut(client: ssl.SSLSocket) -> bool:
    client.settimeout(0.5)
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(listener: Any) -> None:

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for pid in listener.workers():
        soft, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        assert soft >= min(hard, 20_100)
