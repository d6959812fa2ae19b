"""How many wrong tokens come from each address; whoever sends too many is told to come back later.

A right token is never refused for the wrong ones beside it: Auth0's tenants share addresses, and one of them could
otherwise shut out another's stream. What keeps guessers out is the token's length.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Final

WINDOW_SECONDS: Final = 60.0
MOST_ADDRESSES: Final = 10_000
_ONE_CUSTOMER = 64  # bits of an IPv6 address that its owner did not choose


class FailedTokens:
    """Counts them in windows of a minute that begin with an address's first; forgets the address seen longest ago."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, source: str) -> int | None:
        """Counts one; the seconds until the address may try again if it has had its limit, else None."""
        now, key = self._clock(), _key(source)
        began, count = self._windows.pop(key, (now, 0))
        if now >= began + WINDOW_SECONDS:
            began, count = now, 0
        self._windows[key] = (began, count + 1)
        if len(self._windows) > MOST_ADDRESSES:
            self._windows.popitem(last=False)
        return max(1, round(began + WINDOW_SECONDS - now)) if count >= self._limit else None


def _key(source: str) -> str:
    """An IPv6 client has more addresses than could be counted: its network counts."""
    return f"{int(IPv6Address(source)) >> (128 - _ONE_CUSTOMER):x}::" if ":" in source else source
