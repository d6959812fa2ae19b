"""A real OpenSearch with TLS and users, and the product as users of it that may do no more than they have to."""

import asyncio
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization

from auth0_elastic.cli import main
from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import EmbeddedEngine
from auth0_elastic.engine.embedded.security import ADMIN, ADMIN_PASSWORD, Security
from auth0_elastic.spool.ledger import open_ledger
from auth0_elastic.spool.spool_file import SpoolFile

PREFIX = "AUTH0_ELASTIC_ELASTICSEARCH_"
Environment = dict[str, str]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session")
def secured_with(authority: trustme.CA) -> Callable[[trustme.LeafCert], Security]:
    """The security of an engine with this certificate, followed by its authority's."""

    def make(leaf: trustme.LeafCert) -> Security:
        key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        certificates = leaf.cert_chain_pems[0].bytes() + authority.cert_pem.bytes()
        return Security(authority.cert_pem.bytes().decode(), certificates.decode(), key.decode())

    return make


@pytest.fixture(scope="session")
def security(authority: trustme.CA, secured_with: Callable[[trustme.LeafCert], Security]) -> Security:
    return secured_with(authority.issue_cert("127.0.0.1", "localhost"))


@dataclass
class Secured:
    """OpenSearch with TLS and users. `admin` may do everything."""

    url: str
    ca_file: Path
    admin: Engine

    def environment(self, user: str = ADMIN, password: str = ADMIN_PASSWORD, **more: str) -> Environment:
        """The settings of a user who trusts the authority."""
        values = {"hosts": self.url, "ssl_certificate_authorities": str(self.ca_file)}
        values |= {"username": user, "password": password, **more}
        return {f"{PREFIX}{name.upper()}": value for name, value in values.items() if value}

    def user(self, role: str, **more: str) -> Environment:
        """The settings of a new user with the role that `setup --print-role` prints."""
        user, password = f"{role}-{secrets.token_hex(4)}", f"Pass-{secrets.token_hex(12)}"
        self.grant(user, _printed_role(role))
        self.set_password(user, password)
        return self.environment(user, password, **more)

    def grant(self, user: str, role: Any) -> None:
        """Gives a user, who has a role of the same name, these privileges instead of the former."""
        self.admin.call("PUT", f"/_plugins/_security/api/roles/{user}", role)

    def set_password(self, user: str, password: str) -> None:
        body = {"password": password, "opendistro_security_roles": [user]}
        self.admin.call("PUT", f"/_plugins/_security/api/internalusers/{user}", body)


@pytest.fixture(scope="session")
def printed_role() -> Callable[..., Any]:
    return _printed_role


def _printed_role(name: str, engine: str = "opensearch") -> Any:
    result = CliRunner().invoke(main, ["setup", "--print-role", name, "--role-for", engine])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.fixture(scope="session")
def secured(
    tmp_path_factory: pytest.TempPathFactory, security: Security, ca_file: Path, command: Callable[..., Result]
) -> Iterator[Secured]:
    """The one that all these tests share; the package is installed by a user who may do no more than that."""
    data = tmp_path_factory.mktemp("secured")
    with EmbeddedEngine(data, heap="384m", short_lived=True, security=security) as engine:
        found = Secured(engine.url, ca_file, None)  # type: ignore[arg-type]
        found.admin = connect(load(None, found.environment()).elasticsearch)
        installed = command("setup", environment=found.user("setup"))
        assert installed.exit_code == 0, installed.output
        yield found


@pytest.fixture
def namespace() -> str:
    return f"t{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def command() -> Callable[..., Result]:
    """Runs `auth0-elastic` with these settings."""

    def run(*arguments: str, environment: Environment) -> Result:
        return CliRunner().invoke(main, list(arguments), env={**environment, "COLUMNS": "200"})

    return run


class Shipper:
    """`auth0-elastic serve --only ship`, with a spool that the test writes to."""

    def __init__(self, folder: Path, environment: Environment, namespace: str) -> None:
        self.spool = folder / "spool" / "logs"
        self.spool.mkdir(parents=True)
        self._writer = SpoolFile.open_free(self.spool, "listener")
        self._log = folder / "ship.log"
        environment = environment | {
            "AUTH0_ELASTIC_SPOOL_PATH": str(folder / "spool"),
            "AUTH0_ELASTIC_DATA_STREAM_NAMESPACE": namespace,
        }
        command = [sys.executable, "-m", "auth0_elastic", "serve", "--only", "ship"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, env=os.environ | environment, stderr=log, cwd=folder)

    def keep(self, *events: bytes) -> None:
        """As the listener would."""
        self._writer.append(int(time.time() * 1000), events)

    def log(self) -> str:
        return self._log.read_text()

    def waits_for(self, pattern: str) -> str:
        """Until the shipper says that it waits, for such a reason; returns that line."""
        found: str = self._until(lambda: re.search(rf"waiting, nothing is lost: .*{pattern}.*", self.log()))[0]
        return found

    def delivers(self, count: int) -> dict[str, int]:
        """Until so many events are stored; returns the counters."""
        self._until(lambda: self._counters().get("indexed", 0) >= count)
        return self._counters()

    def _counters(self) -> dict[str, int]:
        connection = open_ledger(self.spool)
        if connection is None:
            return {}
        with closing(connection):
            return dict(connection.execute("SELECT name, value FROM counter"))

    def _until(self, look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 30
        while not (found := look()):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, f"not within 30 s: {self._counters()}, {self.log()}"
            threading.Event().wait(0.05)
        return found

    def close(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0
        self._writer.close()


@pytest.fixture
def shipper(tmp_path: Path, namespace: str) -> Iterator[Callable[[Environment], Shipper]]:
    """Starts the shipper with these settings."""
    with ExitStack() as started:

        def start(environment: Environment) -> Shipper:
            return started.enter_context(closing(Shipper(tmp_path, environment, namespace)))

        yield start


class Front:
    """Stands before the engine, as a proxy that ends TLS, with a certificate that can be replaced.

    One event loop serves it all: a TLS connection must not be read and written by two threads at once.
    """

    def __init__(self, engine: str, ca_file: Path) -> None:
        self._address = urlsplit(engine)
        self._trust = ssl.create_default_context(cafile=ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._near: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def start(self, leaf: trustme.LeafCert) -> None:
        self.use(leaf)
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context))
        self.url = f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def use(self, leaf: trustme.LeafCert) -> None:
        """For the connections that come."""
        leaf.configure_cert(self._context)

    def cut(self) -> None:
        """Ends the connections that there are."""
        self._run(self._abort())

    def close(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(3):  # TLS, then TCP hear that they are over
            await asyncio.sleep(0)

    async def _abort(self) -> None:
        for writer in self._near:
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port, ssl=self._trust)
        self._near.add(back)
        try:
            await asyncio.gather(_copy(near, writer), _copy(reader, back))
        finally:
            self._near.remove(back)
            back.transport.abort()
            writer.transport.abort()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


@pytest.fixture
def front(secured: Secured, authority: trustme.CA) -> Iterator[Front]:
    with closing(Front(secured.url, secured.ca_file)) as found:
        found.start(authority.issue_cert("127.0.0.1"))
        yield found
