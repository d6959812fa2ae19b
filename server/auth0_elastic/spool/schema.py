"""The tables of a spool file, and how one of an older version gets them."""

import sqlite3
import uuid
import zlib
from pathlib import Path
from typing import Final

from auth0_elastic.errors import SpoolError
from auth0_elastic.spool.database import transaction

VERSION: Final = 3
WITH_CHECKSUMS: Final = 3

_FIRST: Final = (
    "CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, raw BLOB NOT NULL)",
    "CREATE TABLE rejected (seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, reason TEXT NOT NULL,"
    " raw BLOB NOT NULL)",
    "CREATE TABLE meta (file_id TEXT NOT NULL, live_bytes INTEGER NOT NULL, accepted INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL)",
)
_SINCE: Final = {
    2: "CREATE TABLE checkpoint (log_id TEXT NOT NULL)",
    3: "ALTER TABLE event ADD COLUMN crc INTEGER",
}


def prepare(connection: sqlite3.Connection, path: Path) -> str:
    """Makes the tables, or those that an older version had not; returns the file's id.

    Raises SpoolError for a file of a newer version.
    """
    version = version_of(connection)
    if version > VERSION:
        raise SpoolError(f"{path} was written by a newer version; start that one, or set the file aside")
    if version < VERSION:
        with transaction(connection):
            if version == 0:
                for statement in _FIRST:
                    connection.execute(statement)
                connection.execute("INSERT INTO meta VALUES (?, 0, 0, 0)", (uuid.uuid4().hex,))
            for since, statement in _SINCE.items():
                if since > version:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
    return str(connection.execute("SELECT file_id FROM meta").fetchone()[0])


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def checksum(received: int, raw: bytes) -> int:
    """What is kept beside an event, so that a damage cannot pass for the event; older versions kept none."""
    return zlib.crc32(raw, received & 0xFFFFFFFF)
