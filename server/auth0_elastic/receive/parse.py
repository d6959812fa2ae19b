"""From a request's body to events, byte for byte as received.

Auth0's three content formats are told apart by their shape, whatever the Content-Type says. What can be understood is
kept; what cannot becomes a dead letter; only a body without any JSON object or array is refused.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple, TypeVar

import msgspec

from auth0_elastic.errors import RequestRefused
from auth0_elastic.spool.spool_file import Rejected

MAX_EVENTS: Final = 20_000  # of a request, and pieces of one that is broken; each costs time that others wait for
MAX_MARKS: Final = 500_000  # brackets, commas and texts that a broken body is searched for
MAX_DEPTH: Final = 200_000
MAX_MEMBERS: Final = 100  # of a gzip body; each costs a copy of what follows it

_VALUE = msgspec.json.Decoder(msgspec.Raw)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_GZIP = b"\x1f\x8b"
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)

_TOO_MANY = f"the body holds more than {MAX_EVENTS} events"
_TOO_MUCH = "the body is broken, and too large to be taken apart"

T = TypeVar("T")


class Parsed(NamedTuple):
    """Events are JSON objects, as slices of the received bytes."""

    events: list[bytes]
    rejected: list[Rejected]


def parse(body: bytes) -> Parsed:
    """Splits a body into events. The whole body is tried first, then its lines, which end at \\n only.

    Raises RequestRefused: 400 for a body that is no JSON, 413 for one with too many events. An empty body has none.
    """
    text = body.removeprefix(_BOM).strip(_BLANK)
    if not text:
        return Parsed([], [])
    fast = _strict(text)
    if fast is not None:
        return fast
    whole = _sort([text])
    if whole.events:
        return whole
    parsed = _sort(_at_most(MAX_EVENTS, _pieces(text), _TOO_MANY))
    if not parsed.events:
        _refuse_unless_json(text, parsed)
    return parsed


def parse_each(pieces: Iterable[bytes]) -> Parsed:
    """Events that are apart already, as those of a page; what is no event becomes a dead letter."""
    return _sort(pieces)


def decompress(body: bytes, limit: int) -> bytes:
    """The content of a gzip body, also of several members; any other body as it is.

    Raises RequestRefused: 413 when the content is larger than `limit` bytes, 400 when it is damaged.
    """
    if not body.startswith(_GZIP):
        return body
    content = bytearray()
    for _ in range(MAX_MEMBERS + 1):
        if not body.strip(b"\0"):
            return bytes(content)
        member = zlib.decompressobj(wbits=31)
        try:
            content += member.decompress(body, limit + 1 - len(content))
        except zlib.error as error:
            raise RequestRefused(400, f"the gzip body is damaged: {error}") from error
        if len(content) > limit:
            raise _too_large(f"the decompressed body is larger than {limit} bytes")
        if not member.eof:
            raise RequestRefused(400, "the gzip body is truncated")
        body = member.unused_data
    raise RequestRefused(400, f"the gzip body has more than {MAX_MEMBERS} members")


def _strict(text: bytes) -> Parsed | None:
    """The usual bodies in one pass: an object, lines of objects, an array of objects; None for anything else.

    Raises RequestRefused (413) for too many.
    """
    try:
        text.decode()
        if text[:1] == b"[":
            values = _ARRAY.decode(text)
        elif text[:1] == b"{":
            values = _object_or_lines(text)
        else:
            return None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if len(values) > MAX_EVENTS:
        raise _too_large(_TOO_MANY)
    events = [bytes(value) for value in values]
    return Parsed(events, []) if all(event[:1] == b"{" for event in events) else None


def _object_or_lines(text: bytes) -> list[msgspec.Raw]:
    try:
        return [_VALUE.decode(text)]
    except msgspec.DecodeError:
        if text.count(b"\n") > MAX_EVENTS:
            raise _too_large(_TOO_MANY) from None
        return _VALUE.decode_lines(text)


def _at_most(most: int, items: Iterable[T], message: str) -> Iterator[T]:
    """The items; raises RequestRefused (413) instead of handing on more than so many."""
    each = iter(items)
    yield from islice(each, most)
    if next(each, None) is not None:
        raise _too_large(message)


def _too_large(message: str) -> RequestRefused:
    return RequestRefused(413, message, "send fewer events a request")


def _sort(pieces: Iterable[bytes]) -> Parsed:
    parsed = Parsed([], [])
    for piece in pieces:
        raw = piece.strip(_BLANK)
        if not raw:
            continue
        reason = _defect(raw)
        if reason is None:
            parsed.events.append(raw)
        else:
            parsed.rejected.append(Rejected(raw, reason))
    return parsed


def _defect(raw: bytes) -> str | None:
    """Why this is no JSON object; None if it is one, or one that only lenient parsers take (NaN, lone surrogates)."""
    try:
        text = raw.decode()
        value = json.loads(text)
    except UnicodeDecodeError as error:
        return f"not UTF-8: {error.reason} at byte {error.start}"
    except ValueError as error:
        return f"not JSON: {error}"
    except RecursionError:
        return None if raw[:1] == b"{" and _balanced(raw) else "not JSON: brackets do not match, or are too many"
    return None if isinstance(value, dict) else f"not a JSON object but {_kind(value)}"


def _pieces(text: bytes) -> Iterable[bytes]:
    """The lines of a text; of one that begins with an array, the elements of that array and of those that follow it."""
    return _elements(text) if text[:1] == b"[" else text.split(b"\n")


def _elements(text: bytes) -> Iterator[bytes]:
    """Found by brackets and commas alone, so that a broken element spares the others."""
    brackets: list[bytes] = []
    start = 0
    for token in _at_most(MAX_MARKS, _TOKEN.finditer(text), _TOO_MUCH):
        mark = token.group()
        if mark in b"[{":
            cut = mark == b"[" and not brackets
            brackets.append(mark)
        elif mark in b"]}":
            cut = _close(brackets, b"[" if mark == b"]" else b"{")
        else:
            cut = mark == b"," and brackets in ([], [b"["])
        if cut:
            yield text[start : token.start()]
            start = token.end()
    yield text[start:]


def _close(brackets: list[bytes], opening: bytes) -> bool:
    """Forgives one unclosed bracket, ignores a stray closing one; returns whether the array of the elements ends."""
    if brackets[-1:] == [opening]:
        brackets.pop()
        return not brackets and opening == b"["
    if len(brackets) > 2 and brackets[-2] == opening:
        del brackets[-2:]
    return False


def _balanced(raw: bytes) -> bool:
    expected = []
    for token in _TOKEN.finditer(raw):
        mark = token.group()
        if mark in b"[{":
            expected.append(b"]" if mark == b"[" else b"}")
            if len(expected) > MAX_DEPTH:
                return False
        elif mark in b"]}" and (not expected or expected.pop() != mark):
            return False
    return not expected


def _refuse_unless_json(text: bytes, parsed: Parsed) -> None:
    """A body of JSON values none of which is an object is answered with dead letters, any other with 400."""
    if text[:1] == b"[" and _is_json(text):
        return
    reason = parsed.rejected[0].reason if parsed.rejected else "the array does not end"
    raise RequestRefused(
        400,
        f"the body is neither a JSON object, nor an array of them, nor lines of them; {reason}",
        "choose JSON Lines, JSON Array or JSON Object as the log stream's Content Format",
    )


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
