"""A tenant for the demo: a local Auth0 that is polled, gets a log stream, finds nobody at home, and is compared."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import RenderableType

from auth0_elastic.demo import processes, summary
from auth0_elastic.demo.deliver import NotDelivered, read_counters
from auth0_elastic.demo.home import TENANT, Home
from auth0_elastic.demo.stage import Stage
from auth0_elastic.demo.steps import Steps
from auth0_elastic.generate.frame import Event
from auth0_elastic.local_auth0 import LocalAuth0
from auth0_elastic.log_stream.manage import needed_stream, set_status
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.poll.polled_at import PolledAt
from auth0_elastic.reconcile import Comparison, Findings, Indexed, Window
from auth0_elastic.spool.spool_file import read_totals

_PERCENT_BEFORE, _PERCENT_STREAMED = 50, 40  # the rest is lost on the way
_AT_ONCE = 100
_PATIENCE = 60.0  # seconds
_LOOK_SECONDS = 0.05
_DELIVERY_SECONDS = 0.3  # how long Auth0 waits for the frozen server
_COMPARED = timedelta(days=2)


@dataclass(frozen=True)
class Plan:
    """The day, by what becomes of its events: there `before` the log stream, `streamed`, or `lost` on the way."""

    before: Sequence[Event]
    streamed: Sequence[Event]
    lost: Sequence[Event]


def plan(day: Sequence[Event]) -> Plan:
    before = len(day) * _PERCENT_BEFORE // 100
    streamed = before + len(day) * _PERCENT_STREAMED // 100
    return Plan(day[:before], day[before:streamed], day[streamed:])


def start(home: Home, planned: Plan, stack: ExitStack) -> LocalAuth0:
    """With the logs that are there before anything else; `stack` stops it."""
    auth0 = stack.enter_context(LocalAuth0(ca_file=home.ca))
    auth0.tenant.add_all(planned.before)
    return auth0


def play(stage: Stage, auth0: LocalAuth0, planned: Plan, steps: Steps) -> Sequence[RenderableType]:
    """Lets all of the day come; returns what there is to tell of how. Raises NotDelivered, Auth0Error, EngineError."""
    _await_stream(stage, auth0, steps)
    _await_polled(stage, planned, steps)
    _stream(stage, auth0, planned, steps)
    _suffer_outage(stage, auth0, planned, steps)
    _resume(stage, steps)
    found = _fill(stage, len(planned.before) + len(planned.streamed) + len(planned.lost), steps)
    polled, (stream,) = read_totals(stage.settings.spool.logs / f"poll-{TENANT}.db").accepted, auth0.tenant.streams
    return [summary.ways(polled, len(stream.delivered), found.missing, found.filled)]


def _await_stream(stage: Stage, auth0: LocalAuth0, steps: Steps) -> None:
    with steps.step("Making the log stream") as step:
        _until(stage, lambda: bool(auth0.tenant.streams), "the server does not make the log stream")
        (stream,) = auth0.tenant.streams
        step.note = f"{stream.properties['name']} ({stream.id}) to {stream.sink['httpEndpoint']}"


def _await_polled(stage: Stage, planned: Plan, steps: Steps) -> None:
    """To its end, so that the events to be lost are not polled after all."""
    folder, total = stage.settings.spool.logs, len(planned.before)
    polled_at = PolledAt(folder / f"poll-{TENANT}.db")
    with steps.step("Polling", total) as step:
        step.note = "were there before the log stream"

        def is_done() -> bool:
            step.reached(indexed := read_counters(folder).indexed)
            return indexed >= total and polled_at.read() is not None

        _until(stage, is_done, "the logs are not polled")


def _stream(stage: Stage, auth0: LocalAuth0, planned: Plan, steps: Steps) -> None:
    """Each at least once: a delivery of them comes again."""
    (stream,) = auth0.tenant.streams
    again = [event["log_id"] for event in planned.streamed[:_AT_ONCE]]
    total = len(planned.streamed) + len(again)
    with steps.step("Streaming", total) as step:

        def is_done() -> bool:
            """What a listener has not taken, Auth0 delivers again."""
            auth0.deliver()
            step.reached(ended := read_counters(stage.settings.spool.logs).ended - len(planned.before))
            return ended >= total

        for begin in range(0, len(planned.streamed), _AT_ONCE):
            auth0.tenant.add_all(planned.streamed[begin : begin + _AT_ONCE])
            is_done()
        auth0.tenant.redeliver(stream, again)
        _until(stage, is_done, "what the log stream delivers does not arrive")
        step.note = f"in {auth0.deliveries.requests:,} deliveries over HTTPS"


def _suffer_outage(stage: Stage, auth0: LocalAuth0, planned: Plan, steps: Steps) -> None:
    """Auth0's days of trying in vain, in a second; then it gives up what it could not deliver."""
    (stream,) = auth0.tenant.streams
    behaviour = auth0.tenant.behaviour
    usual = behaviour.delivery_timeout
    behaviour.delivery_timeout, behaviour.suspends_after_rounds = _DELIVERY_SECONDS, 1
    auth0.deliveries.close()  # what is posted on an open connection the server would read once it goes on
    with steps.step("An outage of ours") as step:
        os.killpg(stage.server.pid, signal.SIGSTOP)
        try:
            auth0.tenant.add_all(planned.lost)
            auth0.deliver()
        finally:
            os.killpg(stage.server.pid, signal.SIGCONT)
        stream.forget([event["log_id"] for event in planned.lost])
        step.note = f"{len(planned.lost):,} events lost on the way, log stream {stream.status}"
    behaviour.delivery_timeout, behaviour.suspends_after_rounds = usual, None


def _resume(stage: Stage, steps: Steps) -> None:
    """As `auth0-elastic stream resume`, and as the server does when it looks."""
    (tenant,) = stage.settings.tenants
    with steps.step("Resuming the stream") as step, closing(ManagementApi(tenant)) as api:
        step.note = set_status(api, needed_stream(api, tenant), "active").status


def _fill(stage: Stage, total: int, steps: Steps) -> Findings:
    """As `auth0-elastic reconcile`, and as the server does after an outage of its own."""
    (tenant,) = stage.settings.tenants
    window = Window(datetime.now(UTC) - _COMPARED)
    with steps.step("Filling the gap", total) as step, closing(ManagementApi(tenant)) as api:
        indexed = Indexed(lambda: stage.engine, stage.stream)
        comparison = Comparison(api, indexed, stage.settings.spool, window, clock=time.time)
        found = comparison.findings
        for pause in comparison.run():
            step.note = f"{found.missing:,} missing, {found.filled:,} filled"
            step.reached(found.checked)
            time.sleep(min(pause, _LOOK_SECONDS))
        step.note = f"{found.missing:,} missing, {found.filled:,} filled"
    return found


def _until(stage: Stage, is_done: Callable[[], bool], trouble: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_done():
        processes.check(stage.server, stage.home)
        if time.monotonic() > deadline:
            raise NotDelivered(f"{trouble}; the server's log tells why: {stage.home.server_log}")
        time.sleep(_LOOK_SECONDS)
