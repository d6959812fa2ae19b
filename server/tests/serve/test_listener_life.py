"""What the listener does when it is stopped, when a worker dies, and when the disk or the spool is full."""

import http.client
import json
import os
import resource
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

TOKEN = "tok-0123456789-0123456789"
EVENT = b'{"log_id":"900","data":{"type":"s"}}'
Eventually = Callable[..., Any]


def head(length: int, *more: str) -> bytes:
    lines = ["POST /auth0/logs HTTP/1.1", "Host: x", f"Authorization: {TOKEN}", f"Content-Length: {length}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def begin_request(server: Any) -> Any:
    """A client whose request the server has begun to serve, and whose body is still to come."""
    client = server.connect_tls()
    client.sendall(head(len(EVENT), "Expect: 100-continue"))
    assert client.recv(1000).startswith(b"HTTP/1.1 100")
    return client


def test_sigterm_lets_the_request_under_way_finish(serve: Any, eventually: Eventually) -> None:
    server = serve("listen")
    with closing(begin_request(server)) as client:
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: "Handling signal: term" in server.log(), "the signal arrives")
        client.sendall(EVENT)
        assert client.recv(10_000).startswith(b"HTTP/1.1 200")
    assert server.process.wait(20) == 0
    assert server.spooled() == [EVENT]


def test_an_idle_connection_does_not_keep_a_listener_from_stopping(serve: Any) -> None:
    server = serve("listen", listener={"header_timeout": "1h"})
    with closing(server.connect_tls()):
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0


def test_a_killed_worker_is_replaced_and_its_events_stay(serve: Any, eventually: Eventually) -> None:
    server = serve("listen")
    assert server.post(EVENT).status == 200
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: server.workers() and server.workers() != [worker], "another worker")
    assert server.post(EVENT).status == 200
    assert server.spooled() == [EVENT, EVENT]
    assert [path.name for path in server.spool.glob("listener-*.db")] == ["listener-0.db"]


def test_sighup_replaces_the_workers_and_loses_no_request(serve: Any, eventually: Eventually) -> None:
    server = serve("listen", listener={"workers": 2, "header_timeout": "1h"})
    before = server.workers()
    with closing(begin_request(server)) as client:
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(set(server.workers()) - set(before)) == 2, "new workers")
        client.sendall(EVENT)
        assert client.recv(10_000).startswith(b"HTTP/1.1 200")
    eventually(lambda: not set(server.workers()) & set(before), "the old workers are gone")
    assert server.post(EVENT).status == 200
    assert server.spooled() == [EVENT, EVENT]


def test_a_full_spool_answers_503_and_loses_nothing(serve: Any) -> None:
    server = serve("listen", spool={"max_size": 10_000})
    event = b'{"log_id":"' + b"x" * 986 + b'"}'
    accepted = 0
    while (answer := server.post(event)).status == 200:
        accepted += 1
    assert accepted == 10
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json["error"] == "the events could not be kept; send them again later"
    assert server.post(b"").status == 200
    assert server.spooled() == [event] * 10
    server.stop()
    server.start()
    assert server.post(event).status == 503
    assert server.spooled() == [event] * 10


def test_the_spool_is_full_for_all_workers_alike(serve: Any, eventually: Eventually) -> None:
    server = serve("listen", listener={"workers": 3}, spool={"max_size": 30_000})
    event = b'{"log_id":"' + b"x" * 9_986 + b'"}'
    eventually(lambda: server.post(event).status == 503, "the spool is full")
    eventually(lambda: all(server.post(EVENT * 20).status == 503 for _ in range(10)), "no worker takes more")


def limit_file_size(pids: list[int], size: int) -> None:
    """What a full disk looks like: files cannot grow beyond the size."""
    for pid in pids:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def test_a_disk_that_refuses_is_told_with_503_and_accepts_again_once_it_can(serve: Any) -> None:
    server = serve("listen", spool={"max_size": 500_000})  # what is refused must not count
    large = b'{"log_id":"' + b"x" * 200_000 + b'"}'
    assert server.post(EVENT).status == 200
    (worker,) = server.workers()
    limit_file_size([worker], (server.spool / "listener-0.db-wal").stat().st_size + 50_000)
    for _ in range(3):
        answer = server.post(large)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    limit_file_size([worker], resource.RLIM_INFINITY)
    assert server.post(large).status == 200
    assert server.spooled() == [EVENT, large]
    assert server.workers() == [worker]


@pytest.mark.parametrize("events", [1, 1_000])
def test_no_answer_before_the_events_are_committed(serve: Any, events: int) -> None:
    server = serve("listen")
    body = b"\n".join([EVENT] * events)
    with closing(server.connect_tls()) as client, closing(sqlite3.connect(server.spool / "listener-0.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        client.sendall(head(len(body)) + body)
        client.settimeout(1)
        with pytest.raises(TimeoutError):
            client.recv(10_000)
        client.settimeout(20)
        other.rollback()
        assert client.recv(10_000).startswith(b"HTTP/1.1 200")
    assert len(server.spooled()) == events


def test_what_was_acknowledged_survives_kill_9(serve: Any) -> None:
    server = serve("listen", listener={"workers": 2})
    acknowledged: list[bytes] = []
    stop = threading.Event()

    def send(sender: int) -> None:
        number = 0
        while not stop.is_set():
            event = json.dumps({"log_id": f"{sender}-{number}"}).encode()
            try:
                answered = server.post(event).status == 200
            except (OSError, http.client.HTTPException):
                return
            if answered:
                acknowledged.append(event)
            number += 1
            if len(acknowledged) > 100:
                stop.set()

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
    for thread in threads:
        thread.start()
    stop.wait(20)
    for pid in (server.process.pid, *server.workers()):
        os.kill(pid, signal.SIGKILL)
    for thread in threads:
        thread.join()
    server.process.wait()
    server.start()
    assert set(acknowledged) <= set(server.spooled())
    assert len(server.spooled()) == len(set(server.spooled()))


def test_the_spool_is_for_its_owner_alone(serve: Any) -> None:
    server = serve("listen")
    assert (server.spool.stat().st_mode & 0o077) == 0


def test_no_token_stands_in_a_command_line_or_is_asked_for_there(serve: Any) -> None:
    server = serve("listen")
    for pid in (server.process.pid, *server.workers()):
        assert TOKEN.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
