"""Whether a spool file is damaged, also where SQLite would not say so, and how it is put out of the way."""

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from auth0_elastic.spool import wal
from auth0_elastic.spool.database import open_reader

SET_ASIDE: Final = ".damaged-"  # waits for the shipper to look through it
LOOKED_THROUGH: Final = ".bad-"  # nobody's but the operator's
HIGHEST_VERSION: Final = 1000  # beyond it a version is no version

_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLES: Final = {"event", "rejected", "meta"}


def is_damage(error: sqlite3.Error) -> bool:
    """Whether it is the file's content that is wrong: not a full disk, nor a file that is being made."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return isinstance(error, sqlite3.OperationalError)  # text that is no UTF-8
    return code & 0xFF in _DAMAGE


def damaged(reason: str) -> sqlite3.DatabaseError:
    """What SQLite would raise, for a damage that it does not see."""
    error = sqlite3.DatabaseError(reason)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def damage_of(path: Path, examine: Callable[[sqlite3.Connection], str | None]) -> str | None:
    """Why the file is damaged, None if nothing shows; `examine` finds what contradicts itself in its tables.

    Call it with the file's lock, before anybody opens the file: SQLite takes a log that is cut off for a short one,
    and would write over what follows.
    """
    if not path.exists():
        return None
    log, index = Path(f"{path}-wal"), wal.index_of(path)
    log_size = log.stat().st_size if log.exists() else 0
    if log_size and not path.stat().st_size:
        return "the file is empty, but its log is not"
    try:
        with closing(open_reader(path)) as connection:
            reason = examine(connection)
            pages, page_size = _pages_of(connection)
    except sqlite3.Error as error:
        return str(error) if is_damage(error) else None
    there = path.stat().st_size // page_size
    return reason or _damage_of_log(path, log_size, index, range(there, pages))


def set_aside(path: Path) -> Path:
    """Renames a damaged file and its log, so that nobody but the shipper's salvage reads them; returns the new name."""
    aside = path.with_suffix(f"{SET_ASIDE}{uuid.uuid4().hex[:8]}")
    for suffix in ("-wal", ""):  # a log that is left without its file would be deleted
        old = Path(f"{path}{suffix}")
        if old.exists():
            old.rename(f"{aside}{suffix}")
    Path(f"{path}-shm").unlink(missing_ok=True)
    return aside


def files_set_aside(folder: Path, name: str) -> list[Path]:
    """Those of files of this name (a pattern) that nobody has yet looked through; of one the log alone may be left."""
    found = folder.glob(f"{name}{SET_ASIDE}????????*")
    return sorted({Path(str(path).removesuffix("-wal")) for path in found})


def leave(aside: Path) -> Path:
    """Leaves a file that has been looked through to the operator; returns its last name."""
    bad = Path(str(aside).replace(SET_ASIDE, LOOKED_THROUGH))
    for suffix in ("-wal", ""):
        if Path(f"{aside}{suffix}").exists():
            Path(f"{aside}{suffix}").rename(f"{bad}{suffix}")
    return bad


def inconsistency(connection: sqlite3.Connection) -> str | None:
    """What contradicts itself in a spool file whose tables can be read."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not 0 <= version < HIGHEST_VERSION or bool(version) != bool(tables) or (version and not tables >= _TABLES):
        return f"it says that it is of version {version}, and has {len(tables)} tables"
    if not version:
        return None
    rows = connection.execute("SELECT file_id, live_bytes, accepted, rejected FROM meta").fetchall()
    is_sound = len(rows) == 1 and isinstance(rows[0][0], str) and all(isinstance(each, int) for each in rows[0][1:])
    pages, page_size = _pages_of(connection)
    return None if is_sound and 0 <= rows[0][1] <= pages * page_size else "its totals make no sense"


def _pages_of(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many pages a file has, with what is in its log, and how many bytes each."""
    count, size = (connection.execute(f"PRAGMA page_{what}").fetchone()[0] for what in ("count", "size"))
    return int(count), int(size)


def _damage_of_log(path: Path, size: int, index: wal.Index | None, beyond: range) -> str | None:
    """Compares what the index said before with what SQLite has found; the file itself has not the pages `beyond`."""
    if size <= wal.HEADER_SIZE:
        lost = index.committed if index and index.backfilled < index.committed else 0
        return f"its log of {lost} pages is gone" if lost else "it is cut off" if beyond else None
    with Path(f"{path}-wal").open("rb") as file:
        header = wal.read_header(file)
        if header is None:
            return "its log begins with something else"
        frames = list(wal.frames(file, header.page_size, header.salts))
    found = wal.index_of(path)
    recovered = found.committed if found else 0
    if index is not None and index.salts == header.salts:
        expected = index.committed
    else:  # nothing tells how many there were, but what SQLite has not found may still say that it was committed
        expected = max((at + 1 for at, frame in enumerate(frames) if frame.commits and frame.is_current), default=0)
    if recovered < expected:
        return f"only {recovered} of {expected} pages of its log can be read"
    in_log = {frame.page_number - 1 for frame in frames[:recovered]}
    return None if in_log.issuperset(beyond) else "it is cut off"
