"""An event as detections see it: what a search returned of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """`id` is the document's `_id`; `at` (@timestamp) and `ingested` are epoch milliseconds.

    `matched` are the names of the queries that found it, `source` is the part of its document that was asked for.
    """

    id: str
    at: int
    ingested: int
    matched: frozenset[str]
    source: Mapping[str, Any]

    def values(self, field: str) -> tuple[str, ...]:
        """What the field holds, as text, each value once; empty when it is missing."""
        column = self.source.get(field)  # from a column, it stands under its whole name
        found = column if isinstance(column, list) else _values(self.source, field)
        return tuple(dict.fromkeys(_text(value) for value in found if value is not None))

    def first(self, field: str) -> str | None:
        column = self.source.get(field)
        if column.__class__ is list:
            return _text(column[0]) if column else None
        return next(iter(self.values(field)), None)


def to_milliseconds(text: str) -> int:
    """Of a date as the pipeline writes it, ISO 8601 in UTC."""
    return int(datetime.fromisoformat(text).timestamp() * 1000 + 0.5)


def to_iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def _values(value: Any, path: str) -> Iterator[Any]:
    """A key may hold dots itself, and a list stands for each of its items."""
    if isinstance(value, list):
        for each in value:
            yield from _values(each, path)
    elif not path:
        if not isinstance(value, dict):
            yield value
    elif isinstance(value, Mapping):
        for key, rest in _splits(path):
            if key in value:
                yield from _values(value[key], rest)


def _splits(path: str) -> Iterator[tuple[str, str]]:
    end = path.find(".")
    while end >= 0:
        yield path[:end], path[end + 1 :]
        end = path.find(".", end + 1)
    yield path, ""


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
