"""Each broken settings file or environment, named after its defect, with the message an operator reads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.errors import ConfigError

Write = Callable[..., Path]

BAD_FILES = {
    "a port that is no number": (
        "listener: {listen_port: abc}",
        "listener.listen_port: 'abc' is not a port; give a number from 0 to 65535",
    ),
    "a port out of range": ("monitoring: {listen_port: 65536}", "monitoring.listen_port: 65536 is not a port; give"),
    "a port that is true": ("listener: {listen_port: true}", "listener.listen_port: true is not a port"),
    "a port that is null": ("listener: {listen_port: }", "listener.listen_port: null is not a port"),
    "a port in the address": (
        "listener: {listen_address: '0.0.0.0:80'}",
        "'0.0.0.0:80' is not an address to listen on",
    ),
    "an empty address": ("listener: {listen_address: ''}", "listener.listen_address: '' is not an address"),
    "a webhook path without its slash": ("listener: {webhook_path: logs}", "'logs' is not a path that starts with /"),
    "a webhook path with a query": ("listener: {webhook_path: '/a?b'}", "'/a?b' is not a path that starts with /"),
    "a webhook path with a placeholder": ("listener: {webhook_path: /<x>}", "'/<x>' is not a path that starts with /"),
    "a header name with an underscore": ("listener: {token_header: x_key}", "'x_key' is not the name of a header"),
    "a header name with a space": ("listener: {token_header: x key}", "'x key' is not the name of a header; give"),
    "a query parameter with an equals sign": (
        "listener: {token_query_parameter: a=}",
        "'a=' is not the name of a query",
    ),
    "no workers": ("listener: {workers: 0}", "listener.workers: 0 is not a number of processes; give"),
    "a proxy that is a word": ("listener: {behind_proxy: maybe}", "'maybe' is not true or false; give true or false"),
    "an allowed address that is a name": (
        "listener: {allowed_addresses: [auth0.com]}",
        "'auth0.com' is not an address or",
    ),
    "an allowed network that is too long": ("listener: {allowed_addresses: [10.0.0.0/33]}", "'10.0.0.0/33' is not an"),
    "allowed addresses behind a proxy that is not trusted": (
        "listener: {behind_proxy: true, allowed_addresses: [192.0.2.7]}",
        "every request comes from the proxy's address; give listener.trusted_proxies too",
    ),
    "proxies everywhere": ("listener: {trusted_proxies: ['::/0']}", "'::/0' believes everyone; name your proxies only"),
    "no wrong token": ("listener: {failed_tokens_per_minute: 0}", "0 is not a number of requests; give"),
    "a size with an unknown unit": ("listener: {max_body_size: 10XB}", "'10XB' is not a size; give"),
    "a size of nothing": ("spool: {max_size: 0}", "spool.max_size: 0 is not a size; give"),
    "a size that is no number": ("spool: {max_size: .nan}", "spool.max_size: nan is not a size; give"),
    "a negative size": ("spool: {dead_letters_max_size: -1}", "spool.dead_letters_max_size: -1 is not a size; give"),
    "a duration with an unknown unit": ("listener: {header_timeout: 3 moons}", "'3 moons' is not a duration; give"),
    "a duration of nothing": ("listener: {handshake_timeout: 0s}", "'0s' is not a duration; give"),
    "a duration without end": ("elasticsearch: {timeout: .inf}", "elasticsearch.timeout: inf is not a duration; give"),
    "a duration of two days": ("elasticsearch: {timeout: 48h}", "'48h' is not a duration; give"),
    "a host without a scheme": (
        "elasticsearch: {hosts: [localhost]}",
        "elasticsearch.hosts[0]: 'localhost' has no scheme; try https://localhost:9200",
    ),
    "a host and port without a scheme": ("elasticsearch: {hosts: ['es:9201']}", "has no scheme; try https://es:9201"),
    "a host with another scheme": ("elasticsearch: {hosts: ['ftp://es']}", "'ftp://es' has a scheme other than http"),
    "a URL without a host": ("elasticsearch: {hosts: ['https://']}", "elasticsearch.hosts[0]: 'https://' is not a URL"),
    "a URL with half an address": ("elasticsearch: {hosts: ['http://[::1']}", "'http://[::1' is not a URL; give"),
    "a URL with a port out of range": ("elasticsearch: {hosts: ['http://a:99999']}", "'http://a:99999' is not a URL"),
    "a host that is no list": ("elasticsearch: {hosts: 'https://a'}", "'https://a' is not a list of URLs; write ["),
    "no hosts": ("elasticsearch: {hosts: []}", "elasticsearch.hosts: a list is not a list of URLs"),
    "a user name without a password": (
        "elasticsearch: {username: me}",
        "elasticsearch.username: 'me' has no password; give elasticsearch.password too",
    ),
    "a password without a user name": (
        "elasticsearch: {password: p}",
        "elasticsearch.password: given without a user name",
    ),
    "an API key beside a user name": (
        "elasticsearch: {api_key: k, username: me, password: p}",
        "elasticsearch.api_key: given together with elasticsearch.username or password; keep one",
    ),
    "a fingerprint that is too short": (
        "elasticsearch: {ssl: {ca_trusted_fingerprint: 'ab:cd'}}",
        "'ab:cd' is not a SHA-256 fingerprint; give 64 hexadecimal digits",
    ),
    "an unknown verification mode": (
        "elasticsearch: {ssl: {verification_mode: some}}",
        "'some' is not one of the possible values; give one of full, none",
    ),
    "an unknown distribution": ("elasticsearch: {distribution: solr}", "give one of auto, elasticsearch, opensearch"),
    "too many requests in flight": ("elasticsearch: {max_in_flight: 65}", "65 is not a number of requests; give"),
    "an impossible compression": ("elasticsearch: {compression_level: 10}", "10 is not a compression level; give"),
    "a namespace in capitals": ("data_stream: {namespace: Prod}", "data_stream.namespace: 'Prod' is not a namespace"),
    "a namespace with a hyphen": ("data_stream: {namespace: a-b}", "'a-b' is not a namespace; give 1 to 100 bytes"),
    "a namespace with a comma": ("data_stream: {namespace: 'a,b'}", "'a,b' is not a namespace"),
    "a namespace of 101 bytes": (f"data_stream: {{namespace: {'é' * 50}x}}", "is not a namespace"),
    "an empty tag": ("tags: [a, '']", "tags[1]: '' is not a tag; give a text"),
    "an unknown level": ("logging: {level: loud}", "give one of debug, info, warning, error"),
    "an unknown format": ("logging: {format: xml}", "give one of text, ecs_json"),
    "an unknown key": (
        "listener: {listen_prot: 1}",
        "listener.listen_prot: no such setting; did you mean listen_port?",
    ),
    "an unknown section": ("elastic_search: {}", "elastic_search: no such setting; did you mean elasticsearch?"),
    "a key that is a number": ("1: 2", "1: no such setting"),
    "a section that is a word": ("listener: 8383", "listener: not a section; write its settings on lines of their own"),
    "a file that is a list": ("- a", "not a list of settings; write lines such as"),
    "a repeated key": ("listener:\n  workers: 1\n  workers: 2\n", "line 3: workers is there twice; keep one"),
    "a repeated section": ("spool: {}\nspool: {}\n", "line 2: spool is there twice; keep one"),
    "broken YAML": ("listener:\n\tworkers: 1", "line 2, column 1: not valid YAML; check quotes and indentation"),
    "an impossible date": ("tags: [2021-99-99]", "not valid YAML"),
    "two ways to give the token": (
        "listener: {authorization_token: t, authorization_token_file: /t}",
        "listener.authorization_token: given together with listener.authorization_token_file; keep one of them",
    ),
    "a number for a token": ("listener: {authorization_token: 12}", "the value (hidden) is not a token or a list"),
    "no tokens": ("listener: {authorization_token: []}", "listener.authorization_token: the value (hidden) is not"),
    "a blank token": (
        "listener: {authorization_token: [good, ' ']}",
        "listener.authorization_token[1]: the value (hidden)",
    ),
    "a token with a line break": ('listener: {authorization_token: "a\\nb"}', "without line breaks"),
    "a certificate without its key": ("listener: {ssl: {certificate: tls.crt}}", "tls.crt' has no key; give"),
    "a key without its certificate": ("listener: {ssl: {key: tls.key}}", "tls.key' has no certificate; give"),
    "client authorities without a certificate": (
        "listener: {ssl: {certificate_authorities: [ca.pem]}}",
        "client certificates need HTTPS; give listener.ssl.certificate and listener.ssl.key too",
    ),
    "a missing certificate": (
        "listener: {ssl: {certificate: gone.crt, key: tls.key}}",
        "gone.crt' cannot be read (No such file or directory); check the path and its permissions",
    ),
    "a folder for a key": ("listener: {ssl: {certificate: tls.crt, key: .}}", "cannot be read (Is a directory)"),
    "a key of another certificate": (
        "listener: {ssl: {certificate: tls.crt, key: other.key}}",
        "tls.crt'; give the key it was made with",
    ),
    "a certificate that is none": (
        "listener: {ssl: {certificate: noise, key: tls.key}}",
        "are not a certificate and a key",
    ),
    "a key with a passphrase": (
        "listener: {ssl: {certificate: tls.crt, key: locked.key}}",
        "locked.key' has a passphrase; take it off with: openssl pkey",
    ),
    "an authority that is none": (
        "elasticsearch: {ssl: {certificate_authorities: [ca.pem, noise]}}",
        "elasticsearch.ssl.certificate_authorities[1]: ",
    ),
    "one port for two": (
        "monitoring: {listen_port: 8383}",
        "monitoring.listen_port: 8383 is also listener.listen_port",
    ),
    "one path for two": (
        "listener: {webhook_path: /collect/}",
        "listener.collect_path: '/collect' is also listener.webhook_path",
    ),
}

BAD_VARIABLES = {
    "a port that is no number": ("LISTENER_LISTEN_PORT", "abc", "(given by AUTH0_ELASTIC_LISTENER_LISTEN_PORT)"),
    "an empty port": ("LISTENER_LISTEN_PORT", "", "listener.listen_port: '' is not a port"),
    "an unknown name": (
        "LISTENER_LISTEN_PROT",
        "1",
        "no such setting; did you mean AUTH0_ELASTIC_LISTENER_LISTEN_PORT?",
    ),
    "a misspelt list item": ("ELASTICSEARCH_HOSTS", "https://a,b", "elasticsearch.hosts[1]: 'b' has no scheme"),
    "a settings file that is gone": ("CONFIG", "gone.yml", "gone.yml: No such file or directory; write one with"),
}


@pytest.fixture
def files(folder: Path, certificates: Path) -> None:
    """The certificates, noise, and a key that only a passphrase opens, in the working directory."""
    for file in certificates.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "noise").write_text("noise")
    (folder / "locked.key").write_bytes(_lock((folder / "tls.key").read_bytes()))


def _lock(key: bytes) -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    plain = form.load_pem_private_key(key, None)
    return plain.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"secret"))


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("text", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused(write: Write, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(text), {})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value), "one defect, one message"


@pytest.mark.parametrize(("name", "value", "message"), BAD_VARIABLES.values(), ids=BAD_VARIABLES)
def test_a_bad_variable_is_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {f"AUTH0_ELASTIC_{name}": value})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_variables_that_are_no_settings_are_allowed() -> None:
    load(None, {"AUTH0_ELASTIC_CACHE": "/x", "AUTH0_ELASTIC_SEND_TOKEN": "x", "AUTH0_ELASTIC_CONFIG": "", "PATH": "/"})


def test_all_problems_are_told_at_once(write: Write) -> None:
    path = write("listener: {listen_port: abc, workers: 1, workers: 0}\nelasticsearch: {username: me}\nspol: {}\n")
    with pytest.raises(ConfigError) as caught:
        load(path, {"AUTH0_ELASTIC_LOGGING_LEVEL": "loud"}, for_serve=True)
    lines = str(caught.value).splitlines()
    assert lines[0] == "8 problems in the settings:"
    keys = ["workers is there twice", "spol:", "listen_port:", "workers:", "level:", "username:", "token:", "ssl.cert"]
    assert all(any(key in line for line in lines[1:]) for key in keys)


def test_what_is_broken_is_not_called_missing_too(write: Write) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write("listener: {authorization_token: 12, behind_proxy: true}"), {}, for_serve=True)
    assert "missing" not in str(caught.value)


def test_a_file_that_is_not_utf_8_is_refused(folder: Path) -> None:
    (folder / "auth0-elastic.yml").write_bytes(b"tags: [\xff]")
    with pytest.raises(ConfigError, match="not UTF-8 text; save it as UTF-8"):
        load(None, {})


@pytest.mark.parametrize("listener", ["0.0.0.0", "127.0.0.1"])
def test_one_port_on_two_addresses_is_refused_only_where_they_overlap(write: Write, listener: str) -> None:
    path = write("monitoring: {listen_address: 127.0.0.2, listen_port: 1}\nlistener: {listen_port: 1}")
    env = {"AUTH0_ELASTIC_LISTENER_LISTEN_ADDRESS": listener}
    if listener == "127.0.0.1":
        load(path, env)
    else:
        with pytest.raises(ConfigError, match="is also"):
            load(path, env)
