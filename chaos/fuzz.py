"""`scripts/chaos fuzz`: malformed requests by the hundred thousand, which must neither break nor bloat the listener."""

import random
import re
import secrets
import socket
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from chaos.errors import ChaosError
from chaos.malformed import Words, malformed
from chaos.processes import resident_bytes
from chaos.server import Server
from chaos.waiting import wait_until

SENDERS: Final = 8
MOST_ON_A_CONNECTION: Final = 4
TIMEOUT_SECONDS: Final = 60
WARM_UP: Final = 0.25  # of the requests; what memory grows by until then is no leak
MOST_GROWTH: Final = 32 * 2**20  # bytes of a worker, from then on
NOWHERE: Final = "http://127.0.0.1:9"  # the discard port: events wait in the spool, where they can be counted
_STATUS: Final = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3}) ")
_ACCEPTED: Final = re.compile(rb'\{"accepted":([0-9]+),"rejected":[0-9]+\}')
_UNFIT: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]|Traceback|CRITICAL")


@dataclass
class Fuzzed:
    """What has been sent and answered; `grown` is the bytes that the worker grew most by, after the warm-up."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: int = 0
    seconds: float = 0.0
    grown: int = 0

    def __str__(self) -> str:
        answers = ", ".join(f"{count} of {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.requests} requests in {self.seconds:.0f} s; answers: {answers}; {self.accepted} events accepted, "
            f"all of them kept; a worker grew by {self.grown / 2**20:.1f} MiB at most"
        )


def fuzz(folder: Path, requests: int, seed: int) -> Fuzzed:
    """Starts a server, sends it malformed requests, looks at what is left. Raises ChaosError for any broken promise."""
    server = Server(folder, NOWHERE, "fuzz")
    server.workers = 2
    server.extra = {"AUTH0_ELASTIC_LISTENER_TRUSTED_PROXIES": "127.0.0.1", "AUTH0_ELASTIC_LOGGING_LEVEL": "debug"}
    words = Words(server.token, *(f"{kind}-{secrets.token_hex(8)}" for kind in ("wrong", "query", "body")))
    server.start()
    try:
        wait_until(lambda: _answers(server.port), 60, "the listener answers")
        workers = server.pids("worker")
        result = _attack(server, words, requests, seed, workers)
        _check(server, workers, words, result)
    finally:
        server.stop()
    return result


def _attack(server: Server, words: Words, requests: int, seed: int, workers: list[int]) -> Fuzzed:
    """In two parts, so that the first warms up."""
    result, began = Fuzzed(), time.monotonic()
    before: dict[int, int] = {}
    for part, count in enumerate((int(requests * WARM_UP), requests - int(requests * WARM_UP))):
        before = {pid: _resident(pid) for pid in workers}
        senders = [
            Sender(server.port, words, seed + part * SENDERS + number, count // SENDERS) for number in range(SENDERS)
        ]
        with ThreadPoolExecutor(SENDERS) as threads:
            for each in threads.map(Sender.run, senders):
                result.requests += each.requests
                result.statuses += each.statuses
                result.accepted += each.accepted
    result.seconds = time.monotonic() - began
    result.grown = max(_resident(pid) - before[pid] for pid in workers)
    return result


class Sender:
    """Sends several requests on a connection, then its end, and reads what comes back."""

    def __init__(self, port: int, words: Words, seed: int, requests: int) -> None:
        self._port, self._words, self._requests = port, words, requests
        self._chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._result = Fuzzed()

    def run(self) -> Fuzzed:
        """Raises ChaosError when a connection is neither served nor ended in time."""
        for sent in self._connections():
            try:
                answers = exchange(self._port, sent)
            except OSError as error:
                raise ChaosError(f"a connection was neither served nor ended: {error}") from error
            self._result.statuses.update(int(status) for status in _STATUS.findall(answers))
            self._result.accepted += sum(int(count) for count in _ACCEPTED.findall(answers))
        return self._result

    def _connections(self) -> Iterator[bytes]:
        while self._result.requests < self._requests:
            count = min(self._chance.randint(1, MOST_ON_A_CONNECTION), self._requests - self._result.requests)
            self._result.requests += count
            yield b"".join(malformed(self._chance, self._words) for _ in range(count))


def exchange(port: int, sent: bytes) -> bytes:
    """Everything the server answers. Raises OSError when it does not take the connection, or does not end it."""
    received = b""
    with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)) as client:
        try:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                received += piece
        except TimeoutError:
            raise
        except OSError:  # it has ended the connection while more was being sent
            pass
    return received


def _check(server: Server, workers: list[int], words: Words, result: Fuzzed) -> None:
    log = server.log.read_text(errors="surrogateescape")
    odd = {status for status in result.statuses if status not in range(400, 500) and status not in (100, 200)}
    problems = [
        (bool(odd), f"answered {sorted(odd)}"),
        (server.pids("worker") != workers, "a worker has ended"),
        (any(word in log for word in words.all()), "the log holds a token, a query or a body"),
        (bool(_UNFIT.search(log.replace("\n", ""))), "the log holds a traceback or control characters"),
        (
            _kept(server.spool) < result.accepted,
            f"{result.accepted} events were accepted, {_kept(server.spool)} are kept",
        ),
        (result.grown > MOST_GROWTH, f"a worker grew by {result.grown / 2**20:.1f} MiB after the warm-up"),
        (not _answers(server.port), "the listener answers no more"),
    ]
    broken = [text for is_broken, text in problems if is_broken]
    if broken:
        raise ChaosError(f"{'; '.join(broken)} ({result}); the log is {server.log}")


def _kept(spool: Path) -> int:
    """The events in the spool; the shipper removes none, as it has no engine."""
    return sum(_count(path) for path in (*spool.glob("logs/listener-*.db"), *spool.glob("actions/collect-*.db")))


def _count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])


def _answers(port: int) -> bool:
    try:
        return exchange(port, b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 4")
    except OSError:
        return False


def _resident(pid: int) -> int:
    try:
        return resident_bytes(pid)
    except OSError as error:
        raise ChaosError(f"worker {pid} has ended") from error


@click.command("fuzz")
@click.option("--requests", type=click.IntRange(100), default=100_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed sends the same requests.")
def command(requests: int, seed: int) -> None:
    """Send malformed requests: no 5xx, no crash, no token or body in the log, flat memory."""
    folder = Path(tempfile.mkdtemp(prefix="auth0-elastic-fuzz-"))
    try:
        click.echo(f"{fuzz(folder, requests, seed)}; the log is {folder / 'server.log'}")
    except ChaosError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    command()
