"""The summary: what became of the events, and what the engine knows of the day, as tables."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from auth0_elastic.demo.compact_json import compact
from auth0_elastic.demo.deliver import Counters
from auth0_elastic.demo.queries import Country, EventType, Example, FailingUser, Findings, Login, Signal, Source
from auth0_elastic.demo.traffic import Delivery
from auth0_elastic.log import clean
from auth0_elastic.send import Summary
from auth0_elastic.spool.ledger import DeadLetter

_TYPES_SHOWN = 12
_BEGIN_SHOWN = 70
_ORIGINAL_SHOWN = 50
_BAR = 48
_NUMERIC = ("events", "failed", "users", "IPs", "from IPs", "requests", "accepted", "rejected")
_COLOURS = {"success": "green", "failure": "red", "unknown": "yellow"}


def show(console: Console, *parts: RenderableType) -> None:
    """Each part with an empty line before it."""
    for part in parts:
        console.print()
        console.print(part)


def heading(title: str) -> RenderableType:
    return Rule(Text(title, "bold cyan"), align="left", style="dim")


def posted(planned: Sequence[Delivery], summaries: Sequence[Summary]) -> RenderableType:
    table = _table("Posted over HTTPS", "content format", "events", "requests", "accepted", "rejected")
    for delivery, summary in zip(planned, summaries, strict=True):
        name = f"{delivery.content_format}{' (again)' if delivery.is_again else ''}"
        _row(table, name, summary.posted, summary.requests, summary.accepted, summary.rejected)
    return table


def ways(polled: int, streamed: int, lost: int, filled: int) -> RenderableType:
    table = _table("How they came", "", "events", "")
    rows = (
        ("polled", polled, "were there before the log stream"),
        ("streamed", streamed, "delivered by the log stream, some of them twice"),
        ("lost", lost, "on the way in the outage, and found missing"),
        ("filled", filled, "of these, from the Management API"),
    )
    for name, number, meaning in rows:
        table.add_row(name, f"{number:,}", Text(meaning, "dim"))
    return table


def ended(counters: Counters) -> RenderableType:
    table = _table("What became of them", "", "events", "")
    rows = (
        ("indexed", counters.indexed, "green", "in the data stream"),
        ("duplicate", counters.duplicate, "yellow", "came again, stored once"),
        ("dead letter", counters.dead, "red", "kept aside, with its reason"),
    )
    for name, number, colour, meaning in rows:
        table.add_row(Text(name, colour), f"{number:,}", Text(meaning, "dim"))
    return table


def dead_letters(letters: Sequence[DeadLetter]) -> RenderableType:
    table = _table("Dead letters", "refused by", "reason, and how it begins")
    for letter in letters:
        by = f"the engine, {letter.status}" if letter.status else "the listener"
        begin = clean(letter.raw[:_BEGIN_SHOWN].decode(errors="replace")) + "…" * (len(letter.raw) > _BEGIN_SHOWN)
        table.add_row(Text(by, "red"), Text.assemble(clean(letter.reason), "\n", (begin, "dim")))
    return table


def of_the_day(found: Findings) -> list[RenderableType]:
    return [
        _beside(_logins(found.logins), _failing_users(found.failing_users)),
        _sources(found.sources),
        _countries(found.countries),
        _event_types(found.event_types),
        _signals(found.signals),
    ]


def _logins(rows: Sequence[Login]) -> Table:
    table = _table("Logins by outcome", "outcome", "event.action", "events")
    for outcome in dict.fromkeys(row.outcome for row in rows):
        these = [row for row in rows if row.outcome == outcome]
        colour = _COLOURS.get(outcome, "")
        table.add_row(Text(outcome, f"bold {colour}"), "", Text(f"{sum(row.number for row in these):,}", "bold"))
        for row in these:
            table.add_row("", Text(row.action), f"{row.number:,}")
    return table


def _failing_users(rows: Sequence[FailingUser]) -> Table:
    table = _table("Top failing users", "user.name", "failed", "from IPs")
    for row in rows:
        _row(table, row.name, row.failures, row.addresses)
    return table


def _sources(rows: Sequence[Source]) -> Table:
    table = _table("Top source IPs, by failures", "source.ip", "events", "failed", "users", "country", "AS")
    for row in rows:
        _row(table, row.ip, row.events, row.failures, row.users, row.country, row.owner)
    return table


def _countries(rows: Sequence[Country]) -> Table:
    table = _table("Countries", "country", "events", "failed", "")
    most = max((row.events for row in rows), default=1)
    for row in rows:
        _row(table, row.name, row.events, row.failures, _bar(row, most))
    return table


def _bar(row: Country, most: int) -> Text:
    length = max(1, round(row.events * _BAR / most))
    failed = round(length * row.failures / row.events)
    return Text.assemble(("━" * failed, "red"), ("━" * (length - failed), "green"))


def _event_types(rows: Sequence[EventType]) -> RenderableType:
    table = _table(f"Event types: {len(rows)}", "code", "event.action", "event.category", "events")
    for row in rows[:_TYPES_SHOWN]:
        _row(table, *row)
    rest = ", ".join(row.code for row in rows[_TYPES_SHOWN:])
    return Group(table, Text(f"and {len(rows) - _TYPES_SHOWN} more: {rest}", "dim")) if rest else table


def _signals(rows: Sequence[Signal]) -> Table:
    table = _table("Attack signals", "what", "events", "users", "IPs", "first", "last, UTC")
    for row in rows:
        _row(table, row.name, row.events, row.users, row.addresses, _moment(row.first), _moment(row.last))
    return table


def _moment(iso: str) -> str:
    """Day and minute."""
    return f"{iso[5:10]} {iso[11:16]}"


def example(document: Example | None) -> RenderableType:
    if document is None:
        return Text("There is no login in so few events.", "dim")
    source = dict(document.source)
    event = dict(source.get("event", {}))
    original = event.get("original", "")
    if len(original) > _ORIGINAL_SHOWN:
        event["original"] = f"{original[:_ORIGINAL_SHOWN]}… ({len(original):,} characters)"
    text = "\n".join(map(clean, compact({**source, "event": event}).split("\n")))
    where = Text(f"{document.backing_index}/_doc/{document.identity}", "dim", overflow="fold")
    return Group(where, Syntax(text, "json", theme="ansi_dark", background_color="default", word_wrap=True))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title, "bold cyan"), title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        is_long = column == "event.action"
        table.add_column(
            column,
            justify="right" if column in _NUMERIC else "left",
            overflow="ellipsis" if is_long else "fold",
            no_wrap=is_long,
        )
    return table


def _row(table: Table, *cells: str | int | Text) -> None:
    table.add_row(*map(_cell, cells))


def _cell(value: str | int | Text) -> Text:
    """Foreign text is neither markup nor control characters."""
    if isinstance(value, int):
        return Text(f"{value:,}")
    return value if isinstance(value, Text) else Text(clean(value))


def _beside(left: RenderableType, right: RenderableType) -> RenderableType:
    grid = Table.grid(padding=(0, 6, 0, 0))
    grid.add_row(left, right)
    return grid
