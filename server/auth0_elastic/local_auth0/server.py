"""The local Auth0 as a server in threads of this process: `with LocalAuth0() as auth0: … auth0.base_url …`."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import ClassVar, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from auth0_elastic.local_auth0.app import Journal, create_app
from auth0_elastic.local_auth0.behaviour import Behaviour
from auth0_elastic.local_auth0.clock import Clock
from auth0_elastic.local_auth0.delivery import Deliveries
from auth0_elastic.local_auth0.faults import Faults
from auth0_elastic.local_auth0.tenant import Tenant
from auth0_elastic.local_auth0.tokens import Client

_ADDRESS = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    """Logs nothing, has the tenant's clock in `Date`, and closes the connection when an answer breaks off."""

    clock: ClassVar[Clock]

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(type(self).clock() if timestamp is None else timestamp)

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:
        pass


class LocalAuth0:
    """A tenant behind HTTP, or HTTPS with `certificate` (PEM files: chain, key).

    Log streams are delivered when `deliver` is called, or every `deliver_every` seconds; `ca_file` says whose
    certificates their endpoints may have. `start` after `stop` takes the same port again.
    """

    def __init__(
        self,
        *,
        clock: Clock = time.time,
        behaviour: Behaviour | None = None,
        client: Client | None = None,
        certificate: tuple[Path, Path] | None = None,
        ca_file: Path | None = None,
        deliver_every: float | None = None,
    ) -> None:
        self.tenant = Tenant(clock, behaviour, client)
        self.faults = Faults()
        self.journal = Journal()
        self.deliveries = Deliveries(self.tenant, ca_file)
        self.port = 0
        self._certificate = certificate
        self._deliver_every = deliver_every
        self._server: BaseWSGIServer | None = None
        self._threads: list[Thread] = []
        self._stopping = Event()

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.port}" if self._certificate else f"http://{_ADDRESS}:{self.port}"

    @property
    def audience(self) -> str:
        return self.tenant.tokens.audience

    def deliver(self) -> int:
        """One round: how many events the listeners accepted."""
        return self.deliveries.round()

    def start(self) -> Self:
        app = self.faults.around(create_app(self.tenant, self.faults, self.journal))
        server = make_server(
            _ADDRESS, self.port, app, threaded=True, request_handler=self._handler(), ssl_context=self._ssl_context()
        )
        self._server, self.port = server, server.port
        self.tenant.tokens.audience = f"{self.base_url}/api/v2/"
        self._stopping.clear()
        self.faults.start()
        self._run(lambda: server.serve_forever(poll_interval=0.01))
        if self._deliver_every is not None:
            self._run(self._deliver_always)
        return self

    def stop(self) -> None:
        """Nobody answers any more; what the tenant holds stays."""
        self._stopping.set()
        self.faults.stop()
        if self._server is not None:
            self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self.deliveries.close()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, name="local-auth0", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _deliver_always(self) -> None:
        while not self._stopping.wait(self._deliver_every):
            self.deliver()

    def _handler(self) -> type[WSGIRequestHandler]:
        return type("Handler", (_Handler,), {"clock": staticmethod(self.tenant.clock)})

    def _ssl_context(self) -> ssl.SSLContext | None:
        if self._certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._certificate)
        return context
