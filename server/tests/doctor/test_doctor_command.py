"""`auth0-elastic doctor`: what it says where nothing runs, where settings are broken, and where all is well."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from auth0_elastic.cli import main
from auth0_elastic.config.load import load
from auth0_elastic.doctor.engine import examine_engine, freshness
from auth0_elastic.doctor.spool import examine_spool
from auth0_elastic.engine.client import connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install
from auth0_elastic.spool.backlog import Backlog
from auth0_elastic.spool.ledger import LEDGER, DeadLetter, Ledger
from auth0_elastic.spool.spool_file import SpoolFile

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOTHING_LISTENS = {
    "AUTH0_ELASTIC_LISTENER_LISTEN_ADDRESS": "127.0.0.1",
    "AUTH0_ELASTIC_LISTENER_LISTEN_PORT": "9",
    "AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN": "tok-0123456789-0123456789",
    "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": "http://127.0.0.1:9",
}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in NOTHING_LISTENS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AUTH0_ELASTIC_SPOOL_PATH", str(tmp_path / "spool"))


def test_each_thing_that_is_wrong_is_named_with_its_remedy(environment: None) -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    for line in (
        "✗ listener: nobody listens at 127.0.0.1:9",
        "→ start auth0-elastic serve",
        "✗ engine: no answer from http://127.0.0.1:9",
        "→ check elasticsearch.hosts, the credentials and ssl",
        "- certificate: ",
        "✓ settings: ",
    ):
        assert line in result.output
    assert "tok-0123" not in result.output


def test_broken_settings_end_it_with_what_is_broken(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH0_ELASTIC_LISTENER_WORKERS", "none")
    result = CliRunner().invoke(main, ["doctor", "--json"])
    (finding,) = json.loads(result.output)
    assert (result.exit_code, finding["state"]) == (1, "problem")
    assert "listener.workers" in finding["text"]


def test_an_engine_without_the_package_is_sent_to_setup_and_is_well_afterwards(
    opensearch: RunningEngine, environment: None
) -> None:
    settings = load(None, NOTHING_LISTENS | {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url})
    settings = replace(settings, data_stream=replace(settings.data_stream, namespace="doctor"))
    engine = connect(settings.elasticsearch)
    for name in settings.spool.folders:
        install(engine, load_assets(name))
    found = {finding.check: finding for finding in examine_engine(settings, NOW)}
    assert [finding.state for finding in found.values()] == ["ok", *["ok", "skipped", "skipped"] * 2]
    assert "there is none yet" in found["logs-auth0.logs-doctor: newest event"].text


@pytest.mark.parametrize(
    ("happened", "ingested", "state", "text"),
    [
        ("2026-11-21T11:59:58Z", "2026-11-21T11:59:59.500Z", "ok", "2.0 s ago; the last 1 took 1.5 s"),
        ("2026-11-19T12:00:00Z", "2026-11-19T12:00:01Z", "warning", "2 d ago"),
        ("2026-11-21T11:00:00Z", "2026-11-21T11:30:00Z", "warning", "took 30 min"),
    ],
)
def test_silence_and_lag_are_warned_of(happened: str, ingested: str, state: str, text: str) -> None:
    finding = freshness("newest", [{"@timestamp": happened, "event": {"ingested": ingested}}], NOW)
    assert finding.state == state
    assert text in finding.text


def test_an_event_that_another_has_written_ends_nothing() -> None:
    newest = {"@timestamp": "2026-11-21T11:59:00.123456789Z"}
    assert freshness("newest event", [newest], NOW).state == "ok"


def test_a_spool_file_that_was_set_aside_and_a_damaged_ledger_are_told(tmp_path: Path) -> None:
    spool = load(None, {"AUTH0_ELASTIC_SPOOL_PATH": str(tmp_path)}).spool
    garbage = b"garbage" * 1000
    spool.logs.mkdir()
    (spool.logs / "listener-0.db").write_bytes(garbage)
    SpoolFile.open_free(spool.logs, "listener")
    (warning,) = (finding.text for finding in examine_spool(spool) if finding.state == "warning")
    assert "is damaged and has been set aside" in warning
    ledger = Ledger(spool.logs, 1000)
    Backlog(spool.logs, ledger).discover()
    ledger.close()
    (problem,) = (finding.text for finding in examine_spool(spool) if finding.state == "problem")
    assert "was damaged and has been set aside" in problem
    (spool.logs / LEDGER).write_bytes(garbage)
    assert [*examine_spool(spool)][-1].text.startswith(f"a file in {tmp_path} is damaged")


def test_a_full_spool_and_dead_letters_are_told(tmp_path: Path) -> None:
    spool = replace(load(Path("/dev/null"), {}).spool, path=tmp_path, max_size=100)
    SpoolFile.open_free(spool.logs, "listener").append(1, [b"x" * 90])
    ledger = Ledger(spool.logs, 1000)
    ledger.settle([], [DeadLetter(1, 1, 400, "no", b"{}")])
    found = [(finding.state, finding.text) for finding in examine_spool(spool)]
    assert found[1:] == [
        ("problem", "90 bytes wait to be delivered, of 100 bytes"),
        ("warning", "1 dead letters (1 other)"),
        ("ok", "nothing has come in yet"),
    ]


def test_an_engine_that_is_away_is_told_with_what_waits(tmp_path: Path) -> None:
    spool = replace(load(Path("/dev/null"), {}).spool, path=tmp_path)
    SpoolFile.open_free(spool.logs, "listener").append(1, [b"{}"])
    Ledger(spool.logs, 1000).set_state(engine="no answer")
    waiting = [finding for finding in examine_spool(spool) if finding.check == "spool: logs"]
    assert [(each.state, each.text) for each in waiting] == [
        ("warning", "2 bytes wait to be delivered; the shipper says: no answer")
    ]
