"""The entries in a list's text, whichever of the common formats it has: lines, CSV, Tor's, JSON, JSON lines."""

import csv
import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

_COLUMN = re.compile(
    r"(?:src_|dst_)?ip|ips|ip_?address|address|cidr|network|subnet|(?:ip_?)?range|(?:ip(?:v[46])?_?)?prefix"
)
_COMMENTS = ("#", ";", "//")
_COMMENT = re.compile("|".join(_COMMENTS))
_RANGE = re.compile(r"([0-9A-Fa-f:.]+)\s*-\s*([0-9A-Fa-f]*[:.][0-9A-Fa-f:.]*)(?![^\s,|])")
_SEPARATOR = re.compile(r"[\s,|]")
_TOR_ENTRY = "ExitAddress "
_TOR_OTHER = ("ExitNode ", "Published ", "LastStatus ")


class Entry(NamedTuple):
    """`number` is the line that holds it, in JSON its place among the entries; both count from 1."""

    number: int
    text: str


def find_entries(text: str) -> Iterator[Entry]:
    """What should be an address, a network or a range, in the order of the text; whether it is one is not judged."""
    if text.lstrip().startswith(("[", "{")):
        try:
            return iter([Entry(number, found) for number, found in enumerate(_in_json(json.loads(text)), 1)])
        except (ValueError, RecursionError):
            pass  # JSON lines, or addresses in brackets
    return _in_lines(text)


def _in_lines(text: str) -> Iterator[Entry]:
    stripped = (Entry(number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    lines = (line for line in stripped if line.text and not line.text.startswith(_COMMENTS))
    first = next(lines, None)
    if first is None:
        return
    table = _Table.of(first.text)
    if table:
        yield from (Entry(number, table.cell(line)) for number, line in lines)
        return
    for number, line in chain([first], lines):
        yield from (Entry(number, entry) for entry in _in_line(line))


def _in_line(line: str) -> Iterator[str]:
    if line.startswith("{"):
        yield from _in_json_line(line)
        return
    if line.startswith(_TOR_OTHER):
        return
    line = _COMMENT.split(line.removeprefix(_TOR_ENTRY), maxsplit=1)[0].strip()
    span = _RANGE.match(line)
    yield f"{span[1]}-{span[2]}" if span else _SEPARATOR.split(line, maxsplit=1)[0].strip("\"'")


def _in_json_line(line: str) -> Iterator[str]:
    try:
        yield from _in_json(json.loads(line))
    except (ValueError, RecursionError):
        yield line


def _in_json(value: Any) -> Iterator[str]:
    """The texts in arrays and those with a telling key, at any depth."""
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, list):
        for item in value:
            yield from _in_json(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, list | dict) or _COLUMN.fullmatch(key.lower()):
                yield from _in_json(item)


class _Table(NamedTuple):
    """Which column of a CSV with a header holds the entries."""

    delimiter: str
    column: int

    @classmethod
    def of(cls, header: str) -> "_Table | None":
        delimiter = max(",;\t|", key=header.count)
        names = [name.strip().lower().replace(" ", "_") for name in _cells(header, delimiter)]
        return next((cls(delimiter, column) for column, name in enumerate(names) if _COLUMN.fullmatch(name)), None)

    def cell(self, line: str) -> str:
        """The whole line if it has no such cell, so that a message can show it."""
        cells = _cells(line, self.delimiter)
        return cells[self.column].strip() if len(cells) > self.column else line


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []
