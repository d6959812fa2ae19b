"""The proxy that stands for a distant engine."""

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auth0_elastic.engine.embedded.ports import HOST, free_port
from bench.served import running

MILLISECONDS = 80


@pytest.fixture
def far() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as listening:
        yield listening


@pytest.fixture
def near(far: socket.socket, tmp_path: Path) -> Iterator[socket.socket]:
    """A connection to the proxy."""
    port = free_port()
    command = [sys.executable, "-m", "bench.delay", str(port), str(far.getsockname()[1]), str(MILLISECONDS)]
    with running(command, tmp_path / "log", port), socket.create_connection((HOST, port), timeout=10) as connection:
        far.accept()[0].close()  # that which found out whether the proxy listens
        yield connection


def test_a_round_trip_takes_that_much_longer_and_keeps_its_bytes(far: socket.socket, near: socket.socket) -> None:
    accepted = far.accept()[0]
    with accepted:
        started = time.perf_counter()
        near.sendall(b"question")
        asked = accepted.recv(100)
        accepted.sendall(b"answer")
        answered = near.recv(100)
        took = 1000 * (time.perf_counter() - started)
    assert (asked, answered) == (b"question", b"answer")
    assert took >= MILLISECONDS


def test_an_end_is_passed_on(far: socket.socket, near: socket.socket) -> None:
    far.accept()[0].close()
    assert near.recv(100) == b""
