"""The items of one key in the order of time, and the sliding windows over them; pure. Times are milliseconds."""

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Generic, NamedTuple, TypeVar

MAX_IN_GROUP: Final = 10_000
_FEW: Final = 64

T = TypeVar("T")
Order = tuple[int, int]
"""A time, and what decides between two of the same."""

_order = attrgetter("order")


@dataclass(slots=True, eq=False)
class Entry(Generic[T]):
    """An item in its place. `found` is for its user: whether a window that ends with it has been found."""

    order: Order
    arrived: int
    labels: Sequence[str]
    item: T
    found: bool = False


class Window(NamedTuple, Generic[T]):
    """From the time `begin` to `entry`, which ends it; `measure` is what is counted in it."""

    begin: int
    entry: Entry[T]
    measure: int


class Group(ABC, Generic[T]):
    """Remembers items for the timespan, and `lateness` longer, after they arrived; at most the last 10,000."""

    def __init__(self, span: int, lateness: int, count: int) -> None:
        self.span = span
        self._keep = span + lateness
        self._lateness = lateness
        self._most = max(MAX_IN_GROUP, 2 * count)
        self._entries: list[Entry[T]] = []
        self._fresh: list[Entry[T]] = []
        self._arrived = 0
        self._full = _FEW

    def __len__(self) -> int:
        return len(self._entries)

    def is_quiet(self, now: int) -> bool:
        """Whether all that arrived may be forgotten."""
        return self._arrived < now - self._keep

    def add(self, at: int, arrived: int, labels: Sequence[str], item: T) -> Iterator[Window[T]]:
        """Yields the windows with the new item, by their ends."""
        entry = Entry((at, self._tie(labels)), arrived, labels, item)
        self._arrived = max(self._arrived, arrived)
        place = bisect_right(self._entries, entry.order, key=_order)
        self._entries.insert(place, entry)
        if self._may_cause(entry):
            insort(self._fresh, entry, key=_order)
        return self._newest(entry) if place == len(self._entries) - 1 else self._around(entry, place)

    def take(self, window: Window[T]) -> list[T]:
        """The items of the window that have not been taken before."""
        start = bisect_left(self._fresh, (window.begin, -_FEW), key=_order)
        end = bisect_right(self._fresh, window.entry.order, key=_order)
        taken = self._fresh[start:end]
        del self._fresh[start:end]
        return [each.item for each in taken]

    def forget(self, now: int) -> None:
        """Now and then, when there are twice as many as before: lets go of what arrived too long ago."""
        if len(self._entries) < self._full:
            return
        self._entries = [each for each in self._entries if self._is_kept(each, now)][-self._most :]
        oldest = self._entries[0].order if self._entries else (0, 0)
        self._fresh = [each for each in self._fresh if each.order >= oldest and self._is_kept(each, now)]
        self._full = max(_FEW, 2 * len(self._entries))
        self._restart()

    def _is_kept(self, entry: Entry[T], now: int) -> bool:
        return entry.arrived >= now - self._keep

    def _tie(self, labels: Sequence[str]) -> int:
        return 0

    def _may_cause(self, entry: Entry[T]) -> bool:
        """Whether it belongs to every window it lies in, also to those that others end."""
        return True

    def _place_of(self, at: int) -> int:
        """Of the first entry that is not before this time."""
        return bisect_left(self._entries, (at, -_FEW), key=_order)

    def _ends(self, entry: Entry[T], place: int) -> Iterator[int]:
        """The places of the entries whose windows have this one in them."""
        last = entry.order[0] + self.span
        while place < len(self._entries) and self._entries[place].order[0] <= last:
            yield place
            place += 1

    @abstractmethod
    def _newest(self, entry: Entry[T]) -> Iterator[Window[T]]: ...

    @abstractmethod
    def _around(self, entry: Entry[T], place: int) -> Iterator[Window[T]]: ...

    @abstractmethod
    def _restart(self) -> None:
        """Entries have gone: whatever was known of the newest one's window is made anew."""


class TallyGroup(Group[T]):
    """Measures how many items or how many different labels are in a window."""

    def __init__(self, span: int, lateness: int, count: int, *, counts_items: bool) -> None:
        super().__init__(span, lateness, count)
        self._counts_items = counts_items
        self._first = 0
        self._tally: Counter[str] = Counter()

    def _newest(self, entry: Entry[T]) -> Iterator[Window[T]]:
        self._tally.update(entry.labels)
        self._first = self._slide(self._tally, self._first, entry.order[0] - self.span)
        yield self._window(entry, self._first, len(self._entries) - 1, self._tally)

    def _around(self, entry: Entry[T], place: int) -> Iterator[Window[T]]:
        if entry.order[0] >= self._entries[-1].order[0] - self.span:
            self._tally.update(entry.labels)
        else:
            self._first += 1
        start = self._place_of(entry.order[0] - self.span)
        tally = Counter(label for each in self._entries[start:place] for label in each.labels)
        for end in self._ends(entry, place):
            ending = self._entries[end]
            tally.update(ending.labels)
            start = self._slide(tally, start, ending.order[0] - self.span)
            yield self._window(ending, start, end, tally)

    def _slide(self, tally: Counter[str], start: int, begin: int) -> int:
        while self._entries[start].order[0] < begin:
            for label in self._entries[start].labels:
                tally[label] -= 1
                if not tally[label]:
                    del tally[label]
            start += 1
        return start

    def _window(self, entry: Entry[T], start: int, end: int, tally: Counter[str]) -> Window[T]:
        measure = end - start + 1 if self._counts_items else len(tally)
        return Window(entry.order[0] - self.span, entry, measure)

    def _restart(self) -> None:
        if self._entries:
            self._first = self._place_of(self._entries[-1].order[0] - self.span)
            self._tally = Counter(label for each in self._entries[self._first :] for label in each.labels)
        else:
            self._first, self._tally = 0, Counter()


class OrderedGroup(Group[T]):
    """Measures how many of `inputs`, its labels, have come one after another; a window ends with the last of them.

    Of each chain begun, only the latest begin counts: what is found with an earlier one is found with it, too.
    """

    def __init__(self, span: int, lateness: int, count: int, inputs: Sequence[str]) -> None:
        super().__init__(span, lateness, count)
        self._ranks = {name: rank for rank, name in enumerate(inputs)}
        self._begins: list[int | None] = [None] * len(inputs)

    def _tie(self, labels: Sequence[str]) -> int:
        """One after another is not at the same time: of two at the same time the later input comes first."""
        return -self._ranks[labels[0]]

    def _may_cause(self, entry: Entry[T]) -> bool:
        return -entry.order[1] < len(self._begins) - 1

    def take(self, window: Window[T]) -> list[T]:
        return [*super().take(window), window.entry.item]

    def _is_kept(self, entry: Entry[T], now: int) -> bool:
        """What can only end a window matters no longer, unless something before it comes late."""
        return entry.arrived >= now - (self._keep if self._may_cause(entry) else self._lateness)

    def _newest(self, entry: Entry[T]) -> Iterator[Window[T]]:
        yield from self._step(self._begins, entry)

    def _around(self, entry: Entry[T], place: int) -> Iterator[Window[T]]:
        begins: list[int | None] = [None] * len(self._begins)
        start = self._place_of(entry.order[0] - self.span)
        ends = set(self._ends(entry, place))
        for at in range(start, len(self._entries)):
            found = list(self._step(begins, self._entries[at]))
            yield from found if at in ends else ()
        self._begins = [_later(old, new) for old, new in zip(self._begins, begins, strict=True)]

    def _step(self, begins: list[int | None], entry: Entry[T]) -> Iterator[Window[T]]:
        (at, tie), last = entry.order, len(begins) - 1
        begin = at if tie == 0 else begins[-tie - 1]
        begins[-tie] = _later(begins[-tie], begin)
        if -tie == last and begin is not None and begin >= at - self.span:
            yield Window(at - self.span, entry, len(begins))

    def _restart(self) -> None:
        """The begins stay: they are times, and one that is too long ago is not taken."""


def _later(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
