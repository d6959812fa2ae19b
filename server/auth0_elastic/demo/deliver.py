"""Posts to the listener, and waits until the shipper has settled all that was posted."""

import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from auth0_elastic.config.settings import Settings
from auth0_elastic.demo.home import Home, url_of
from auth0_elastic.demo.steps import Step, Steps
from auth0_elastic.demo.traffic import Delivery, count
from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.send import Summary, Target, send
from auth0_elastic.spool.ledger import DeadLetter, LedgerView
from auth0_elastic.spool.spool_file import total_of

_PATIENCE = 60.0  # seconds without anything settled
_LOOK_SECONDS = 0.05


class NotDelivered(Auth0ElasticError):
    """The events do not arrive in the engine."""


@dataclass(frozen=True)
class Counters:
    """What the server says of itself: what it took in, and how each of it ended."""

    accepted: int = 0
    rejected: int = 0
    indexed: int = 0
    duplicate: int = 0
    dead: int = 0

    @property
    def ended(self) -> int:
        return self.indexed + self.duplicate + self.dead


def read_counters(spool: Path) -> Counters:
    """The counters of the spool's files and of the shipper's ledger; zeros while these are being made."""
    totals = total_of(spool)
    try:
        view = LedgerView(spool)
    except sqlite3.OperationalError:
        return Counters(totals.accepted, totals.rejected)
    try:
        found = view.counters()
    except sqlite3.OperationalError:
        found = {}
    finally:
        view.close()
    ends = (found.get(name, 0) for name in ("indexed", "duplicate", "dead"))
    return Counters(totals.accepted, totals.rejected, *ends)


def read_dead_letters(spool: Path) -> list[DeadLetter]:
    view = LedgerView(spool)
    try:
        return view.dead_letters()
    finally:
        view.close()


def deliver(home: Home, settings: Settings, planned: Sequence[Delivery], steps: Steps) -> list[Summary]:
    """Posts each delivery after the other; returns when all is settled. Raises NotDelivered, or what `send` raises."""
    total, stop = count(planned), threading.Event()
    with (
        steps.step("Posting over HTTPS", total) as posting,
        steps.step("Indexing", total) as indexing,
        ThreadPoolExecutor(1, "watch") as pool,
    ):
        try:
            watched = pool.submit(_watch, settings.spool.logs, indexing, total, stop)
            summaries = _post(home, settings, planned, posting)
            posting.note = f"in {sum(each.requests for each in summaries):,} requests"
            posting.finish()
            watched.result()
        finally:
            stop.set()
    return summaries


def _post(home: Home, settings: Settings, planned: Sequence[Delivery], posting: Step) -> list[Summary]:
    summaries = []
    for delivery in planned:
        target = Target(
            url_of(settings),
            settings.listener.authorization_token[0],
            home.ca,
            delivery.content_format,
            patience=_PATIENCE,
        )
        summaries.append(send(delivery.events, target, progress=posting.advance))
    return summaries


def _watch(spool: Path, indexing: Step, total: int, stop: threading.Event) -> None:
    """Shows how much has been settled, until it is all of it."""
    before, since = -1, time.monotonic()
    while not stop.wait(_LOOK_SECONDS):
        ended = read_counters(spool).ended
        if ended != before:
            before, since = ended, time.monotonic()
            indexing.reached(ended)
        if ended >= total:
            return
        if time.monotonic() - since > _PATIENCE:
            raise NotDelivered(f"{total - ended:,} events do not arrive; the engine: {_engine_state(spool)}")


def _engine_state(spool: Path) -> str:
    view = LedgerView(spool)
    try:
        return view.state().get("engine", "not yet tried")
    finally:
        view.close()
