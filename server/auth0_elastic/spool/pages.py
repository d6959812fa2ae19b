"""Reads rows out of the pages of an SQLite file without its tree, so that a damaged page costs only what is on it.

The format: https://www.sqlite.org/fileformat2.html
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

Column = int | str | bytes | None

_TABLE_LEAF: Final = 13
_FILE_HEADER: Final = 100  # bytes at the beginning of page 1
_INTEGER_SIZES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_CONSTANTS: Final = {8: 0, 9: 1}


class Row(NamedTuple):
    """A row of whatever table; the column that is the rowid's alias is None."""

    rowid: int
    columns: tuple[Column, ...]


class Unreadable(ValueError):
    """These bytes are no row."""


def rows_of(page: bytes, number: int, read_page: Callable[[int], bytes]) -> Iterator[Row]:
    """The rows that can be read of a page, if it is a table's leaf; `read_page` gives the pages that rows go on in.

    It returns what is left of a page, or b"" for one that there is not.
    """
    start = _FILE_HEADER if number == 1 else 0
    if len(page) < 512 or page[start] != _TABLE_LEAF:
        return
    for cell in range(int.from_bytes(page[start + 3 : start + 5], "big")):
        pointer = start + 8 + 2 * cell
        offset = int.from_bytes(page[pointer : pointer + 2], "big")
        try:
            yield _row(page, offset, read_page)
        except (Unreadable, IndexError, UnicodeDecodeError, OverflowError):
            continue


def _row(page: bytes, offset: int, read_page: Callable[[int], bytes]) -> Row:
    size, offset = _varint(page, offset)
    rowid, offset = _varint(page, offset)
    here = _local_size(size, len(page))
    payload = page[offset : offset + here]
    if len(payload) < here or rowid < 0:
        raise Unreadable
    if here < size:
        payload += _overflow(page[offset + here : offset + here + 4], size - here, len(page) - 4, read_page)
    return Row(rowid, tuple(_columns(payload)))


def _local_size(size: int, page_size: int) -> int:
    """How many bytes of a payload are on the leaf itself."""
    most = page_size - 35
    if size <= most:
        return size
    least = (page_size - 12) * 32 // 255 - 23
    wanted = least + (size - least) % (page_size - 4)
    return wanted if wanted <= most else least


def _overflow(pointer: bytes, size: int, room: int, read_page: Callable[[int], bytes]) -> bytes:
    found = bytearray()
    while len(found) < size:
        page = read_page(int.from_bytes(pointer, "big"))
        if len(page) < 4 + min(room, size - len(found)):
            raise Unreadable
        pointer = page[:4]
        found += page[4 : 4 + min(room, size - len(found))]
    return bytes(found)


def _columns(payload: bytes) -> Iterator[Column]:
    header_size, at = _varint(payload, 0)
    kinds = []
    while at < header_size:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != header_size:
        raise Unreadable
    for kind in kinds:
        size = _size_of(kind)
        yield _value(kind, payload[at : at + size])
        at += size
    if at != len(payload):
        raise Unreadable


def _size_of(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    if kind == 0 or kind in _CONSTANTS:
        return 0
    if kind in _INTEGER_SIZES:
        return _INTEGER_SIZES[kind]
    raise Unreadable


def _value(kind: int, content: bytes) -> Column:
    if kind >= 12:
        return content.decode() if kind % 2 else content
    if kind == 0:
        return None
    return _CONSTANTS[kind] if kind in _CONSTANTS else int.from_bytes(content, "big", signed=True)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number, and where what follows it begins. Raises IndexError beyond the end."""
    value = 0
    for step in range(8):
        byte = data[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >= 1 << 63 else value, at + 9
