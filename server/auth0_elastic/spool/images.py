"""All images of pages that a damaged file and its log hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from auth0_elastic.spool import wal
from auth0_elastic.spool.database import PAGE_SIZE, SMALL_PAGE_SIZE
from auth0_elastic.spool.pages import Row, rows_of


class Images:
    """All images of pages: first those of the file, then those of its log, whatever SQLite thinks of them."""

    def __init__(self, path: Path, page_size: int) -> None:
        """`page_size`, in bytes, counts where neither header can be read."""
        self._file = path.open("rb") if path.exists() else None
        log_path = Path(f"{path}-wal")
        self._log = log_path.open("rb") if log_path.exists() else None
        header = wal.read_header(self._log) if self._log else None
        self._page_size = header.page_size if header else self._said_page_size() or page_size
        every = list(wal.frames(self._log, self._page_size, header.salts if header else None)) if self._log else []
        self._frames = sorted(every, key=lambda frame: not frame.is_current)
        self.size = sum(each.stat().st_size for each in (path, log_path) if each.exists())
        self._latest = {frame.page_number: frame.offset for frame in every if frame.is_current}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._file, self._log):
            if file is not None:
                file.close()

    def rows(self) -> Iterator[Row]:
        number = 1
        while page := self._in_file(number):
            yield from rows_of(page, number, self._read)
            number += 1
        for frame in self._frames:
            page = self._at(self._log, frame.offset)
            yield from rows_of(page, frame.page_number, self._read)

    def _in_file(self, number: int) -> bytes:
        return self._at(self._file, (number - 1) * self._page_size) if number > 0 else b""

    def _read(self, number: int) -> bytes:
        offset = self._latest.get(number)
        return self._in_file(number) if offset is None else self._at(self._log, offset)

    def _said_page_size(self) -> int | None:
        """What the file's own header says, if it can be believed."""
        said = int.from_bytes(self._file.read(18)[16:], "big") if self._file else 0
        return said if said in (PAGE_SIZE, SMALL_PAGE_SIZE) else None

    def _at(self, file: BinaryIO | None, offset: int) -> bytes:
        if file is None or offset > self.size:  # a damaged number may be of a page beyond what a file can have
            return b""
        file.seek(offset)
        return file.read(self._page_size)
