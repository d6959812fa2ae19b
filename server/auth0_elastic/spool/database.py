"""How every SQLite file of the spool is opened."""

import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auth0_elastic.errors import ConfigError

BUSY_SECONDS = 10.0
PAGE_SIZE = 16 * 1024  # of files that hold events: a third more of them a second than with 4 KiB
SMALL_PAGE_SIZE = 4096  # of files with small rows, each of whose commits writes whole pages
LOG_SIZE = 4 * 1024**2  # bytes of a write-ahead log, beyond which it goes into its file: a small disk holds several


def make_folder(path: Path) -> None:
    """Makes the spool's folder, for its owner alone. Raises ConfigError when it cannot be had."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise ConfigError(
            f"spool.path: '{path}' cannot be used ({error.strerror}); give a folder that this user may write to"
        ) from error


def open_writer(path: Path, page_size: int) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return: WAL, synchronous=FULL.

    `page_size` is that of a file that is made now, in bytes.

    The connection may be handed between threads, but used by one at a time.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA page_size = {page_size}")  # counts for a file that is made now, as does the next
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = OFF")  # some builds overwrite deleted rows with zeros
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_SIZE // page_size}")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_SIZE}")
    except BaseException:
        connection.close()
        raise
    connection.text_factory = _text
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write and never makes a missing file.

    Opened read-only, so that closing it removes no log: by then another file may have that name.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA query_only = ON")
    connection.text_factory = _text
    return connection


def _text(stored: bytes) -> str:
    """A damaged letter of one row must not keep all others from being read."""
    return stored.decode(errors="replace")


def sync_folder(path: Path) -> None:
    """What was renamed in it stays so after a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; durable when the block has been left without an exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled it back already
            connection.execute("ROLLBACK")
        raise


class FileLock:
    """An exclusive lock on a file of its own, held until closed or until the process ends, however it ends.

    The file is never removed: two processes could otherwise hold locks on two files of the same name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Whether the lock is ours now."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
