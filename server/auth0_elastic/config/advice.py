"""What is allowed but rarely meant: hints that `config check` gives."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from auth0_elastic.config.load import Loaded
from auth0_elastic.config.settings import Elasticsearch, Listener
from auth0_elastic.config.values import is_loopback

ADVISED_TOKEN_LENGTH = 20


def advise(loaded: Loaded) -> Iterator[str]:
    """One line a hint, with key and remedy; never a secret."""
    yield from _about_listener(loaded.settings.listener)
    yield from _about_elasticsearch(loaded.settings.elasticsearch)
    yield from _about_file(loaded)


def _about_listener(listener: Listener) -> Iterator[str]:
    if any(len(token.reveal()) < ADVISED_TOKEN_LENGTH for token in listener.authorization_token):
        remedy = "auth0-elastic config init makes a long one"
        yield f"listener.authorization_token: shorter than {ADVISED_TOKEN_LENGTH} characters; {remedy}"
    if listener.behind_proxy and not listener.ssl.certificate and not is_loopback(listener.listen_address):
        remedy = "make sure that only the proxy can reach it"
        yield f"listener.listen_address: {listener.listen_address} speaks plain HTTP; {remedy}"
    if listener.behind_proxy and not listener.trusted_proxies:
        yield "listener.trusted_proxies: does not name the proxy, so the log shows its address for every sender's"


def _about_elasticsearch(elasticsearch: Elasticsearch) -> Iterator[str]:
    if elasticsearch.ssl.verification_mode == "none":
        yield "elasticsearch.ssl.verification_mode: none trusts any server; give certificate_authorities and full"
    remote = [host for host in elasticsearch.hosts if _is_plain_and_remote(host)]
    if remote and (elasticsearch.api_key or elasticsearch.password):
        yield f"elasticsearch.hosts: {remote[0]} is sent the credentials unencrypted; use https"


def _is_plain_and_remote(host: str) -> bool:
    url = urlsplit(host)
    return url.scheme == "http" and not is_loopback(url.hostname or "")


def _about_file(loaded: Loaded) -> Iterator[str]:
    holds_secret = any(leaf.is_secret and _stands_in_file(loaded, leaf.path) for leaf in loaded.schema.leaves)
    if loaded.path and holds_secret and loaded.path.stat().st_mode & 0o077:
        yield f"{loaded.path}: holds a secret and others may read it; chmod 600 {loaded.path}"


def _stands_in_file(loaded: Loaded, path: tuple[str, ...]) -> bool:
    given = loaded.given.get(path)
    return given is not None and given.value is not None and not given.is_from_elsewhere
