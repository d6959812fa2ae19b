"""When a tenant's logs had last been fetched up to the end: the time of an empty file beside the spool file."""

import os
from pathlib import Path


class PolledAt:
    """Epoch seconds, kept across restarts. Losing it costs a question to Auth0, no event."""

    def __init__(self, spool_file: Path) -> None:
        self._path = spool_file.with_suffix(".polled")

    def read(self) -> float | None:
        try:
            return self._path.stat().st_mtime
        except FileNotFoundError:
            return None

    def write(self, now: float) -> None:
        self._path.touch(mode=0o600)
        os.utime(self._path, (now, now))
