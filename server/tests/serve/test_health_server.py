"""/healthz and /readyz of a whole server whose engine is away."""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EVENT = b'{"log_id":"900","data":{"type":"s"}}'
Eventually = Callable[..., Any]


def children(pid: int) -> dict[str, int]:
    """The processes that a supervisor has started, by what they do."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        part = re.search(rb"--only\0(\w+)", Path(f"/proc/{child}/cmdline").read_bytes())
        if part:
            found[part[1].decode()] = int(child)
    return found


@pytest.fixture(scope="module")
def server(serve_module: Any) -> Any:
    return serve_module()


def test_without_its_engine_the_server_is_healthy_ready_and_accepts(server: Any, eventually: Eventually) -> None:
    assert server.post(EVENT).status == 200
    eventually(
        lambda: "9" in server.health("/readyz").json["data_streams"]["logs"]["engine"], "the engine has been tried"
    )
    healthy, ready = server.health("/healthz"), server.health("/readyz")
    assert (healthy.status, healthy.json) == (200, {"status": "ok"})
    assert (ready.status, ready.json["status"]) == (200, "ok")
    assert ready.json["spool"] == {"max_size": 10 * 1024**3}
    assert ready.json["data_streams"]["logs"]["spool"] == {"live_bytes": len(EVENT)}
    assert server.spooled() == [EVENT]


def test_a_full_spool_is_not_ready_but_healthy(serve: Any) -> None:
    server = serve(spool={"max_size": len(EVENT)})
    assert server.post(EVENT).status == 200
    assert server.post(EVENT).status == 503
    answer = server.health("/readyz")
    assert (answer.status, answer.json["status"]) == (503, "the spool is full")
    assert server.health("/healthz").status == 200


def test_a_listener_and_a_shipper_that_die_are_started_again(server: Any, eventually: Eventually) -> None:
    before = children(server.process.pid)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: server.health("/healthz").status == 503, "it is noticed")
    eventually(lambda: server.health("/healthz").status == 200, "both run again")
    after = children(server.process.pid)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_another_path_is_not_found_and_a_query_is_ignored(server: Any) -> None:
    assert server.health("/").status == 404
    assert server.health("/readyz?x=1").status == 200
    assert json.loads(server.health("/healthz").body) == {"status": "ok"}


def test_when_the_server_ends_nothing_of_it_is_left(serve: Any) -> None:
    server = serve()
    pids = [*children(server.process.pid).values(), *server.workers()]
    assert server.stop() == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert "answered" not in server.log()


def test_kill_9_of_the_supervisor_takes_its_children_along(serve: Any, eventually: Eventually) -> None:
    server = serve()
    pids = [*children(server.process.pid).values(), *server.workers()]
    server.stop(signal.SIGKILL)
    eventually(lambda: not [pid for pid in pids if is_running(pid)], "they are gone")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_address_that_is_taken_ends_the_server_with_one_clear_line(serve: Any) -> None:
    taken = serve("listen")
    with pytest.raises(AssertionError, match=r"listener\.listen_port: 127\.0\.0\.1:\d+ cannot be listened on"):
        serve(listener={"listen_port": taken.port})
