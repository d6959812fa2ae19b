"""What is in SQLite's write-ahead log, beside what SQLite makes of it: it drops what follows a damage without a word.

The formats: https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/walformat.html
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple

HEADER_SIZE: Final = 32
FRAME_HEADER_SIZE: Final = 24
_MAGIC: Final = (0x377F0682, 0x377F0683)


class Frame(NamedTuple):
    """The image of a page; `commits` if a transaction ended with it, `is_current` if it is no older log's."""

    page_number: int
    offset: int
    commits: bool
    is_current: bool


class Index(NamedTuple):
    """How many frames are committed, how many of these are in the spool file as well, and of which log that is said."""

    committed: int
    backfilled: int
    salts: bytes


class Header(NamedTuple):
    page_size: int
    salts: bytes


def read_header(file: BinaryIO) -> Header | None:
    """None if it is damaged."""
    header = file.read(HEADER_SIZE)
    if len(header) < HEADER_SIZE:
        return None
    magic = int.from_bytes(header[:4], "big")
    order: Literal["big", "little"] = "big" if magic == _MAGIC[1] else "little"
    first = second = 0
    for at in range(0, FRAME_HEADER_SIZE, 8):
        first = first + int.from_bytes(header[at : at + 4], order) + second & 0xFFFFFFFF
        second = second + int.from_bytes(header[at + 4 : at + 8], order) + first & 0xFFFFFFFF
    sums = int.from_bytes(header[24:28], "big"), int.from_bytes(header[28:32], "big")
    if magic not in _MAGIC or sums != (first, second):
        return None
    return Header(int.from_bytes(header[8:12], "big"), header[16:24])


def frames(file: BinaryIO, page_size: int, salts: bytes | None) -> Iterator[Frame]:
    """All that the file has room for, valid or not; without `salts` (a damaged header) all count as current."""
    offset = HEADER_SIZE
    while True:
        file.seek(offset)
        header = file.read(FRAME_HEADER_SIZE)
        if len(header) < FRAME_HEADER_SIZE:
            return
        number, commits = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big") > 0
        yield Frame(number, offset + FRAME_HEADER_SIZE, commits, salts is None or header[8:16] == salts)
        offset += FRAME_HEADER_SIZE + page_size


def index_of(path: Path) -> Index | None:
    """What the shared index beside the spool file at `path` says; None if it says nothing.

    It is written after the log has been synced, and so never says too much.
    """
    try:
        with Path(f"{path}-shm").open("rb") as file:
            first, second, backfilled = file.read(48), file.read(48), file.read(4)
    except OSError:
        return None
    if len(backfilled) < 4 or first != second or not first[12]:
        return None
    return Index(int.from_bytes(first[16:20], sys.byteorder), int.from_bytes(backfilled, sys.byteorder), first[32:40])
