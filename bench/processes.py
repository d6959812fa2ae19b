"""What processes take of the machine, from Linux's /proc."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


class Memory(NamedTuple):
    """Bytes: RSS counts what is shared with others in full, PSS this process's part of it."""

    rss: int
    pss: int


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents = dict(_parents())
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes until now."""
    return sum(sum(map(int, _stat(pid)[11:13])) for pid in pids) / _TICKS


def memory(pid: int) -> Memory:
    """Raises OSError when the process is gone, or another user's."""
    lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    return Memory(sizes["Rss"], sizes["Pss"])


def command(pid: int) -> str:
    """Its command line, for telling processes apart."""
    return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()


def _parents() -> Iterator[tuple[int, int]]:
    for each in _PROC.glob("[0-9]*"):
        try:
            yield int(each.name), int(_stat(int(each.name))[1])
        except OSError:  # it has ended meanwhile
            continue


def _stat(pid: int) -> list[str]:
    """The fields from the state on; the name before them may hold blanks and brackets."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
