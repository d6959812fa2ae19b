"""Posts events with known ids like Auth0 does: in batches, each again and again until it has been acknowledged."""

import http.client
import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from chaos.errors import ChaosError

PATH: Final = "/auth0/logs"
SENDERS: Final = 4
BATCH: Final = 40
BROKEN_EVERY: Final = 200  # one piece in so many is no JSON, and has to end as a dead letter
PATIENCE: Final = 120.0  # seconds without any acknowledgement


@dataclass(frozen=True)
class Events:
    """The events of a round: what is posted by its id; `broken` are the pieces that can only become dead letters."""

    prefix: str
    whole: dict[str, bytes] = field(default_factory=dict)
    broken: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def make(cls, run: int, number: int, count: int, padding: int = 400) -> "Events":
        """`count` events of round `number`; no two runs and no two rounds share an id."""
        now = datetime.now(UTC)
        made = cls(f"900{now:%Y%m%d%H%M%S}{run % 10**6:06d}{number:05d}")
        for each in range(count):
            name = f"{made.prefix}{each:08d}"
            if each % BROKEN_EVERY == BROKEN_EVERY - 1:
                made.broken[name] = b'{"log_id": "%s", broken' % name.encode()
            else:
                data = {"type": "s", "date": f"{now:%Y-%m-%dT%H:%M:%SZ}", "description": "x" * padding}
                made.whole[name] = json.dumps({"log_id": name, "data": data}).encode()
        return made


def id_of(raw: bytes) -> str:
    """The id of a whole or broken event of ours; what it is of anything else is none of ours."""
    return raw.partition(b'"log_id": "')[2].partition(b'"')[0].decode(errors="replace")


@dataclass
class Sent:
    """What became of the posts; guarded by the load's lock."""

    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0  # answers of 503
    broken_off: int = 0  # requests without an answer


class Load:
    """Posts a round's events from several threads; `start`, then `release` the second half, then `join`."""

    def __init__(self, port: int, token: str, events: Events) -> None:
        self._port, self._token = port, token
        self._batches: queue.Queue[dict[str, bytes]] = queue.Queue()
        everything = sorted((events.whole | events.broken).items())
        for start in range(0, len(everything), BATCH):
            self._batches.put(dict(everything[start : start + BATCH]))
        self.total = len(everything)
        self.sent = Sent()
        self.failure: Exception | None = None
        self._changed = threading.Condition()
        self._held = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(SENDERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def release(self) -> None:
        """Posts the second half as well, which is held back until something is broken: it would be gone before."""
        self._held.set()

    def wait_for(self, acknowledged: int) -> None:
        """Returns when so many are acknowledged. Raises ChaosError when for long none is."""
        self._wait(lambda: len(self.sent.acknowledged) >= acknowledged)

    def wait_for_refusal(self) -> None:
        """Returns when a post has been answered 503. Raises ChaosError when for long none is."""
        self._wait(lambda: self.sent.refused > 0)

    def join(self) -> Sent:
        """Returns when all is acknowledged. Raises ChaosError when for long nothing is, and what a thread raised."""
        self.wait_for(self.total)
        for thread in self._threads:
            thread.join()
        return self.sent

    def _wait(self, done: Callable[[], bool]) -> None:
        with self._changed:
            before, since = -1, 0.0
            while not done():
                if self.failure is not None:
                    raise self.failure
                if len(self.sent.acknowledged) > before:
                    before, since = len(self.sent.acknowledged), time.monotonic()
                self._changed.wait(PATIENCE)
                if len(self.sent.acknowledged) == before and time.monotonic() - since >= PATIENCE:
                    raise ChaosError(
                        f"{before} of {self.total} events are acknowledged, and no more for {PATIENCE:g} s"
                    )

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            while True:
                batch = self._batches.get_nowait()
                if self._batches.qsize() * BATCH < self.total / 2:
                    self._held.wait()
                while not self._post(connection, batch):
                    time.sleep(0.02)  # a server that is being started again needs the processor more
        except queue.Empty:
            pass
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            with self._changed:
                self.failure = error
                self._changed.notify_all()
        finally:
            connection.close()

    def _post(self, connection: http.client.HTTPConnection, batch: dict[str, bytes]) -> bool:
        try:
            connection.request("POST", PATH, b"\n".join(batch.values()), {"Authorization": self._token})
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            with self._changed:
                self.sent.broken_off += 1
            return False
        with self._changed:
            self._changed.notify_all()
            return self._count(status, body, batch)

    def _count(self, status: int, body: bytes, batch: dict[str, bytes]) -> bool:
        if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
            self.sent.refused += 1
            return False
        if status != http.HTTPStatus.OK:
            raise ChaosError(f"a post was answered {status}: {body[:200]!r}")
        told = json.loads(body)
        if told["accepted"] + told["rejected"] != len(batch):
            raise ChaosError(f"{len(batch)} events were posted, and the answer is {told}")
        self.sent.acknowledged.update(batch)
        return True
