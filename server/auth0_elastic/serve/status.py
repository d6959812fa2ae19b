"""What a process tells of itself: a small file in the spool's folder, written whole and renamed, read by /metrics.

Figures are no reason to fail: what cannot be written is written the next time, what cannot be read counts as nothing.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

WRITE_SECONDS: Final = 5.0

Json = dict[str, Any]


class StatusFile:
    """One process's."""

    def __init__(self, folder: Path, process: str) -> None:
        self._path = folder / f"status-{process}.json"

    def read(self) -> Json:
        """Empty where there is none, or none that can be read."""
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, status: Mapping[str, Any]) -> None:
        new = self._path.with_suffix(".new")
        try:
            new.write_text(json.dumps(status, sort_keys=True))
            new.replace(self._path)
        except OSError as error:
            log.debug("%s cannot be written: %s", self._path, error)


class DetectionStatus:
    """Counts the passes of the rules, also across restarts."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._file, self._clock = StatusFile(folder, "detect"), clock
        self._status = {"passes": 0, "events": 0, "alerts": {}, **self._file.read()}

    def passed(self, events: int, levels: list[str]) -> None:
        """A pass has ended: it looked at so many events, and raised alerts of these levels."""
        alerts = self._status["alerts"]
        for level in levels:
            alerts[level] = alerts.get(level, 0) + 1
        self._status["passes"] += 1
        self._status["events"] += events
        self._status["last_pass"] = self._clock()
        self._file.write(self._status)


class TenantsStatus:
    """How the tenants' tasks do; safe to share between their threads. What changes is written at once."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._file, self._clock = StatusFile(folder, "tenants"), clock
        self._lock, self._written = threading.Lock(), 0.0
        kept = self._file.read()
        self._tasks: dict[str, dict[str, Json]] = {}
        self._log_streams: dict[str, str] = {}
        self._reconciled: dict[str, dict[str, int]] = kept.get("reconciled", {})

    def stepped(self, tenant: str, task: str, *, well: bool) -> None:
        """The task has done a step, or failed to."""
        with self._lock:
            known = self._tasks.setdefault(tenant, {}).setdefault(task, {})
            is_new = known.get("up") is not well
            known["up"] = well
            if well:
                known["last_success"] = self._clock()
            self._write(at_once=is_new)

    def log_stream(self, tenant: str, status: str) -> None:
        """The status that Auth0 gives for the tenant's log stream."""
        with self._lock:
            is_new = self._log_streams.get(tenant) != status
            self._log_streams[tenant] = status
            self._write(at_once=is_new)

    def reconciled(self, tenant: str, *, missing: int, filled: int) -> None:
        """A comparison has come to its end."""
        with self._lock:
            counts = self._reconciled.setdefault(tenant, {"missing": 0, "filled": 0})
            counts["missing"] += missing
            counts["filled"] += filled
            self._write(at_once=True)

    def _write(self, *, at_once: bool) -> None:
        now = self._clock()
        if at_once or not 0 <= now - self._written < WRITE_SECONDS:
            self._written = now
            self._file.write({"tasks": self._tasks, "log_streams": self._log_streams, "reconciled": self._reconciled})
