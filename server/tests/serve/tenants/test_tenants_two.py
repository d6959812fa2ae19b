"""Two tenants in one server, streamed and polled, one's clock two hours ahead of ours and the other's behind."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Eventually = Callable[..., Any]
TWO_HOURS, DAY = 7_200.0, 86_400.0


@pytest.fixture(scope="module")
def site(make_site: Callable[[], Any], eventually: Eventually) -> Any:
    """Each tenant had logs before it got its stream, which delivers 20 times a second."""
    site = make_site()
    site.tenant("ahead", offset=TWO_HOURS, every=0.05)
    site.tenant("behind", offset=-TWO_HOURS, every=0.05)
    log(site, 20)
    site.serve(automatic=True, poll={"enabled": True, "interval": "200ms", "batch_size": 10})
    for name in site.auth0s:
        eventually(lambda name=name: site.stream(name), f"the log stream of {name}")
    return site


def log(site: Any, count: int) -> None:
    for auth0 in site.auth0s.values():
        for _ in range(count):
            auth0.tenant.log()


def everything(site: Any) -> list[str]:
    return sorted(log_id for auth0 in site.auth0s.values() for log_id in auth0.tenant.log_ids)


def test_the_logs_of_both_are_there_once_whatever_their_clocks_say(site: Any, eventually: Eventually) -> None:
    for _ in range(3):
        log(site, 30)
        eventually(lambda: site.has(everything(site)), "what came since")
    streamed, all_logs = 2 * 3 * 30, 2 * (20 + 3 * 30)
    ends = {"accepted": all_logs + streamed, "indexed": all_logs, "duplicate": streamed}
    eventually(lambda: site.events() == ends, "both copies have come to their end")
    assert site.ids() == everything(site)


def test_each_tenant_has_a_token_and_a_stream_of_its_own(site: Any) -> None:
    tokens = {site.stream(name).sink["httpAuthorization"] for name in site.auth0s}
    assert len(tokens) == 2
    assert [site.stream(name).properties["name"] for name in site.auth0s] == ["ahead", "behind"]


@pytest.mark.parametrize("name", ["ahead", "behind"])
def test_a_token_that_ends_in_the_middle_of_paging_is_replaced(site: Any, eventually: Eventually, name: str) -> None:
    auth0 = site.auth0s[name]
    eventually(site.settled, "both copies of what came before have come to their end")
    before = site.events()["duplicate"]
    minted, asked = auth0.tenant.tokens.minted, len(auth0.journal.asked)

    def statuses() -> list[int]:
        return [asked.status for asked in auth0.journal.asked[asked:] if "take" in asked.query]

    auth0.faults.slow(0.05, times=20, path="/api/v2/logs")
    logged = [auth0.tenant.log() for _ in range(200)]
    eventually(lambda: statuses().count(200) >= 4, "some pages are fetched")
    if name == "ahead":
        site.clocks[name].offset += DAY  # it expires
    else:
        auth0.tenant.tokens.revoke()
    eventually(lambda: 401 in statuses(), "the token is refused")
    eventually(lambda: site.events()["duplicate"] == before + len(logged), "the paging goes on: both copies come")
    assert auth0.tenant.tokens.minted == minted + 1
    assert site.ids() == everything(site)


def test_a_tenants_process_that_is_killed_is_started_again(site: Any, eventually: Eventually) -> None:
    def process() -> list[int]:
        children = Path(f"/proc/{site.server.process.pid}/task/{site.server.process.pid}/children").read_text()
        return [pid for pid in map(int, children.split()) if b"tenants" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    (before,) = process()
    os.kill(before, signal.SIGKILL)
    eventually(lambda: process() not in ([], [before]), "it is started again")
    asked = [len(auth0.journal.asked) for auth0 in site.auth0s.values()]
    log(site, 10)
    eventually(lambda: site.has(everything(site)), "what came since")
    eventually(
        lambda: all(len(auth0.journal.asked) > count for auth0, count in zip(site.auth0s.values(), asked, strict=True)),
        "both are polled",
    )
    eventually(site.settled, "both copies have come to their end")
    assert site.ids() == everything(site)
    assert "the tenants' process has ended and is started again" in site.server.log()
    assert not any(site.stream(name).errors for name in site.auth0s)
