"""`auth0-elastic demo`: the whole product on this machine, from the engine to the summary."""

import sys

import click


@click.command("demo")
@click.option(
    "--once", is_flag=True, help="End after the summary, with 0 only if every event is searchable exactly once."
)
@click.option(
    "--events",
    "count",
    type=click.IntRange(10),
    default=2400,
    show_default=True,
    metavar="N",
    help="Events of the day.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which day to generate.")
def command(*, once: bool, count: int, seed: int) -> None:
    """Show everything at work: engine, server on HTTPS, a generated day of events, and what became of it.

    Needs Java 17 and, the first time, Maven. Everything lives in a temporary folder, which Ctrl-C removes.
    """
    from auth0_elastic.demo import run  # the whole product: only where it is used

    sys.exit(run(once=once, count=count, seed=seed))
