"""gunicorn's gevent worker with a total deadline for the TLS handshake and for the header.

gunicorn bounds neither: a client that sends a byte now and then would keep its connection for ever. The body's deadline
is the app's, which knows when it reads.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker


class DeadlineWorker(GeventWorker):  # type: ignore[misc]
    """Also takes a client that leaves during the handshake for what it is: nothing worth a traceback."""

    handshake_timeout = 10.0

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        if isinstance(client, ssl.SSLSocket) and not _shake_hands(client, self.handshake_timeout):
            return
        super().handle(listener, client, addr)

    def timeout_ctx(self) -> gevent.Timeout:
        """Around the wait for a request and the reading of its header."""
        return gevent.Timeout(self.cfg.keepalive, False)


def tls_context(conf: Any, default_context: Any) -> ssl.SSLContext:
    """gunicorn's hook: TLS 1.2 and newer, with the handshake left to the worker, which has a deadline for it."""
    context: ssl.SSLContext = default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.wrap_socket = partial(context.wrap_socket, do_handshake_on_connect=False)  # type: ignore[method-assign]
    return context


def _shake_hands(client: ssl.SSLSocket, seconds: float) -> bool:
    try:
        with gevent.Timeout(seconds, TimeoutError):
            client.do_handshake()
    except OSError:  # TimeoutError, ssl.SSLError and a broken connection are all of it
        client.close()
        return False
    return True


@contextmanager
def body_deadline(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the block once `seconds` have passed."""
    with gevent.Timeout(seconds, TimeoutError):
        yield
