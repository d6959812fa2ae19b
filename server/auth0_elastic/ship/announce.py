"""What the shipper says in the log: each thing once, however often it happens."""

import logging
import re
from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

SECONDS = 60.0
MOST_KINDS = 200  # what is remembered; an engine that invents reasons costs no memory
_QUOTED = re.compile(r"(?<!\w)'.*?'(?!\w)|\".*?\"")
_PREVIEW = "Preview of field's value"
_DIFFERS = re.compile(r"[0-9a-f]*\d[\w.-]*")  # numbers, times, ids, names of backing indices


class Quiet:
    """Lets a message pass if none of its kind has within the last minute; `now` is in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last: dict[str, float] = {}

    def passes(self, message: str) -> bool:
        """Messages that differ in numbers and ids alone are of one kind."""
        kind, now = _DIFFERS.sub("…", message), self._now()
        if now < self._last.get(kind, now - SECONDS) + SECONDS:
            return False
        self._last.pop(kind, None)
        self._last[kind] = now
        if len(self._last) > MOST_KINDS:
            del self._last[next(iter(self._last))]
        return True


class Announcer:
    """Says that the engine is waited for, that it takes events again, and what it refuses for good.

    An outage is announced once, however long it lasts. A cluster that comes and goes by the second is announced by the
    minute.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._quiet = Quiet(now)
        self._waiting_for: str | None = ""  # at the start nothing is known, so that the first delivery is news
        self._buried = 0

    def waiting(self, reason: str) -> None:
        """Nothing is sent, for this reason."""
        kind = _DIFFERS.sub("…", reason)
        if kind != self._waiting_for and self._quiet.passes(f"waiting {reason}"):
            self._waiting_for = kind
            log.error("waiting, nothing is lost: %s", reason)

    def delivering(self) -> None:
        """A batch was taken."""
        if self._waiting_for is not None and self._quiet.passes("delivering"):
            self._waiting_for = None
            log.info("delivering to the engine")

    def dead(self, refusals: Iterable[tuple[int | None, str]]) -> None:
        """The status and reason of each event that has just become a dead letter.

        What engines preview and quote in a reason is taken from the event, so it is left out; the dead letter has it.
        """
        for status, reason in refusals:
            self._buried += 1
            said = _QUOTED.sub("'…'", reason.partition(_PREVIEW)[0]).strip()
            if self._quiet.passes(f"dead {said}"):
                extra = {"http.response.status_code": status}
                log.error("dead letter (%d since the start): the engine answered %s", self._buried, said, extra=extra)

    def still_kept(self, attempts: int, reason: str) -> None:
        """An event has been tried this often."""
        if self._quiet.passes(f"kept {reason}"):
            log.error("an event has been tried %d times and is still kept: %s", attempts, reason)
