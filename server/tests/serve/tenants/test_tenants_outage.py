"""Our server is away until Auth0 suspends the stream: resumed at the next start, and what was lost is filled in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Eventually = Callable[..., Any]
HOUR = 3600.0


def pass_hours(spool: Path, hours: float) -> None:
    """As if the server that is down had been so for longer: moves back what it remembers."""
    (memory,) = spool.glob("reconcile-*.json")
    times = json.loads(memory.read_text())
    memory.write_text(json.dumps({name: at and at - hours * HOUR for name, at in times.items()}))


@pytest.fixture
def site(make_site: Callable[[], Any], eventually: Eventually) -> Any:
    """Auth0's clock is an hour behind, so that none of its logs is too new to be compared."""
    site = make_site()
    site.tenant("acme", offset=-HOUR, suspends_after_rounds=2)
    site.serve(automatic=True, reconcile={"enabled": True, "interval": "1h"})
    eventually(lambda: site.stream("acme"), "the server makes its log stream")
    return site


def test_after_an_outage_the_stream_is_resumed_the_gap_filled_and_each_event_there_once(
    site: Any, eventually: Eventually
) -> None:
    auth0, stream, server = site.auth0s["acme"], site.stream("acme"), site.server
    logged = [auth0.tenant.log() for _ in range(40)]
    assert auth0.deliver() == 40
    eventually(lambda: " logs from " in server.log(), "a first comparison is done")
    server.stop()

    logged += [auth0.tenant.log() for _ in range(40)]
    assert [auth0.deliver(), stream.status, auth0.deliver(), stream.status] == [0, "active", 0, "suspended"]
    assert len(stream.errors) == 2
    lost = [auth0.tenant.log() for _ in range(40)]
    stream.forget(lost)
    pass_hours(server.spool, 2)

    server.start()
    eventually(lambda: stream.status == "active", "the stream is resumed")
    assert auth0.deliver() == 40
    eventually(lambda: site.has(logged + lost), "the gap is filled")
    eventually(lambda: "40 filled" in server.log() or "80 filled" in server.log(), "it is said")
    eventually(site.settled, "all has come to its end")
    assert site.ids() == sorted(logged + lost)
    assert "was suspended by Auth0, because deliveries had failed; resumed" in server.log()
