"""The listener's door, as Auth0 stands before it, or from this machine: posting to it, step by step."""

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from auth0_elastic.config.settings import Listener
from auth0_elastic.errors import ConfigError
from auth0_elastic.secret import Secret

_TIMEOUT: Final = 15.0
_LONGEST_ANSWER: Final = 10_000
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what may be listened on, and how to reach it

Reached = Callable[[str, str], None]
"""Is told each step that has been made, `reached` or `tls`, with a detail."""


class NotReached(Exception):
    """No answer: `step` is the one that failed, `reached` or `tls` or `answered`."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(reason)
        self.step = step


class Answer(NamedTuple):
    """`body` is the JSON object that the listener answered with, empty where it is none."""

    status: int
    body: Mapping[str, Any]

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Door:
    """Where to post. `host` is connected to; without `tls` in plain HTTP."""

    url: str
    host: str
    port: int
    path: str
    tls: ssl.SSLContext | None = field(repr=False)

    def post(
        self, body: bytes, token: Secret, headers: Mapping[str, str] | None = None, reached: Reached | None = None
    ) -> Answer:
        """Posts as Auth0 does, the token verbatim in `Authorization`. Raises NotReached."""
        said = reached or (lambda step, detail: None)
        with self._connect(said) as connected:
            sent = {
                "Host": urlsplit(self.url).netloc,
                "Content-Type": "application/json",
                "Authorization": token.reveal(),
                **(headers or {}),
            }
            connection = http.client.HTTPConnection(self.host, self.port)
            connection.sock = connected
            try:
                connection.request("POST", self.path, body, sent)
                response = connection.getresponse()
                return Answer(response.status, _object(response.read(_LONGEST_ANSWER)))
            except (OSError, http.client.HTTPException) as error:
                raise NotReached("answered", f"{self.url} does not answer ({_words(error)})") from error

    def _connect(self, said: Reached) -> socket.socket:
        try:
            plain = socket.create_connection((self.host, self.port), _TIMEOUT)
        except OSError as error:
            raise NotReached("reached", f"{self.host}:{self.port} takes no connection ({_words(error)})") from error
        said("reached", f"{self.host}:{self.port}")
        if self.tls is None:
            return plain
        try:
            secured = self.tls.wrap_socket(plain, server_hostname=urlsplit(self.url).hostname)
        except OSError as error:  # ssl.SSLError is one too
            plain.close()
            raise NotReached(
                "tls", f"the certificate or TLS of {self.host}:{self.port} fails ({_words(error)})"
            ) from error
        said("tls", _about(secured))
        return secured


def public_door(url: str, authority: Path | None = None) -> Door:
    """The way Auth0 comes: a certificate must be signed by an authority of the system, or by the one given.

    Raises ConfigError for an authority that cannot be read.
    """
    parts = urlsplit(url)
    if parts.scheme != "https":
        return Door(url, parts.hostname or "", parts.port or 80, parts.path or "/", None)
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise ConfigError(f"--ca: '{authority}' cannot be used ({_words(error)}); give a PEM file") from error
    return Door(url, parts.hostname or "", parts.port or 443, parts.path or "/", context)


def local_door(listener: Listener) -> Door:
    """The listener's own address. Raises ConfigError where the settings leave its port open."""
    if not listener.listen_port:
        raise ConfigError("listener.listen_port: 0 takes a free port that only the listener knows; give a port")
    host = _EVERYWHERE.get(listener.listen_address, listener.listen_address)
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if listener.ssl.certificate else "http"
    url = f"{scheme}://{shown}:{listener.listen_port}{listener.webhook_path}"
    context = _trusting(listener.ssl.certificate) if listener.ssl.certificate else None
    return Door(url, host, listener.listen_port, listener.webhook_path, context)


def _trusting(certificate: Path) -> ssl.SSLContext:
    """Trusts the listener's own certificate and no other, whatever host name it is for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(certificate)
    return context


def _about(connection: ssl.SSLSocket) -> str:
    """The version, and until when the certificate is valid."""
    ends = (connection.getpeercert() or {}).get("notAfter")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC).date() if ends else "?"
    return f"{connection.version()}, certificate valid until {until}"


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
