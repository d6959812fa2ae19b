"""Whether the listener answers, demands the token and takes it; from here, and by the address that Auth0 has."""

import socket
import warnings
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import urllib3

from auth0_elastic.config.settings import Listener, Settings
from auth0_elastic.config.values import is_ip_address
from auth0_elastic.doctor.finding import Finding
from auth0_elastic.errors import SpoolError
from auth0_elastic.log_stream.rotate import custom_headers
from auth0_elastic.receive.source_address import Sources
from auth0_elastic.secret import Secret
from auth0_elastic.tokens import TokenStore

SECONDS = 10.0
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to find one that listens everywhere


def examine_listener(settings: Settings) -> Iterator[Finding]:
    """Nothing is stored by it: the posts are empty."""
    listener, tokens = settings.listener, settings.listener.authorization_token
    try:
        tokens += TokenStore(settings.spool.path).valid()
    except SpoolError as error:
        problem, _, remedy = str(error).rpartition("; ")
        yield Finding("listener", "problem", problem, remedy)
    if listener.listen_port == 0:
        yield Finding("listener", "skipped", "nobody but the server knows which free port it took (listen_port: 0)")
    elif not _is_open(listener):
        where = f"{local_host(listener)}:{listener.listen_port}"
        yield Finding("listener", "problem", f"nobody listens at {where}", "start auth0-elastic serve")
    elif not _lets_this_machine_in(listener):
        yield Finding("listener", "skipped", "it listens; more it tells only listener.allowed_addresses")
    elif listener.ssl.certificate_authorities:
        yield Finding("listener", "skipped", "it listens; more it tells only clients with a certificate")
    else:
        yield from _token_findings("listener", _local_url(listener), tokens, {}, trust=False)
    for tenant in settings.tenants:
        if tenant.log_stream.url:
            check, headers = f"{tenant.name}: payload URL", custom_headers(tenant)
            if listener.allowed_addresses and not isinstance(_post(tenant.log_stream.url, headers, True), int):
                yield Finding(check, "skipped", f"{tenant.log_stream.url}: may answer only listener.allowed_addresses")
            else:
                yield from _token_findings(check, tenant.log_stream.url, tokens, headers, trust=True)


def _token_findings(
    check: str, url: str, tokens: tuple[Secret, ...], headers: Mapping[str, str], *, trust: bool
) -> Iterator[Finding]:
    """With the `headers` that Auth0 sends along; `trust`: the certificate is verified, as Auth0 does."""
    without = _post(url, headers, trust)
    if isinstance(without, str):
        yield Finding(check, "problem", f"{url}: {without}", "check the address, the way to it, and its certificate")
        return
    if without == 404:
        yield Finding(check, "problem", f"{url}: answers 404", "check listener.webhook_path and the proxy's way to it")
        return
    if without == 403:
        yield Finding(check, "skipped", f"{url}: answers only listener.allowed_addresses")
        return
    if without not in (401, 429):  # 429: there have been many without a token before
        yield Finding(check, "problem", f"{url}: answers {without} without a token, and should answer 401", _IS_IT_OURS)
        return
    if not tokens:
        yield Finding(check, "ok", f"{url}: answers, and demands a token")
        return
    with_tokens = ({**headers, "Authorization": token.reveal()} for token in tokens)
    refused = [number for number, sent in enumerate(with_tokens, 1) if _post(url, sent, trust) != 200]
    if refused:
        text = f"{url}: does not take the token of the settings (the {_ordinals(refused)})"
        yield Finding(check, "problem", text, "restart the server, which reads the settings at its start")
    else:
        yield Finding(check, "ok", f"{url}: answers, demands the token, and takes it")


_IS_IT_OURS = "see whether it is auth0-elastic that answers there, and whether a proxy adds a token"


def _ordinals(numbers: list[int]) -> str:
    return ", ".join(f"{number}." for number in numbers)


def _post(url: str, headers: Mapping[str, str], trust: bool) -> int | str:
    """The status, or why there is none."""
    verification = "CERT_REQUIRED" if trust else "CERT_NONE"
    with (
        warnings.catch_warnings(action="ignore", category=urllib3.exceptions.InsecureRequestWarning),
        urllib3.PoolManager(cert_reqs=verification, retries=False, timeout=SECONDS) as pool,
    ):
        try:
            return pool.request("POST", url, body=b"", headers=headers, redirect=False).status
        except urllib3.exceptions.HTTPError as error:
            return _reason(error)


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", None) or error
    return str(inner).partition("> ")[2] or str(inner)


def _lets_this_machine_in(listener: Listener) -> bool:
    host = local_host(listener)
    return not is_ip_address(host) or Sources(listener.allowed_addresses, ()).may_post(host)


def _is_open(listener: Listener) -> bool:
    try:
        socket.create_connection((local_host(listener), listener.listen_port), SECONDS).close()
    except OSError:
        return False
    return True


def local_host(listener: Listener) -> str:
    """Where the listener is found from here."""
    return _EVERY_ADDRESS.get(listener.listen_address, listener.listen_address)


def _local_url(listener: Listener) -> str:
    scheme = "https" if listener.ssl.certificate else "http"
    host = local_host(listener)
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{listener.listen_port}{listener.webhook_path}"
    return urlsplit(url).geturl()
