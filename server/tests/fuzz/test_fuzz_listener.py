"""`scripts/chaos fuzz` in its short form, and that it would notice."""

import random
from pathlib import Path

from chaos.fuzz import fuzz
from chaos.malformed import Words, malformed

WORDS = Words("the-token", "a-wrong-token", "a-query", "a-body")


def test_malformed_requests_neither_break_nor_bloat_the_listener(tmp_path: Path) -> None:
    result = fuzz(tmp_path, 800, seed=1)
    assert result.requests == 800
    assert result.accepted > 100
    assert {200, 400, 401, 404, 405} <= result.statuses.keys()


def test_the_same_seed_makes_the_same_requests() -> None:

    first, again = ([malformed(random.Random(7), WORDS) for _ in range(50)] for _ in range(2))
    assert first == again
