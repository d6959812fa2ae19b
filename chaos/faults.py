"""Everything that is broken, each as a fault of its own."""

import os
import random
import signal
from collections.abc import Callable, Set
from pathlib import Path
from typing import Final

from chaos import damage, disk
from chaos.arena import Arena
from chaos.errors import ChaosError
from chaos.load import Load
from chaos.processes import ROLES, Role
from chaos.rounds import Fault
from chaos.server import WORKERS

SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
JUMPS: Final = ("3600", "-86400", "315360000", "-315360000", "0")  # seconds: an hour, a day, ten years
_NOTHING: Final[Set[str]] = frozenset()


def signals() -> list[Fault]:
    """Every signal to every process, one each."""
    return [Fault(f"{number.name} to the {role}", _signalling(number, [role])) for number in SIGNALS for role in ROLES]


def storms() -> list[Fault]:
    """Every signal to all processes, one after the other."""
    return [Fault(f"{number.name} to every process in turn", _signalling(number, ROLES)) for number in SIGNALS]


def others() -> list[Fault]:
    """What is no signal, for a server on an ordinary disk."""
    return [
        Fault("restart with fewer workers", _fewer_workers),
        Fault("a second server on the same spool", _second_server),
        Fault("the clock jumps", _jumping_clock),
        Fault("all killed, a spool file cut off", _damaging(damage.cut_off)),
        Fault("all killed, a spool file overwritten", _damaging(damage.overwrite)),
    ]


FULL_DISK: Final = "the disk is full"


def full_disk() -> Fault:
    """For a server whose spool is on a small disk."""
    return Fault(FULL_DISK, _full_disk)


def _signalling(number: signal.Signals, roles: "list[Role] | tuple[Role, ...]") -> Callable[..., Set[str]]:
    def apply(arena: Arena, load: Load, dice: random.Random) -> Set[str]:
        for role in dice.sample(roles, len(roles)):
            _signal(arena, role, number, dice)
            load.release()
            load.wait_for(min(load.total, len(load.sent.acknowledged) + dice.randrange(load.total // 8)))
        return _NOTHING

    return apply


def _signal(arena: Arena, role: Role, number: signal.Signals, dice: random.Random) -> None:
    try:
        os.kill(dice.choice(arena.server.pids(role)), number)
    except ProcessLookupError:  # it has ended in between, which the last round may have caused
        _signal(arena, role, number, dice)


def _fewer_workers(arena: Arena, load: Load, dice: random.Random) -> Set[str]:
    load.release()
    arena.server.stop()
    arena.server.workers = dice.randrange(1, WORKERS)
    arena.server.start()
    load.join()
    arena.server.workers = WORKERS  # from the next start on
    return _NOTHING


def _second_server(arena: Arena, load: Load, dice: random.Random) -> Set[str]:
    for arguments, message in (((), "another server uses this spool"), (("--only", "ship"), "another shipper")):
        second = arena.server.second(*arguments)
        if second.returncode != os.EX_TEMPFAIL or message not in second.stderr:
            raise ChaosError(f"a second server ended with {second.returncode}, and said: {second.stderr[-500:]}")
    return _NOTHING


def _jumping_clock(arena: Arena, load: Load, dice: random.Random) -> Set[str]:
    load.release()
    clock = arena.folder / "clock"
    clock.write_text("0")
    arena.server.stop()
    arena.server.extra = {"PYTHONPATH": str(Path(__file__).parent / "clock"), "CHAOS_CLOCK": str(clock)}
    arena.server.start()
    for jump in dice.sample(JUMPS, len(JUMPS)):
        load.wait_for(min(load.total, len(load.sent.acknowledged) + load.total // 10))
        _write_at_once(clock, jump)
    load.join()
    _write_at_once(clock, "0")
    arena.server.extra = {}  # from the next start on
    return _NOTHING


def _write_at_once(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def _damaging(how: damage.Damage) -> Callable[..., Set[str]]:
    def apply(arena: Arena, load: Load, dice: random.Random) -> Set[str]:
        """The shipper is stopped for a while, so that there is something to lose."""
        os.kill(arena.server.pids("shipper")[0], signal.SIGSTOP)
        load.release()
        load.wait_for(min(load.total, len(load.sent.acknowledged) + dice.randrange(load.total)))
        arena.server.kill_all()
        excused = damage.excused(arena.server.logs, how, dice)
        arena.server.start()
        return excused

    return apply


def _full_disk(arena: Arena, load: Load, dice: random.Random) -> Set[str]:
    pids = [pid for role in ROLES for pid in arena.server.pids(role)]
    with disk.full(arena.server.spool, pids):
        load.release()
        load.wait_for_refusal()
    return _NOTHING
