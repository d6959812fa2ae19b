"""Where settings come from, and what they become."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.errors import ConfigError
from auth0_elastic.secret import Secret

Write = Callable[..., Path]


def test_without_file_and_environment_the_defaults_are_in_force(folder: Path) -> None:
    settings = load(None, {})
    assert (settings.listener.listen_address, settings.listener.listen_port) == ("0.0.0.0", 8383)
    assert settings.listener.webhook_path == "/auth0/logs"
    assert settings.listener.max_body_size == 10 * 1024**2
    assert settings.elasticsearch.hosts == ("http://localhost:9200",)
    assert settings.elasticsearch.timeout == 30.0
    assert settings.spool.path == folder / "spool"
    assert settings.tags == ("forwarded", "auth0-logstream")
    assert settings.preserve_original_event


def test_the_file_beats_the_default(write: Write) -> None:
    assert load(write("listener: {listen_port: 9999}"), {}).listener.listen_port == 9999


def test_the_environment_beats_the_file(write: Write) -> None:
    path = write("listener: {listen_port: 9999, workers: 3}")
    listener = load(path, {"AUTH0_ELASTIC_LISTENER_LISTEN_PORT": "1234"}).listener
    assert (listener.listen_port, listener.workers) == (1234, 3)


def test_the_file_in_the_working_directory_is_read(write: Write) -> None:
    write("logging: {level: debug}")
    assert load(None, {}).logging.level == "debug"


def test_the_file_that_the_environment_names_is_read_instead(write: Write) -> None:
    write("logging: {level: debug}")
    other = write("logging: {level: error}", "other.yml")
    assert load(None, {"AUTH0_ELASTIC_CONFIG": str(other)}).logging.level == "error"


def test_a_given_path_beats_the_one_in_the_environment(write: Write) -> None:
    given, other = write("logging: {level: error}", "given.yml"), write("logging: {level: debug}", "other.yml")
    assert load(given, {"AUTH0_ELASTIC_CONFIG": str(other)}).logging.level == "error"


@pytest.mark.parametrize("text", ["", "listener:\nspool:\n  #path: x\n", "# nothing\n", "\ufefftags: []"])
def test_empty_sections_and_files_are_fine(write: Write, text: str) -> None:
    assert load(write(text), {}).listener.listen_port == 8383


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("10MiB", 10 * 2**20), ("10MB", 10**7), ("1.5 KiB", 1536), ("2gib", 2**31), ('"77"', 77), ("5B", 5)],
)
def test_sizes_have_units(write: Write, text: str, size: int) -> None:
    assert load(write(f"spool: {{max_size: {text}}}"), {}).spool.max_size == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30.0), ("0.25", 0.25), ("500ms", 0.5), ("2m", 120.0), ("1h", 3600.0), ("1.5s", 1.5)]
)
def test_durations_have_units(write: Write, text: str, seconds: float) -> None:
    assert load(write(f"listener: {{body_timeout: {text}}}"), {}).listener.body_timeout == seconds
    assert load(None, {"AUTH0_ELASTIC_LISTENER_HEADER_TIMEOUT": text}).listener.header_timeout == seconds


def test_lists_in_the_environment_are_separated_by_commas() -> None:
    env = {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": "https://a:9200, https://b:9201", "AUTH0_ELASTIC_TAGS": "one,two"}
    settings = load(None, env)
    assert settings.elasticsearch.hosts == ("https://a:9200", "https://b:9201")
    assert settings.tags == ("one", "two")


def test_booleans_in_the_environment_are_words() -> None:
    assert not load(None, {"AUTH0_ELASTIC_PRESERVE_ORIGINAL_EVENT": "False"}).preserve_original_event
    assert load(None, {"AUTH0_ELASTIC_LISTENER_BEHIND_PROXY": "true"}).listener.behind_proxy


def test_null_or_an_empty_variable_switches_a_credential_place_off(write: Write) -> None:
    assert load(write("listener: {token_header: null}"), {}).listener.token_header is None
    env = {"AUTH0_ELASTIC_LISTENER_TOKEN_QUERY_PARAMETER": "", "AUTH0_ELASTIC_TAGS": ""}
    settings = load(None, env)
    assert settings.listener.token_query_parameter is None
    assert settings.tags == ()


def test_a_host_without_a_port_means_9200_as_in_beats(write: Write) -> None:
    path = write("elasticsearch: {hosts: ['https://es.example.com', 'https://[::1]/prefix', 'https://cloud:443']}")
    assert load(path, {}).elasticsearch.hosts == (
        "https://es.example.com:9200",
        "https://[::1]:9200/prefix",
        "https://cloud:443",
    )


def test_paths_in_the_file_start_from_its_folder_and_those_of_the_environment_from_the_working_directory(
    folder: Path, write: Write
) -> None:
    path = write("spool: {path: queue}", "etc/settings.yml")
    assert load(path, {}).spool.path == folder / "etc/queue"
    assert load(path, {"AUTH0_ELASTIC_SPOOL_PATH": "queue"}).spool.path == folder / "queue"
    assert load(Path("etc/settings.yml"), {}).spool.path == folder / "etc/queue"


@pytest.mark.parametrize("text", ["[old-token, new-token]", "only-token"])
def test_one_token_or_several_are_valid(write: Write, text: str) -> None:
    tokens = load(write(f"listener: {{authorization_token: {text}}}"), {}).listener.authorization_token
    assert tokens in [(Secret("old-token"), Secret("new-token")), (Secret("only-token"),)]


def test_a_comma_in_the_environment_belongs_to_the_token() -> None:
    env = {"AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN": "a,b"}
    assert load(None, env).listener.authorization_token == (Secret("a,b"),)


def test_a_listener_with_a_certificate_is_ready_to_serve(certificates: Path) -> None:
    tls = "{certificate: tls.crt, key: tls.key, certificate_authorities: [ca.pem]}"
    (certificates / "settings.yml").write_text(f"listener: {{authorization_token: t, ssl: {tls}}}")
    loaded = load(certificates / "settings.yml", {}, for_serve=True).listener.ssl
    assert (loaded.certificate, loaded.key) == (certificates / "tls.crt", certificates / "tls.key")
    assert loaded.certificate_authorities == (certificates / "ca.pem",)


@pytest.mark.parametrize("text", ["listen_address: 127.0.0.1", "listen_address: '::1'", "behind_proxy: true"])
def test_plain_http_is_allowed_where_nobody_can_listen_in(write: Write, text: str) -> None:
    load(write(f"listener: {{authorization_token: t, {text}}}"), {}, for_serve=True)


def test_plain_http_for_the_world_is_refused(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"^listener\.ssl\.certificate: missing, but Auth0 demands HTTPS; give"):
        load(write("listener: {authorization_token: t}"), {}, for_serve=True)


def test_a_listener_without_a_token_is_refused() -> None:
    env = {"AUTH0_ELASTIC_LISTENER_BEHIND_PROXY": "true"}
    with pytest.raises(ConfigError, match=r"^listener\.authorization_token: missing; give"):
        load(None, env, for_serve=True)
