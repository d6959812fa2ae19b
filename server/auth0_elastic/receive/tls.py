"""TLS 1.2 and newer with the pair of files as it is now: a renewed certificate serves from the next connection on."""

import logging
import socket
import ssl
from pathlib import Path
from typing import Any, Final

import gevent.ssl

from auth0_elastic.config.settings import ListenerSsl

log = logging.getLogger(__name__)

TLS_1_2_CIPHERS: Final = (
    "ECDHE+AESGCM:ECDHE+CHACHA20"  # forward secrecy and authenticated encryption; 1.3 has no others
)

_Stamp = tuple[int, int, int] | None


class RenewedContext:
    """What gunicorn takes for an SSLContext.

    A pair that cannot be used, such as a new certificate beside the old key, leaves the one from before in use. It is
    made before the workers are, so that one that starts later has that too.
    """

    def __init__(self, tls: ListenerSsl) -> None:
        """Raises OSError, of which ssl.SSLError is one, when the files are of no use."""
        self._tls = tls
        self._stamps = self._look()
        self._context = make_context(tls)

    def wrap_socket(self, client: socket.socket, **options: Any) -> socket.socket:
        """Without the handshake, for which the worker has a deadline.

        A client that has left already stays without TLS; the worker does not serve it.
        """
        try:
            return self.current().wrap_socket(client, do_handshake_on_connect=False, **options)
        except OSError:
            return client

    def current(self) -> ssl.SSLContext:
        """Costs a `stat` of each file, unless one has changed."""
        stamps = self._look()
        if stamps != self._stamps:
            self._stamps = stamps
            self._renew()
        return self._context

    def _renew(self) -> None:
        try:
            self._context = make_context(self._tls)
        except OSError as error:
            reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else error.strerror or str(error)
            what = "listener.ssl: the files have changed but cannot be used together yet (%s); those from before stay"
            log.warning(what + " in use until they can", reason)
        else:
            log.info("listener.ssl: the files have changed and are used from now on")

    def _look(self) -> list[_Stamp]:
        files = (self._tls.certificate, self._tls.key, *self._tls.certificate_authorities)
        return [_stamp(path) for path in files if path is not None]


def make_context(tls: ListenerSsl) -> ssl.SSLContext:
    """Clients must show a certificate where authorities are given. Raises OSError."""
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(TLS_1_2_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(str(tls.certificate), None if tls.key is None else str(tls.key), password=_no_passphrase)
    for path in tls.certificate_authorities:
        context.load_verify_locations(path)
    context.verify_mode = ssl.CERT_REQUIRED if tls.certificate_authorities else ssl.CERT_NONE
    return context


def _no_passphrase() -> str:
    """OpenSSL would ask for it on the terminal."""
    raise PermissionError("the key has a passphrase")


def _stamp(path: Path) -> _Stamp:
    """Differs when the file has been written, or another has taken its place."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
