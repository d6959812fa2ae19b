"""The demo from its first line to its last."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console, RenderableType
from rich.text import Text

from auth0_elastic.demo import processes, summary, tenant, try_next
from auth0_elastic.demo.deliver import deliver, read_counters, read_dead_letters
from auth0_elastic.demo.interrupts import Interrupts
from auth0_elastic.demo.queries import ask, ask_example
from auth0_elastic.demo.stage import Stage, make_home, set_up
from auth0_elastic.demo.steps import Steps
from auth0_elastic.demo.traffic import deliveries
from auth0_elastic.demo.verify import Verdict, verify
from auth0_elastic.generate import day
from auth0_elastic.generate.frame import Event

_WIDEST = 110
_WIDTH_OF_A_FILE = 100
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Wish:
    """A day of `count` events, posted or `with_tenant` from a local Auth0; to be shown until Ctrl-C, or `once`."""

    once: bool
    count: int
    seed: int
    with_tenant: bool


@dataclass(frozen=True)
class _Played:
    """What there is to tell of how the events came, and whether they are all there."""

    told: Sequence[RenderableType]
    verdict: Verdict


def run(wish: Wish) -> int:
    """Leaves nothing behind.

    Returns the exit code: 0 if every event was searchable exactly once, 1 if not, 128 and the signal's number when
    interrupted before that was known. Raises Auth0ElasticError.
    """
    out, progress = _console(stderr=False), _console(stderr=True)
    with Interrupts() as interrupts, ExitStack() as stack:
        try:
            return _run(out, progress, interrupts, stack, wish)
        except KeyboardInterrupt:
            progress.print("Stopping everything …")
            return 128 + interrupts.number
        finally:
            interrupts.ignore()


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    console.width = min(console.width, _WIDEST) if console.is_terminal else _WIDTH_OF_A_FILE
    return console


def _run(out: Console, progress: Console, interrupts: Interrupts, stack: ExitStack, wish: Wish) -> int:
    began, way = time.monotonic(), "from a local Auth0" if wish.with_tenant else "over HTTPS"
    progress.print(
        f"A day of Auth0 in {wish.count:,} events: {way} into OpenSearch, as ECS documents. Ctrl-C ends it.\n"
    )
    processes.install_engine()
    with Steps(progress) as steps:
        home = make_home(interrupts, stack)
        with steps.step("Making up a day") as step:
            events = day(wish.seed, wish.count, end=datetime.now(UTC))
            step.note = f"{wish.count:,} events, seed {wish.seed}"
        planned = tenant.plan(events)
        auth0 = tenant.start(home, planned, stack) if wish.with_tenant else None
        stage = set_up(home, auth0, steps, interrupts, stack)
        told = tenant.play(stage, auth0, planned, steps) if auth0 else _post(stage, events, steps)
        played = _Played(told, _look_for(stage, events, steps))
    _show(out, stage, played)
    _judge(out, played.verdict, time.monotonic() - began)
    if wish.once:
        out.print(Text("\nWithout --once it keeps running, for you to look around.", "dim"))
    else:
        _stay(out, stage)
    return 0 if played.verdict.holds else 1


def _post(stage: Stage, events: Sequence[Event], steps: Steps) -> Sequence[RenderableType]:
    planned = deliveries(events)
    summaries = deliver(stage.home, stage.settings, planned, steps)
    return [summary.posted(planned, summaries)]


def _look_for(stage: Stage, events: Sequence[Event], steps: Steps) -> Verdict:
    with steps.step("Looking for each event") as step:
        verdict = verify(stage.engine, stage.stream, [event["log_id"] for event in events])
        step.note = f"{verdict.sent:,} ids"
    return verdict


def _show(out: Console, stage: Stage, played: _Played) -> None:
    spool = stage.settings.spool.logs
    letters = read_dead_letters(spool)
    summary.show(
        out,
        summary.heading("What the server says"),
        *played.told,
        summary.ended(read_counters(spool)),
        *([summary.dead_letters(letters)] if letters else []),
        summary.heading("What the engine knows of the day"),
        *summary.of_the_day(ask(stage.engine, stage.stream)),
        summary.heading("One event, complete"),
        summary.example(ask_example(stage.engine, stage.stream)),
    )


def _judge(out: Console, verdict: Verdict, seconds: float) -> None:
    mark, colour = ("✓", "green") if verdict.holds else ("✗", "red")
    out.print(Text(f"\n{mark} {verdict} ({seconds:.1f} s in all)", f"bold {colour}"))


def _stay(out: Console, stage: Stage) -> None:
    """Until the first signal. Raises ServerEnded."""
    summary.show(out, summary.heading("Try next, in another terminal"))
    try_next.show_commands(out, stage.home, stage.settings, stage.stream, datetime.now(UTC))
    out.print()
    try_next.show_files(out, stage.home)
    out.print(Text("\nRunning until Ctrl-C, which stops everything and removes these files.", "bold"))
    try:
        while True:
            processes.check(stage.server, stage.home)
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        out.print("\nStopping everything …")
