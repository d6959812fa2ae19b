"""The scan of all logs for secrets, in a session of its own: it passes where nothing leaks, and finds what does."""

import subprocess
import sys
from pathlib import Path

import pytest

USED = """
import logging
from pathlib import Path

import pytest

from auth0_elastic.secret import Secret

TOKEN = "the-token-of-a-server"
MADE = Secret("a-secret-made-in-a-test")
"""
CLEAN = "def test_it(tmp_path):\n    logging.warning(MADE)\n    (tmp_path / 'server.log').write_text('TOKEN')\n"
LEAKS = {
    "def test_it():\n    logging.warning(MADE.reveal())\n": "test_it.py::test_it logs 'a-secret-made-in-a-test'",
    "def test_it():\n    import os; os.write(2, TOKEN.encode())\n": "logs 'the-token-of-a-server'",
    "def test_it(tmp_path):\n    (tmp_path / 'server.log').write_text(TOKEN)\n": "holds 'the-token-of-a-server'",
    "def test_it(tmp_path):\n    (tmp_path / 'x.log').write_text(MADE.reveal())\n": "holds 'a-secret-made-in-a-test'",
}


def run(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text())
    (folder / "test_it.py").write_text(USED + test)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        "/dev/null",
        "--rootdir",
        str(folder),
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run([*command, "--basetemp", str(folder / "temp"), str(folder)], capture_output=True, text=True)


def test_a_session_that_leaks_nothing_passes(tmp_path: Path) -> None:
    result = run(tmp_path, CLEAN)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("test", LEAKS)
def test_a_secret_in_any_log_fails_the_session(tmp_path: Path, test: str) -> None:
    result = run(tmp_path, test)
    assert result.returncode == 1, result.stdout
    assert LEAKS[test] in result.stdout


def test_a_test_that_logs_a_secret_on_purpose_says_so(tmp_path: Path) -> None:
    marked = "@pytest.mark.logs_secrets\ndef test_it():\n    logging.warning(MADE.reveal())\n"
    assert run(tmp_path, marked).returncode == 0
