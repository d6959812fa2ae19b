"""`python -m chaos`: rounds of faults, and the table of what became of the events."""

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress

from auth0_elastic.errors import Auth0ElasticError
from chaos import disk, faults, fuzz, slow_clients
from chaos.arena import Arena, arena, own_engine
from chaos.report import table
from chaos.rounds import Fault, Result, play

FULL_ROUNDS: Final = 100
EVENTS: Final = 3_000
FULL_EVENTS: Final = 6_000


@click.group(name="scripts/chaos", invoke_without_command=True)
@click.option("--full", is_flag=True, help=f"{FULL_ROUNDS} rounds in place of one of each kind.")
@click.option("--rounds", type=click.IntRange(1), help="How many rounds.")
@click.option(
    "--events", type=click.IntRange(1_000), help=f"How many events a round posts.  [{EVENTS:,}, or {FULL_EVENTS:,}]"
)
@click.option("--seed", type=int, help="Chooses the same again, to the extent that processes obey.  [random]")
@click.option(
    "--only", multiple=True, metavar="TEXT", help="Only faults whose name has this in it; more than one may be given."
)
@click.pass_context
def main(
    context: click.Context, full: bool, rounds: int | None, events: int | None, seed: int | None, only: Sequence[str]
) -> None:
    """Break a server under load, again and again, and count what becomes of every event.

    Each round posts events with known ids to the real server, breaks something at a random moment, and then counts:
    what was acknowledged is in the engine exactly once, or among the dead letters.
    """
    if context.invoked_subcommand is not None:
        return
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(f"seed {seed}")
    plan = plan_of(seed, full, rounds, only)
    results: list[Result] = []
    try:
        for result in _show(console, plan, seed, events or (FULL_EVENTS if full else EVENTS)):
            results.append(result)
    finally:
        if results:
            console.print(table(results))
    if not all(result.verdict.holds for result in results):
        console.print(f"[red]The promise is broken; again with: scripts/chaos --seed {seed}[/]")
        sys.exit(1)


main.add_command(fuzz.command)
main.add_command(slow_clients.command)


def plan_of(seed: int, full: bool, rounds: int | None, only: Sequence[str] = ()) -> list[Fault]:
    """The faults in the order in which they come, which the seed decides; each kind as often as any other."""
    kinds = [*(faults.signals() if full else faults.storms()), *faults.others(), faults.full_disk()]
    kinds = [kind for kind in kinds if not only or any(text in kind.name for text in only)]
    if not kinds:
        raise click.BadParameter("no fault has this in its name", param_hint="--only")
    dice, plan = random.Random(seed), list[Fault]()  # noqa: S311 - to be repeated, not secret
    wanted = rounds or (FULL_ROUNDS if full else len(kinds))
    while len(plan) < wanted:
        plan += dice.sample(kinds, len(kinds))
    return plan[:wanted]


def _show(console: Console, plan: Sequence[Fault], seed: int, events: int) -> Iterator[Result]:
    with Progress(console=console, transient=True) as progress, ExitStack() as stack:
        task = progress.add_task("starting", total=len(plan))
        url, folder = stack.enter_context(own_engine())
        arenas = Arenas(stack, url, folder, events, seed)
        for number, fault in enumerate(plan):
            progress.update(task, description=fault.name, completed=number)
            yield _play(console, arenas.of(fault), fault, number, seed)


def _play(console: Console, arena: Arena, fault: Fault, number: int, seed: int) -> Result:
    """Shows the end of the server's log when something does not go on as it should."""
    try:
        result = play(arena, fault, number, seed)
    except Auth0ElasticError:
        console.print(f"[red]round {number}, {fault.name}[/]; the end of the server's log:")
        console.print(arena.server.log.read_text()[-4000:], markup=False)
        raise
    if not result.verdict.holds:
        console.print(f"[red]round {number}, {fault.name}[/]: {result.verdict}")
    return result


class Arenas:
    """An arena for all, and one with a small disk; each made when it is first needed, and closed with the stack."""

    def __init__(self, stack: ExitStack, url: str, folder: Path, events: int, run: int) -> None:
        self._stack, self._url, self._folder, self._events, self._run = stack, url, folder, events, run
        self._made: dict[bool, Arena] = {}

    def of(self, fault: Fault) -> Arena:
        small = fault.name == faults.FULL_DISK
        if small not in self._made:
            folder = self._folder / ("small" if small else "ordinary")
            spool = self._stack.enter_context(disk.small_disk(folder / "spool")) if small else None
            made = arena(self._url, folder, events=self._events, run=self._run, spool=spool)
            self._made[small] = self._stack.enter_context(made)
        return self._made[small]


if __name__ == "__main__":
    main(prog_name="scripts/chaos")
