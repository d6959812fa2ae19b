"""How many bytes to put into one bulk request."""

SMALLEST = 64 * 1024


class BatchSize:
    """Halves when the engine is overwhelmed or the request too large, grows by a tenth while all goes well."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.bytes = largest

    def went_well(self) -> None:
        self.bytes = min(self._largest, self.bytes + self.bytes // 10)

    def was_too_much(self) -> None:
        self.bytes = max(min(SMALLEST, self._largest), self.bytes // 2)
