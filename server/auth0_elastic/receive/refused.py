"""How many requests the listener has accepted, and refused by reason: counted in memory, written now and then."""

import json
from collections import Counter
from pathlib import Path
from typing import Final

from auth0_elastic.errors import SpoolError
from auth0_elastic.spool.database import FileLock, make_folder

REASONS: Final = (
    "forbidden_address",  # 403, or cut before the TLS handshake
    "handshake",  # no TLS, not within its time, or not with a certificate that is demanded
    "internal_error",  # 500: a mistake of ours
    "malformed",  # 400: no HTTP, or no JSON
    "method_not_allowed",  # 405
    "not_found",  # 404
    "overloaded",  # idle connections cut for others, when nearly all are taken
    "spool_failed",  # 503: the disk did not take the events
    "spool_full",  # 503
    "throttled",  # 429: after too many wrong tokens
    "timeout",  # 408: the body took too long
    "too_large",  # 413, 414 and 431: body, request line or headers
    "unauthorized",  # 401
)
ACCEPTED: Final = "accepted"  # 200: all that was in the request is kept
_BY_STATUS: Final = {
    401: "unauthorized",
    403: "forbidden_address",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "too_large",
    414: "too_large",
    429: "throttled",
    431: "too_large",
}


def reason_of(status: int) -> str:
    """The reason that an answer's status stands for; those of 503 have none of their own."""
    return _BY_STATUS.get(status, "malformed" if status < 500 else "internal_error")


class RefusedCounters:
    """One process's counters. A refusal costs an addition; `flush` writes what has changed.

    The file is taken over from a process that is gone, and counted on, so that the totals never fall.
    """

    def __init__(self, folder: Path) -> None:
        """Touches nothing: it may be made before the process forks."""
        self._folder = folder
        self._counts: Counter[str] = Counter()
        self._flushed: Counter[str] = Counter()
        self._lock: FileLock | None = None

    def count(self, reason: str) -> None:
        self._counts[reason] += 1

    def open(self) -> None:
        """Takes a file of this process's own. Raises SpoolError when there is none to be had."""
        make_folder(self._folder)
        for slot in range(1000):
            lock = FileLock(self._folder / f"refused-{slot}.lock")
            if lock.acquire():
                self._lock = lock
                self._flushed = Counter(_read(lock.path.with_suffix(".json")))
                self._counts += self._flushed
                return
        raise SpoolError(f"{self._folder}: 1000 listeners use it; is the folder shared by several servers?")

    def flush(self) -> None:
        """Costs nothing when nothing has changed. Raises OSError when the disk refuses; the next call tries again."""
        if self._lock is None or self._counts == self._flushed:
            return
        counts, path = self._counts.copy(), self._lock.path.with_suffix(".json")
        new = path.with_suffix(".new")
        new.write_text(json.dumps(counts, sort_keys=True))
        new.replace(path)  # readers see one or the other
        self._flushed = counts

    def close(self) -> None:
        if self._lock is not None:
            self._lock.release()


def refused_totals(folder: Path) -> dict[str, int]:
    """Every reason with the refused requests of all the listeners that have ever used this spool (`spool.path`)."""
    totals = _totals(folder)
    return {reason: totals[reason] for reason in REASONS}


def accepted_total(folder: Path) -> int:
    """The requests that all the listeners that have ever used this spool have answered with 200."""
    return _totals(folder)[ACCEPTED]


def _totals(folder: Path) -> Counter[str]:
    totals: Counter[str] = Counter()
    for path in folder.glob("refused-*.json"):
        totals.update(_read(path))
    return totals


def _read(path: Path) -> dict[str, int]:
    """Nothing, where there is no file or a power cut has emptied it: figures are no reason to fail."""
    try:
        found: dict[str, int] = dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return {}
    return {name: found[name] for name in (*REASONS, ACCEPTED) if isinstance(found.get(name), int)}
