"""The server's processes, as /proc shows them."""

from pathlib import Path
from typing import Final, Literal

Role = Literal["supervisor", "arbiter", "worker", "shipper"]
ROLES: Final[tuple[Role, ...]] = ("supervisor", "arbiter", "worker", "shipper")


def processes(supervisor: int) -> dict[Role, list[int]]:
    """The process ids of each role; a role whose process is just being started again has none."""
    found: dict[Role, list[int]] = {role: [] for role in ROLES}
    if _command(supervisor):
        found["supervisor"] = [supervisor]
    for child in children(supervisor):
        command = _command(child)
        if "ship" in command:
            found["shipper"].append(child)
        elif "listen" in command:
            found["arbiter"].append(child)
            found["worker"] += children(child)
    return found


def children(parent: int) -> list[int]:
    """The process ids of its children, zombies left out."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if _is_child(path, parent)]


def resident_bytes(pid: int) -> int:
    """The memory that the process occupies. Raises OSError when it is gone."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def _is_child(stat: Path, parent: int) -> bool:
    try:
        state, ppid, *_ = stat.read_text().rpartition(")")[2].split()
    except (OSError, ValueError):  # it is gone meanwhile
        return False
    return int(ppid) == parent and state != "Z"


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
