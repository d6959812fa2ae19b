"""One thin adapter over the clients of Elasticsearch and OpenSearch: requests in, answers out, whatever the status.

Both clients rest on plain HTTP with the same paths, so what differs is how they are made, how they raise, and that
Elasticsearch's client refuses anything that does not say it is Elasticsearch.
"""

import gzip
import warnings
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

import elastic_transport
import elasticsearch
import opensearchpy

from auth0_elastic.config.settings import Elasticsearch as ElasticsearchSettings
from auth0_elastic.engine.cause import cause_of
from auth0_elastic.engine.tls import tls_options
from auth0_elastic.errors import EngineRefused, EngineUnavailable

Distribution = Literal["elasticsearch", "opensearch"]


class Answer(NamedTuple):
    """A status and the parsed body: a dict or list for JSON, otherwise text."""

    status: int
    body: Any


class _Transport(Protocol):
    def __call__(
        self, method: str, path: str, params: Mapping[str, Any] | None, headers: Mapping[str, str], body: Any
    ) -> Answer: ...


class Engine:
    """A search engine that answers; safe to share between threads."""

    def __init__(self, distribution: Distribution, transport: _Transport, compression_level: int = 1) -> None:
        self.distribution = distribution
        self._transport = transport
        self._compression_level = compression_level

    def request(self, method: str, path: str, body: Any = None, *, params: Mapping[str, Any] | None = None) -> Answer:
        """Sends `body` (JSON-like, or bytes as they are) and returns the answer, also one of 4xx or 5xx.

        Raises EngineUnavailable when there is no answer.
        """
        return self._transport(
            method, path, params, {"content-type": "application/json"} if body is not None else {}, body
        )

    def call(self, method: str, path: str, body: Any = None, *, params: Mapping[str, Any] | None = None) -> Any:
        """Like `request`, but returns the body alone and raises EngineRefused for a status of 400 or more."""
        answer = self.request(method, path, body, params=params)
        if answer.status >= 400:
            raise EngineRefused(method, path, answer.status, reason_of(answer.body))
        return answer.body

    def bulk(self, path: str, body: bytes, *, params: Mapping[str, Any]) -> Answer:
        """Posts newline-delimited actions, compressed as the settings say. Raises EngineUnavailable."""
        headers = {"content-type": "application/json"}
        if self._compression_level:
            body = gzip.compress(body, self._compression_level, mtime=0)
            headers["content-encoding"] = "gzip"
        return self._transport("POST", path, params, headers, body)


def connect(settings: ElasticsearchSettings) -> Engine:
    """An Engine for these settings; asks the server which of the two it is unless the settings say so.

    Raises EngineUnavailable when nobody answers.
    """
    distribution = settings.distribution if settings.distribution != "auto" else _discover(settings)
    transport = _elasticsearch(settings) if distribution == "elasticsearch" else _opensearch(settings)
    return Engine(distribution, transport, settings.compression_level)


def reason_of(body: Any) -> str:
    """The reason of an error body as one line, of at most 500 characters."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        causes = [error.get("caused_by"), *error.get("root_cause", ())]
        cause: dict[str, Any] = next((each for each in causes if each), {})
        parts = [error.get("type"), error.get("reason"), cause.get("reason")]
        error = ": ".join(str(part) for part in dict.fromkeys(parts) if part) or error
    return " ".join(str(error).split())[:500]


def _discover(settings: ElasticsearchSettings) -> Distribution:
    """Elasticsearch says X-Elastic-Product on every answer, whatever its status."""
    with _client(settings) as client:
        try:
            meta = client.perform_request("GET", "/", headers={"accept": "application/json"}).meta
        except elasticsearch.ApiError as error:  # UnsupportedProductError is one of them
            meta = error.meta
        except elastic_transport.TransportError as error:
            raise _unavailable(settings, error) from error
    if meta.headers.get("x-elastic-product") == "Elasticsearch":
        return "elasticsearch"
    if meta.status < 300:
        return "opensearch"
    # Without valid credentials neither says who it is.
    raise EngineUnavailable(
        f"{', '.join(settings.hosts)} answered {meta.status} and does not say what it is; check the credentials, or "
        "set elasticsearch.distribution to elasticsearch or opensearch"
    )


def _elasticsearch(settings: ElasticsearchSettings) -> _Transport:
    client = _client(settings)

    def send(method: str, path: str, params: Mapping[str, Any] | None, headers: Mapping[str, str], body: Any) -> Answer:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", elasticsearch.ElasticsearchWarning)
                found = client.perform_request(
                    method, path, params=params, headers={"accept": "application/json", **headers}, body=body
                )
        except elasticsearch.UnsupportedProductError as error:
            raise EngineUnavailable(
                "this server is not Elasticsearch; set elasticsearch.distribution to opensearch or auto"
            ) from error
        except elasticsearch.ApiError as error:
            return Answer(error.meta.status, error.body)
        except elastic_transport.TransportError as error:
            raise _unavailable(settings, error) from error
        return Answer(found.meta.status, found.body)

    return send


def _client(settings: ElasticsearchSettings) -> elasticsearch.Elasticsearch:
    options: dict[str, Any] = {}
    if settings.api_key:
        key = settings.api_key.reveal()
        options["api_key"] = tuple(key.split(":", 1)) if ":" in key else key
    elif settings.username and settings.password:
        options["basic_auth"] = (settings.username, settings.password.reveal())
    return elasticsearch.Elasticsearch(
        list(settings.hosts),
        request_timeout=settings.timeout,
        max_retries=len(settings.hosts) - 1,
        retry_on_status=(),
        **options,
        **tls_options(settings),
    )


def _opensearch(settings: ElasticsearchSettings) -> _Transport:
    options: dict[str, Any] = {}
    if settings.api_key:
        raise EngineUnavailable("OpenSearch has no API keys; set elasticsearch.username and elasticsearch.password")
    if settings.username and settings.password:
        options["http_auth"] = (settings.username, settings.password.reveal())
    transport = opensearchpy.OpenSearch(
        list(settings.hosts),
        timeout=settings.timeout,
        max_retries=len(settings.hosts) - 1,
        retry_on_status=(),
        pool_maxsize=16,
        **options,
        **tls_options(settings),
    ).transport

    def send(method: str, path: str, params: Mapping[str, Any] | None, headers: Mapping[str, str], body: Any) -> Answer:
        try:
            found = transport.perform_request(method, path, params=dict(params or {}), headers=dict(headers), body=body)
        except (opensearchpy.exceptions.ConnectionError, opensearchpy.exceptions.SerializationError) as error:
            raise _unavailable(settings, error) from error
        except opensearchpy.exceptions.TransportError as error:
            return Answer(int(error.status_code), error.info if error.info is not None else error.error)
        return Answer(200, found)

    return send


def _unavailable(settings: ElasticsearchSettings, error: Exception) -> EngineUnavailable:
    return EngineUnavailable(f"no answer from {', '.join(settings.hosts)}: {cause_of(error)}")
