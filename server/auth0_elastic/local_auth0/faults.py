"""Faults on demand: the next answers fail, are cut off, get lost or come late."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Fault:
    """Meets a request whose path begins with `path`."""

    kind: str
    path: str
    status: int = 0
    seconds: float = 0


class Faults:
    """Set from a test; each fault meets `times` requests, in the order in which they were set."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = Lock()
        self._stopped = Event()

    def answer(self, status: int, times: int = 1, path: str = "/", reset_after: float = 1) -> None:
        """`status` instead of doing anything; for a 429, `reset_after` seconds until more is granted."""
        self._set(Fault("status", path, status, reset_after), times)

    def cut(self, times: int = 1, path: str = "/") -> None:
        """The request is done, but the connection closes in the middle of the answer's body."""
        self._set(Fault("cut", path), times)

    def lose(self, times: int = 1, path: str = "/") -> None:
        """The request is done, but the connection closes without an answer."""
        self._set(Fault("lose", path), times)

    def slow(self, seconds: float, times: int = 1, path: str = "/") -> None:
        """The request is done after `seconds`."""
        self._set(Fault("slow", path, seconds=seconds), times)

    @property
    def waiting(self) -> int:
        """How many requests are yet to be met."""
        return len(self._waiting)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def start(self) -> None:
        self._stopped.clear()

    def stop(self) -> None:
        """Ends the waiting of slow answers."""
        self._stopped.set()

    def next(self, path: str, *kinds: str) -> Fault | None:
        """The first fault of `kinds` for the path; it is used up."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind in kinds and path.startswith(fault.path):
                    self._waiting.remove(fault)
                    return fault
        return None

    def around(self, app: "WSGIApplication") -> "WSGIApplication":
        """The faults that no Flask application can have by itself."""

        def faulty(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            fault = self.next(environ["PATH_INFO"], "cut", "lose", "slow")
            if fault and fault.kind == "slow":
                self._stopped.wait(fault.seconds)
            answer = app(environ, start_response)
            return answer if fault is None or fault.kind == "slow" else _broken(answer, fault.kind == "cut")

        return faulty

    def _set(self, fault: Fault, times: int) -> None:
        with self._lock:
            self._waiting += [fault] * times


def _broken(answer: Iterable[bytes], in_the_middle: bool) -> Iterable[bytes]:
    """Werkzeug closes the connection quietly on a ConnectionError."""
    body = b"".join(answer)
    if in_the_middle:
        yield body[: len(body) // 2]
    raise ConnectionAbortedError("a fault that the test asked for")
