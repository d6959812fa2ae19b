"""Events whose turn comes again later: their names only, so that however many there are, memory stays flat."""

import heapq
from typing import NamedTuple


class Outstanding(NamedTuple):
    """An event that has been tried `attempts` times; its text is in the spool file, its name in the ledger."""

    file_id: str
    seq: int
    attempts: int


class Retries:
    """Ordered by when they are due, in seconds of the shipper's clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, Outstanding]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, outstanding: Outstanding) -> None:
        heapq.heappush(self._heap, (due, outstanding))

    def take_due(self, now: float) -> Outstanding | None:
        """The one that has been due for the longest time, if any is."""
        return self.take_first() if self._heap and self._heap[0][0] <= now else None

    def take_first(self) -> Outstanding | None:
        """The one that is due first, be it later."""
        return heapq.heappop(self._heap)[1] if self._heap else None
