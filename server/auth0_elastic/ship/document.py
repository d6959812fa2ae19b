"""How an event becomes a line of a bulk request."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from auth0_elastic.reputation.match import Listed, Lookup
from auth0_elastic.ship.addresses import addresses
from auth0_elastic.spool.backlog import SpooledEvent

_encode = msgspec.json.encode

PRESERVE_TAG = "preserve_original_event"

_INPUT_TYPES = {"poll": "management_api", "reconcile": "management_api"}


class DocumentWriter:
    """Wraps events for the ingest pipeline: the received text as `message`, and what only the receiver knows."""

    def __init__(
        self,
        namespace: str,
        dataset: str,
        tags: Sequence[str],
        *,
        preserve_original_event: bool,
        lookup: Lookup | None = None,
    ) -> None:
        """`lookup` says what is known about an address; without it, no event is searched for addresses."""
        kept = [tag for tag in tags if tag != PRESERVE_TAG]
        self._constant = {
            "data_stream": {"type": "logs", "dataset": dataset, "namespace": namespace},
            "tags": [PRESERVE_TAG, *kept] if preserve_original_event else kept,
        }
        self._rest: dict[str, bytes] = {}
        self._lookup = lookup

    def bulk_body(self, events: Iterable[tuple[str, SpooledEvent]]) -> bytes:
        """The body of a bulk request that creates each event under its `_id`."""
        body = bytearray()
        for document_id, event in events:
            received = _timestamp(event.received)
            body += b'{"create":{"_id":' + _encode(document_id) + b"}}\n"
            body += b'{"@timestamp":"' + received + b'","event":{"created":"' + received + b'"},"message":'
            body += _encode(event.raw.decode())
            if self._lookup:
                body += _reputation(event.raw, self._lookup)
            body += self._rest.get(event.writer) or self._rest_for(event.writer)
        return bytes(body)

    def _rest_for(self, writer: str) -> bytes:
        """What ends the document of each event that this writer took in."""
        constant = self._constant | {"input": {"type": _INPUT_TYPES.get(writer, "http_endpoint")}}
        self._rest[writer] = b"," + _encode(constant)[1:] + b"\n"
        return self._rest[writer]


def _reputation(raw: bytes, lookup: Lookup) -> bytes:
    """What is known about the event's addresses, as a field of its document; nothing where nothing is known."""
    listed = [Listed(address, *match)._asdict() for address in addresses(raw) for match in lookup(address)]
    return b',"auth0":' + _encode({"reputation": listed}) if listed else b""


@lru_cache(maxsize=16)
def _timestamp(milliseconds: int) -> bytes:
    """Kept for the events that follow, since those of one commit have the same."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.").encode() + b"%03dZ" % (milliseconds % 1000)
