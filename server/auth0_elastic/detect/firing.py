"""What a rule says when it fires."""

from dataclasses import dataclass

from auth0_elastic.detect.correlate import Key
from auth0_elastic.detect.event import Event


@dataclass(frozen=True, slots=True)
class Firing:
    """`key` says whose incident it is, `reason` is half a sentence, `values` is what was counted or found."""

    key: Key
    events: tuple[Event, ...]
    reason: str
    values: tuple[str, ...] = ()
