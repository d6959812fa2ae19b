"""Durations in rule files, and in words."""

import re
from typing import Any

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def milliseconds(value: Any) -> int:
    """Of 90s, 10m, 24h or 7d. Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d*)([smhd])", str(value))
    if found is None:
        raise ValueError(f"{value} is no duration; write 90s, 10m, 24h or 7d")
    return int(found[1]) * _UNITS[found[2]]


def in_words(milliseconds: int) -> str:
    """Such as 10 minutes; in the largest unit that says it without a fraction."""
    for unit, length in (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000)):
        if milliseconds % length == 0 and milliseconds > length:
            return f"{milliseconds // length} {unit}"
    return f"{milliseconds / 1000:g} seconds"
