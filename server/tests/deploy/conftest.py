"""The files of a deployment, and what they need to run here: nginx, docker-compose, bash and curl."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SECONDS = 60.0


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], object], str], None]:
    """Waits until something is true."""

    def wait(look: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not look():
            assert time.monotonic() < deadline, f"not within {SECONDS:g} s: {what}"
            time.sleep(0.05)

    return wait
