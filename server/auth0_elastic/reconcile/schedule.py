"""When to compare next and from when on; pure. All times are epoch seconds."""

from dataclasses import dataclass, replace
from typing import Final

OUTAGE: Final = 60.0
"""Not alive for longer than this is an outage, after which what came in between is looked for."""
SETTLING: Final = 300.0
"""The newest logs are left out: they may still be under way by the log stream."""
MARGIN: Final = 600.0
"""How much earlier a comparison begins than what it is for, because clocks differ and logs are written late."""


@dataclass(frozen=True, slots=True)
class State:
    """What outlives the process.

    `alive` is when it was last seen so, `compared_to` up to when the last comparison looked, `owed` from when on there
    may be a gap that no comparison has looked for yet, and `due` is when to look for it.
    """

    alive: float | None = None
    compared_to: float | None = None
    owed: float | None = None
    due: float | None = None


def started(state: State, now: float) -> State:
    """The process has begun: owes what came while it was away, once Auth0 has had time to send it by itself."""
    if state.alive is None or abs(now - state.alive) <= OUTAGE:
        return state
    if now < state.alive:  # the clock was set back: none of these times means anything any more
        return State()
    return requested(state, state.alive, now)


def requested(state: State, since: float, now: float) -> State:
    """There may be a gap that began at `since`."""
    due = now + SETTLING
    return replace(state, owed=min(since, state.owed or since), due=min(due, state.due or due))


def next_due(state: State, interval: float, now: float) -> float:
    """When the next comparison is to begin: at once if there never was one."""
    regular = now if state.compared_to is None else state.compared_to + SETTLING + interval
    return regular if state.due is None else min(regular, state.due)


def window(state: State, look_back: float, now: float) -> tuple[float, float]:
    """From when until when to compare; no range stays between two comparisons."""
    begins = [now - look_back]
    begins += [moment - MARGIN for moment in (state.compared_to, state.owed) if moment is not None]
    return min(begins), now - SETTLING


def compared(state: State, until: float) -> State:
    """A comparison has come to its end. What was requested meanwhile, for later, is still owed."""
    is_paid = state.due is None or state.due <= until + SETTLING
    return State(state.alive, until) if is_paid else replace(state, compared_to=until)
