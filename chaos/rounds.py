"""A round: load, a fault at a random moment, and the verdict."""

import random
import time
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import NamedTuple

from chaos.arena import Arena
from chaos.load import BATCH, SENDERS, Load
from chaos.proof import Verdict


class Result(NamedTuple):
    number: int
    fault: str
    verdict: Verdict
    seconds: float


@dataclass(frozen=True)
class Fault:
    """`apply` breaks something while the load runs, with dice for what is open; returns the ids that this may cost.

    It may release the second half of the load itself, once something is broken.
    """

    name: str
    apply: Callable[[Arena, Load, random.Random], Set[str]]


def play(arena: Arena, fault: Fault, number: int, seed: int) -> Result:
    """Round `number`; the same seed and number choose the same again. Raises ChaosError when the server stays away."""
    started, dice = time.monotonic(), random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated, not secret
    events, load = arena.load(number)
    load.start()
    load.wait_for(dice.randrange(1, load.total // 2 - SENDERS * BATCH))
    excused = fault.apply(arena, load, dice)
    arena.roll_over()  # what is sent again from here on goes to another index than its first copy
    load.release()
    sent = load.join()
    return Result(number, fault.name, arena.judge(events, sent, excused), time.monotonic() - started)
