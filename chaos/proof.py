"""What became of every event, by counting ids in the engine and among the dead letters."""

import sqlite3
import time
from collections import Counter
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from auth0_elastic.engine.client import Engine
from auth0_elastic.spool.ledger import DeadLetter
from chaos.load import PATIENCE, Events, Sent, id_of
from chaos.server import Server

_PAGE: Final = 5_000


@dataclass(frozen=True)
class Verdict:
    """Counts of a round's events. `lost` and `twice` have to be 0; `strangers` are ids that nobody has sent.

    `damaged` are those that were nowhere but on the pages of a file that the round itself has damaged.
    """

    acknowledged: int
    indexed: int
    dead: int
    damaged: int
    lost: int
    twice: int
    strangers: int
    refused: int
    broken_off: int

    @property
    def holds(self) -> bool:
        """Whether acknowledged = indexed exactly once + dead letters."""
        return not (self.lost or self.twice or self.strangers)


def judge(
    engine: Engine, stream: str, server: Server, events: Events, sent: Sent, excused: Set[str] = frozenset()
) -> Verdict:
    """Waits until every acknowledged event has come to an end, or nothing more does; then counts.

    `excused` are ids that may be lost, or found damaged although they had just been delivered.
    """
    _wait_for_the_end(engine, stream, server, events, sent.acknowledged - excused)
    copies = copies_of(engine, stream, events.prefix)
    dead = _dead_of(events, server.dead_letters())
    missing = sent.acknowledged - copies.keys() - dead
    return Verdict(
        acknowledged=len(sent.acknowledged),
        indexed=len(copies),
        dead=len(dead),
        damaged=len(missing & excused),
        lost=len(missing - excused),
        twice=sum(count > 1 for count in copies.values()) + len((copies.keys() & dead) - excused),
        strangers=len(copies.keys() - events.whole.keys()),
        refused=sent.refused,
        broken_off=sent.broken_off,
    )


def copies_of(engine: Engine, stream: str, prefix: str) -> Counter[str]:
    """How many documents there are of each id that begins with `prefix`, over all backing indices."""
    engine.call("POST", f"/{stream}/_refresh")
    body = {"size": _PAGE, "sort": ["_doc"], "_source": False, "query": _of(prefix)}
    page = engine.call("POST", f"/{stream}/_search", body, params={"scroll": "1m"})
    copies: Counter[str] = Counter()
    while hits := page["hits"]["hits"]:
        copies.update(hit["_id"] for hit in hits)
        page = engine.call("POST", "/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
    engine.call("DELETE", "/_search/scroll", {"scroll_id": page["_scroll_id"]})
    return copies


def _wait_for_the_end(engine: Engine, stream: str, server: Server, events: Events, expected: Set[str]) -> None:
    """What may be lost need not be waited for, but what else there is counts as well; so the ids themselves decide."""
    before, since = -1, time.monotonic()
    while time.monotonic() - since < PATIENCE:
        engine.call("POST", f"/{stream}/_refresh")
        ended = engine.call("POST", f"/{stream}/_count", {"query": _of(events.prefix)})["count"]
        if ended >= len(expected & events.whole.keys()):
            ended_ids: Set[str] = copies_of(engine, stream, events.prefix).keys()
            with suppress(sqlite3.Error):
                ended_ids |= _dead_of(events, server.dead_letters())
            if ended_ids >= expected:
                return
            ended = len(ended_ids)
        if ended != before:
            before, since = ended, time.monotonic()
        time.sleep(0.1)


def _of(prefix: str) -> dict[str, Any]:
    return {"prefix": {"event.id": prefix}}


def _dead_of(events: Events, letters: list[DeadLetter]) -> set[str]:
    """The ids of the round's events that are dead letters; one may be there several times."""
    names = (id_of(letter.raw) for letter in letters)
    return {name for name in names if name.startswith(events.prefix)}
