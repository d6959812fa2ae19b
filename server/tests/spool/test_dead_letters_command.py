"""`auth0-elastic dead-letters`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from auth0_elastic.cli import main
from auth0_elastic.spool.ledger import DeadLetter, Ledger


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUTH0_ELASTIC_SPOOL_PATH", str(tmp_path))
    return tmp_path


def bury(folder: Path) -> None:
    (folder / "logs").mkdir()
    ledger = Ledger(folder / "logs", 1_000_000)
    letters = [
        DeadLetter(1_636_000_000_007, 1_636_000_000_008, 400, "mapper_parsing_exception: no", b'{"a": 1}'),
        DeadLetter(1_636_000_000_007, 1_636_000_000_008, None, "not UTF-8", b"\xff\x1b[31m"),
    ]
    ledger.settle([], letters)
    ledger.close()


def test_they_are_shown_with_who_refused_them_and_why(folder: Path) -> None:
    bury(folder)
    result = CliRunner().invoke(main, ["dead-letters"])
    assert result.exit_code == 0
    for part in ("2 dead letters", "the engine, 400", "mapper_parsing_exception: no", '{"a": 1}', "the listener"):
        assert part in result.output
    assert "\x1b[31m" not in result.output


def test_they_can_be_exported_whole(folder: Path) -> None:
    bury(folder)
    first, second = map(json.loads, CliRunner().invoke(main, ["dead-letters", "--export"]).output.splitlines())
    assert first == {
        "received": "2021-11-04T04:26:40.007+00:00",
        "died": "2021-11-04T04:26:40.008+00:00",
        "status": 400,
        "reason": "mapper_parsing_exception: no",
        "original": '{"a": 1}',
    }
    assert second["status"] is None


@pytest.mark.usefixtures("folder")
def test_there_are_none_before_the_first_start() -> None:
    assert "0 dead letters" in CliRunner().invoke(main, ["dead-letters"]).output
