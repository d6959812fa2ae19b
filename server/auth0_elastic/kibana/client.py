"""A space of Kibana, over HTTP."""

import base64
import json
import ssl
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

import urllib3

from auth0_elastic.config.settings import Elasticsearch
from auth0_elastic.errors import ConfigError, EngineUnavailable
from auth0_elastic.kibana.definition import Json

# Of Kibana's public APIs; a Kibana that knows several would choose by itself.
_API_VERSION = "2023-10-31"


class Answer(NamedTuple):
    """`content` holds the answer's start as its `message` where it is no object of JSON."""

    status: int
    content: Json

    @property
    def reason(self) -> str:
        return " ".join(str(self.content.get("message", self.content)).split())[:300]


class Space:
    """The URL may name a space (`https://kibana:5601/s/security`).

    Credentials and certificate authorities are those of Elasticsearch, except for its fingerprint.
    """

    def __init__(self, url: str, settings: Elasticsearch) -> None:
        """Raises ConfigError."""
        self._url = _checked(url)
        self._headers = {"kbn-xsrf": "true", "elastic-api-version": _API_VERSION, **_authorization(settings)}
        self._pool = _pool(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.clear()

    def send(self, method: str, path: str, body: Json) -> Answer:
        """Raises EngineUnavailable."""
        return self._request(method, path, json.dumps(body, ensure_ascii=False).encode(), "application/json")

    def upload(self, path: str, filename: str, content: bytes) -> Answer:
        """As a form with one file. Raises EngineUnavailable."""
        body, content_type = urllib3.encode_multipart_formdata({"file": (filename, content, "application/ndjson")})
        return self._request("POST", path, body, content_type)

    def _request(self, method: str, path: str, body: bytes, content_type: str) -> Answer:
        headers = self._headers | {"content-type": content_type}
        try:
            answer = self._pool.request(
                method, self._url + path, body=body, headers=headers, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            reason = " ".join(str(error).split())[:300]
            raise EngineUnavailable(f"no answer from Kibana at {self._url}: {reason}") from error
        return Answer(answer.status, _parsed(answer.data))


def _checked(url: str) -> str:
    split = urlsplit(url)
    if split.scheme not in ("http", "https") or not split.hostname:
        raise ConfigError(f"{url!r} is no URL of Kibana; give one such as https://kibana:5601 or …/s/SPACE")
    if split.username or split.query:
        raise ConfigError("the URL of Kibana holds credentials or a query; give them in the settings of elasticsearch")
    return url.rstrip("/")


def _authorization(settings: Elasticsearch) -> dict[str, str]:
    if settings.api_key:
        key = settings.api_key.reveal()
        return {"authorization": f"ApiKey {_base64(key) if ':' in key else key}"}
    if settings.username and settings.password:
        return {"authorization": f"Basic {_base64(f'{settings.username}:{settings.password.reveal()}')}"}
    return {}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _pool(settings: Elasticsearch) -> urllib3.PoolManager:
    tls = settings.ssl
    if tls.verification_mode == "none":
        return urllib3.PoolManager(timeout=settings.timeout, cert_reqs=ssl.CERT_NONE, assert_hostname=False)
    first, *more = tls.certificate_authorities or (None,)
    context = ssl.create_default_context(cafile=first)
    for path in more:
        context.load_verify_locations(path)
    return urllib3.PoolManager(timeout=settings.timeout, ssl_context=context)


def _parsed(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except ValueError:
        found = body[:200].decode(errors="replace")
    return found if isinstance(found, dict) else {"message": found}
