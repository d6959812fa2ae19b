"""The last good copy of a list on disk, so that a restart without a network still knows it."""

import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from auth0_elastic.reputation.origin import Fetched, Validators


class LastGood:
    """One file: a line of JSON (validators and the body's SHA-256), then the list as it came.

    Its time is when the list was last found unchanged. Another location under the same name has another file. The
    processes of a server share it: each finds what another has fetched.
    """

    def __init__(self, folder: Path, name: str, location: str) -> None:
        digest = hashlib.sha256(f"{name}\n{location}".encode()).hexdigest()[:16]
        self._path = folder / f"{re.sub(r'[^A-Za-z0-9-]', '_', name)[:40]}-{digest}.list"

    def load(self) -> Fetched | None:
        """None if there is no copy, or none that is whole."""
        try:
            head, _, body = self._path.read_bytes().partition(b"\n")
            told = json.loads(head)
            validators = Validators(told["etag"], told["last_modified"])
            return Fetched(body, validators) if told["sha256"] == _sha256(body) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def checked_at(self) -> float | None:
        """Epoch seconds."""
        try:
            return self._path.stat().st_mtime
        except OSError:
            return None

    def save(self, fetched: Fetched, now: float) -> None:
        """Raises OSError; the copy before is then still there."""
        head = json.dumps({**fetched.validators._asdict(), "sha256": _sha256(fetched.body)}).encode()
        replace_file(self._path, head + b"\n" + fetched.body)
        self.touch(now)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Waits until no other process is in here; at once where the folder cannot be written to."""
        with ExitStack() as stack:
            with suppress(OSError):
                fcntl.flock(stack.enter_context(self._path.with_suffix(".lock").open("wb")), fcntl.LOCK_EX)
            yield

    def touch(self, now: float) -> None:
        """Raises OSError."""
        os.utime(self._path, (now, now))


def replace_file(path: Path, content: bytes) -> None:
    """Whoever reads `path` sees the old content or the new one. Raises OSError."""
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
