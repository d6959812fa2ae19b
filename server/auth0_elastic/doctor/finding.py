"""What a check has found."""

from typing import Literal, NamedTuple

State = Literal["ok", "warning", "problem", "skipped"]


class Finding(NamedTuple):
    """`remedy` says what to do about a warning or a problem; a problem must be mended for events to arrive."""

    check: str
    state: State
    text: str
    remedy: str = ""
