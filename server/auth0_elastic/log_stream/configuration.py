"""What a log stream can be told: read from Auth0's answers, and written as Auth0 takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from auth0_elastic.secret import Secret

HTTP: Final = "http"
CONTENT_TYPE: Final = "application/json"


class Header(NamedTuple):
    name: str
    value: Secret


@dataclass(frozen=True, slots=True)
class Configuration:
    """`filters` and `pii_fields` are empty where all is sent, and where nothing is hidden."""

    name: str
    endpoint: str = field(repr=False)  # a query may hold a token
    authorization: Secret
    content_format: str
    content_type: str
    custom_headers: tuple[Header, ...]
    filters: frozenset[str]
    priority: bool
    pii_fields: frozenset[str]
    pii_method: str


@dataclass(frozen=True, slots=True)
class Existing:
    """A log stream of Auth0's, of type http; `status` is active, paused or suspended."""

    id: str
    status: str
    configuration: Configuration = field(repr=False)

    @property
    def name(self) -> str:
        return self.configuration.name

    @property
    def endpoint(self) -> str:
        """Without what may be a secret: a password and the query."""
        return shown_url(self.configuration.endpoint)


def existing(stream: Mapping[str, Any]) -> Existing:
    """Of one that Auth0 answered with, whatever it leaves out."""
    sink, pii = _mapping(stream.get("sink")), _mapping(stream.get("pii_config"))
    configuration = Configuration(
        name=str(stream.get("name") or ""),
        endpoint=str(sink.get("httpEndpoint") or ""),
        authorization=Secret(str(sink.get("httpAuthorization") or "")),
        content_format=str(sink.get("httpContentFormat") or ""),
        content_type=str(sink.get("httpContentType") or ""),
        custom_headers=tuple(_headers(sink.get("httpCustomHeaders"))),
        filters=frozenset(str(each.get("name")) for each in _mappings(stream.get("filters"))),
        priority=bool(stream.get("isPriority")),
        pii_fields=frozenset(map(str, pii.get("log_fields") or ())),
        pii_method=str(pii.get("method") or ""),
    )
    return Existing(str(stream.get("id") or ""), str(stream.get("status") or ""), configuration)


def created(configuration: Configuration, start_from: str | None) -> dict[str, Any]:
    """The body of a POST; `start_from` is a time as Auth0 writes it."""
    body = {"type": HTTP, **_common(configuration), "isPriority": configuration.priority}
    return body | ({"startFrom": start_from} if start_from else {})


def patched(configuration: Configuration, *, priority: bool = False) -> dict[str, Any]:
    """The body of a PATCH to all of it; `isPriority`, which Auth0 may refuse to change, only with `priority`."""
    return _common(configuration) | ({"isPriority": configuration.priority} if priority else {})


def patched_status(stream: Existing, status: str) -> dict[str, Any]:
    """The body of a PATCH to the status alone."""
    return {"status": status, **_pii(stream.configuration)}


def patched_authorization(stream: Existing, token: Secret) -> dict[str, Any]:
    """The body of a PATCH to the token alone."""
    return {"sink": {**_sink(stream.configuration), "httpAuthorization": token.reveal()}, **_pii(stream.configuration)}


def shown_url(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _common(configuration: Configuration) -> dict[str, Any]:
    body: dict[str, Any] = {"name": configuration.name, "sink": _sink(configuration), **_pii(configuration)}
    if configuration.filters or not configuration.priority:  # Auth0 gives a priority stream a filter of its own
        body["filters"] = [{"type": "category", "name": name} for name in sorted(configuration.filters)]
    return body


def _sink(configuration: Configuration) -> dict[str, Any]:
    sink: dict[str, Any] = {
        "httpEndpoint": configuration.endpoint,
        "httpAuthorization": configuration.authorization.reveal(),
        "httpContentFormat": configuration.content_format,
        "httpContentType": configuration.content_type,
        "httpCustomHeaders": [
            {"header": header.name, "value": header.value.reveal()} for header in configuration.custom_headers
        ],
    }
    return {key: value for key, value in sink.items() if value != ""}


def _pii(configuration: Configuration) -> dict[str, Any]:
    """Belongs into every PATCH: Auth0 takes one without it for the wish to hide nothing any more."""
    if not configuration.pii_fields:
        return {}
    fields = sorted(configuration.pii_fields)
    return {"pii_config": {"log_fields": fields, "method": configuration.pii_method or "mask", "algorithm": "xxhash"}}


def _headers(found: Any) -> list[Header]:
    return [Header(str(each.get("header")), Secret(str(each.get("value") or ""))) for each in _mappings(found)]


def _mappings(found: Any) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
