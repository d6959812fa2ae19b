"""Where a list comes from: a file or a URL, asked for what has changed since."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import exceptions as failures

from auth0_elastic.config.values import is_loopback
from auth0_elastic.log import clean

TIMEOUT: Final = 20.0  # seconds without a byte
WHOLE_TIMEOUT: Final = 120.0  # seconds for all of it
MAX_SIZE: Final = 64 * 1024**2  # Apple's relays, the largest list in common use, are a quarter of that
_REDIRECTS: Final = 3
_CHUNK: Final = 256 * 1024


class ListUnavailable(Exception):
    """The list cannot be had; the message says why, without the URL's path, which may hold a key."""


class Validators(NamedTuple):
    """What tells whether a list has changed: of a URL the two headers, of a file its time, size and inode as etag."""

    etag: str | None = None
    last_modified: str | None = None


class Fetched(NamedTuple):
    body: bytes
    validators: Validators


class Origin(Protocol):
    def fetch(self, known: Validators) -> Fetched | None:
        """None if nothing has changed since `known`. Raises ListUnavailable."""


def file_signature(path: Path) -> str:
    """Changes whenever the file is written or replaced. Raises OSError."""
    status = path.stat()
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"


class FileOrigin:
    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self, known: Validators) -> Fetched | None:
        try:
            signature = file_signature(self._path)  # before it is read: what changes meanwhile is read again
            if signature == known.etag:
                return None
            with self._path.open("rb") as file:
                body = file.read(MAX_SIZE + 1)
        except OSError as error:
            raise ListUnavailable(f"{self._path} cannot be read ({error.strerror})") from error
        _hold_to_limit(len(body))
        return Fetched(body, Validators(signature))


class UrlOrigin:
    """Follows a few redirects, none of them to plain HTTP. Proxies of the environment are not used."""

    def __init__(self, url: str, pool: urllib3.PoolManager, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._pool, self._clock = url, pool, clock

    def fetch(self, known: Validators) -> Fetched | None:
        host = urlsplit(self._url).netloc.rpartition("@")[2]
        try:
            return self._fetch(self._url, known, _REDIRECTS)
        except failures.HTTPError as error:
            raise ListUnavailable(f"{host} {_reason(error)}") from None  # the cause quotes the whole URL

    def _fetch(self, url: str, known: Validators, redirects: int) -> Fetched | None:
        _demand_tls(url)
        response = self._pool.request(
            "GET", url, headers=_headers(known), redirect=False, retries=False, preload_content=False
        )
        try:
            location = response.get_redirect_location()
            if not location:
                return self._answered(response, known)
        finally:
            response.close()
        if not redirects:
            raise ListUnavailable("there are too many redirects")
        return self._fetch(urljoin(url, location), known, redirects - 1)

    def _answered(self, response: urllib3.BaseHTTPResponse, known: Validators) -> Fetched | None:
        if response.status == 304 and any(known):
            return None
        if response.status != 200:
            raise ListUnavailable(f"the server answered {response.status}")
        validators = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        return Fetched(self._body(response), validators)

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """Piece by piece, because a server that sends a byte now and then keeps within every other time-out."""
        until = self._clock() + WHOLE_TIMEOUT
        body = bytearray()
        while piece := response.read1(_CHUNK, decode_content=True):
            body += piece
            _hold_to_limit(len(body))
            if self._clock() > until:
                raise ListUnavailable(f"it is not complete after {WHOLE_TIMEOUT:g} s")
        return bytes(body)


def _demand_tls(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ListUnavailable(f"{clean(parts.netloc)} is to be asked without TLS; give a URL that stays with https")


def _headers(known: Validators) -> dict[str, str]:
    headers = {"Accept-Encoding": "gzip", "User-Agent": "auth0-elastic"}
    headers |= {"If-None-Match": known.etag} if known.etag else {}
    return headers | ({"If-Modified-Since": known.last_modified} if known.last_modified else {})


def _hold_to_limit(size: int) -> None:
    if size > MAX_SIZE:
        raise ListUnavailable(f"it is larger than {MAX_SIZE // 1024**2} MiB")


def _reason(error: failures.HTTPError) -> str:
    if isinstance(error, failures.NameResolutionError):
        return "cannot be resolved"
    if isinstance(error, failures.SSLError):
        return "shows a certificate that is not trusted, or speaks no TLS"
    if isinstance(error, failures.NewConnectionError):
        return "takes no connection"
    if isinstance(error, failures.TimeoutError):
        return f"does not answer within {TIMEOUT:g} s"
    return "broke off the connection"
