"""One comparison: reads Auth0's logs of a window, finds those that are nowhere here, and puts them into the spool."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from auth0_elastic.config.settings import Spool
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.logs import LARGEST_PAGE, read_page, synthetic_log_id
from auth0_elastic.management.retention import beginning_after
from auth0_elastic.receive.parse import parse_each
from auth0_elastic.reconcile.findings import Findings, Window
from auth0_elastic.reconcile.indexed import AT_ONCE, Indexed
from auth0_elastic.ship.identity import document_id, log_id_time
from auth0_elastic.spool import held
from auth0_elastic.spool.spool_file import SpoolFile, total_of

LOOK_SECONDS: Final = 2.0
FULL_SECONDS: Final = 10.0
PATIENCE: Final = 120.0
MOST_UNDER_WAY: Final = 20_000
_SLACK: Final = timedelta(minutes=1)  # a window of a day begins a little before the last day does


class Comparison:
    """Done once; used by one thread. `upto` is the time up to which it has come."""

    def __init__(
        self,
        api: ManagementApi,
        indexed: Indexed,
        spool: Spool,
        window: Window,
        *,
        clock: Callable[[], float],
        dry_run: bool = False,
    ) -> None:
        """A `dry_run` only counts."""
        self._api, self._indexed, self._spool, self._window = api, indexed, spool, window
        self._clock, self._dry_run = clock, dry_run
        self._file: SpoolFile | None = None
        self._under_way: set[str] = set()
        self.findings = Findings()
        self.upto = window.since

    def run(self) -> Iterator[float]:
        """A step at a time; yields how many seconds there are to wait for the next: until others have delivered.

        Raises Auth0Error, EngineError, SpoolError.
        """
        try:
            for events in self._chunks(self._begin()):
                missing = self._missing({document_id(raw): raw for raw in events})
                if not self._dry_run:
                    yield from self._fill(missing)
                yield 0.0
            yield from self._confirm(at_most=0)
        finally:
            if self._file is not None:
                self._file.close()

    def _begin(self) -> str:
        """What to read from; notes what Auth0 no longer has."""
        since = synthetic_log_id(self._window.since)
        beginning = beginning_after(self._api, since, datetime.fromtimestamp(self._clock(), UTC))
        oldest = log_id_time(beginning.oldest) if beginning else None
        if oldest and oldest - self._window.since > _SLACK:
            self.findings.unknown = self._window.since, min(oldest, self._window.until or oldest)
        return beginning.after if beginning else since

    def _chunks(self, after: str) -> Iterator[list[bytes]]:
        chunk: list[bytes] = []
        for events in self._pages(after):
            chunk += events
            if len(chunk) + LARGEST_PAGE > AT_ONCE:
                yield chunk
                chunk = []
        yield chunk

    def _pages(self, after: str) -> Iterator[list[bytes]]:
        """To the window's end, or to a page shorter than another: Auth0 may give less than it was asked for."""
        more, longest = True, 0
        while more:
            page = read_page(self._api, after, LARGEST_PAGE)
            yield [raw for raw in page.events if self._is_inside(document_id(raw))]
            following = page.next_from or after
            longest = max(longest, len(page.events))
            is_full = len(page.events) == longest or self._window.until is not None
            more = is_full and bool(page.events) and following != after and self._is_inside(following)
            after, self.upto = following, log_id_time(following) or self.upto

    def _is_inside(self, log_id: str) -> bool:
        moment, until = log_id_time(log_id), self._window.until
        return moment is None or until is None or moment < until

    def _missing(self, events: dict[str, bytes]) -> list[bytes]:
        """Looks into the index, the spool, and the index again: what was on its way in between is then there."""
        rest, found = dict(events), self.findings
        found.checked += len(rest)
        found.indexed += _take(rest, self._indexed.found(rest))
        if rest:
            found.waiting += _take(rest, _ids(held.waiting(self._folder), rest))
            found.dead += _take(rest, _ids(held.dead(self._folder), rest))
            found.indexed += _take(rest, self._indexed.found(rest, refresh=True))
        found.missing += len(rest)
        return list(rest.values())

    def _fill(self, missing: list[bytes]) -> Iterator[float]:
        if not missing:
            return
        if self._file is None:
            self._file = SpoolFile.open_free(self._folder, "reconcile")
        while total_of(self._folder).live_bytes + sum(map(len, missing)) > self._spool.max_size:
            yield FULL_SECONDS
            self._prune(self._file)
        parsed = parse_each(missing)
        self._file.append(int(self._clock() * 1000), parsed.events, parsed.rejected)
        self._under_way |= {document_id(raw) for raw in parsed.events}
        yield from self._confirm(at_most=MOST_UNDER_WAY)
        self._prune(self._file)

    def _confirm(self, at_most: int) -> Iterator[float]:
        """Filled is what has been found; what is dead, or does not come for long, stays missing."""
        deadline = self._clock() + PATIENCE
        while len(self._under_way) > at_most:
            found = self._indexed.found(self._under_way, refresh=True)
            self._under_way -= found
            self.findings.filled += len(found)
            if found:
                deadline = self._clock() + PATIENCE
            elif self._clock() > deadline:
                self._under_way.clear()
            else:
                self._under_way -= _ids(held.dead(self._folder), self._under_way)
            if len(self._under_way) > at_most:
                yield LOOK_SECONDS

    @property
    def _folder(self) -> Path:
        return self._spool.logs

    def _prune(self, file: SpoolFile) -> None:
        while file.prune():
            pass


def _take(events: dict[str, bytes], ids: Collection[str]) -> int:
    """Removes these; says how many."""
    for identity in ids:
        del events[identity]
    return len(ids)


def _ids(events: Iterable[bytes], wanted: Collection[str]) -> set[str]:
    """Which of the wanted are among the events."""
    return {identity for raw in events if (identity := document_id(raw)) in wanted}
