"""A bare `_bulk` replay: bodies made beforehand, sent as they are over kept connections, the answers not looked into.

That is as fast as a client can be; what the shipper does besides (reading the spool, ids, look-ups, the ledger) is its
cost.
"""

import http.client
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from auth0_elastic.errors import Auth0ElasticError
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id
from auth0_elastic.ship.send import BULK_PARAMS
from auth0_elastic.spool.backlog import SpooledEvent


class Way(NamedTuple):
    """How to send: documents a request, and requests at a time."""

    documents: int
    at_once: int


def bodies(events: Sequence[bytes], documents: int, received: int) -> list[bytes]:
    """What the shipper would send for the events, `received` in epoch milliseconds."""
    writer = DocumentWriter("default", "auth0.logs", ("forwarded", "auth0-logstream"), preserve_original_event=True)
    named = [(document_id(raw), SpooledEvent("", seq, received, raw)) for seq, raw in enumerate(events)]
    return [writer.bulk_body(named[start : start + documents]) for start in range(0, len(named), documents)]


def replay(url: str, stream: str, requests: Sequence[bytes], at_once: int) -> float:
    """Seconds that it takes. Raises Auth0ElasticError when the engine refuses a request."""
    left = iter(requests)
    lock, refused = threading.Lock(), list[str]()
    path = f"/{stream}/_bulk?filter_path={BULK_PARAMS['filter_path']}"

    def send() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        while not refused:
            with lock:
                body = next(left, None)
            if body is None:
                break
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != http.client.OK:
                refused.append(f"{answer.status} {text[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(at_once)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise Auth0ElasticError(f"the engine refused a bulk request: {refused[0]}")
    return time.perf_counter() - started
