"""The demo's folder: a certificate, a token and a settings file, for this user's eyes only."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import yaml

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.demo.lists import lists
from auth0_elastic.engine.embedded.ports import free_port
from auth0_elastic.errors import MissingTool
from auth0_elastic.local_auth0 import LocalAuth0

HOST = "localhost"
TENANT = "local"


@dataclass(frozen=True)
class Home:
    """The files of the demo in `folder`."""

    folder: Path

    @property
    def engine(self) -> Path:
        return self.folder / "engine"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def token(self) -> Path:
        return self.folder / "token"

    @property
    def header(self) -> Path:
        """The line `Authorization: …`, for curl, which would otherwise show the token in the list of processes."""
        return self.folder / "header"

    @property
    def settings(self) -> Path:
        return self.folder / "auth0-elastic.yml"

    @property
    def server_log(self) -> Path:
        return self.folder / "serve.log"

    def furnish(self, engine_url: str, auth0: LocalAuth0 | None = None) -> Settings:
        """Writes all files, each readable by this user only, and returns the settings. Raises MissingTool.

        With `auth0`, which has been started, it is the tenant: polled at the start, and given a log stream.
        """
        self._make_certificate()
        token = secrets.token_urlsafe(32)
        _write(self.token, token.encode())
        _write(self.header, f"Authorization: {token}\n".encode())
        listener_port, monitoring_port = _two_ports()
        settings = _settings(engine_url, listener_port, monitoring_port)
        for kind, text in lists().items():
            _write(self.folder / f"{kind}.txt", text.encode())
        if auth0 is not None:
            _write(self.folder / "client_secret", auth0.tenant.client.client_secret.encode())
            settings["tenants"] = {TENANT: _tenant(auth0, listener_port)}
        _write(self.settings, yaml.safe_dump(settings, sort_keys=False).encode())
        return load(self.settings, {}, for_serve=True)

    def _make_certificate(self) -> None:
        try:
            import trustme
        except ImportError as error:
            raise MissingTool(
                "the demo makes its certificate with trustme: pip install 'auth0-elastic[demo]'"
            ) from error
        authority = trustme.CA()
        issued = authority.issue_cert(HOST, "127.0.0.1")
        _write(self.ca, authority.cert_pem.bytes())
        _write(self.folder / "server.pem", b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        _write(self.folder / "server.key", issued.private_key_pem.bytes())


def url_of(settings: Settings) -> str:
    """Where the listener takes events."""
    return f"https://{HOST}:{settings.listener.listen_port}{settings.listener.webhook_path}"


def _settings(engine_url: str, listener_port: int, monitoring_port: int) -> dict[str, object]:
    ssl = {"certificate": "server.pem", "key": "server.key"}
    address = {"listen_address": "127.0.0.1", "listen_port": listener_port}
    return {
        "listener": {**address, "authorization_token_file": "token", "ssl": ssl},
        "elasticsearch": {"hosts": [engine_url]},
        "spool": {"path": "spool"},
        "monitoring": {"listen_port": monitoring_port},
        "reputation": {"lists": {f"sample_{kind}": {"kind": kind, "path": f"{kind}.txt"} for kind in lists()}},
    }


def _tenant(auth0: LocalAuth0, listener_port: int) -> dict[str, object]:
    return {
        "base_url": auth0.base_url,
        "client_id": auth0.tenant.client.client_id,
        "client_secret_file": "client_secret",
        "poll": {"enabled": True, "interval": "24h", "look_back": "2d"},
        "log_stream": {"mode": "automatic", "url": f"https://{HOST}:{listener_port}/auth0/logs"},
    }


def _two_ports() -> tuple[int, int]:
    first = second = free_port()
    while second == first:
        second = free_port()
    return first, second


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
