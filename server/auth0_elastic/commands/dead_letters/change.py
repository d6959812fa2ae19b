"""`auth0-elastic dead-letters replay` and `drop`."""

from collections import defaultdict
from collections.abc import Callable, Iterable

import click

from auth0_elastic.commands.dead_letters.common import Found, Stores, counted, selected, selection, stores_of
from auth0_elastic.config.settings import Settings
from auth0_elastic.receive.parse import parse_each
from auth0_elastic.settings_option import with_settings
from auth0_elastic.spool.operate import DeadLetters


@click.command()
@selected
@with_settings()
def replay(settings: Settings, *, ids: tuple[str, ...], reason: str | None, all_: bool) -> None:
    """Deliver dead letters again, after their cause has been mended: a mapping, the pipeline, an older version.

    Each stays a dead letter until the engine has answered: then it is indexed, or dead again with a new reason. The
    running server does it, otherwise the next one. What is no event can never be delivered and is left as it is.
    """
    with stores_of(settings) as stores:
        chosen = list(_numbered(selection(stores, ids, reason, all_=all_)))
        events = [(name, number) for name, number, is_event in chosen if is_event]
        count = _change(stores, events, lambda store: store.replay)
    click.echo(f"{counted(count)} will be delivered again; `auth0-elastic dead-letters list` shows what is left")
    if others := len(chosen) - len(events):
        click.echo(f"{counted(others)}: no event that could be delivered; left as it is")
    if known := len(events) - count:
        click.echo(f"{counted(known)}: on the way already")


@click.command()
@selected
@click.option("--yes", is_flag=True, help="Drop without asking.")
@with_settings()
def drop(settings: Settings, *, ids: tuple[str, ...], reason: str | None, all_: bool, yes: bool) -> None:
    """Remove dead letters for good; they are counted as dropped. One that is being replayed is left alone."""
    with stores_of(settings) as stores:
        chosen = [(name, number) for name, number, _ in _numbered(selection(stores, ids, reason, all_=all_))]
        if chosen and not yes:
            export = "`auth0-elastic dead-letters export` would keep a copy"
            click.confirm(f"Drop {counted(len(chosen))} for good? {export}.", abort=True)
        count = _change(stores, chosen, lambda store: store.drop)
    click.echo(f"{counted(count)} dropped")
    if kept := len(chosen) - count:
        click.echo(f"{counted(kept)}: being replayed, or gone already; left alone")


def _numbered(letters: Iterable[Found]) -> Iterable[tuple[str, int, bool]]:
    """Data stream, number in its ledger, and whether it is an event; without those that are not there yet."""
    for found in letters:
        if found.filed.id is None:
            click.echo(f"{found.id} is left as it is: the server has to run once to fetch it from the spool", err=True)
        else:
            yield found.data_stream, found.filed.id, _is_event(found)


def _is_event(found: Found) -> bool:
    """What the engine has refused is one; what the listener could not read may be one for a newer version."""
    letter = found.letter
    return letter.status is not None or list(parse_each([letter.raw]).events) == [letter.raw]


def _change(
    stores: Stores, chosen: Iterable[tuple[str, int]], how: Callable[[DeadLetters], Callable[[Iterable[int]], int]]
) -> int:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for data_stream, number in chosen:
        numbers[data_stream].append(number)
    return sum(how(stores[data_stream])(each) for data_stream, each in numbers.items())


commands = (replay, drop)
