"""How many bytes to put into one bulk request."""

SMALLEST = 64 * 1024
FIRST = 512 * 1024  # an engine that has just started is several times slower than the same one warm
SLOW_SECONDS = 5.0  # far below the client's time-out, after which the work of the engine would be for nothing


class BatchSize:
    """Grows by a quarter while answers come quickly, halves when they come slowly or when there was too much."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.bytes = min(FIRST, largest)

    def answered(self, seconds: float) -> None:
        if seconds > SLOW_SECONDS:
            self.was_too_much()
        else:
            self.bytes = min(self._largest, self.bytes + self.bytes // 4)

    def was_too_much(self) -> None:
        self.bytes = max(min(SMALLEST, self._largest), self.bytes // 2)
