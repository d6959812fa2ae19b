"""The shipper's ledger as a writer of the spool reads it: what of its file is done with."""

import sqlite3
from pathlib import Path

from auth0_elastic.spool.ledger import LEDGER, Deliveries, deliveries_of, open_ledger, reported_damage


class Done:
    """Opens the ledger when there is one, and again when the shipper had to begin a new one.

    What cannot be read says nothing: then nothing is removed, and the shipper mends its ledger.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledger: sqlite3.Connection | None = None
        self._inode = 0

    def deliveries(self, file_id: str) -> Deliveries | None:
        """None when the shipper has not yet seen the file."""
        try:
            ledger = self._open()
            return deliveries_of(ledger, file_id) if ledger is not None else None
        except sqlite3.Error:
            self.close()
            return None

    def is_damaged(self, path: Path) -> bool:
        """Whether the shipper says that it cannot read this file."""
        try:
            ledger = self._open()
            return ledger is not None and reported_damage(ledger, path) == inode_of(path)
        except sqlite3.Error:
            self.close()
            return False

    def close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def _open(self) -> sqlite3.Connection | None:
        inode = inode_of(self._folder / LEDGER)
        if self._ledger is None or inode != self._inode:
            self.close()
            self._ledger, self._inode = open_ledger(self._folder), inode
        return self._ledger


def inode_of(path: Path) -> int:
    """Tells a file from another that has taken its name; 0 if there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
