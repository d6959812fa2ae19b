"""`scripts/chaos slow-clients`: thousands of connections that give nothing, or single bytes, and how long others wait.

The deadlines that would cut them are set far off, so that all of them hold on to the end.
"""

import asyncio
import http.client
import multiprocessing
import resource
import ssl
import statistics
import tempfile
import time
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Final

import click
import trustme

from chaos.errors import ChaosError
from chaos.fuzz import NOWHERE
from chaos.processes import resident_bytes
from chaos.server import Server
from chaos.waiting import wait_until

FAR_OFF: Final = {f"AUTH0_ELASTIC_LISTENER_{name}_TIMEOUT": "30m" for name in ("HANDSHAKE", "HEADER", "BODY")}
BYTE_SECONDS: Final = 0.5
OPENING_AT_ONCE: Final = 50
PAUSE_SECONDS: Final = 0.05
MOST_SECONDS: Final = 1.0
EVENT: Final = b'{"log_id":"900","data":{"type":"s"}}'


@dataclass(frozen=True)
class Waited:
    """How long requests took in seconds, beside `holding` connections; `resident` is the workers' memory in bytes."""

    holding: int
    new: list[float]
    kept: list[float]
    resident: int

    def __str__(self) -> str:
        each = ", ".join(f"{name}: {_summary(times)}" for name, times in (("new", self.new), ("kept", self.kept)))
        return (
            f"beside {self.holding} slow connections, requests on connections {each}; workers {self.resident >> 20} MiB"
        )


def _summary(times: list[float]) -> str:
    p99 = statistics.quantiles(times, n=100)[98]
    return f"p50 {statistics.median(times) * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms, max {max(times) * 1e3:.0f} ms"


def beside_slow_clients(folder: Path, idle: int, slow: int, requests: int) -> Waited:
    """Raises ChaosError when the connections cannot be held, or a request is not answered with 200."""
    server = Server(folder, NOWHERE, "slow")
    server.workers = 2
    server.extra = FAR_OFF | _certificate(folder)
    server.start()
    try:
        wait_until(lambda: "Booting worker" in server.log.read_text(), 60, "the listener starts")
        wait_until(lambda: _is_answered(server), 60, "the listener answers")
        with _attack(server, idle, slow) as holding:
            new = [_post(server) for _ in _paced(requests)]
            with closing(_client(server)) as client:
                kept = [_post_on(client, server.token) for _ in _paced(requests)]
            resident = sum(resident_bytes(pid) for pid in server.pids("worker"))
            return Waited(holding.value, new, kept, resident)
    finally:
        server.stop()


def _certificate(folder: Path) -> dict[str, str]:
    issued = trustme.CA().issue_cert("localhost", "127.0.0.1")
    chain, key = folder / "tls.crt", folder / "tls.key"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    names = {"CERTIFICATE": str(chain), "KEY": str(key)}
    return {f"AUTH0_ELASTIC_LISTENER_SSL_{name}": value for name, value in names.items()}


@contextmanager
def _attack(server: Server, idle: int, slow: int) -> Iterator["Synchronized[int]"]:
    """From a process of its own, so that its work is not measured; gives how many connections it holds."""
    context = multiprocessing.get_context("spawn")
    holding = context.Value("i", 0)
    attacker = context.Process(target=attack, args=(server.port, server.token, idle, slow, holding), daemon=True)
    attacker.start()
    try:
        wait_until(lambda: holding.value >= idle + slow, 600, f"{idle + slow} connections are held", 0.2)
        yield holding
        if holding.value < idle + slow:
            raise ChaosError(f"only {holding.value} of the connections were held to the end")
    finally:
        attacker.kill()
        attacker.join()


def attack(port: int, token: str, idle: int, slow: int, holding: "Synchronized[int]") -> None:
    """Holds the connections until it is killed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_hold_all(Attackers(port, token, holding), idle, slow))


async def _hold_all(attackers: "Attackers", idle: int, slow: int) -> None:
    kinds = (attackers.in_handshake, attackers.in_header, attackers.in_body)
    holds: list[Coroutine[Any, Any, None]] = [kinds[number % len(kinds)]() for number in range(slow)]
    await asyncio.gather(*holds, *(attackers.idle() for _ in range(idle)))


class Attackers:
    """Each kind of client that holds its connection until the server ends it."""

    def __init__(self, port: int, token: str, holding: "Synchronized[int]") -> None:
        self._port = port
        self._head = f"POST /auth0/logs HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n".encode()
        self._holding = holding
        self._opening = asyncio.Semaphore(OPENING_AT_ONCE)
        self._tls = _trusting_anyone()

    async def idle(self) -> None:
        """A whole handshake, and then nothing."""
        await self._hold(self._tls, b"", b"")

    async def in_handshake(self) -> None:
        await self._hold(None, b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500))

    async def in_header(self) -> None:
        await self._hold(self._tls, self._head, b"X: " + b"x" * 8_000)

    async def in_body(self) -> None:
        await self._hold(self._tls, self._head + b"Content-Length: 100000\r\n\r\n", b'{"a":"' + b"x" * 90_000)

    async def _hold(self, tls: ssl.SSLContext | None, at_once: bytes, slowly: bytes) -> None:
        async with self._opening:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=tls)
        self._holding.value += 1
        writer.write(at_once)
        dribbling = asyncio.create_task(_dribble(writer, slowly))
        with suppress(OSError):
            await reader.read(-1)
        self._holding.value -= 1
        dribbling.cancel()


async def _dribble(writer: asyncio.StreamWriter, data: bytes) -> None:
    for position in range(len(data)):
        writer.write(data[position : position + 1])
        await asyncio.sleep(BYTE_SECONDS)


def _trusting_anyone() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _paced(requests: int) -> Iterator[int]:
    for number in range(requests):
        yield number
        time.sleep(PAUSE_SECONDS)


def _post(server: Server) -> float:
    """Seconds from connecting to the answer."""
    began = time.monotonic()
    with closing(_client(server)) as client:
        _post_on(client, server.token)
    return time.monotonic() - began


def _post_on(client: http.client.HTTPConnection, token: str) -> float:
    began = time.monotonic()
    client.request("POST", "/auth0/logs", EVENT, {"Authorization": token})
    response = client.getresponse()
    response.read()
    if response.status != 200:
        raise ChaosError(f"a request was answered with {response.status}")
    return time.monotonic() - began


def _client(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=_trusting_anyone())


def _is_answered(server: Server) -> bool:
    try:
        return _post(server) > 0
    except OSError:
        return False


@click.command("slow-clients")
@click.option(
    "--idle", type=click.IntRange(0), default=10_000, show_default=True, help="Connections that send nothing."
)
@click.option(
    "--slow", type=click.IntRange(0), default=500, show_default=True, help="Connections that send bytes singly."
)
@click.option(
    "--requests", type=click.IntRange(10), default=300, show_default=True, help="On new connections, then on one."
)
def command(idle: int, slow: int, requests: int) -> None:
    """Hold connections, and see that requests are answered within a second all the while."""
    try:
        waited = beside_slow_clients(Path(tempfile.mkdtemp(prefix="auth0-elastic-slow-")), idle, slow, requests)
    except ChaosError as error:
        raise click.ClickException(str(error)) from error
    click.echo(waited)
    if max(waited.new + waited.kept) > MOST_SECONDS:
        raise click.ClickException(f"a request waited longer than {MOST_SECONDS:g} s")


if __name__ == "__main__":
    command()
