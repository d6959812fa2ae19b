"""Clients that hold connections and give nothing, or a byte at a time, must not keep others waiting."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import pytest

TOKEN = "tok-0123456789-0123456789"
EVENT = b'{"log_id":"900","data":{"type":"s"}}'
HEAD = b"POST /auth0/logs HTTP/1.1\r\nHost: x\r\n"
AUTHORIZED = HEAD + b"Authorization: " + TOKEN.encode() + b"\r\n"
SECONDS = 6.0  # each deadline of the listener
IDLE, IN_HANDSHAKE, IN_HEADER, IN_BODY = 200, 20, 15, 15
PATIENCE = 2.0  # what a request may take under attack, on a slow machine


class Cut(NamedTuple):
    """An attacker's end: how long it held its connection, and what it was answered."""

    seconds: float
    answer: bytes


class Attack:
    def __init__(self, port: int, tls: ssl.SSLContext) -> None:
        self.port = port
        self.tls = tls
        self.holding = 0

    async def idle(self) -> Cut:
        """A whole handshake, and then nothing."""
        reader, writer = await self._open(self.tls)
        return await self._hold(reader, writer, b"", b"")

    async def in_handshake(self) -> Cut:
        reader, writer = await self._open(None)
        return await self._hold(reader, writer, b"", client_hello(self.tls))

    async def in_header(self) -> Cut:
        reader, writer = await self._open(self.tls)
        return await self._hold(reader, writer, HEAD, b"X-Long: " + b"x" * 8_000)

    async def in_body(self) -> Cut:
        reader, writer = await self._open(self.tls)
        return await self._hold(
            reader, writer, AUTHORIZED + b"Content-Length: 100000\r\n\r\n", b'{"a":"' + b"x" * 8_000
        )

    async def in_chunk(self) -> Cut:
        reader, writer = await self._open(self.tls)
        return await self._hold(
            reader, writer, AUTHORIZED + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 2_000
        )

    async def in_refused_body(self) -> Cut:
        """Without a token the answer comes at once, but the connection may be held."""
        reader, writer = await self._open(self.tls)
        return await self._hold(reader, writer, HEAD + b"Content-Length: 100000\r\n\r\n", b"x" * 8_000)

    async def _open(self, tls: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = "localhost" if tls else None
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, server_hostname=name)

    async def _hold(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, at_once: bytes, slowly: bytes
    ) -> Cut:
        began = time.monotonic()
        self.holding += 1
        writer.write(at_once)
        dribbling = asyncio.create_task(_dribble(writer, slowly))
        answer = b""
        with contextlib.suppress(OSError):
            answer = await reader.read(-1)
        self.holding -= 1
        dribbling.cancel()
        writer.close()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(dribbling, writer.wait_closed(), return_exceptions=True)
        return Cut(time.monotonic() - began, answer)


async def _dribble(writer: asyncio.StreamWriter, data: bytes) -> None:
    for position in range(len(data)):
        writer.write(data[position : position + 1])
        await writer.drain()
        await asyncio.sleep(0.05)


def client_hello(tls: ssl.SSLContext) -> bytes:
    """The first message of a handshake."""
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


async def normal_requests(server: Any, attack: Attack, attackers: int) -> list[float]:
    """How long requests take while all attackers hold their connections, each on a connection of its own."""
    deadline = time.monotonic() + SECONDS
    while attack.holding < attackers:
        assert time.monotonic() < deadline, f"only {attack.holding} attackers are connected"
        await asyncio.sleep(0.01)
    times = []
    while attack.holding == attackers and len(times) < 20:
        began = time.monotonic()
        answer = await asyncio.to_thread(server.post, EVENT)
        assert answer.status == 200
        times.append(time.monotonic() - began)
    return times


async def run(server: Any, tls: ssl.SSLContext) -> tuple[list[float], dict[str, list[Cut]]]:
    attack = Attack(server.port, tls)
    kinds: dict[str, tuple[Callable[[], Coroutine[Any, Any, Cut]], int]] = {
        "idle": (attack.idle, IDLE),
        "handshake": (attack.in_handshake, IN_HANDSHAKE),
        "header": (attack.in_header, IN_HEADER),
        "body": (attack.in_body, IN_BODY - 10),
        "chunk": (attack.in_chunk, 5),
        "refused body": (attack.in_refused_body, 5),
    }
    tasks = {kind: [asyncio.create_task(hold()) for _ in range(count)] for kind, (hold, count) in kinds.items()}
    times = await normal_requests(server, attack, IDLE + IN_HANDSHAKE + IN_HEADER + IN_BODY)
    return times, {kind: await asyncio.gather(*cuts) for kind, cuts in tasks.items()}


@pytest.fixture(scope="module")
def attacked(serve_module: Any, trust: Any) -> tuple[Any, list[float], dict[str, list[Cut]]]:
    """The listener after the attack, how long normal requests took in it, and the attackers' ends."""
    seconds = f"{SECONDS:g}s"
    deadlines = {"handshake_timeout": seconds, "header_timeout": seconds, "body_timeout": seconds}
    server = serve_module("listen", listener={"workers": 2, **deadlines})
    return server, *asyncio.run(run(server, trust()))


def test_normal_requests_are_answered_during_the_attack(attacked: Any) -> None:
    _, times, _ = attacked
    assert len(times) >= 10
    assert max(times) < PATIENCE, times


@pytest.mark.parametrize("kind", ["idle", "handshake", "header", "body", "chunk", "refused body"])
def test_attackers_are_cut_after_the_deadline(attacked: Any, kind: str) -> None:
    _, _, cuts = attacked
    assert all(SECONDS - 1.5 < cut.seconds < SECONDS + 3 for cut in cuts[kind]), cuts[kind]


def test_slow_bodies_are_answered_with_408(attacked: Any) -> None:
    """The answer may be lost to one that keeps on sending."""
    _, _, cuts = attacked
    answers = {cut.answer[:13] for cut in (*cuts["body"], *cuts["chunk"])}
    assert b"HTTP/1.1 408 " in answers
    assert answers <= {b"HTTP/1.1 408 ", b""}
    assert {cut.answer[:13] for cut in cuts["refused body"]} == {b"HTTP/1.1 401 "}


def test_the_others_get_no_answer_and_leave_no_traceback(attacked: Any) -> None:
    server, _, cuts = attacked
    assert {cut.answer for kind in ("idle", "handshake", "header") for cut in cuts[kind]} == {b""}
    assert "Traceback" not in server.log()


def test_after_the_attack_the_workers_are_the_same(attacked: Any) -> None:
    server, _, _ = attacked
    assert len(server.workers()) == 2
    assert server.log().count("Booting worker") == 2
    assert server.post(EVENT).status == 200


def test_a_client_that_does_not_read_its_answers_is_cut(serve: Any, trust: Any) -> None:
    server = serve("listen", listener={"body_timeout": "1s"})
    with socket.socket() as bare:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        bare.settimeout(0.2)
        bare.connect(("127.0.0.1", server.port))
        with trust().wrap_socket(bare, server_hostname="localhost") as client:
            assert cut_within(20, client, HEAD + b"\r\n")


def cut_within(seconds: float, client: ssl.SSLSocket, request: bytes) -> bool:
    """Whether the server ends the connection while we only send."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            client.send(request * 100)
        except TimeoutError:
            continue
        except OSError:
            return True
    return False
