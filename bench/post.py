"""Posts events at a steady rate, or as fast as they are taken, over a few kept connections."""

import http.client
import queue
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from auth0_elastic.errors import Auth0ElasticError
from bench.served import Served

_CONNECTIONS = 8


class Due(NamedTuple):
    """A request, how many events it has, and the second (as of `time.perf_counter`) at which it is to be sent."""

    at: float
    body: bytes
    events: int


class Posted(NamedTuple):
    """An answered request: when it was due, when the answer had come, how many events it had."""

    due: float
    answered: float
    events: int


def steadily(bodies: Sequence[bytes], events: int, rate: float) -> Iterator[Due]:
    """Requests of `events` events each, `rate` events a second from now on."""
    started = time.perf_counter()
    return (Due(started + number * events / rate, body, events) for number, body in enumerate(bodies))


def post(server: Served, requests: Iterable[Due]) -> list[Posted]:
    """In the order of their answers. One that is late because those before it are is counted from when it was due.

    Raises Auth0ElasticError for an answer that is not 200.
    """
    waiting: queue.SimpleQueue[Due | None] = queue.SimpleQueue()
    posted: list[Posted] = []
    refused: list[str] = []
    threads = [threading.Thread(target=_send, args=(server, waiting, posted, refused)) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for each in requests:
        time.sleep(max(0.0, each.at - time.perf_counter()))
        waiting.put(each)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    if refused:
        raise Auth0ElasticError(f"a request was answered with {refused[0]}")
    return posted


def _send(server: Served, waiting: "queue.SimpleQueue[Due | None]", posted: list[Posted], refused: list[str]) -> None:
    connection = _connection(server)
    headers = {"Authorization": server.token, "Content-Type": "application/json"}
    while (due := waiting.get()) is not None:
        connection.request("POST", urlsplit(server.url).path, due.body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != http.client.OK:
            refused.append(f"{answer.status} {text[:200]!r}")
        posted.append(Posted(due.at, time.perf_counter(), due.events))
    connection.close()


def _connection(server: Served) -> http.client.HTTPConnection:
    address = urlsplit(server.url).netloc
    if server.authority is None:
        return http.client.HTTPConnection(address, timeout=60)
    context = ssl.create_default_context(cafile=str(server.authority))
    return http.client.HTTPSConnection(address, timeout=60, context=context)
