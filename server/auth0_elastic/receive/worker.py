"""gunicorn's gevent worker with total deadlines for the TLS handshake, the header and the sending of the answer.

gunicorn bounds none of them: a client that sends a byte now and then would keep its connection for ever. The body's
deadline is the app's, which knows when it reads.
"""

import json
import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import gevent
from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.ggevent import GeventWorker

from auth0_elastic.receive.log_budget import LogBudget
from auth0_elastic.receive.refused import reason_of

log = logging.getLogger(__name__)

CROWDED: Final = 0.9  # of the connections: from there on those that wait longest make room
LOGGED_A_MINUTE: Final = 300


class DeadlineWorker(GeventWorker):  # type: ignore[misc]
    """Also takes a client that leaves, or that speaks no HTTP, for what it is: nothing worth a traceback."""

    handshake_timeout = 10.0
    header_timeout = 10.0
    body_timeout = 30.0
    may_connect: Callable[[str], bool]
    count_refused: Callable[[str], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[gevent.Greenlet, gevent.Timeout] = {}
        self._ending: dict[gevent.Greenlet, gevent.Timeout] = {}
        self._connections = 0
        self._budget = LogBudget(log, logging.WARNING, LOGGED_A_MINUTE)

    def run(self) -> None:
        gevent.spawn(self._end_waiting_when_stopped)
        super().run()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Nothing is read of a peer that may not post; one that only holds its connection gives way to others."""
        if not self.may_connect(addr[0]):
            self.count_refused("forbidden_address")
            self._budget.write("cut off %s, which listener.allowed_addresses does not name", addr[0])
            client.close()
            return
        self._connections += 1
        try:
            self._make_room()
            if not self.cfg.is_ssl or self._shake_hands(client):
                super().handle(listener, client, addr)
        finally:
            self._connections -= 1

    def timeout_ctx(self) -> Any:
        """Around the wait for a request and the reading of its header."""
        return self._wait(self.header_timeout)

    @contextmanager
    def _wait(self, seconds: float) -> Iterator[gevent.Timeout]:
        """Leaves its block when the time is over, or when the connection is needed for another."""
        greenlet = gevent.getcurrent()
        with gevent.Timeout(seconds, False) as timeout:
            self._waiting[greenlet] = timeout
            try:
                yield timeout
            finally:
                self._waiting.pop(greenlet, None)
                self._ending.pop(greenlet, None)

    def _make_room(self) -> None:
        if self._connections > CROWDED * self.worker_connections and self._waiting:
            self.count_refused("overloaded")
            self._budget.write("nearly all of the %d connections are taken; idle ones are cut", self.worker_connections)
            self._end(next(iter(self._waiting)))  # has waited longest

    def _end(self, greenlet: gevent.Greenlet) -> None:
        """Soon, unless its request comes before: one that is being kept must not be cut off."""
        self._ending[greenlet] = self._waiting.pop(greenlet)
        gevent.get_hub().loop.run_callback(self._end_now, greenlet)

    def _end_now(self, greenlet: gevent.Greenlet) -> None:
        """Called by the hub, so that nothing comes between the look and the throw."""
        timeout = self._ending.pop(greenlet, None)
        if timeout is not None:
            greenlet.throw(timeout)

    def _end_waiting_when_stopped(self) -> None:
        """A worker that is to stop finishes its requests, but does not wait for the next one of an idle connection."""
        while True:
            gevent.sleep(0.2)
            if not self.alive:
                for greenlet in list(self._waiting):
                    self._end(greenlet)

    def _shake_hands(self, client: Any) -> bool:
        """False where the client has left, speaks no TLS, takes too long, or has no certificate that is demanded."""
        if not isinstance(client, ssl.SSLSocket):
            return False
        try:
            with self._wait(self.handshake_timeout):
                client.do_handshake()
                return True
        except (ssl.SSLEOFError, ConnectionError):
            pass  # it has left
        except OSError:
            self.count_refused("handshake")
        else:
            self.count_refused("handshake")
        client.close()
        return False

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
        self.count_refused(reason_of(status))
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("a request failed", exc_info=exc)
        else:
            self._budget.write("answered %d: %s (to %s)", status, status.phrase.lower(), addr[0])
        util.write_nonblock(client, _answer(status))


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
