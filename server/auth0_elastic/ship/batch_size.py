"""How many bytes to put into one bulk request."""

SMALLEST = 64 * 1024
FIRST = 512 * 1024  # an engine that has just started is several times slower than the same one warm
QUICK_SECONDS = 1.0  # a request that takes longer gains nothing by being larger, and a backlog ends unevenly
SLOW_SECONDS = 5.0  # far below the client's time-out, after which the work of the engine would be for nothing


class BatchSize:
    """Doubles while answers come quickly, halves when they come slowly or it was too much."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.bytes = min(FIRST, largest)

    def answered(self, seconds: float) -> None:
        if seconds > SLOW_SECONDS:
            self.was_too_much()
        elif seconds < QUICK_SECONDS:
            self.bytes = min(self._largest, 2 * self.bytes)

    def was_too_much(self) -> None:
        self.bytes = max(min(SMALLEST, self._largest), self.bytes // 2)
