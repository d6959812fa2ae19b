"""The state of a tenant behind the HTTP: logs, tokens, log streams. Safe to use from several threads."""

import time
from collections.abc import Iterable
from threading import RLock
from typing import Any

from auth0_elastic.local_auth0.behaviour import Behaviour
from auth0_elastic.local_auth0.clock import Clock, epoch, iso
from auth0_elastic.local_auth0.log_ids import LogIds, synthetic
from auth0_elastic.local_auth0.logs import Event, Logs
from auth0_elastic.local_auth0.refusals import invalid_body, invalid_query, refusal
from auth0_elastic.local_auth0.stream import Stream
from auth0_elastic.local_auth0.stream_schema import check_created, check_patched
from auth0_elastic.local_auth0.tokens import Client, Tokens


class Tenant:
    """`clock` gives epoch seconds; `behaviour` may be changed at any time."""

    def __init__(
        self, clock: Clock = time.time, behaviour: Behaviour | None = None, client: Client | None = None
    ) -> None:
        self.clock = clock
        self.behaviour = behaviour or Behaviour()
        self.client = client or Client()
        self.tokens = Tokens(self.client, clock)
        self.ids = LogIds()
        self.lock = RLock()
        self._logs = Logs()
        self._streams: dict[str, Stream] = {}
        self._created = 0

    @property
    def oldest(self) -> str:
        """The retention's edge as a log_id: nothing before it can be had."""
        return synthetic(self.clock() - self.behaviour.retention)

    def log(self, code: str = "s", *, date: float | None = None, written: float | None = None, **data: Any) -> str:
        """Something happens at `date` (epoch seconds; now); its log_id comes after all others.

        With `written` the log_id gets that time instead, and so may stand before ids already served.
        """
        now = self.clock()
        with self.lock:
            log_id = self.ids.next(now) if written is None else self.ids.late(written)
            happened = iso(now if date is None else date)
            self.add({"log_id": log_id, "data": {"date": happened, "type": code, **data, "log_id": log_id}})
        return log_id

    def add(self, event: Event) -> None:
        """Takes a streamed event {log_id, data} with a log_id of its own, such as a generated one."""
        with self.lock:
            self._logs.add(event)
            for stream in self._streams.values():
                stream.queue([event["log_id"]])

    def add_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self.add(event)

    def event(self, log_id: str) -> Event:
        """Raises Refusal (404) when there is none, or none any more."""
        found = self._logs.get(log_id)
        if found is None or log_id < self.oldest:
            raise refusal(404, "Log not found.", "inexistent_log")
        return found

    @property
    def log_ids(self) -> list[str]:
        """Of everything that can be had, in their order."""
        with self.lock:
            return self._logs.since(self.oldest)

    def page(self, after: str, take: int) -> list[Event]:
        """Up to `take` events strictly after the log_id `after`, by log_id."""
        if self.behaviour.refuses_expired_from and after and after < self.oldest:
            raise invalid_query("The log event is older than the retention on property from")
        with self.lock:
            return self._logs.page(after, self.oldest, take)

    def search(self, query: str, page: int, per_page: int) -> list[Event]:
        with self.lock:
            return self._logs.search(query, self.oldest, page, per_page)

    def create_stream(self, payload: object) -> Stream:
        """Raises Refusal (400)."""
        check_created(payload, self.behaviour.https_only)
        assert isinstance(payload, dict)
        properties = {"filters": [], "isPriority": False, **payload}
        start = properties.pop("startFrom", None)
        with self.lock:
            self._created += 1
            properties.setdefault("name", f"stream {self._created}")
            stream = Stream(f"lst_{self._created:016d}", properties)
            stream.queue(self._waiting_since(start) if start else ())
            self._streams[stream.id] = stream
        return stream

    def patch_stream(self, stream_id: str, payload: object) -> Stream:
        """Raises Refusal (400, 404)."""
        with self.lock:
            stream = self.stream(stream_id)
            check_patched(payload, self.behaviour.https_only)
            assert isinstance(payload, dict)
            stream.patch(payload)
        return stream

    def delete_stream(self, stream_id: str) -> None:
        """Deleting what is not there is no error, as in Auth0."""
        with self.lock:
            if stream := self._streams.pop(stream_id, None):
                stream.status = "deleted"

    def stream(self, stream_id: str) -> Stream:
        """Raises Refusal (404)."""
        if stream_id not in self._streams:
            raise refusal(404, "The log stream does not exist.", "inexistent_log_stream")
        return self._streams[stream_id]

    @property
    def streams(self) -> list[Stream]:
        with self.lock:
            return list(self._streams.values())

    def waiting(self, stream: Stream) -> list[Event]:
        """What an active stream has to deliver; what its filters leave out or the retention has taken is forgotten."""
        with self.lock:
            stream.drop_expired(self.oldest)
            if stream.status != "active":
                return []
            events = [event for log_id in stream.pending if (event := self._logs.get(log_id))]
            stream.forget(event["log_id"] for event in events if not stream.wants(event["data"]["type"]))
            return [event for event in events if event["log_id"] in stream.pending]

    def redeliver(self, stream: Stream, log_ids: Iterable[str] | None = None) -> None:
        """What was delivered, or `log_ids` of it, comes once more: at least once is not exactly once."""
        with self.lock:
            stream.queue(stream.delivered if log_ids is None else log_ids)

    def _waiting_since(self, start: str) -> list[str]:
        try:
            return self._logs.since(max(synthetic(epoch(start)), self.oldest))
        except ValueError as error:
            raise invalid_body("Object didn't pass validation for format date-time on property startFrom") from error
