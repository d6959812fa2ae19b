"""A local Auth0, the real listener in a thread of this process, and settings that join the two."""

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from werkzeug.serving import WSGIRequestHandler, make_server

from auth0_elastic.cli import main
from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings, Tenant
from auth0_elastic.local_auth0 import Behaviour, LocalAuth0
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.receive.app import Keepers, create_app
from auth0_elastic.receive.parse import Parsed
from auth0_elastic.tokens import TokenStore

TOKEN = "of-the-settings-0123456789"
PATH = "/auth0/logs"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


class Listener:
    """The real application behind HTTP; `statuses` has every answer, `events` what was kept."""

    def __init__(self, settings: Settings) -> None:
        self.statuses: list[int] = []
        self.events: list[bytes] = []
        listener = replace(settings.listener, collect_path=None)
        made_tokens = TokenStore(settings.spool.path).valid
        app = create_app(listener, Keepers(self, None), lambda seconds: nullcontext(), made_tokens)
        app.after_request(self._note)
        self._server = make_server(
            "127.0.0.1", settings.listener.listen_port, app, threaded=True, request_handler=_Quiet
        )
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01))

    def keep(self, parsed: Parsed) -> None:
        self.events += parsed.events

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *exit: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _note(self, response: Any) -> Any:
        self.statuses.append(response.status_code)
        return response


class World:
    """A settings file in `folder`, which `set` changes, and what uses it."""

    def __init__(self, folder: Path, auth0: LocalAuth0, port: int) -> None:
        self.folder, self.auth0, self.port = folder, auth0, port
        self.url = f"http://127.0.0.1:{port}{PATH}"
        self.document: dict[str, Any] = {
            "listener": {"listen_address": "127.0.0.1", "listen_port": port, "authorization_token": TOKEN},
            "spool": {"path": str(folder / "spool")},
            "tenants": {
                "acme": {
                    "base_url": auth0.base_url,
                    "client_id": "local-client",
                    "client_secret": "local-secret",
                    "timeout": "5s",
                    "log_stream": {"mode": "automatic", "url": self.url},
                }
            },
        }

    @property
    def config(self) -> Path:
        path = self.folder / "auth0-elastic.yml"
        path.write_text(yaml.safe_dump(self.document))
        return path

    @property
    def settings(self) -> Settings:
        return load(self.config, {})

    @property
    def tenant(self) -> Tenant:
        return self.settings.tenants[0]

    @property
    def store(self) -> TokenStore:
        return TokenStore(self.folder / "spool")

    @property
    def log_stream(self) -> dict[str, Any]:
        """The section of the settings, to be changed."""
        section: dict[str, Any] = self.document["tenants"]["acme"]["log_stream"]
        return section

    @property
    def streams(self) -> list[dict[str, Any]]:
        """What Auth0 has, with its secrets."""
        return [stream.shown for stream in self.auth0.tenant.streams]

    def without_token(self) -> None:
        del self.document["listener"]["authorization_token"]

    def requests(self, method: str) -> int:
        return len(self.auth0.journal.of(method, "/api/v2/log-streams"))

    def run(self, *arguments: str, answer: str = "") -> Result:
        """`auth0-elastic stream …`; never shows a secret."""
        result = CliRunner(env={"COLUMNS": "250"}).invoke(
            main, ["stream", *arguments, "--config", str(self.config)], input=answer
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        for secret in self._secrets():
            assert secret not in result.output
        return result

    def listener(self) -> Listener:
        return Listener(self.settings)

    def _secrets(self) -> list[str]:
        sinks = [stream["sink"] for stream in self.streams if stream["type"] == "http"]
        sent = [sink["httpAuthorization"] for sink in sinks if sink.get("httpAuthorization")]
        sent += [header["value"] for sink in sinks for header in sink.get("httpCustomHeaders", [])]
        return [TOKEN, "local-secret", *sent, *(token.reveal() for token in self.store.valid())]


@pytest.fixture
def auth0() -> Iterator[LocalAuth0]:
    """Takes plain HTTP, so that it can deliver to the listener of a test."""
    with LocalAuth0(behaviour=Behaviour(https_only=False)) as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, auth0: LocalAuth0) -> World:
    with make_server("127.0.0.1", 0, lambda environ, start: []) as server:
        port = server.server_port
    return World(tmp_path, auth0, port)


@pytest.fixture
def connect() -> Iterator[Callable[[Tenant], ManagementApi]]:
    opened: list[ManagementApi] = []

    def make(tenant: Tenant) -> ManagementApi:
        opened.append(ManagementApi(tenant, sleep=lambda seconds: None, patience=5.0))
        return opened[-1]

    yield make
    for api in opened:
        api.close()
