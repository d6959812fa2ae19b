"""What `doctor` says of a listener that runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.doctor.listener import examine_listener
from auth0_elastic.secret import Secret


def settings_of(server: Any, certificate: Path, token: str) -> Settings:
    settings = load(Path("/dev/null"), {})
    ssl = replace(settings.listener.ssl, certificate=certificate / "tls.crt", key=certificate / "tls.key")
    listener = replace(
        settings.listener,
        listen_address="127.0.0.1",
        listen_port=server.port,
        authorization_token=(Secret(token),),
        ssl=ssl,
    )
    return replace(settings, listener=listener)


def test_a_listener_that_takes_its_token_is_well(listener: Any, certificate: Path) -> None:
    before = len(listener.spooled())
    (finding,) = examine_listener(settings_of(listener, certificate, "tok-0123456789-0123456789"))
    assert (finding.state, finding.text) == (
        "ok",
        f"https://127.0.0.1:{listener.port}/auth0/logs: answers, demands the token, and takes it",
    )
    assert len(listener.spooled()) == before


def test_a_listener_that_runs_with_another_token_is_told(listener: Any, certificate: Path) -> None:
    (finding,) = examine_listener(settings_of(listener, certificate, "another"))
    assert finding.state == "problem"
    assert "does not take the token of the settings (the 1.)" in finding.text


def test_a_path_that_is_another_is_told(listener: Any, certificate: Path) -> None:
    settings = settings_of(listener, certificate, "tok")
    settings = replace(settings, listener=replace(settings.listener, webhook_path="/elsewhere"))
    (finding,) = examine_listener(settings)
    assert finding.text.endswith("/elsewhere: answers 404")


def test_plain_http_where_https_is_spoken_is_told(listener: Any) -> None:
    settings = settings_of(listener, Path(), "tok")
    settings = replace(settings, listener=replace(settings.listener, ssl=load(Path("/dev/null"), {}).listener.ssl))
    (finding,) = examine_listener(settings)
    assert finding.state == "problem"
