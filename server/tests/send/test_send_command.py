"""`auth0-elastic send` as a user meets it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from auth0_elastic.cli import main

LINES = b'{"log_id": "1", "data": {}}\n{"log_id": "2", "data": {}}\n'


def run(*arguments: str, stdin: bytes = b"", token: str = "") -> Result:
    return CliRunner().invoke(main, ["send", *arguments], input=stdin, env={"AUTH0_ELASTIC_SEND_TOKEN": token})


def test_a_file_is_posted_and_summed_up(listener: Any, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_bytes(LINES)
    result = run("--url", listener.url, str(tmp_path / "events.json"))
    assert result.exit_code == 0, result.output
    assert "posted 2, accepted 2, rejected 0 in 1 requests" in result.stdout
    assert listener.bodies == [LINES]


def test_standard_input_is_posted(listener: Any) -> None:
    result = run("--url", listener.url, "-", stdin=json.dumps([{"log_id": "1"}, {"log_id": "2"}], indent=1).encode())
    assert result.exit_code == 0, result.output
    assert "accepted 2" in result.stdout


def test_generated_events_are_posted(listener: Any) -> None:
    result = run("--url", listener.url, "--generate", "120", "--seed", "4", "--content-format", "mixed")
    assert result.exit_code == 0, result.output
    assert "posted 120, accepted 120" in result.stdout


def test_rejected_events_end_in_exit_code_1(listener: Any) -> None:
    listener.script = [(200, b'{"accepted": 1, "rejected": 1}', {})]
    result = run("--url", listener.url, "-", stdin=LINES)
    assert result.exit_code == 1
    assert "rejected 1" in result.stdout


@pytest.mark.parametrize("way", ["file", "environment"])
def test_the_token_comes_from_a_file_or_the_environment_and_is_never_shown(
    listener: Any, tmp_path: Path, way: str
) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    listener.script = [401]
    option = ["--token-file", str(tmp_path / "token")] if way == "file" else []
    result = run("--url", listener.url, *option, "-", stdin=LINES, token="" if option else "s3cret")
    assert listener.headers[0]["Authorization"] == "s3cret"
    assert result.exit_code == 1
    assert "AUTH0_ELASTIC_SEND_TOKEN" in result.output
    assert "s3cret" not in result.output


def test_there_is_no_option_for_the_token_itself(listener: Any) -> None:
    assert run("--url", listener.url, "--token", "s3cret", "-").exit_code == 2


@pytest.mark.parametrize("token", ["", "two\nlines", "schlüssel"])
def test_a_token_file_that_cannot_be_one_is_refused(listener: Any, tmp_path: Path, token: str) -> None:
    (tmp_path / "token").write_text(token, encoding="utf-8")
    result = run("--url", listener.url, "--token-file", str(tmp_path / "token"), "-", stdin=LINES)
    assert result.exit_code == 78
    assert "--token-file" in result.output


@pytest.mark.parametrize("url", ["localhost:8383", "ftp://localhost/", "https://", "https://me:pw@localhost/"])
def test_a_url_that_cannot_be_one_is_refused(url: str) -> None:
    result = run("--url", url, "-", stdin=LINES)
    assert result.exit_code == 78
    assert "--url" in result.output


@pytest.mark.parametrize("arguments", [[], ["-", "--generate", "5"]])
def test_one_source_must_be_named(listener: Any, arguments: list[str]) -> None:
    result = run("--url", listener.url, *arguments)
    assert result.exit_code == 2
    assert "--generate" in result.output


def test_a_file_that_is_no_json_is_named(listener: Any, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("log_id,date\n")
    result = run("--url", listener.url, str(tmp_path / "events.csv"))
    assert result.exit_code == 78
    assert "events.csv" in result.output
