"""How what cannot be indexed is read: each column with its own type, whatever a damage has made of the row.

SQLite takes a value of any type for sound in any column. A row that is no longer what was written must not keep all
others from being read, listed, and replayed.
"""

from typing import Final

_LATEST: Final = 253_402_300_799_999
"""The last millisecond that a date can say."""


def _time(column: str) -> str:
    return f"max(0, min(CAST(coalesce({column}, 0) AS INTEGER), {_LATEST}))"


def _text(column: str) -> str:
    return f"coalesce(CAST({column} AS TEXT), '')"


_RAW: Final = "coalesce(CAST(raw AS BLOB), x'')"

REJECTED: Final = f"seq, {_time('received')}, {_text('reason')}, {_RAW}"
KIND_AND_SIZE: Final = f"CAST(status AS INTEGER), {_text('reason')}, coalesce(length(raw), 0)"
"""SQLite knows the length of a column without reading it, but not that of a CAST."""
DEAD_LETTER: Final = (
    f"{_time('received')}, {_time('died')}, CAST(status AS INTEGER), {_text('reason')}, {_RAW}, {_text('writer')}"
)
