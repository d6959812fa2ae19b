"""Checks between settings, and of the files they name."""

import ssl
from collections.abc import Iterator
from pathlib import Path

from auth0_elastic.config.detect_consistency import detect_problems
from auth0_elastic.config.given import Problem
from auth0_elastic.config.reputation_consistency import reputation_problems
from auth0_elastic.config.settings import Elasticsearch, Listener, ListenerSsl, Settings
from auth0_elastic.config.tenant_consistency import tenant_problems
from auth0_elastic.config.values import is_loopback


def inconsistencies(settings: Settings, *, for_serve: bool) -> Iterator[Problem]:
    """Contradictions; with `for_serve` also what a listener cannot do without."""
    yield from _credential_problems(settings.elasticsearch)
    yield from _certificate_problems(settings.listener.ssl)
    yield from _authority_problems("listener.ssl", settings.listener.ssl.certificate_authorities)
    yield from _authority_problems("elasticsearch.ssl", settings.elasticsearch.ssl.certificate_authorities)
    for tenant in settings.tenants:
        yield from _authority_problems(f"tenants.{tenant.name}.ssl", tenant.ssl.certificate_authorities)
    yield from _port_problems(settings)
    yield from _path_problems(settings.listener)
    yield from _proxy_problems(settings.listener)
    yield from tenant_problems(settings.tenants)
    yield from reputation_problems(settings.reputation)
    yield from detect_problems(settings.detect)
    if for_serve and settings.listener.enabled:
        yield from _missing_for_serve(settings)


def _credential_problems(elasticsearch: Elasticsearch) -> Iterator[Problem]:
    key, user, password = "elasticsearch.api_key", "elasticsearch.username", "elasticsearch.password"
    if elasticsearch.api_key and (elasticsearch.username or elasticsearch.password):
        yield Problem(f"{key}: given together with {user} or password; keep one of the two ways", (key, user, password))
    elif elasticsearch.username and not elasticsearch.password:
        yield Problem(f"{user}: {elasticsearch.username!r} has no password; give {password} too", (user, password))
    elif elasticsearch.password and not elasticsearch.username:
        yield Problem(f"{password}: given without a user name; give {user} too", (password, user))


def _certificate_problems(tls: ListenerSsl) -> Iterator[Problem]:
    certificate, key = "listener.ssl.certificate", "listener.ssl.key"
    if tls.certificate and tls.key:
        yield from _pair_problems(tls.certificate, tls.key)
    elif tls.certificate:
        yield Problem(f"{certificate}: '{tls.certificate}' has no key; give {key} too", (certificate, key))
    elif tls.key:
        yield Problem(f"{key}: '{tls.key}' has no certificate; give {certificate} too", (key, certificate))
    elif tls.certificate_authorities:
        authorities = "listener.ssl.certificate_authorities"
        text = f"{authorities}: client certificates need HTTPS; give {certificate} and {key} too"
        yield Problem(text, (authorities, certificate, key))


def _pair_problems(certificate: Path, key: Path) -> Iterator[Problem]:
    unreadable = [
        problem
        for name, path in (("listener.ssl.certificate", certificate), ("listener.ssl.key", key))
        for problem in _file_problems(name, path)
    ]
    yield from unreadable or _mismatches(certificate, key)


def _mismatches(certificate: Path, key: Path) -> Iterator[Problem]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=_refuse_to_ask)
    except _PassphraseError:
        remedy = "take it off with: openssl pkey -in KEY -out PLAIN_KEY"
        yield Problem(f"listener.ssl.key: '{key}' has a passphrase; {remedy}", ("listener.ssl.key",))
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            remedy = "give the key it was made with"
            yield Problem(f"listener.ssl.key: '{key}' does not match '{certificate}'; {remedy}", ("listener.ssl.key",))
        else:
            yield Problem(
                f"listener.ssl.certificate: '{certificate}' and '{key}' are not a certificate and a key in PEM"
                f" ({error.reason or 'no PEM'}); give files that begin with -----BEGIN",
                ("listener.ssl.certificate", "listener.ssl.key"),
            )


class _PassphraseError(Exception):
    """OpenSSL wants a passphrase, and would ask for it on the terminal."""


def _refuse_to_ask() -> str:
    raise _PassphraseError


def _authority_problems(section: str, paths: tuple[Path, ...]) -> Iterator[Problem]:
    for index, path in enumerate(paths):
        name = f"{section}.certificate_authorities"
        for problem in _file_problems(f"{name}[{index}]", path) or _not_an_authority(f"{name}[{index}]", path):
            yield Problem(problem.text, (name,))


def _not_an_authority(name: str, path: Path) -> list[Problem]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return [Problem(f"{name}: '{path}' holds no certificate in PEM; give a file that begins with -----BEGIN")]
    return []


def _file_problems(name: str, path: Path) -> list[Problem]:
    try:
        path.open("rb").close()
    except OSError as error:
        text = f"{name}: '{path}' cannot be read ({error.strerror}); check the path and its permissions"
        return [Problem(text, (name,))]
    return []


def _port_problems(settings: Settings) -> Iterator[Problem]:
    ours, theirs = settings.monitoring, settings.listener
    addresses = {ours.listen_address, theirs.listen_address}
    if ours.listen_port == theirs.listen_port != 0 and (len(addresses) == 1 or addresses & {"0.0.0.0", "::"}):  # noqa: S104
        key, other = "monitoring.listen_port", "listener.listen_port"
        yield Problem(f"{key}: {ours.listen_port} is also {other}; give it a port of its own", (key, other))


def _path_problems(listener: Listener) -> Iterator[Problem]:
    if listener.collect_path and listener.collect_path.rstrip("/") == listener.webhook_path.rstrip("/"):
        key, other = "listener.collect_path", "listener.webhook_path"
        text = f"{key}: '{listener.collect_path}' is also {other}; give each a path of its own"
        yield Problem(text, (key, other))


def _proxy_problems(listener: Listener) -> Iterator[Problem]:
    allowed, trusted = "listener.allowed_addresses", "listener.trusted_proxies"
    if listener.allowed_addresses and listener.behind_proxy and not listener.trusted_proxies:
        text = f"{allowed}: behind a proxy every request comes from the proxy's address; give {trusted} too"
        yield Problem(text, (allowed, trusted))
    for network in listener.trusted_proxies:
        if network.endswith("/0"):
            yield Problem(f"{trusted}: '{network}' believes everyone; name your proxies only", (trusted,))


def _missing_for_serve(settings: Settings) -> Iterator[Problem]:
    listener, token = settings.listener, "listener.authorization_token"
    is_automatic = any(tenant.log_stream.mode == "automatic" for tenant in settings.tenants)
    if not listener.authorization_token and not is_automatic:
        remedy = "give Auth0's token, or with --config a file that has it; auth0-elastic config init makes one"
        yield Problem(f"{token}: missing; {remedy}", (token,))
    if not (listener.ssl.certificate or listener.behind_proxy or is_loopback(listener.listen_address)):
        certificate, address = "listener.ssl.certificate", "listener.listen_address"
        yield Problem(
            f"{certificate}: missing, but Auth0 demands HTTPS; give {certificate} and listener.ssl.key, or set"
            " listener.behind_proxy to true where a reverse proxy ends TLS, or listen on a loopback address",
            (certificate, "listener.ssl.key", address, "listener.behind_proxy"),
        )
