"""One request to a tenant, over its proxy and certificate authorities: an answer, or why there is none."""

import base64
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote, urlencode, urlsplit

import urllib3
from urllib3 import exceptions as failures

from auth0_elastic.config.settings import Tenant
from auth0_elastic.errors import Auth0Unavailable, ConfigError
from auth0_elastic.log import clean

Method = Literal["GET", "POST", "PATCH", "DELETE"]

_NOT_SENT = (failures.ConnectTimeoutError, failures.NewConnectionError, failures.ProxyError)


@dataclass(frozen=True, slots=True)
class Request:
    """`repeatable` says that to carry it out twice is the same as once."""

    method: Method
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` are found in any case; `body` is the parsed JSON, None where there is none to parse."""

    status: int
    headers: Mapping[str, str]
    raw: bytes = field(repr=False)
    body: Any = field(repr=False)


class NoAnswer(Auth0Unavailable):
    """No whole answer. `sent` says whether Auth0 may have seen the request, `lasting` that asking again is no use."""

    def __init__(self, reason: str, *, sent: bool, lasting: bool = False) -> None:
        super().__init__(reason)
        self.sent, self.lasting = sent, lasting


class Connection:
    """Connections that are kept open and may be shared between threads. Redirects are answers, never followed."""

    def __init__(self, tenant: Tenant) -> None:
        """Raises ConfigError for certificate authorities or a proxy that cannot be used."""
        self._tenant = tenant
        self._http = _pool(tenant)

    def ask(self, request: Request) -> Answer:
        """Raises NoAnswer, also for an answer that is cut off or not the JSON it should be."""
        query = f"?{urlencode(request.params)}" if request.params else ""
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "auth0-elastic"}
        try:
            response = self._http.request(
                request.method,
                f"{self._tenant.base_url}{request.path}{query}",
                body=request.body,
                headers={**headers, **request.headers},
                redirect=False,
            )
        except failures.HTTPError as error:
            raise self._no_answer(error) from None  # the cause may quote the proxy's password
        return Answer(response.status, response.headers, response.data, _parse(request, response.status, response.data))

    def close(self) -> None:
        self._http.clear()

    def _no_answer(self, error: failures.HTTPError) -> NoAnswer:
        untrusted = _untrusted(error)
        if untrusted:
            remedy = f"name the authority that signed it in tenants.{self._tenant.name}.ssl.certificate_authorities"
            return NoAnswer(f"the certificate is not trusted ({untrusted}); {remedy}", sent=False, lasting=True)
        reason = _reason(error, urlsplit(self._tenant.base_url).netloc, self._tenant.timeout)
        return NoAnswer(reason, sent=not isinstance(error, _NOT_SENT))


def _pool(tenant: Tenant) -> urllib3.PoolManager:
    options: dict[str, Any] = {
        "timeout": urllib3.Timeout(connect=tenant.timeout, read=tenant.timeout),
        "retries": False,
        "maxsize": 4,
        "ssl_context": _trust(tenant),
    }
    if tenant.proxy is None:
        return urllib3.PoolManager(**options)
    try:
        proxy = urllib3.util.parse_url(tenant.proxy.reveal())
        credentials = {"Proxy-Authorization": f"Basic {_base64(proxy.auth)}"} if proxy.auth else {}
        return urllib3.ProxyManager(proxy._replace(auth=None).url, proxy_headers=credentials, **options)
    except failures.HTTPError:
        key = f"tenants.{tenant.name}.proxy"
        raise ConfigError(f"{key}: not the URL of a proxy; try http://proxy.example.com:3128") from None


def _base64(credentials: str) -> str:
    return base64.b64encode(unquote(credentials).encode()).decode()


def _trust(tenant: Tenant) -> ssl.SSLContext:
    """The system's authorities, or only those of the settings if there are any."""
    given = tenant.ssl.certificate_authorities
    context = ssl.create_default_context() if not given else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for path in given:
        try:
            context.load_verify_locations(path)
        except OSError as error:  # ssl.SSLError is one too
            key = f"tenants.{tenant.name}.ssl.certificate_authorities"
            raise ConfigError(f"{key}: {path} cannot be used ({error.strerror}); give a PEM file") from error
    return context


def lenient(raw: bytes) -> Any:
    """What JavaScript may write and strict parsers refuse: lone surrogates, control characters, endless integers.

    Raises ValueError or RecursionError.
    """
    return json.loads(raw.decode(errors="replace"), strict=False, parse_int=_int)


def _int(digits: str) -> int | float:
    """Python refuses to read integers of thousands of digits."""
    return int(digits) if len(digits) < 1000 else float(digits)


def _parse(request: Request, status: int, raw: bytes) -> Any:
    good = 200 <= status < 300
    if not raw and not (good and request.method == "GET"):
        return None
    try:
        return lenient(raw)
    except RecursionError:
        return None
    except ValueError:
        if good:
            raise NoAnswer("the answer is cut off or not JSON", sent=True) from None
        return None


def _untrusted(error: failures.HTTPError) -> str:
    cause = _innermost(error)
    return cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else ""


def _reason(error: failures.HTTPError, host: str, timeout: float) -> str:
    """In words of our own, and those of the system: urllib3's quote addresses of objects."""
    if isinstance(error, failures.NameResolutionError):
        return f"the host name of {host} cannot be resolved"
    if isinstance(error, failures.ProxyError):
        return f"the proxy does not connect ({_words(_innermost(error))})"
    if isinstance(error, failures.NewConnectionError):  # in urllib3 it is a ConnectTimeoutError too
        return f"{host} takes no connection ({_words(_innermost(error))})"
    if isinstance(error, failures.ConnectTimeoutError):
        return f"{host} takes no connection within {timeout:g} s"
    if isinstance(error, failures.ReadTimeoutError):
        return f"{host} does not answer within {timeout:g} s"
    return f"{host} broke off the connection ({_words(_innermost(error))})"


def _innermost(error: BaseException) -> BaseException:
    """What urllib3 wraps: in `original_error`, in its arguments, or as the cause."""
    inside = [getattr(error, "original_error", None), *reversed(error.args), error.__cause__]
    wrapped = next((item for item in inside if isinstance(item, BaseException) and item is not error), None)
    return error if wrapped is None else _innermost(wrapped)


def _words(error: BaseException) -> str:
    said = (error.strerror or str(error)) if isinstance(error, OSError) else ""
    return clean(said or type(error).__name__)
