"""The demo from its first line to its last."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from auth0_elastic.config.settings import Settings
from auth0_elastic.demo import processes, summary, try_next
from auth0_elastic.demo.deliver import deliver, read_counters, read_dead_letters
from auth0_elastic.demo.home import Home, url_of
from auth0_elastic.demo.interrupts import Interrupts
from auth0_elastic.demo.queries import ask, ask_example
from auth0_elastic.demo.steps import Steps
from auth0_elastic.demo.traffic import Delivery, deliveries
from auth0_elastic.demo.verify import Verdict, verify
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.generate import day
from auth0_elastic.package_files import load_assets
from auth0_elastic.send import Summary
from auth0_elastic.setup.apply import install

_WIDEST = 110
_WIDTH_OF_A_FILE = 100
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class _Stage:
    """What runs once everything has been started."""

    home: Home
    settings: Settings
    engine: Engine
    server: "subprocess.Popen[bytes]"
    stream: str


@dataclass(frozen=True)
class _Played:
    """What was posted, the listener's answers, and whether it is all there."""

    planned: Sequence[Delivery]
    summaries: Sequence[Summary]
    verdict: Verdict


def run(*, once: bool, count: int, seed: int) -> int:
    """Plays a day of `count` events and shows it until Ctrl-C, or `once`. Leaves nothing behind.

    Returns the exit code: 0 if every event was searchable exactly once, 1 if not, 128 and the signal's number when
    interrupted before that was known. Raises Auth0ElasticError.
    """
    out, progress = _console(stderr=False), _console(stderr=True)
    with Interrupts() as interrupts, ExitStack() as stack:
        try:
            return _run(out, progress, interrupts, stack, once=once, count=count, seed=seed)
        except KeyboardInterrupt:
            progress.print("Stopping everything …")
            return 128 + interrupts.number
        finally:
            interrupts.ignore()


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    console.width = min(console.width, _WIDEST) if console.is_terminal else _WIDTH_OF_A_FILE
    return console


def _run(
    out: Console, progress: Console, interrupts: Interrupts, stack: ExitStack, *, once: bool, count: int, seed: int
) -> int:
    began = time.monotonic()
    progress.print(
        f"A day of Auth0 in {count:,} events: over HTTPS into OpenSearch, as ECS documents. Ctrl-C ends it.\n"
    )
    processes.install_engine()
    with Steps(progress) as steps:
        stage = _set_up(steps, interrupts, stack)
        played = _play(stage, steps, count, seed)
    _show(out, stage, played)
    _judge(out, played.verdict, time.monotonic() - began)
    if once:
        out.print(Text("\nWithout --once it keeps running, for you to look around.", "dim"))
    else:
        _stay(out, stage, began)
    return 0 if played.verdict.holds else 1


def _set_up(steps: Steps, interrupts: Interrupts, stack: ExitStack) -> _Stage:
    with interrupts.held():
        home = Home(Path(tempfile.mkdtemp(prefix="auth0-elastic-demo-")))
        stack.callback(shutil.rmtree, home.folder)
    with steps.step("Starting OpenSearch") as step:
        embedded = processes.start_engine(home, interrupts, stack)
        step.note = embedded.url
    settings = home.furnish(embedded.url)
    engine, assets = connect(settings.elasticsearch), load_assets()
    with steps.step("Installing the package") as step:
        install(engine, assets)
        step.note = f"{assets.name} {assets.version}"
    with steps.step("Starting the server") as step:
        server = processes.start_server(home, settings, interrupts, stack)
        step.note = url_of(settings)
    return _Stage(home, settings, engine, server, f"{assets.name}-{settings.data_stream.namespace}")


def _play(stage: _Stage, steps: Steps, count: int, seed: int) -> _Played:
    with steps.step("Making up a day") as step:
        events = day(seed, count, end=datetime.now(UTC))
        step.note = f"{count:,} events, seed {seed}"
    planned = deliveries(events)
    summaries = deliver(stage.home, stage.settings, planned, steps)
    with steps.step("Looking for each event") as step:
        verdict = verify(stage.engine, stage.stream, [event["log_id"] for event in events])
        step.note = f"{verdict.sent:,} ids"
    return _Played(planned, summaries, verdict)


def _show(out: Console, stage: _Stage, played: _Played) -> None:
    spool = stage.settings.spool.logs
    summary.show(
        out,
        summary.heading("What the server says"),
        summary.posted(played.planned, played.summaries),
        summary.ended(read_counters(spool)),
        summary.dead_letters(read_dead_letters(spool)),
        summary.heading("What the engine knows of the day"),
        *summary.of_the_day(ask(stage.engine, stage.stream)),
        summary.heading("One event, complete"),
        summary.example(ask_example(stage.engine, stage.stream)),
    )


def _judge(out: Console, verdict: Verdict, seconds: float) -> None:
    mark, colour = ("✓", "green") if verdict.holds else ("✗", "red")
    out.print(Text(f"\n{mark} {verdict} ({seconds:.1f} s in all)", f"bold {colour}"))


def _stay(out: Console, stage: _Stage, began: float) -> None:
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
