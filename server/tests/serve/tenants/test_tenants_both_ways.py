"""Streamed and polled at once: each event is there once, whichever copy came first, also after a rollover."""

from collections.abc import Callable
from typing import Any

import pytest

Eventually = Callable[..., Any]


@pytest.fixture(scope="module")
def site(make_site: Callable[[], Any], eventually: Eventually) -> Any:
    """Delivers only when it is told to, and is polled ten times a second."""
    site = make_site()
    site.tenant("acme")
    site.serve(automatic=True, poll={"enabled": True, "interval": "100ms"})
    eventually(lambda: site.stream("acme"), "the server makes its log stream")
    return site


def rollover(site: Any) -> None:
    site.engine.call("POST", f"/{site.data_stream}/_rollover")


def test_each_event_is_there_once(site: Any, eventually: Eventually) -> None:
    """Both ways run against each other, with rollovers in between."""
    auth0, logged = site.auth0s["acme"], []
    for number in range(200):
        logged.append(auth0.tenant.log())
        if number % 10 == 0:
            auth0.deliver()
        if number % 50 == 49:
            eventually(site.ids, "something is there")
            rollover(site)
    auth0.deliver()
    eventually(lambda: site.events() == {"accepted": 400, "indexed": 200, "duplicate": 200}, "both copies end")
    assert site.ids() == sorted(logged)


@pytest.mark.parametrize("streamed_first", [True, False])
def test_a_second_copy_after_a_rollover_is_refused(site: Any, eventually: Eventually, streamed_first: bool) -> None:
    auth0, before, known = site.auth0s["acme"], site.events(), site.ids()
    if streamed_first:
        auth0.faults.answer(429, path="/api/v2/logs", reset_after=2)  # the poller waits
    logged = [auth0.tenant.log() for _ in range(20)]
    if streamed_first:
        auth0.deliver()
    eventually(lambda: site.has(logged), "the first copies")
    first = site.events()
    rollover(site)
    auth0.deliver()
    eventually(lambda: site.events()["duplicate"] == before["duplicate"] + 20, "the second copies are refused")
    assert first["duplicate"] == before["duplicate"], "the rollover was not in between"
    assert site.ids() == sorted(known + logged)
