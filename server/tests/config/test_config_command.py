"""`config init`, `config check` and the option `--config`, as a shell sees them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from auth0_elastic.cli import main
from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.settings_option import with_settings

Write = Callable[..., Path]
SECRET = "hush-hush-5eCr3t-of-the-command"


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["config", *arguments], env=env)


def test_init_writes_a_file_for_its_owner_alone_and_does_not_print_the_token(folder: Path) -> None:
    result = run("init")
    path = folder / "auth0-elastic.yml"
    token = yaml.safe_load(path.read_text())["listener"]["authorization_token"]
    assert result.exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(token) == 43
    assert token not in result.output
    assert load(path, {}).listener.authorization_token[0].reveal() == token


def test_init_makes_another_token_each_time(folder: Path) -> None:
    run("init", "one.yml")
    run("init", "two.yml")
    assert load(folder / "one.yml", {}) != load(folder / "two.yml", {})


def test_init_does_not_overwrite(write: Write) -> None:
    path = write("tags: [mine]")
    result = run("init")
    assert result.exit_code == 78
    assert "is there already; use --force" in result.output
    assert path.read_text() == "tags: [mine]"


def test_init_overwrites_when_forced_also_the_mode(write: Write) -> None:
    path = write("tags: [mine]")
    path.chmod(0o644)
    assert run("init", "--force").exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert "mine" not in path.read_text()


def test_init_into_a_missing_folder_says_so() -> None:
    result = run("init", "nowhere/settings.yml")
    assert result.exit_code == 78
    assert "nowhere/settings.yml: cannot be written (No such file or directory)" in result.output


def test_check_shows_value_and_source_of_every_setting_and_no_secret(write: Write) -> None:
    path = write(f"listener: {{authorization_token: {SECRET}, behind_proxy: true}}\nelasticsearch: {{username: me}}")
    path.chmod(0o600)
    write(SECRET, "password")
    env = {"AUTH0_ELASTIC_ELASTICSEARCH_PASSWORD_FILE": "password", "AUTH0_ELASTIC_TAGS": "a,b"}
    result = run("check", "-c", str(path), env=env)
    rows = {words[0]: words[1:] for words in map(str.split, result.stdout.splitlines())}
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert rows["listener.authorization_token"] == ["(hidden)", str(path)]
    assert rows["elasticsearch.username"] == ["me", str(path)]
    assert rows["elasticsearch.password"] == ["(hidden)", "AUTH0_ELASTIC_ELASTICSEARCH_PASSWORD_FILE", "→", "password"]
    assert rows["tags"] == ["[a,", "b]", "AUTH0_ELASTIC_TAGS"]
    assert rows["listener.listen_port"] == ["8383", "default"]
    assert rows["spool.path"] == [str(Path.cwd() / "spool"), "default"]


def test_check_warns_of_what_is_rarely_meant(write: Write) -> None:
    path = write(
        "listener: {authorization_token: [short-one, short-two], behind_proxy: true}\n"
        "elasticsearch: {hosts: ['http://es:9200'], api_key: key-of-es, ssl: {verification_mode: none}}\n"
    )
    path.chmod(0o644)
    result = run("check")
    warnings = result.stderr.splitlines()
    assert result.exit_code == 0
    hints = [
        "20 characters",
        "only the proxy",
        "does not name the proxy",
        "trusts any server",
        "unencrypted; use",
        "chmod 600",
    ]
    for hint in hints:
        assert sum(hint in line for line in warnings) == 1
    assert all(line.startswith("warning: ") for line in warnings)
    assert not any(secret in result.output for secret in ("short-one", "short-two", "key-of-es"))


def test_check_has_no_warning_for_a_sound_setting(write: Write) -> None:
    write(f"listener: {{authorization_token: {SECRET}, listen_address: 127.0.0.1}}").chmod(0o600)
    assert run("check").stderr == ""


def test_check_ends_with_78_when_something_is_wrong(write: Write) -> None:
    write(f"listener: {{authorization_token: [{SECRET}, 1], listen_port: abc}}")
    result = run("check")
    assert result.exit_code == 78
    assert result.stdout == ""
    assert "listener.listen_port: 'abc' is not a port" in result.stderr
    assert SECRET not in result.output


def test_the_installed_program_ends_with_78_too(folder: Path) -> None:
    program = [sys.executable, "-c", "from auth0_elastic.cli import main; main()", "config", "check"]
    result = subprocess.run(program, capture_output=True, text=True, cwd=folder, check=False)
    assert result.returncode == 78
    assert "listener.authorization_token: missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_docs_prints_the_page() -> None:
    assert run("docs").stdout.startswith("# Settings\n")


@click.command()
@with_settings()
@click.argument("word")
def _settings_user(settings: Settings, word: str) -> None:
    click.echo(f"{word} {settings.listener.listen_port}")


@pytest.mark.parametrize("option", ["-c", "--config"])
def test_a_command_is_given_the_settings(write: Write, option: str) -> None:
    path = write("listener: {listen_port: 77}", "mine.yml")
    assert CliRunner().invoke(_settings_user, ["port", option, str(path)]).output == "port 77\n"


def test_a_command_is_given_the_environment_of_the_process() -> None:
    result = CliRunner().invoke(_settings_user, ["port"], env={"AUTH0_ELASTIC_LISTENER_LISTEN_PORT": "78"})
    assert result.output == "port 78\n"
