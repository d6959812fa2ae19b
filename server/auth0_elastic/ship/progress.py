"""How far a spool file is done with while several batches of it are under way at once."""

from collections.abc import Iterable


class Progress:
    """Positions only move over what has ended: to just before the first event of the oldest batch that is under way."""

    def __init__(self) -> None:
        self._read_to: dict[str, int] = {}
        self._under_way: dict[str, dict[int, int]] = {}  # file → batch number → its first seq

    def began(self, batch: int, first_and_last: Iterable[tuple[str, int, int]]) -> None:
        """A batch was read from files: (file_id, first seq, last seq) each."""
        for file_id, first, last in first_and_last:
            self._read_to[file_id] = max(last, self._read_to.get(file_id, 0))
            self._under_way.setdefault(file_id, {})[batch] = first

    def ended(self, batch: int) -> dict[str, int]:
        """The batch has come to an end; returns for each of its files up to where everything has."""
        positions = {}
        for file_id, batches in self._under_way.items():
            if batches.pop(batch, None) is not None:
                positions[file_id] = min(batches.values()) - 1 if batches else self._read_to[file_id]
        return positions
