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
@click.option(
    "--tenant",
    "with_tenant",
    is_flag=True,
    help="Let the events come from a local Auth0: polled, streamed, and filled in after an outage.",
)
def command(*, once: bool, count: int, seed: int, with_tenant: bool) -> None:
    """Show everything at work: engine, server on HTTPS, a generated day of events, and what became of it.

    Needs Java 17 and, the first time, Maven. Everything lives in a temporary folder, which Ctrl-C removes.
    """
    from auth0_elastic.demo import Wish, run  # the whole product: only where it is used

    sys.exit(run(Wish(once=once, count=count, seed=seed, with_tenant=with_tenant)))
