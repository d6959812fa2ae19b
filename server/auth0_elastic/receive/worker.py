"""gunicorn's gevent worker with total deadlines for the TLS handshake, the header and the sending of the answer.

gunicorn bounds none of them: a client that sends a byte now and then would keep its connection for ever. The body's
deadline is the app's, which knows when it reads.
"""

import json
import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gevent
from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

log = logging.getLogger(__name__)


class DeadlineWorker(GeventWorker):  # type: ignore[misc]
    """Also takes a client that leaves, or that speaks no HTTP, for what it is: nothing worth a traceback."""

    handshake_timeout = 10.0
    header_timeout = 10.0
    body_timeout = 30.0

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        if self.cfg.is_ssl and not _shake_hands(client, self.handshake_timeout):
            return
        super().handle(listener, client, addr)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[gevent.Greenlet, gevent.Timeout] = {}

    def run(self) -> None:
        gevent.spawn(self._end_waiting_when_stopped)
        super().run()

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """Around the wait for a request and the reading of its header."""
        greenlet = gevent.getcurrent()
        with gevent.Timeout(self.header_timeout, False) as timeout:
            self._waiting[greenlet] = timeout
            try:
                yield
            finally:
                del self._waiting[greenlet]

    def _end_waiting_when_stopped(self) -> None:
        """A worker that is to stop finishes its requests, but does not wait for the next one of an idle connection."""
        while True:
            gevent.sleep(0.2)
            if not self.alive:
                for greenlet, timeout in list(self._waiting.items()):
                    greenlet.kill(timeout, block=False)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """A client that does not read its answers is cut, as is one that sends nothing of its body."""
        sock.settimeout(self.body_timeout)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except OSError as error:
            raise StopIteration from error
        sock.settimeout(None)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Says nothing of what the client sent: gunicorn would log the request line, whose query may hold a token."""
        if isinstance(exc, OSError | gevent.GreenletExit):  # the client is gone, or we are going
            return
        status = _status(exc)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("a request failed", exc_info=exc)
        else:
            log.warning("answered %d: %s", status, status.phrase.lower())
        util.write_nonblock(client, _answer(status))


def tls_context(authorities: Sequence[Path]) -> Callable[[Any, Any], ssl.SSLContext]:
    """gunicorn's hook: TLS 1.2 and newer, with the handshake left to the worker, which has a deadline for it.

    Clients' certificates may be signed by any of the authorities.
    """

    def make(conf: Any, default_context: Any) -> ssl.SSLContext:
        context: ssl.SSLContext = default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        for path in authorities:
            context.load_verify_locations(path)
        context.wrap_socket = partial(_wrap, context.wrap_socket)  # type: ignore[assignment, method-assign]
        return context

    return make


def _wrap(wrap: Callable[..., ssl.SSLSocket], client: socket.socket, **options: Any) -> socket.socket:
    """A client that has left already stays without TLS; the worker does not serve it."""
    try:
        return wrap(client, do_handshake_on_connect=False, **options)
    except OSError:
        return client


def _shake_hands(client: socket.socket, seconds: float) -> bool:
    if not isinstance(client, ssl.SSLSocket):
        return False
    try:
        with gevent.Timeout(seconds, TimeoutError):
            client.do_handshake()
    except OSError:  # TimeoutError, ssl.SSLError and a broken connection are all of it
        client.close()
        return False
    return True


def _status(exc: BaseException) -> HTTPStatus:
    if isinstance(exc, LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(exc, LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    return HTTPStatus.BAD_REQUEST if isinstance(exc, ParseException) else HTTPStatus.INTERNAL_SERVER_ERROR


def _answer(status: HTTPStatus) -> bytes:
    body = json.dumps({"error": status.phrase.lower()}).encode()
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def body_deadline(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the block once `seconds` have passed."""
    with gevent.Timeout(seconds, TimeoutError):
        yield
