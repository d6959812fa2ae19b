"""Waiting for what other processes do."""

import time
from collections.abc import Callable

from chaos.errors import ChaosError


def wait_until(done: Callable[[], bool], seconds: float, what: str, pause: float = 0.02) -> None:
    """Raises ChaosError when it is not so within `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise ChaosError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)
