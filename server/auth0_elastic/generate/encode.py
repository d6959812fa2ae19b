"""Auth0's three content formats: bodies written in them, and files read."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO, Any, Final

import msgspec

FORMATS: Final = ("JSONLINES", "JSONARRAY", "JSONOBJECT")


def raw(event: dict[str, Any] | bytes) -> bytes:
    """One event on one line; the text of one that is bytes stays as it is, but for line ends between its tokens."""
    if isinstance(event, bytes):
        return event.replace(b"\r", b" ").replace(b"\n", b" ")
    return msgspec.json.encode(event)


def encode(events: Sequence[dict[str, Any] | bytes], content_format: str) -> bytes:
    """The body of one request; JSONOBJECT takes exactly one event.

    Raises ValueError for another format, or for another number of events.
    """
    if content_format == "JSONLINES":
        return b"".join(raw(event) + b"\n" for event in events)
    if content_format == "JSONARRAY":
        return b"[" + b",".join(raw(event) for event in events) + b"]"
    if content_format != "JSONOBJECT":
        raise ValueError(f"{content_format!r} is not one of {', '.join(FORMATS)}")
    (event,) = events
    return raw(event)


def split(stream: IO[bytes]) -> Iterator[bytes]:
    """The events of a file: JSON lines, one array, or one object on several lines; each with its own bytes.

    Lines are passed on as they are, also broken ones, for the listener to judge. Raises ValueError when the file
    begins with neither a line of JSON nor a whole document.
    """
    first = next((line for line in stream if line.strip()), b"")
    if not first:
        return iter(())
    if _is_object(first):
        return (line.strip() for line in chain((first,), stream) if line.strip())
    return _document(first + stream.read())


def _is_object(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return False
    return True


def _document(text: bytes) -> Iterator[bytes]:
    if _is_object(text):
        return iter((text.strip(),))
    try:
        elements = msgspec.json.decode(text, type=list[msgspec.Raw])
    except msgspec.MsgspecError as error:
        raise ValueError(f"neither JSON lines nor an array nor an object: {error}") from error
    return (bytes(element) for element in elements)
