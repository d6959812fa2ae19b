"""Requests as nobody should send them: put together from parts that are each odd, then damaged byte by byte."""

import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chaos.odd_parts import BODIES, MARK, METHODS, ODD_HEADERS, PATHS, VERSIONS

MOST_DAMAGE: Final = 6


@dataclass(frozen=True)
class Words:
    """What must not be found in a log again: the right token, a wrong one, and texts of a query and of bodies."""

    token: str
    wrong: str
    query: str
    body: str

    def all(self) -> tuple[str, ...]:
        return (self.token, self.wrong, self.query, self.body)


def malformed(chance: random.Random, words: Words) -> bytes:
    """One request; about a third of them are as they should be, so that what comes after one is looked at too."""
    body = _body(chance, words)
    headers = [b"Host: x", *_credentials(chance, words)]
    while chance.random() < 0.25:
        headers.append(chance.choice(ODD_HEADERS))
    framing, body = _framed(chance, body)
    chance.shuffle(headers)
    path = _mostly(chance, chance.choice((b"/auth0/logs", b"/auth0/logs", b"/collect")), PATHS)
    start = [_mostly(chance, b"POST", METHODS), path, _mostly(chance, b"HTTP/1.1", VERSIONS)]
    rest = b"\r\n".join([b"", *headers, *framing, b"", b""]) + body
    if chance.random() < 0.4:
        return _damaged(chance, b" ".join(start) + rest)
    start[1] += _query(chance, words)  # never damaged: without its ? it would be a path, which is logged
    return b" ".join(start) + rest


def _mostly(chance: random.Random, usual: bytes, odd: Sequence[bytes]) -> bytes:
    return chance.choice(odd) if chance.random() < 0.1 else usual


def _credentials(chance: random.Random, words: Words) -> list[bytes]:
    token = words.token if chance.random() < 0.8 else words.wrong
    sent = (f"Authorization: {token}", f"Authorization: Bearer {token}", f"x-api-key: {token}", f"X_API_KEY: {token}")
    return [chance.choice(sent).encode()] if chance.random() < 0.9 else []


def _query(chance: random.Random, words: Words) -> bytes:
    queries = (
        "",
        "",
        "",
        f"?x={words.query}",
        f"?api_key={words.token}",
        f"?api_key={words.wrong}&api_key=%ff",
        "?" + "&" * 500,
    )
    return chance.choice(queries).encode()


def _framed(chance: random.Random, body: bytes) -> tuple[list[bytes], bytes]:
    """The headers that say how long the body is, mostly truly, and the body so packed."""
    kind = chance.random()
    if kind < 0.6:
        return [b"Content-Length: %d" % len(body)], body
    if kind < 0.7:
        return [b"Content-Length: %d" % max(0, len(body) + chance.randint(-50, 50))], body
    if kind < 0.75:
        return [], body
    chunks = _chunked(chance, body)
    return [b"Transfer-Encoding: chunked"] + ([b"Content-Length: 5"] if kind > 0.95 else []), chunks


def _chunked(chance: random.Random, body: bytes) -> bytes:
    size = chance.choice((1, 7, 100, 100_000)) if len(body) < 2_000 else 100_000
    extension = chance.choice((b"", b"", b"", b";x=y", b" ", b";" + b"x" * 300))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    trailer = chance.choice((b"", b"", b"X: y\r\n", b"Authorization: x\r\n", b"no trailer\r\n"))
    return (
        b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces) + b"0\r\n" + trailer + b"\r\n"
    )


def _body(chance: random.Random, words: Words) -> bytes:
    body = chance.choice(_BODIES)(chance, words)
    if chance.random() < 0.1:
        body = gzip.compress(body, 1)
        if chance.random() < 0.5:
            body = chance.choice((body[:-5], body + body, body + b"x", body[:12] + b"\xff" + body[13:]))
    return body


def _event(chance: random.Random, words: Words) -> dict[str, Any]:
    name: Any = chance.choice(
        (words.body, words.body + "\x1b[31m\n", "\ud800", "\u2028", "Zoë", 7, None, [], {"a": {"b": []}})
    )
    number = chance.getrandbits(60)
    return {"log_id": f"900{number}", "event_type": "x", "data": {"type": "s", "user_name": name, "n": number}}


def _lines(chance: random.Random, words: Words) -> bytes:
    events = [json.dumps(_event(chance, words)).encode() for _ in range(chance.randint(0, 8))]
    return chance.choice((b"\n", b"\r\n", b"\n\n", b"", b",", b"\x00")).join(events)


def _array(chance: random.Random, words: Words) -> bytes:
    return json.dumps([_event(chance, words) for _ in range(chance.randint(0, 8))]).encode()


def _no_json(chance: random.Random, words: Words) -> bytes:
    return chance.choice(BODIES).replace(MARK, words.body.encode())


def _noise(chance: random.Random, words: Words) -> bytes:
    return chance.randbytes(chance.randint(0, 300))


_BODIES: Sequence[Callable[[random.Random, Words], bytes]] = (_lines, _lines, _array, _array, _no_json, _noise)


def _damaged(chance: random.Random, request: bytes) -> bytes:
    """A few bytes changed, added, cut out, doubled or put elsewhere, mostly in the head."""
    damaged = bytearray(request)
    for _ in range(chance.randint(1, MOST_DAMAGE)):
        end = len(damaged) if chance.random() < 0.3 else min(len(damaged), 400)
        start = chance.randint(0, end)
        piece = damaged[start : start + chance.randint(1, 20)]
        match chance.randrange(5):
            case 0:
                damaged[start : start + 1] = chance.randbytes(1)
            case 1:
                damaged[start:start] = chance.choice(
                    (b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b"\r\n\r\n", b"\xff")
                )
            case 2:
                del damaged[start : start + len(piece)]
            case 3:
                damaged[start:start] = piece
            case _:
                del damaged[chance.randint(start, len(damaged)) :]
    return bytes(damaged)
