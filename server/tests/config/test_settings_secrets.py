"""Secrets come from files too, and are seen nowhere: not in errors, not in reprs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.errors import ConfigError
from auth0_elastic.secret import Secret

Write = Callable[..., Path]
SECRET = "hush-hush-5eCr3t"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_comes_from_a_file_without_its_last_line_break(write: Write, ending: str) -> None:
    write(SECRET + ending, "token")
    path = write("listener: {authorization_token_file: token}")
    assert load(path, {}).listener.authorization_token == (Secret(SECRET),)


def test_only_one_line_break_is_stripped(write: Write) -> None:
    write(f"{SECRET} \n\n", "password")
    env = {"AUTH0_ELASTIC_ELASTICSEARCH_USERNAME": "me", "AUTH0_ELASTIC_ELASTICSEARCH_PASSWORD_FILE": "password"}
    assert load(None, env).elasticsearch.password == Secret(f"{SECRET} \n")


def test_every_secret_has_a_file_form_in_the_environment(write: Write) -> None:
    write(SECRET, "secret")
    names = ["LISTENER_AUTHORIZATION_TOKEN", "ELASTICSEARCH_API_KEY"]
    settings = load(None, {f"AUTH0_ELASTIC_{name}_FILE": "secret" for name in names})
    assert settings.secrets() == (Secret(SECRET), Secret(SECRET))


def test_several_token_files_hold_several_tokens(write: Write) -> None:
    write("old-token", "old")
    write("new-token", "new")
    tokens = (Secret("old-token"), Secret("new-token"))
    assert load(write("listener: {authorization_token_file: [old, new]}"), {}).listener.authorization_token == tokens
    env = {"AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN_FILE": "old,new"}
    assert load(None, env).listener.authorization_token == tokens


def test_either_form_in_the_environment_beats_both_in_the_file(write: Write) -> None:
    write("from-a-file", "token")
    path = write("listener: {authorization_token: in-the-yaml}")
    env = {"AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN_FILE": "token"}
    assert load(path, env).listener.authorization_token == (Secret("from-a-file"),)


def test_both_forms_in_the_environment_are_refused() -> None:
    name = "AUTH0_ELASTIC_ELASTICSEARCH_API_KEY"
    with pytest.raises(ConfigError, match=f"^{name}: given together with {name}_FILE; keep one of them$"):
        load(None, {name: SECRET, f"{name}_FILE": "key"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "'secret' cannot be read (No such file or directory); check the path and its permissions"),
        (b"", "'secret' is empty; write the secret and nothing else into it"),
        (b" \n", "'secret' is empty"),
        (b"\xff\xfe", "'secret' is not UTF-8 text"),
    ],
)
def test_a_useless_secret_file_is_refused(folder: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (folder / "secret").write_bytes(content)
    env = {"AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN_FILE": "secret", "AUTH0_ELASTIC_LISTENER_BEHIND_PROXY": "true"}
    with pytest.raises(ConfigError) as caught:
        load(None, env, for_serve=True)
    assert str(caught.value).startswith(f"listener.authorization_token_file: {message}")
    assert "\n" not in str(caught.value)


def test_a_bad_secret_in_a_file_is_told_with_the_file(write: Write) -> None:
    write(f"{SECRET}\nanother line", "token")
    with pytest.raises(ConfigError, match=r"^listener\.authorization_token\[0\]: the value \(hidden\).* → token\)$"):
        load(write("listener: {authorization_token_file: token}"), {})


LEAKS = {
    "a forgotten space": f"listener: {{authorization_token:{SECRET}}}",
    "a forgotten space in a block": f"listener:\n  authorization_token:{SECRET}\n  workers: 1\n",
    "an equals sign": f"listener: {{authorization_token={SECRET}: x}}",
    "an alias": f"listener: {{authorization_token: *{SECRET}}}",
    "a tag": f"listener: {{authorization_token: !{SECRET} x}}",
    "a quote without its end": f'listener:\n  authorization_token: "{SECRET}\n',
    "a colon inside": f"listener:\n  authorization_token: a: {SECRET}\n",
    "a stray indicator": f"listener:\n  authorization_token: @{SECRET}\n",
    "a section for a token": f"listener: {{authorization_token: {{{SECRET}: {SECRET}}}}}",
    "a nested list": f"listener: {{authorization_token: [[{SECRET}]]}}",
    "a list for an API key": f"elasticsearch: {{api_key: [{SECRET}]}}",
    "a token for a section": f"listener: {SECRET}",
    "a token for a file": SECRET,
    "a token with a line break": f'listener: {{authorization_token: "{SECRET}\\n"}}',
    "an unknown key": f"listener: {{authorisation_token: {SECRET}}}",
    "a repeated key": f"listener: {{authorization_token: {SECRET}, authorization_token: {SECRET}}}",
    "a password in a URL": f"elasticsearch: {{hosts: ['https://me:{SECRET}@es:9200']}}",
    "a password in a URL without a scheme": f"elasticsearch: {{hosts: ['me:{SECRET}@es']}}",
    "a password with a slash in a URL": f"elasticsearch: {{hosts: ['https://me:{SECRET}/{SECRET}@es:9200']}}",
    "a URL that is a section": f"elasticsearch: {{hosts: [{{'https://me:{SECRET}@es': 1}}]}}",
    "a user name and an API key": f"elasticsearch: {{api_key: {SECRET}, username: me, password: {SECRET}}}",
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_no_error_shows_a_secret(write: Write, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(text), {})
    assert SECRET.lower() not in str(caught.value).lower()


def test_no_repr_shows_a_secret(write: Write) -> None:
    text = f"listener: {{authorization_token: [{SECRET}]}}\nelasticsearch: {{username: me, password: {SECRET}}}"
    settings = load(write(text), {"AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN": SECRET})
    assert SECRET not in repr(settings) + str(settings)
    assert settings.secrets() == (Secret(SECRET), Secret(SECRET))
