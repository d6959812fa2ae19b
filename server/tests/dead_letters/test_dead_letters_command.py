"""`auth0-elastic dead-letters`."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auth0_elastic.cli import main
from auth0_elastic.spool.ledger import DeadLetter, Ledger, LedgerView
from auth0_elastic.spool.spool_file import Rejected, SpoolFile

MAPPING = "mapper_parsing_exception: failed to parse field [x]"
LETTERS = [
    DeadLetter(1_636_000_000_007, 1_636_000_000_008, 400, MAPPING, b'{"a": 1}'),
    DeadLetter(1_636_000_000_007, 1_636_000_000_009, None, "not UTF-8", b"\xff\x1b[31m"),
    DeadLetter(1_636_000_000_007, 1_636_000_000_010, 400, MAPPING, b'{"a": 2}'),
]

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The spool of the logs."""
    monkeypatch.setenv("AUTH0_ELASTIC_SPOOL_PATH", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "logs"


@pytest.fixture
def ledger(folder: Path) -> Ledger:
    folder.mkdir()
    ledger = Ledger(folder, 1_000_000)
    ledger.settle([], LETTERS, {"dead": len(LETTERS)})
    return ledger


@pytest.fixture
def run(folder: Path) -> Run:
    def run(*arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, ["dead-letters", *arguments], input=input)

    return run


def raws(folder: Path) -> list[bytes]:
    with closing(LedgerView(folder)) as view:
        return [letter.raw for letter in view.dead_letters()]


@pytest.mark.usefixtures("ledger")
def test_they_are_counted_by_kind_and_shown_without_their_content(run: Run) -> None:
    result = run("list")
    lines = result.output.splitlines()
    assert (result.exit_code, lines[0]) == (0, "3 dead letters")
    assert lines[2].split() == ["2", "logs", "mapping", *MAPPING.split()]
    assert lines[3].split() == ["1", "logs", "not_an_event", "not", "UTF-8"]
    assert lines[-1].split() == ["logs-3", "2021-11-04T04:26:40", "logs", "mapping", "8", "dead"]
    assert '"a"' not in result.output


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(("reason", "ids"), [("mapping", ["1", "3"]), ("utf-8", ["2"]), ("no such", [])])
def test_a_reason_is_a_kind_or_a_part_of_the_text(run: Run, reason: str, ids: list[str]) -> None:
    found = [json.loads(line)["id"] for line in run("list", "--json", "--reason", reason).output.splitlines()]
    assert found == [f"logs-{each}" for each in ids]


@pytest.mark.usefixtures("ledger")
def test_only_the_newest_are_shown(run: Run) -> None:
    assert [run("list", "--limit", "1").output.count(each) for each in ("logs-2", "logs-3")] == [0, 1]


@pytest.mark.usefixtures("ledger")
def test_one_is_shown_whole_and_foreign_control_characters_are_escaped(run: Run) -> None:
    shown = run("show", "logs-2").output
    assert "reason:      not UTF-8" in shown
    assert shown.endswith("\n\\xff\\x1b[31m\n")
    assert json.loads(run("show", "logs-1", "--json").output)["original"] == '{"a": 1}'


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("name", ["logs-4", "logs-x", "logs", "nothing-1", "actions-1"])
def test_one_that_there_is_not_is_a_usage_error(run: Run, name: str) -> None:
    result = run("show", name)
    assert (result.exit_code, f"there is no dead letter '{name}'" in result.output) == (2, True)


@pytest.mark.usefixtures("ledger")
def test_they_can_be_exported_whole(run: Run) -> None:
    first, second, _ = map(json.loads, run("export").output.splitlines())
    assert first == {
        "id": "logs-1",
        "data_stream": "logs",
        "state": "dead",
        "received": "2021-11-04T04:26:40.007+00:00",
        "died": "2021-11-04T04:26:40.008+00:00",
        "status": 400,
        "kind": "mapping",
        "reason": MAPPING,
        "size": 8,
        "original": '{"a": 1}',
    }
    assert (second["status"], second["original"]) == (None, "\\xff\x1b[31m")


def test_there_are_none_before_the_first_start(run: Run) -> None:
    assert run("list").output == "0 dead letters\n"
    assert run("export").output == ""
    assert "0 dead letters will be delivered again" in run("replay", "--all").output


def test_pieces_that_the_shipper_has_yet_to_fetch_are_listed_too(run: Run, folder: Path) -> None:
    with closing(SpoolFile.open_free(folder, "listener")) as file:
        file.append(1_636_000_000_007, [b"{}"], [Rejected(b"{bad", "not JSON")])
    assert run("list").output.splitlines()[-1].rstrip().endswith("in the spool")
    assert json.loads(run("show", "logs-listener-0-1", "--json").output)["original"] == "{bad"
    assert "left as it is: the server has to run" in run("drop", "logs-listener-0-1", "--yes").output


def test_what_is_replayed_stays_until_the_shipper_takes_it_on_and_settles_it(
    run: Run, ledger: Ledger, folder: Path
) -> None:
    assert run("replay", "logs-1").output.startswith("1 dead letter will be delivered again")
    assert "1 dead letter: on the way already" in run("replay", "logs-1").output
    assert "being replayed" in run("list").output
    assert len(raws(folder)) == 3
    assert ledger.replays(10) == [1]
    assert ledger.replays(10) == []
    assert "1 dead letter: on the way already" in run("replay", "logs-1").output


def test_what_is_no_event_is_not_replayed(run: Run, ledger: Ledger) -> None:
    output = run("replay", "--all").output
    assert output.startswith("2 dead letters")
    assert "1 dead letter: no event that could be delivered" in output
    assert ledger.replays(10) == [1, 3]


def test_what_was_no_event_to_an_older_version_can_be_replayed(run: Run, ledger: Ledger) -> None:
    ledger.settle([], [DeadLetter(1, 1, None, "refused by an older version", b'{"log_id": "1"}')])
    assert run("replay", "--reason", "older version").output.startswith("1 dead letter ")
    assert ledger.replays(10) == [4]


def test_dropping_asks_first_and_counts(run: Run, ledger: Ledger, folder: Path) -> None:
    refused = run("drop", "--all", input="n\n")
    assert (refused.exit_code, len(raws(folder))) == (1, 3)
    assert "2 dead letters dropped" in run("drop", "--reason", "mapping", input="y\n").output
    assert raws(folder) == [b"\xff\x1b[31m"]
    with closing(LedgerView(folder)) as view:
        assert view.counters() == {"dead": 3, "dead_letters_dropped_by_operator": 2}
        assert view.measures()["dead_letters"] == {"mapping": 0, "not_an_event": 1}


@pytest.mark.usefixtures("ledger")
def test_what_is_being_replayed_is_not_dropped(run: Run, folder: Path) -> None:
    run("replay", "logs-1")
    output = run("drop", "logs-1", "logs-3", "--yes").output
    assert output.startswith("1 dead letter dropped\n1 dead letter: being replayed")
    assert raws(folder) == [b'{"a": 1}', b"\xff\x1b[31m"]


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("arguments", [[], ["logs-1", "--all"], ["--all", "--reason", "x"]])
def test_which_are_meant_is_said_in_one_way(run: Run, arguments: list[str]) -> None:
    for command in ("replay", "drop"):
        result = run(command, *arguments)
        assert (result.exit_code, "say which" in result.output) == (2, True)
