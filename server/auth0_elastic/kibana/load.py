"""Imports the package's saved objects into a space of Kibana."""

import base64
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from auth0_elastic.config.settings import Elasticsearch, Settings
from auth0_elastic.errors import ConfigError, EngineError, EngineUnavailable
from auth0_elastic.kibana.definition import Json
from auth0_elastic.kibana.saved_objects import encoded
from auth0_elastic.package_files import find_package

_IMPORT = "/api/saved_objects/_import?overwrite=true"
# What others refer to comes first, so that the file reads in the order in which it makes sense.
_FOLDERS = ("tag", "index_pattern", "search", "dashboard")


def install(kibana_url: str, settings: Settings) -> list[str]:
    """Imports every object, in place of an older one of the same id; returns `type/id` of each.

    The URL may name a space (`https://kibana:5601/s/security`). The credentials and certificate authorities are
    those of Elasticsearch, except for its fingerprint. Raises ConfigError, EngineUnavailable or EngineError.
    """
    url = _checked(kibana_url)
    body, content_type = urllib3.encode_multipart_formdata(
        {"file": ("auth0.ndjson", ndjson(find_package()), "application/ndjson")}
    )
    headers = {"kbn-xsrf": "true", "content-type": content_type, **_authorization(settings.elasticsearch)}
    with _pool(settings.elasticsearch) as pool:
        try:
            answer = pool.request("POST", url + _IMPORT, body=body, headers=headers, retries=False, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise EngineUnavailable(f"no answer from Kibana at {url}: {' '.join(str(error).split())[:300]}") from error
    return _imported(answer.status, answer.data)


def ndjson(package: Path) -> bytes:
    """All saved objects of the package, one on a line, as the import API takes them."""
    return b"".join(json.dumps(encoded(each), ensure_ascii=False).encode() + b"\n" for each in _objects(package))


def _objects(package: Path) -> Iterator[Json]:
    for folder in _FOLDERS:
        for path in sorted((package / "kibana" / folder).glob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))


def _checked(kibana_url: str) -> str:
    split = urlsplit(kibana_url)
    if split.scheme not in ("http", "https") or not split.hostname:
        raise ConfigError(f"{kibana_url!r} is no URL of Kibana; give one such as https://kibana:5601 or …/s/SPACE")
    if split.username or split.query:
        raise ConfigError("the URL of Kibana holds credentials or a query; give them in the settings of elasticsearch")
    return kibana_url.rstrip("/")


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


def _imported(status: int, body: bytes) -> list[str]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {"message": body[:200].decode(errors="replace")}
    if status != 200 or not isinstance(answer, dict):
        reason = answer.get("message", answer) if isinstance(answer, dict) else answer
        raise EngineError(f"Kibana answered {status} to the import: {' '.join(str(reason).split())[:300]}")
    if not answer.get("success"):
        raise EngineError(f"Kibana did not import everything: {_failures(answer)}")
    return sorted(f"{each['type']}/{each['id']}" for each in answer.get("successResults", []))


def _failures(answer: Json) -> str:
    failed = [f"{each.get('type')}/{each.get('id')}: {_reason(each)}" for each in answer.get("errors", [])]
    return "; ".join(failed)[:500] or "it gives no reason"


def _reason(failure: Json) -> str:
    error = failure.get("error", {})
    missing = [f"{each.get('type')}/{each.get('id')}" for each in error.get("references", [])]
    return " ".join([str(error.get("message") or error.get("type", "unknown")), *missing])
