"""Chance that falls the same on every machine and every Python: only `random.Random.random()` is promised to stay."""

import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")

_HEX = 16
_CHUNK = 12  # hexadecimal or decimal digits that one draw of 53 bits gives


class Weighted(Generic[T]):
    """Items with weights, ready to be drawn from."""

    def __init__(self, items: Sequence[T], weights: Sequence[int]) -> None:
        self.items = items
        self.sums = list(accumulate(weights))


class Dice:
    """Draws numbers, items and texts from one seed."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed).random  # noqa: S311 - not for secrets

    def chance(self, percent: float) -> bool:
        return self._draw() * 100 < percent

    def below(self, limit: int) -> int:
        return int(self._draw() * limit)

    def between(self, least: int, most: int) -> int:
        return least + self.below(most - least + 1)

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def often_first(self, items: Sequence[T]) -> T:
        """The earlier an item stands, the likelier it is."""
        return items[int(self._draw() * self._draw() * len(items))]

    def weighted(self, choice: Weighted[T]) -> T:
        return choice.items[bisect(choice.sums, self.below(choice.sums[-1]))]

    def hex(self, length: int) -> str:
        return self._chunks(length, _HEX, "012x")

    def digits(self, length: int) -> str:
        return self._chunks(length, 10, "012d")

    def text(self, alphabet: str, length: int) -> str:
        return "".join(self.pick(alphabet) for _ in range(length))

    def _chunks(self, length: int, base: int, shape: str) -> str:
        chunks = range(0, length, _CHUNK)
        return "".join(format(self.below(base**_CHUNK), shape) for _ in chunks)[:length]
