"""Tables for people: the log streams, their state, what differs from the settings, and the steps of a test."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from auth0_elastic.log import clean
from auth0_elastic.log_stream.configuration import HTTP, Configuration, existing, shown_url
from auth0_elastic.log_stream.status import StreamStatus
from auth0_elastic.log_stream.try_out import Step

_STYLES: Final = {"active": "green", "paused": "yellow", "suspended": "red"}
_HIDDEN: Final = "(not shown)"


def show_status(console: Console, found: Sequence[StreamStatus]) -> None:
    """One table for all tenants, then what must be done, and what is worth knowing."""
    table = _table("tenant", "mode", "log stream", "id", "status", "points to", "as in the settings")
    for each in found:
        table.add_row(
            each.tenant,
            each.mode,
            Text(clean(each.name), overflow="fold"),
            each.id or "-",
            _status(each.status),
            Text(_where(each), overflow="fold"),
            _likeness(each),
        )
    console.print(table)
    for each in found:
        _show_notes(console, each)


def _show_notes(console: Console, each: StreamStatus) -> None:
    for problem in each.problems:
        _line(console, f"✗ {each.tenant}: {problem}", "red")
    for text in each.warnings:
        _line(console, f"! {each.tenant}: {text}", "yellow")
    if each.left_out:
        left = ", ".join(f"{name} ({count})" for name, count in each.left_out.items())
        _line(console, f"  {each.tenant}: left out by its filters, with the number of event types: {left}")
    if each.health:
        _line(console, f"  {each.tenant}: {each.health}", "dim")


def _status(status: str | None) -> Text:
    return Text(clean(status or "missing"), _STYLES.get(status or "", "red"))


def _where(each: StreamStatus) -> str:
    if each.endpoint is None:
        return "-"
    where = {True: " (here)", False: " (elsewhere)", None: ""}[each.points_here]
    return clean(each.endpoint) + where


def _likeness(each: StreamStatus) -> str:
    if each.id is None or each.points_here is None:
        return "-"
    return ", ".join(each.differences) or "yes"


def show_streams(console: Console, tenant: str, streams: Iterable[dict[str, Any]], ours: str | None) -> None:
    """All log streams of a tenant, of whatever type; `ours` is the id of the one that the settings mean."""
    table = _table("", "name", "id", "type", "status", "points to", title=f"Log streams of {tenant}")
    for stream in streams:
        kind, found = str(stream.get("type")), existing(stream)
        mark = "→" if found.id == ours else ""
        endpoint = clean(found.endpoint) if kind == HTTP else "-"
        table.add_row(mark, Text(clean(found.name)), found.id, clean(kind), _status(found.status), Text(endpoint))
    console.print(table)


def show_differences(console: Console, names: Sequence[str], found: Configuration, wanted: Configuration) -> None:
    """What each field is and should be; of secrets only that they differ."""
    table = _table("field", "in Auth0", "in the settings")
    for name in names:
        table.add_row(name, Text(_value(name, found), overflow="fold"), Text(_value(name, wanted), overflow="fold"))
    console.print(table)


def _value(name: str, configuration: Configuration) -> str:
    if name in ("sink.httpAuthorization", "sink.httpCustomHeaders"):
        return _HIDDEN
    values = {
        "name": configuration.name,
        "sink.httpEndpoint": shown_url(configuration.endpoint),
        "sink.httpContentFormat": configuration.content_format,
        "sink.httpContentType": configuration.content_type,
        "filters": ", ".join(sorted(configuration.filters)) or "none: all is sent",
        "isPriority": "yes" if configuration.priority else "no",
        "pii_config": _pii(configuration),
    }
    return clean(values[name])


def _pii(configuration: Configuration) -> str:
    fields = ", ".join(sorted(configuration.pii_fields))
    return f"{fields}, by {configuration.pii_method}" if fields else "nothing is hidden"


def show_entries(console: Console, entries: Iterable[tuple[str, str]]) -> None:
    table = _table("field", "enter")
    for name, value in entries:
        table.add_row(name, Text(value, overflow="fold"))
    console.print(table)


def show_step(console: Console, step: Step) -> None:
    mark, style = ("✓", "green") if step.ok else ("✗", "red")
    console.print(
        f"[{style}]{mark} {step.name:<14}[/] {step.seconds:6.2f} s  {escape(clean(step.detail))}", soft_wrap=True
    )


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(clean(text), style), soft_wrap=True)


def _table(*columns: str, title: str | None = None) -> Table:
    return Table(*columns, box=None, pad_edge=False, header_style="dim", title=title, title_justify="left")
