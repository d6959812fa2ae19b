"""The events of the last while that have been seen, eight bytes each: a scan begins before the last one ended."""

import base64
import hashlib
from collections import Counter, deque
from collections.abc import Mapping

_BYTES = 8


class RecentIds:
    """Times are when the events were ingested, in epoch milliseconds."""

    def __init__(self, text: str = "", at: int = 0) -> None:
        """`text` is what `as_text` gave; all of it counts as ingested `at`."""
        raw = base64.b64decode(text)
        self._known = {raw[start : start + _BYTES] for start in range(0, len(raw), _BYTES)}
        self._order = deque((at, each) for each in self._known)
        self._seconds: Counter[int] = Counter()

    def __contains__(self, event_id: str) -> bool:
        return _hash(event_id) in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, event_id: str, ingested: int) -> None:
        hashed = _hash(event_id)
        if hashed not in self._known:
            self._known.add(hashed)
            self._order.append((ingested, hashed))

    def count(self, ingested: int, searches: int = 1) -> None:
        """Another event has been read that was ingested then, by so many searches."""
        self._seconds[ingested // 1000] += searches

    def first_unlike(self, counts: Mapping[int, int]) -> int | None:
        """The first second of these of which another number has been read."""
        return min((second for second, number in counts.items() if self._seconds[second] != number), default=None)

    def forget(self, before: int) -> None:
        """In the order in which they were added: one that was late may stay with those around it."""
        while self._order and self._order[0][0] < before:
            self._known.discard(self._order.popleft()[1])
        for second in [second for second in self._seconds if second < before // 1000]:
            del self._seconds[second]

    def as_text(self) -> str:
        return base64.b64encode(b"".join(self._known)).decode()


def _hash(event_id: str) -> bytes:
    return hashlib.blake2b(event_id.encode(), digest_size=_BYTES).digest()
