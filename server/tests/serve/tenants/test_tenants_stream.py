"""A server with two workers that makes its log stream itself: deliveries, a new token under load, the doctor."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

Eventually = Callable[..., Any]


@pytest.fixture(scope="module")
def site(make_site: Callable[[], Any], eventually: Eventually) -> Any:
    site = make_site()
    site.tenant("acme")
    site.serve(workers=2, automatic=True, reconcile={"enabled": True})
    eventually(lambda: site.stream("acme"), "the server makes its log stream")
    return site


def test_the_server_makes_its_token_and_the_stream_and_each_event_is_found_once(
    site: Any, eventually: Eventually
) -> None:
    auth0, stream = site.auth0s["acme"], site.stream("acme")
    logged = [auth0.tenant.log() for _ in range(250)]
    assert auth0.deliver() == 250
    auth0.tenant.redeliver(stream, logged[:50])
    assert auth0.deliver() == 50
    eventually(site.settled, "all has come to its end")
    assert site.events() == {"accepted": 300, "indexed": 250, "duplicate": 50}
    assert site.ids() == sorted(logged)
    assert (stream.sink["httpEndpoint"], stream.errors) == (f"https://localhost:{site.port}/auth0/logs", [])
    assert "the log stream acme has been created" in site.server.log()


@contextmanager
def deliveries(auth0: Any) -> Iterator[list[str]]:
    """Logs and delivers without a pause while the block runs; gives what was logged."""
    logged: list[str] = []
    over = threading.Event()

    def log_and_deliver() -> None:
        while not over.is_set():
            logged.extend(auth0.tenant.log() for _ in range(5))
            auth0.deliver()

    thread = threading.Thread(target=log_and_deliver)
    thread.start()
    try:
        yield logged
    finally:
        over.set()
        thread.join()


def go_on(logged: list[str], eventually: Eventually) -> None:
    goal = len(logged) + 50
    eventually(lambda: len(logged) > goal, "deliveries go on")


def test_no_delivery_is_refused_while_the_token_is_rotated(site: Any, eventually: Eventually) -> None:
    auth0, stream = site.auth0s["acme"], site.stream("acme")
    told, tokens = len(site.server.log()), [stream.sink["httpAuthorization"]]
    with deliveries(auth0) as logged:
        for _ in range(2):
            go_on(logged, eventually)
            rotated = site.run("stream", "rotate-token")
            assert rotated.returncode == 0, rotated.stderr
            tokens.append(stream.sink["httpAuthorization"])
        go_on(logged, eventually)
    assert len(set(tokens)) == 3
    assert "the old one ends at" in rotated.stdout
    assert "answered 4" not in site.server.log()[told:]
    assert stream.errors == []
    eventually(lambda: site.has(logged), "all that was delivered is found")
    assert len(site.ids()) == len(set(site.ids()))


def test_the_doctor_finds_nothing_but_the_private_certificate(site: Any) -> None:
    found = json.loads((ended := site.run("doctor", "--json")).stdout)
    assert ended.returncode == 1
    problems = {finding["check"] for finding in found if finding["state"] == "problem"}
    assert problems == {"certificate", "acme: payload URL"}


def test_the_doctor_is_content_where_the_authority_is_known(site: Any) -> None:
    ended = site.run("doctor", "--json", SSL_CERT_FILE=str(site.ca))
    found = {finding["check"]: finding for finding in json.loads(ended.stdout)}
    assert (ended.returncode, ended.stderr) == (0, "")
    of_acme = ("listener", "acme: payload URL", "acme: logs", "acme: log streams", "acme: log stream acme")
    newest = f"{site.data_stream}: newest event"
    assert {found[check]["state"] for check in (*of_acme, "spool: logs", "engine", newest)} == {"ok"}
