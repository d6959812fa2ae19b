"""The spool: whether it can be written, has room, and holds nothing that somebody should look at."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from auth0_elastic.config.settings import Spool
from auth0_elastic.doctor.finding import Finding
from auth0_elastic.spool.damage import LOOKED_THROUGH, files_set_aside
from auth0_elastic.spool.ledger import LedgerView
from auth0_elastic.spool.spool_file import total_of

NEARLY_FULL = 0.8


def examine_spool(spool: Spool) -> Iterator[Finding]:
    """The disk, then what waits for each data stream."""
    try:
        yield _disk(spool)
        for name, folder in spool.folders.items():
            yield from _waiting(f"spool: {name}", folder, spool.max_size)
    except sqlite3.DatabaseError as error:
        text = f"a file in {spool.path} is damaged, or none of ours ({error})"
        yield Finding("spool", "problem", text, "see the server's log, and set the file aside")


def _disk(spool: Spool) -> Finding:
    place = _existing(spool.path)
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding("spool", "problem", f"{place} cannot be written by this user", "run as the server's user")
    live = sum(total_of(folder).live_bytes for folder in spool.folders.values())
    free, wanted = shutil.disk_usage(place).free, spool.max_size - live
    text = f"{place} has {_size(free)} free, and the spool may yet take {_size(max(wanted, 0))}"
    if free < wanted:
        return Finding("spool", "warning", text, "make room, or lower spool.max_size")
    return Finding("spool", "ok", text)


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _waiting(check: str, folder: Path, max_size: int) -> Iterator[Finding]:
    if not folder.exists():
        yield Finding(check, "ok", "nothing has come in yet")
        return
    live = total_of(folder).live_bytes
    engine, dead = _ledger(folder)
    text = f"{_size(live)} wait to be delivered"
    if live >= max_size * NEARLY_FULL:
        yield Finding(check, "problem", f"{text}, of {_size(max_size)}", "mend the way to the engine; see below")
    elif engine not in ("ok", "not yet tried"):
        yield Finding(check, "warning", f"{text}; the shipper says: {engine}", "mend the way to the engine; see below")
    else:
        yield Finding(check, "ok", text if live else "all that came in is delivered")
    for path in files_set_aside(folder, "*"):
        text = f"{path} is damaged and has been set aside; a running server delivers what can be read of it"
        yield Finding(check, "warning", text, "start the server")
    for path in sorted(folder.glob(f"*{LOOKED_THROUGH}{'?' * 8}")):
        text = f"{path} was damaged and has been set aside; what could be read of it is delivered, the rest is not"
        yield Finding(check, "problem", text, "fill the gap with auth0-elastic reconcile, then move the file away")
    if dead:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in dead.items())
        remedy = "auth0-elastic dead-letters list says why; mend that, then auth0-elastic dead-letters replay, or drop"
        yield Finding(check, "warning", f"{sum(dead.values()):,} dead letters ({kinds})", remedy)


def _ledger(folder: Path) -> tuple[str, dict[str, int]]:
    """What the shipper says of the engine, and how many dead letters there are of each kind."""
    try:
        with closing(LedgerView(folder)) as view:
            return view.state().get("engine", "not yet tried"), view.dead_letter_counts()
    except sqlite3.OperationalError:
        return "not yet tried", {}


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
