"""What passes between the steps of loading: values as someone gave them, and problems found in them."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Given:
    """A value, not yet checked; `source` says where it comes from, `folder` is what its relative paths start from.

    `is_from_elsewhere`: the value does not stand in the settings file, so that messages say where it does.
    """

    value: Any
    source: str
    folder: Path
    is_from_elsewhere: bool = False


GivenByPath = dict[tuple[str, ...], Given]


@dataclass(frozen=True)
class Problem:
    """A message for the operator and the keys of the settings it is about."""

    text: str
    keys: tuple[str, ...] = ()


def nearest(name: str, known: Iterable[str]) -> str:
    """` (did you mean …?)` or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def show_key(key: Any) -> str:
    """A key as a message shows it, without a value that stuck to it because the space after the colon was forgotten."""
    name = re.split(r"[:=\s]", str(key), maxsplit=1)[0]
    return re.sub(r"[^\w.-]", "?", name)[:60]
