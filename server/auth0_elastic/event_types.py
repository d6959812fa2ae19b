"""The table of Auth0's log event types (`event_types.csv`) and its place in the ingest pipeline."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from auth0_elastic.errors import PackageError

# Kibana's alert risk scores, so that event.severity and the alerts made of it sort alike.
SEVERITY: Mapping[str, int] = MappingProxyType({"info": 1, "low": 21, "medium": 47, "high": 73})
OUTCOMES = frozenset({"success", "failure", "unknown"})
LEVELS = frozenset({"info", "warning", "error"})

# ECS 8: the event.type values expected for an event.category. Categories that Auth0 has no use for are left out, and
# so are `threat` and the type `indicator`: they would put log events into Security > Intelligence.
EXPECTED_TYPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        category: frozenset(types.split())
        for category, types in {
            "api": "access admin allowed change creation deletion denied end info start user",
            "authentication": "start end info",
            "configuration": "access change creation deletion info",
            "email": "info",
            "iam": "admin change creation deletion group info user",
            "intrusion_detection": "allowed denied info",
            "network": "access allowed connection denied end info protocol start",
            "package": "access change deletion info installation start",
            "session": "start end info",
            "web": "access error info",
        }.items()
    }
)

_CODE = re.compile(r"[a-z][a-z0-9_]*")
_ACTION = re.compile(r"(?!unknown-)[a-z0-9]+(-[a-z0-9]+)*")  # unknown-<code> belongs to codes that are not in the table


@dataclass(frozen=True)
class EventType:
    """What one Auth0 type code means; `severity` is a key of SEVERITY, `signal` is empty where there is none."""

    code: str
    name: str
    action: str
    category: tuple[str, ...]
    type: tuple[str, ...]
    outcome: str
    severity: str
    level: str
    classification: str
    signal: str
    stream_filter: str


_COLUMNS = [field.name for field in fields(EventType)]


@cache
def load() -> Mapping[str, EventType]:
    """All event types by code, in the order of the table; raises PackageError when the table is wrong."""
    return parse(files("auth0_elastic").joinpath("event_types.csv").read_text(encoding="utf-8"))


def parse(text: str) -> Mapping[str, EventType]:
    """The event types in `text` (CSV with a header line); raises PackageError that names the line and the value."""
    rows = csv.DictReader(text.splitlines(), strict=True)
    if rows.fieldnames != _COLUMNS:
        raise PackageError(f"event_types.csv: the columns are {rows.fieldnames}, not {_COLUMNS}")
    found: dict[str, EventType] = {}
    for row in rows:
        line = f"event_types.csv:{rows.line_num}"
        if set(row) != set(_COLUMNS) or None in row.values():
            raise PackageError(f"{line}: not exactly {len(_COLUMNS)} values")
        event_type = _event_type(row)
        for problem in _problems(event_type, found):
            raise PackageError(f"{line}: {event_type.code}: {problem}")
        found[event_type.code] = event_type
    return MappingProxyType(found)


def _event_type(row: dict[str, str]) -> EventType:
    scalars = {key: value for key, value in row.items() if key not in ("category", "type")}
    return EventType(category=tuple(row["category"].split()), type=tuple(row["type"].split()), **scalars)


def _problems(event_type: EventType, earlier: Mapping[str, EventType]) -> Iterator[str]:
    if not _CODE.fullmatch(event_type.code):
        yield "the code is not of lower-case letters, digits and underscores"
    if not _ACTION.fullmatch(event_type.action):
        yield f"action {event_type.action!r} is not kebab-case, or begins with unknown-"
    for column, allowed in (("outcome", OUTCOMES), ("severity", SEVERITY), ("level", LEVELS)):
        if getattr(event_type, column) not in allowed:
            yield f"{column} {getattr(event_type, column)!r} is none of {', '.join(sorted(allowed))}"
    for column in ("name", "classification", "stream_filter"):
        if not getattr(event_type, column):
            yield f"{column} is empty"
    for column in ("code", "name", "action"):
        if any(getattr(event_type, column) == getattr(other, column) for other in earlier.values()):
            yield f"{column} {getattr(event_type, column)!r} occurs twice"
    yield from _unexpected_in_ecs(event_type)


def _unexpected_in_ecs(event_type: EventType) -> Iterator[str]:
    for column in ("category", "type"):
        values = getattr(event_type, column)
        if not values or sorted(set(values)) != list(values):
            yield f"{column} {' '.join(values)!r} is empty, unsorted or repeats a value"
    for category in event_type.category:
        if not EXPECTED_TYPES.get(category, frozenset()) & set(event_type.type):
            yield f"ECS expects no event.type of {' '.join(event_type.type)} for event.category {category}"
    expected = frozenset[str]().union(*(EXPECTED_TYPES.get(category, ()) for category in event_type.category))
    for unexpected in set(event_type.type) - expected:
        yield f"ECS does not expect event.type {unexpected} for event.category {' '.join(event_type.category)}"


# Where the table stands in the package's pipeline: a parameter of its script, between these two lines.
_BEGIN = "        # >>> Generated from event_types.csv by `auth0-elastic event-types --write`; do not edit.\n"
_END = "        # <<< Generated\n"


def with_event_types(pipeline: str) -> str:
    """The text of the ingest pipeline with the table as it is now; raises PackageError when it has no place for it."""
    before, begin, rest = pipeline.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise PackageError(f"the pipeline has no two lines {_BEGIN.strip()!r} and {_END.strip()!r}")
    lines = "".join(f"          {_line(event_type)}\n" for event_type in load().values())
    return f"{before}{begin}        types:\n{lines}{end}{after}"


def _line(event_type: EventType) -> str:
    signal = f", signal: {{name: {event_type.signal}, severity: {event_type.severity}}}" if event_type.signal else ""
    return (
        f"{event_type.code}: {{name: {json.dumps(event_type.name)}, action: {json.dumps(event_type.action)}, "
        f"category: [{', '.join(event_type.category)}], type: [{', '.join(event_type.type)}], "
        f"outcome: {event_type.outcome}, severity: {SEVERITY[event_type.severity]}, level: {event_type.level}, "
        f"classification: {json.dumps(event_type.classification)}{signal}}}"
    )
