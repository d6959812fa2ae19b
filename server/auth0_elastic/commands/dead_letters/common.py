"""What the commands about dead letters share: which of them are meant, and how one is written down."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from auth0_elastic.config.settings import Settings
from auth0_elastic.spool.dead_letters import KINDS, DeadLetter
from auth0_elastic.spool.operate import DeadLetters, Filed

reason_option = click.option(
    "--reason",
    metavar="TEXT",
    help=f"Only those whose reason has this text in it, or is of this kind: {', '.join(KINDS)}.",
)


class Found(NamedTuple):
    """A dead letter of a data stream; `id` is how an operator names it."""

    data_stream: str
    filed: Filed

    @property
    def id(self) -> str:
        return f"{self.data_stream}-{self.filed.name}"

    @property
    def letter(self) -> DeadLetter:
        return self.filed.letter

    @property
    def state(self) -> str:
        if self.filed.id is None:
            return "in the spool"
        return "being replayed" if self.filed.is_replayed else "dead"


Stores = Mapping[str, DeadLetters]


@contextmanager
def stores_of(settings: Settings) -> Iterator[Stores]:
    """The dead letters by data stream."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(DeadLetters(folder)) for name, folder in settings.spool.folders.items()}


def find(stores: Stores, reason: str | None) -> Iterator[Found]:
    """All, or those that the option means."""
    for data_stream, letters in stores.items():
        for filed in letters.all():
            if _is_meant(filed.letter, reason):
                yield Found(data_stream, filed)


def named(stores: Stores, ids: Iterable[str]) -> Iterator[Found]:
    """Those with these ids. Raises click.UsageError for one that there is not."""
    for each in ids:
        data_stream, _, name = each.partition("-")
        filed = stores[data_stream].one(name) if data_stream in stores else None
        if filed is None:
            raise click.UsageError(f"there is no dead letter {each!r}; `auth0-elastic dead-letters list` shows them")
        yield Found(data_stream, filed)


def selected(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the ways to say which dead letters it is for."""
    command = click.option("--all", "all_", is_flag=True, help="All that there are.")(command)
    return click.argument("ids", nargs=-1, metavar="[ID]...")(reason_option(command))


def selection(stores: Stores, ids: tuple[str, ...], reason: str | None, *, all_: bool) -> Iterator[Found]:
    """Those that the arguments of `selected` mean. Raises click.UsageError unless they say it in exactly one way."""
    if [bool(ids), reason is not None, all_].count(True) != 1:
        raise click.UsageError("say which: either by their IDs, or with --reason, or with --all")
    return named(stores, ids) if ids else find(stores, reason)


def described(found: Found) -> dict[str, object]:
    """As JSON, without the event itself."""
    letter = found.letter
    return {
        "id": found.id,
        "data_stream": found.data_stream,
        "state": found.state,
        "received": time_of(letter.received),
        "died": time_of(letter.died),
        "status": letter.status,
        "kind": letter.kind,
        "reason": letter.reason,
        "size": len(letter.raw),
    }


def whole(found: Found) -> dict[str, object]:
    """As JSON, with the event as it came."""
    return described(found) | {"original": found.letter.raw.decode(errors="backslashreplace")}


def counted(count: int) -> str:
    return f"{count:,} dead letter{'' if count == 1 else 's'}"


def time_of(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def _is_meant(letter: DeadLetter, reason: str | None) -> bool:
    return reason is None or reason == letter.kind or reason.lower() in letter.reason.lower()
