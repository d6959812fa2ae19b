"""Posts what waits in the log streams: three attempts, then an error in the stream's health, and again next time."""

import random
from pathlib import Path
from threading import Lock

import urllib3

from auth0_elastic.generate import encode
from auth0_elastic.local_auth0.logs import Event
from auth0_elastic.local_auth0.stream import Stream
from auth0_elastic.local_auth0.tenant import Tenant

_ATTEMPTS = 3


class Deliveries:
    """Trusts the authorities in `ca_file`, without one the system's."""

    def __init__(self, tenant: Tenant, ca_file: Path | None = None) -> None:
        self.requests = 0
        self._tenant = tenant
        self._pool = urllib3.PoolManager(retries=False, ca_certs=str(ca_file) if ca_file else None)
        self._round = Lock()

    def round(self) -> int:
        """Delivers what waits in every active stream once; says how many events were accepted."""
        with self._round:
            return sum(self._deliver(stream) for stream in self._tenant.streams)

    def close(self) -> None:
        self._pool.clear()

    def _deliver(self, stream: Stream) -> int:
        delivered = 0
        for batch in self._batches(stream):
            if stream.status != "active" or not self._post_batch(stream, batch):
                break
            delivered += len(batch)
        return delivered

    def _batches(self, stream: Stream) -> list[list[Event]]:
        behaviour = self._tenant.behaviour
        events = self._tenant.waiting(stream)
        if behaviour.shuffle_seed is not None:
            random.Random(behaviour.shuffle_seed).shuffle(events)  # noqa: S311 - not for secrets
        size = 1 if stream.sink.get("httpContentFormat") == "JSONOBJECT" else behaviour.batch_size
        return [events[start : start + size] for start in range(0, len(events), size)]

    def _post_batch(self, stream: Stream, batch: list[Event]) -> bool:
        """Three attempts, each with the sink as it then is: a token may be rotated in between."""
        reason = ""
        for _ in range(_ATTEMPTS):
            reason = self._post(stream, batch)
            if not reason:
                break
        with self._tenant.lock:
            if reason:
                stream.failed(reason, self._tenant.clock(), self._tenant.behaviour)
            else:
                stream.succeeded([event["log_id"] for event in batch])
        return not reason

    def _post(self, stream: Stream, batch: list[Event]) -> str:
        """Why the listener did not accept the batch; empty when it did."""
        sink = stream.sink
        body = encode(batch, sink.get("httpContentFormat", "JSONLINES"))
        self.requests += 1
        timeout = self._tenant.behaviour.delivery_timeout
        try:
            answer = self._pool.request(
                "POST", sink["httpEndpoint"], body=body, headers=_headers(sink), timeout=timeout
            )
        except urllib3.exceptions.HTTPError as error:
            return type(error).__name__
        return "" if 200 <= answer.status < 300 else f"{answer.status} {answer.reason}"


def _headers(sink: dict[str, str | list[dict[str, str]]]) -> dict[str, str]:
    """The Authorization value goes verbatim, without a scheme of ours."""
    headers = {"Content-Type": str(sink.get("httpContentType", "application/json"))}
    if sink.get("httpAuthorization"):
        headers["Authorization"] = str(sink["httpAuthorization"])
    custom = sink.get("httpCustomHeaders", [])
    assert isinstance(custom, list)
    return {**headers, **{one["header"]: one["value"] for one in custom}}
