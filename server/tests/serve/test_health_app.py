"""What /readyz says of the shipper and of the listener, and who asks for something else."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from auth0_elastic.config.load import load
from auth0_elastic.serve.health import create_health_app
from auth0_elastic.spool.ledger import LEDGER, Ledger
from auth0_elastic.spool.spool_file import Rejected, SpoolFile


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """Of a server whose listener listens, as far as a client can see."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = load(Path("/dev/null"), {})
        listener = replace(settings.listener, listen_port=server.getsockname()[1])
        settings = replace(settings, spool=replace(settings.spool, path=tmp_path), listener=listener)
        yield create_health_app(settings, lambda: True).test_client()
        server.close()
        gone = create_health_app(settings, lambda: True).test_client().get("/readyz")
        assert (gone.status_code, gone.get_json()["status"]) == (503, "the listener does not listen yet")


def test_without_a_whole_ledger_the_server_is_ready(tmp_path: Path, client: FlaskClient) -> None:
    def touch() -> None:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / LEDGER).touch()

    for make in (lambda: None, touch):
        make()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["data_streams"]["logs"]["engine"]) == (200, "not yet tried")


def test_events_are_counted_by_how_they_ended(tmp_path: Path, client: FlaskClient) -> None:
    file = SpoolFile.open_free(tmp_path / "logs", "listener")
    file.append(1, [b"{}", b"{}"], [Rejected(b"x", "no")])
    Ledger(tmp_path / "logs", 1000).settle([], counts={"indexed": 1, "duplicate": 1, "dead": 1})
    assert client.get("/readyz").get_json()["data_streams"]["logs"]["events"] == {
        "accepted": 2,
        "rejected": 1,
        "indexed": 1,
        "duplicate": 1,
        "dead": 1,
    }


def test_whoever_asks_for_something_else_is_told_what_there_is(client: FlaskClient) -> None:
    assert client.get("/").get_json() == {"error": "not found", "remedy": "ask for /healthz, /readyz or /metrics"}
    assert client.post("/healthz").status_code == 405
