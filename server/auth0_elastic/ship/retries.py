"""Events whose turn comes again later."""

import heapq
from typing import NamedTuple

from auth0_elastic.spool.backlog import SpooledEvent


class Attempted(NamedTuple):
    """An event and how often it has been tried; one that has been tried is `outstanding` in the ledger."""

    event: SpooledEvent
    attempts: int


class Retries:
    """Ordered by when they are due, in seconds of the shipper's clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Attempted]] = []
        self._added = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, attempted: Attempted) -> None:
        self._added += 1  # keeps the order of those that are due together, and events from being compared
        self.bytes += len(attempted.event.raw)
        heapq.heappush(self._heap, (due, self._added, attempted))

    def take(self, now: float, max_bytes: int) -> list[Attempted]:
        """Those that are due, within `max_bytes` but at least one."""
        taken: list[Attempted] = []
        size = 0
        while self._heap and self._heap[0][0] <= now and (not taken or size < max_bytes):
            attempted = heapq.heappop(self._heap)[2]
            size += len(attempted.event.raw)
            taken.append(attempted)
        self.bytes -= size
        return taken
