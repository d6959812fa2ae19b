"""Damages the files of a stopped server's spool, and says which events that may cost."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from auth0_elastic.spool import wal
from auth0_elastic.spool.database import PAGE_SIZE, SMALL_PAGE_SIZE
from auth0_elastic.spool.ledger import LEDGER
from auth0_elastic.spool.pages import rows_of
from chaos.load import id_of

Damage = Callable[[Path, random.Random], range]
"""Damages a file at random; returns the offsets of the bytes that are not what they were."""

_LENGTHS: Final = (1, 8, 512, 20_000)


class _Image(NamedTuple):
    start: int
    end: int
    ids: frozenset[str]


def cut_off(path: Path, dice: random.Random) -> range:
    """Loses the end of the file."""
    size = path.stat().st_size
    at = dice.randrange(size)
    os.truncate(path, at)
    return range(at, size)


def overwrite(path: Path, dice: random.Random) -> range:
    """Puts random bytes, or zeros, somewhere."""
    size = path.stat().st_size
    at = dice.randrange(size)
    length = min(size - at, dice.choice(_LENGTHS))
    with path.open("r+b") as file:
        file.seek(at)
        file.write(dice.choice((dice.randbytes(length), bytes(length))))
    return range(at, at + length)


def excused(folder: Path, damage: Damage, dice: random.Random) -> set[str]:
    """Damages one file of the spool; returns the ids of what was nowhere but on the pages that it touched.

    What counts as elsewhere is the file's own log, or the file of the log, and the dead letters in the ledger.
    """
    files = [path for path in (*folder.glob("*-*.db"), *folder.glob("*-*.db-wal")) if path.stat().st_size]
    target = dice.choice(sorted(files))
    related = [path for path in files if path.name.removesuffix("-wal") in (target.name.removesuffix("-wal"), LEDGER)]
    images = [(path == target, image) for path in related for image in _images(path)]
    touched = damage(target, dice)
    damaged = [image.ids for is_target, image in images if is_target and _overlap(image, touched)]
    whole = [image.ids for is_target, image in images if not (is_target and _overlap(image, touched))]
    return set().union(*damaged) - set().union(*whole)


def _overlap(image: _Image, touched: range) -> bool:
    return image.start < touched.stop and touched.start < image.end


def _images(path: Path) -> Iterator[_Image]:
    """The pages of a file, or of the current part of a log, with the ids of what they hold."""
    size = SMALL_PAGE_SIZE if path.name.startswith(LEDGER) else PAGE_SIZE
    with path.open("rb") as file:
        for start, offset, number in _pages(path, file.fileno(), size):
            page = os.pread(file.fileno(), size, offset)
            rows = rows_of(page, number, lambda _: b"")
            ids = {id_of(column) for row in rows for column in row.columns if isinstance(column, bytes)}
            yield _Image(start, offset + size, frozenset(ids))


def _pages(path: Path, descriptor: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Where each begins with its header and without, and its number."""
    if not path.name.endswith("-wal"):
        for number in range(os.fstat(descriptor).st_size // size):
            yield number * size, number * size, number + 1
        return
    with path.open("rb") as file:
        header = wal.read_header(file)
        for frame in wal.frames(file, size, header.salts) if header else ():
            if frame.is_current:
                yield frame.offset - wal.FRAME_HEADER_SIZE, frame.offset, frame.page_number
