"""Which engine runs on a data directory, in a file that the next command reads."""

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

PATIENCE = 30.0  # seconds between SIGTERM and SIGKILL
_STATE_FILE = "engine.json"


@dataclass(frozen=True)
class RunningEngine:
    """An engine that answers at `url`."""

    url: str
    pid: int
    kind: str
    home: Path


def remember(data: Path, engine: RunningEngine) -> None:
    """Writes the state file of a data directory."""
    scratch = data / f"{_STATE_FILE}.part"
    scratch.write_text(json.dumps(asdict(engine), default=str))
    scratch.rename(data / _STATE_FILE)


def forget(data: Path) -> None:
    """Removes the state file."""
    (data / _STATE_FILE).unlink(missing_ok=True)


def running_engine(data: Path) -> RunningEngine | None:
    """The engine whose process lives on this data directory; None when there is none or the state file is stale."""
    try:
        state = json.loads((data / _STATE_FILE).read_text())
        engine = RunningEngine(state["url"], state["pid"], state["kind"], Path(state["home"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return engine if is_alive(engine.pid, data.absolute()) else None


def is_alive(pid: int, data: Path) -> bool:
    """Whether `pid` is a living process of this data directory and no later one that got the same number."""
    try:
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes()  # empty for a zombie
    except FileNotFoundError:
        return not Path("/proc/self").exists() and _exists(pid)
    except (PermissionError, ProcessLookupError):
        return False


def stop_engine(data: Path) -> bool:
    """Ends the engine of a data directory: SIGTERM, and SIGKILL if that is not enough. False when none runs."""
    data = data.absolute()
    engine = running_engine(data)
    if engine is not None:
        for request in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(engine.pid, request)
            if wait_until(lambda: not is_alive(engine.pid, data), PATIENCE):
                break
    forget(data)
    return engine is not None


def wait_until(done: Callable[[], bool], patience: float) -> bool:
    """Looks every 20 ms; False when it is not done within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
