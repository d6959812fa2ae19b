"""Looks addresses up in all lists and the database at once, while both are kept fresh."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final, NamedTuple

import urllib3

from auth0_elastic.config.reputation_settings import ListSource, ReputationSettings
from auth0_elastic.config.settings import Settings
from auth0_elastic.reputation.anonymous_ip import AnonymousIp
from auth0_elastic.reputation.match import ALLOW, Match
from auth0_elastic.reputation.networks import pack
from auth0_elastic.reputation.origin import TIMEOUT, FileOrigin, Origin, UrlOrigin
from auth0_elastic.reputation.prefix_tree import PrefixTree
from auth0_elastic.reputation.watched_database import WatchedDatabase
from auth0_elastic.reputation.watched_list import FILE_SECONDS, WatchedList

log = logging.getLogger(__name__)

AFTER_ERROR_SECONDS: Final = 60.0


class _Known(NamedTuple):
    tree: PrefixTree
    database: AnonymousIp | None


class Reputation:
    """Any thread may look up, one thread refreshes: what it has read takes the old one's place at once.

    It begins with the last good copies in `cache`, a folder that all processes of a server share; `refresh` brings them
    up to date.
    """

    def __init__(
        self,
        settings: ReputationSettings,
        cache: Path,
        *,
        clock: Callable[[], float] = time.time,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        """`clock` gives epoch seconds; `pool` makes the requests. Raises nothing."""
        with suppress(OSError):  # said when the first copy cannot be written
            for folder in (cache.parent, cache):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pool = pool or urllib3.PoolManager(timeout=TIMEOUT)
        self._lists = [
            WatchedList(source, _origin(source, pool), cache, settings.refresh, clock) for source in settings.lists
        ]
        path = settings.anonymous_ip_database
        self._database = WatchedDatabase(path, cache) if path else None
        self._known = self._gathered()

    @classmethod
    def of(cls, settings: Settings) -> "Reputation | None":
        """None where neither a list nor a database is given."""
        given = settings.reputation
        return None if given.is_empty else cls(given, settings.spool.path / "reputation")

    def lookup(self, address: str) -> tuple[Match, ...]:
        """What is known about an IPv4 or IPv6 address, each list's narrowest network first, the database's last.

        An address on a list of the kind allow is on that list only; a text that is no address is on none.
        """
        packed = pack(address)
        if packed is None:
            return ()
        known = self._known
        matches = known.tree.covering(packed)
        allowed = tuple(match for match in matches if match.kind == ALLOW)
        if allowed:
            return allowed
        return matches + known.database.matches(packed) if known.database else matches

    def refresh(self) -> float:
        """Reads what is due and has changed; the seconds until it should be called again. Logs what cannot be read."""
        changed = [watched.refresh() for watched in self._lists]
        if self._database:
            changed.append(self._database.refresh())
        if any(changed):
            self._known = self._gathered()
        return min([FILE_SECONDS, *(watched.due_in() for watched in self._lists)])

    def start(self, stop: Event, patience: float = 0.0) -> None:
        """Keeps fresh in a thread until `stop` is set; waits up to `patience` seconds until all has been read once."""
        is_ready = Event()
        Thread(target=self.keep_fresh, args=(stop, is_ready.set), name="reputation", daemon=True).start()
        is_ready.wait(patience)

    def keep_fresh(self, stop: Event, on_refreshed: Callable[[], None] = lambda: None) -> None:
        """Refreshes until `stop` is set; a slow URL may hold it up. Raises nothing."""
        while not stop.is_set():
            try:
                pause = self.refresh()
            except Exception:
                log.exception("refreshing the lists of addresses failed in a way that was not foreseen")
                pause = AFTER_ERROR_SECONDS
            on_refreshed()
            if stop.wait(pause):
                return

    def _gathered(self) -> _Known:
        tree = PrefixTree((watched.kind, watched.name, watched.networks) for watched in self._lists)
        return _Known(tree, self._database.current if self._database else None)


def _origin(source: ListSource, pool: urllib3.PoolManager) -> Origin:
    return UrlOrigin(source.location, pool) if source.url else FileOrigin(Path(source.location))
