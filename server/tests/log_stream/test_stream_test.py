"""`auth0-elastic stream test`: each step that can fail, and the whole way through a real server and a real engine."""

import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml
from click.testing import CliRunner
from werkzeug.serving import make_server

from auth0_elastic.cli import main
from auth0_elastic.config.settings import Elasticsearch
from auth0_elastic.engine.client import connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.log_stream.try_out import TYPE, marked_event

TOKEN = "of-the-settings-0123456789"


def steps(output: str) -> dict[str, bool]:
    """Whether each step has gone well."""
    return {name.strip(): mark == "✓" for mark, name in re.findall(r"^([✓✗]) (.{14})", output, re.MULTILINE)}


def test_the_marked_event_cannot_be_taken_for_evidence() -> None:
    log_id, line = marked_event("acme", 1_772_366_400.0)
    event = json.loads(line)
    assert event["log_id"] == event["data"]["log_id"] == log_id
    assert re.fullmatch(r"auth0-elastic-test-[0-9a-f]{32}", log_id)
    assert (event["data"]["type"], event["data"]["date"]) == (TYPE, "2026-03-01T12:00:00.000Z")
    assert marked_event("acme", 0.0)[0] != log_id


def test_no_listener_is_the_first_step_to_fail(world: Any) -> None:
    result = world.run("test")
    assert (result.exit_code, steps(result.output)) == (1, {"reached": False})
    assert "is `auth0-elastic serve` running" in result.output


def test_a_token_that_the_listener_refuses_ends_it(world: Any) -> None:
    with world.listener() as listener:
        world.document["listener"]["authorization_token"] = "another-token-0123456789"
        result = world.run("test")
    assert (result.exit_code, listener.events) == (1, [])
    assert steps(result.output) == {"reached": True, "tls": True, "token accepted": False}
    assert "answered 401; the listener does not take this token" in result.output


def test_an_engine_that_is_away_leaves_the_event_in_the_spool(world: Any) -> None:
    world.document["elasticsearch"] = {"hosts": ["http://127.0.0.1:9"]}
    with world.listener() as listener:
        result = world.run("test", "--local")
    assert (result.exit_code, len(listener.events)) == (1, 1)
    assert list(steps(result.output).items())[-2:] == [("kept on disk", True), ("indexed", False)]
    assert "kept in the spool" in result.output


def test_what_answers_must_be_the_listener(world: Any) -> None:
    """Such as a proxy's page that says 200."""

    def page(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<h1>Welcome</h1>"]

    with make_server("127.0.0.1", world.port, page, threaded=True) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        result = world.run("test")
        server.shutdown()
        thread.join()
    assert steps(result.output)["kept on disk"] is False
    assert "is it the listener's?" in result.output


def test_without_an_address_there_is_nothing_to_test(world: Any) -> None:
    world.log_stream.update(mode="manual", url=None)
    result = world.run("test")
    assert (result.exit_code, "try the listener with --local" in result.output) == (78, True)


def test_the_headers_for_a_proxy_are_sent_along(world: Any) -> None:
    world.document["listener"]["token_header"] = "X-Key"
    with world.listener() as listener:
        world.document["listener"]["authorization_token"] = "another-token-0123456789"
        world.log_stream["custom_headers"] = [f"X-Key: {TOKEN}"]
        world.run("test", "--local", "--wait", "0.1")
    assert listener.statuses == [200]


@contextmanager
def serving(folder: Path, document: dict[str, Any]) -> Iterator[None]:
    """`auth0-elastic serve`, ready."""
    config = folder / "serve.yml"
    config.write_text(yaml.safe_dump(document))
    port = document["monitoring"]["listen_port"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTH0_ELASTIC_")}
    with (folder / "serve.log").open("wb") as log:
        command = [sys.executable, "-m", "auth0_elastic", "serve", "--config", str(config)]
        process = subprocess.Popen(command, stderr=log, env=environment)
    try:
        deadline = time.monotonic() + 30
        while not _is_ready(port):
            assert process.poll() is None, (folder / "serve.log").read_text()
            assert time.monotonic() < deadline, (folder / "serve.log").read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(40)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with make_server("127.0.0.1", 0, lambda environ, start: []) as server:
        return server.server_port


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with ca.pem, tls.crt and tls.key for localhost."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(tmp_path / "tls.key"))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(tmp_path / "tls.crt"), append=True)
    return tmp_path


def test_an_event_is_followed_over_https_until_it_is_searchable(
    world: Any, certificate: Path, opensearch: RunningEngine
) -> None:
    world.document["listener"]["ssl"] = {
        "certificate": str(certificate / "tls.crt"),
        "key": str(certificate / "tls.key"),
    }
    world.document["elasticsearch"] = {"hosts": [opensearch.url]}
    world.document["data_stream"] = {"namespace": "streamtest"}
    world.document["monitoring"] = {"listen_port": _free_port()}
    world.log_stream["url"] = f"https://localhost:{world.port}/auth0/logs"
    _setup(world)
    served = {**world.document, "tenants": {}}
    with serving(certificate, served):
        untrusted = world.run("test")
        trusted = world.run("test", "--ca", str(certificate / "ca.pem"))
        local = world.run("test", "--local")
    assert steps(untrusted.output) == {"reached": True, "tls": False}
    assert "unable to get local issuer certificate" in untrusted.output
    assert "try --ca" in untrusted.output
    whole = dict.fromkeys(("reached", "tls", "token accepted", "kept on disk", "indexed", "searchable"), True)
    for result in (trusted, local):
        assert (result.exit_code, steps(result.output)) == (0, whole), result.output
    (log_id,) = re.findall(r'event\.id: "(auth0-elastic-test-\w+)"', trusted.output)
    assert _document(world.settings.elasticsearch, log_id)["event"]["code"] == TYPE


def _setup(world: Any) -> None:
    result = CliRunner().invoke(main, ["setup", "--config", str(world.config)])
    assert result.exit_code == 0, result.output


def _document(settings: Elasticsearch, log_id: str) -> dict[str, Any]:
    query = {"query": {"term": {"event.id": log_id}}}
    (hit,) = connect(settings).call("POST", "/logs-auth0.logs-streamtest/_search", query)["hits"]["hits"]
    return dict(hit["_source"])


def test_locally_only_the_listeners_own_certificate_is_trusted(world: Any, certificate: Path) -> None:
    """Whatever host name it is for."""
    ssl_files = {"certificate": str(certificate / "tls.crt"), "key": str(certificate / "tls.key")}
    world.document["listener"]["ssl"] = ssl_files
    own, other = (_tls(certificate / "tls.crt", certificate / "tls.key"), _tls(*_stranger(certificate)))
    found = []
    for context in (own, other):
        with make_server("127.0.0.1", world.port, _nobody, threaded=True, ssl_context=context) as server:
            thread = threading.Thread(target=lambda server=server: server.serve_forever(poll_interval=0.01))
            thread.start()
            found.append(steps(world.run("test", "--local").output))
            server.shutdown()
            thread.join()
    assert found == [{"reached": True, "tls": True, "token accepted": False}, {"reached": True, "tls": False}]


def _nobody(environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [])
    return []


def _stranger(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "stranger.crt", folder / "stranger.key"
    issued = trustme.CA().issue_cert("localhost", "127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    issued.private_key_pem.write_to_path(str(key))
    return certificate, key


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
