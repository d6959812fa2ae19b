"""A real OpenSearch with TLS and users, and the product as users of it that may do no more than they have to."""

import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
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


@dataclass
class Front:
    """Stands before the engine, as a proxy that ends TLS, with a certificate that can be replaced."""

    url: str
    context: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    connections: list[socket.socket] = field(default_factory=list)

    def use(self, leaf: trustme.LeafCert) -> None:
        """For the connections that come."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(self.context)

    def cut(self) -> None:
        """Ends the connections that there are."""
        while self.connections:
            with suppress(OSError):
                self.connections.pop().shutdown(socket.SHUT_RDWR)


@pytest.fixture
def front(secured: Secured, authority: trustme.CA) -> Iterator[Front]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Front(f"https://127.0.0.1:{server.getsockname()[1]}")
        found.use(authority.issue_cert("127.0.0.1"))
        threading.Thread(target=_accept, args=(server, found, secured), daemon=True).start()
        yield found
        server.shutdown(socket.SHUT_RDWR)  # ends accept


def _accept(server: socket.socket, front: Front, secured: Secured) -> None:
    with suppress(OSError):
        while True:
            plain, _ = server.accept()
            threading.Thread(target=_serve, args=(plain, front, secured), daemon=True).start()


def _serve(plain: socket.socket, front: Front, secured: Secured) -> None:
    address = urlsplit(secured.url)
    trust = ssl.create_default_context(cafile=secured.ca_file)
    with (
        suppress(OSError),
        plain,
        socket.create_connection((str(address.hostname), address.port or 0)) as inner,
        front.context.wrap_socket(plain, server_side=True) as near,
        trust.wrap_socket(inner, server_hostname=address.hostname) as far,
    ):
        front.connections.append(near)
        back = threading.Thread(target=_copy, args=(far, near), daemon=True)
        back.start()
        _copy(near, far)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
