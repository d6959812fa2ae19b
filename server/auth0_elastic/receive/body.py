"""Reads a request's body, within its time and its size."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO

from auth0_elastic.config.settings import Listener
from auth0_elastic.errors import RequestRefused

Deadline = Callable[[float], AbstractContextManager[object]]
"""`deadline(seconds)` raises TimeoutError inside its block when that takes longer."""


def read_body(stream: IO[bytes], length: int | None, settings: Listener, deadline: Deadline) -> bytes:
    """`length` is what the request says, if it does. Raises RequestRefused: 408, 413, 400 when the body broke off."""
    limit = settings.max_body_size
    too_large = RequestRefused(413, f"the body is larger than {limit} bytes", "send fewer events a request")
    if (length or 0) > limit:
        raise too_large
    try:
        with deadline(settings.body_timeout):
            body = stream.read(limit + 1)
    except TimeoutError as error:
        raise RequestRefused(408, f"the body took longer than {settings.body_timeout:g} s") from error
    except Exception as error:  # the client is gone, or the server's reader refuses its chunks
        raise RequestRefused(400, "the body broke off") from error
    if len(body) > limit:
        raise too_large
    if length is not None and len(body) < length:
        raise RequestRefused(400, "the body broke off")
    return body
