"""What the shipper reads: the undelivered events of all spool files, oldest first, those of gone processes too."""

import logging
import sqlite3
from pathlib import Path

from auth0_elastic.spool.damage import damage_of, damaged, inconsistency, is_damage, set_aside
from auth0_elastic.spool.database import FileLock
from auth0_elastic.spool.done import inode_of
from auth0_elastic.spool.ledger import Ledger
from auth0_elastic.spool.open_file import OpenFile as OpenFile
from auth0_elastic.spool.open_file import SpooledEvent as SpooledEvent
from auth0_elastic.spool.open_file import SpooledRejected as SpooledRejected
from auth0_elastic.spool.salvage import SALVAGED, salvage
from auth0_elastic.spool.spool_file import KEPT_PREFIX
from auth0_elastic.spool.totals import read_totals, spool_files

log = logging.getLogger(__name__)


def look_over(folder: Path) -> None:
    """Sets aside what is damaged and nobody writes: before anybody reads, since a reader makes SQLite forget a cut."""
    for path in spool_files(folder):
        lock = FileLock(path.with_suffix(".lock"))
        if lock.acquire():
            reason = damage_of(path, inconsistency)
            if reason is not None:
                log.error("%s is damaged (%s); it is kept as %s", path, reason, set_aside(path).name)
            lock.release()


class Backlog:
    """All spool files of a folder, opened as they appear."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self.files: dict[Path, OpenFile] = {}
        self._left: dict[Path, tuple[int, str]] = {}  # inode and damage of files left to their writers to set aside

    def discover(self) -> list[OpenFile]:
        """Opens files that are new; returns those. What is damaged is set aside, and what can be read of it saved."""
        for file in list(self.files.values()):
            if file.damage is not None or inode_of(file.path) != file.inode:
                self._let_go(file)
        for saved in salvage(self._folder, self._ledger.deliveries):
            log.log(logging.ERROR if saved.damaged or saved.missing else logging.WARNING, "%s", saved)
            self._ledger.settle([], counts={"salvaged": saved.events, "lost_to_damage": saved.missing})
            self._ledger.forget(saved.file_id)
        opened = [self._open(path) for path in spool_files(self._folder)]
        return [file for file in opened if file is not None]

    def file(self, file_id: str) -> OpenFile | None:
        """None if its writer has begun a new one: what was left in it is read from where that is saved."""
        return next((file for file in self.files.values() if file.file_id == file_id), None)

    def is_sound(self, file_id: str) -> bool:
        """Whether what is not in this file has never been, or is gone for good."""
        file = self.file(file_id)
        return file is not None and file.damage is None

    def _open(self, path: Path) -> OpenFile | None:
        if path in self.files or self._was_left(path):
            return None
        try:
            self._examine(path)
            self.files[path] = OpenFile(path, self._ledger)
        except sqlite3.Error as error:  # one whose tables are missing is being made right now
            if is_damage(error):
                self._report(path, str(error))
        return self.files.get(path)

    def _examine(self, path: Path) -> None:
        """One that a process has left behind without closing it; a writer examines its own."""
        if any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-shm")):
            lock = FileLock(path.with_suffix(".lock"))
            if lock.acquire():
                reason = damage_of(path, inconsistency)
                lock.release()
                if reason is not None:
                    raise damaged(reason)

    def _was_left(self, path: Path) -> bool:
        """To its writer, which may be gone as well by now."""
        inode, reason = self._left.get(path, (0, ""))
        if not inode or inode != inode_of(path):
            return False
        self._set_aside(path, reason)
        return True

    def _let_go(self, file: OpenFile) -> None:
        file.close()
        del self.files[file.path]
        if file.damage is not None and inode_of(file.path) == file.inode:
            self._report(file.path, file.damage)
        else:
            file.damage = "it has been replaced"

    def _report(self, path: Path, reason: str) -> None:
        """A damaged file is set aside by whoever writes it, or by us if nobody does; the others are delivered."""
        if not self._set_aside(path, reason):
            inode = inode_of(path)
            log.error("%s is damaged (%s); its writer is asked to begin a new one", path, reason)
            self._left[path] = inode, reason
            self._ledger.report_damage(path, inode)

    def _set_aside(self, path: Path, reason: str) -> bool:
        lock = FileLock(path.with_suffix(".lock"))
        if not lock.acquire():
            return False
        log.error("%s is damaged (%s); it is kept as %s", path, reason, set_aside(path).name)
        lock.release()
        return True

    def remove_if_abandoned(self, file: OpenFile) -> bool:
        """Deletes the drained file of a process that is gone; leaves one that a writer has open or comes back to."""
        if file.path.name.startswith(KEPT_PREFIX) and SALVAGED not in file.path.name:
            return False
        lock = FileLock(file.path.with_suffix(".lock"))
        if not lock.acquire():
            return False
        try:
            if not file.is_drained():
                return False
            totals = read_totals(file.path)
            self._ledger.retire(file.file_id, totals.accepted, totals.rejected)
            file.close()
            del self.files[file.path]
            for suffix in ("", "-wal", "-shm"):
                Path(f"{file.path}{suffix}").unlink(missing_ok=True)
            self._ledger.forget(file.file_id)
            return True
        finally:
            lock.release()

    def close(self) -> None:
        for file in self.files.values():
            file.close()
