"""The adapter: which client it takes, how it shows who it is, what it trusts, and what it makes of answers."""

import base64
import gzip
import json
import secrets
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.errors import EngineRefused, EngineUnavailable

ELASTICSEARCH = {"X-Elastic-Product": "Elasticsearch"}


def connected(*hosts: str, **settings: str) -> Engine:
    environment = {f"AUTH0_ELASTIC_ELASTICSEARCH_{name.upper()}": value for name, value in settings.items()}
    environment["AUTH0_ELASTIC_ELASTICSEARCH_HOSTS"] = ",".join(hosts)
    return connect(load(None, environment).elasticsearch)


@pytest.mark.parametrize("status", [200, 400, 401, 404, 503])
def test_whoever_says_elasticsearch_on_any_answer_is_elasticsearch(http_server: Any, status: int) -> None:
    assert connected(http_server(headers=ELASTICSEARCH, status=status).url).distribution == "elasticsearch"


def test_whoever_answers_without_saying_so_is_opensearch(http_server: Any) -> None:
    assert connected(http_server().url).distribution == "opensearch"


@pytest.mark.parametrize("status", [401, 403, 502])
def test_whoever_refuses_to_say_is_neither(http_server: Any, status: int) -> None:
    with pytest.raises(EngineUnavailable, match=r"check the credentials, or set elasticsearch\.distribution"):
        connected(http_server(status=status).url)


def test_an_answer_that_is_no_json_is_no_answer(http_server: Any) -> None:
    for headers in (ELASTICSEARCH, {}):
        fake = http_server(headers=headers)
        engine = connected(fake.url)
        fake.body = b'{"cut'
        with pytest.raises(EngineUnavailable):
            engine.request("GET", "/x")


def test_the_setting_overrides_what_the_server_says(http_server: Any) -> None:
    fake = http_server()
    assert connected(fake.url, distribution="opensearch").distribution == "opensearch"
    assert fake.asked == []


def test_the_product_check_of_the_client_is_not_defeated(http_server: Any) -> None:
    engine = connected(http_server().url, distribution="elasticsearch")
    with pytest.raises(EngineUnavailable, match="not Elasticsearch"):
        engine.request("GET", "/_cluster/health")


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(EngineUnavailable, match="no answer from"):
        connected("http://127.0.0.1:1")


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
def test_a_user_shows_a_password(http_server: Any, headers: dict[str, str]) -> None:
    fake = http_server(headers=headers)
    connected(fake.url, username="ann", password="s3cret").request("GET", "/x")
    expected = "Basic " + base64.b64encode(b"ann:s3cret").decode()
    assert {asked.headers.get("authorization") for asked in fake.asked} == {expected}


@pytest.mark.parametrize("key", ["id:key", base64.b64encode(b"id:key").decode()])
def test_an_api_key_is_taken_encoded_or_as_id_and_key(http_server: Any, key: str) -> None:
    fake = http_server(headers=ELASTICSEARCH)
    connected(fake.url, api_key=key).request("GET", "/x")
    assert fake.asked[-1].headers["authorization"] == "ApiKey " + base64.b64encode(b"id:key").decode()


def test_opensearch_has_no_api_keys(http_server: Any) -> None:
    with pytest.raises(EngineUnavailable, match="no API keys"):
        connected(http_server().url, api_key="id:key")


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
def test_a_host_that_is_away_is_passed_over(http_server: Any, headers: dict[str, str]) -> None:
    engine = connected("http://127.0.0.1:1", http_server(headers=headers).url)
    assert [engine.request("GET", "/x").status for _ in range(4)] == [200] * 4


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
def test_a_refusal_is_an_answer_or_an_error_with_its_reason(http_server: Any, headers: dict[str, str]) -> None:
    body = {"error": {"type": "security_exception", "reason": "no permissions", "caused_by": {"reason": "role x"}}}
    fake = http_server(headers=headers)
    engine = connected(fake.url)
    fake.status, fake.body = 403, json.dumps(body).encode()
    assert engine.request("GET", "/x").status == 403
    with pytest.raises(
        EngineRefused, match="GET /x: the engine answered 403: security_exception: no permissions: role x"
    ):
        engine.call("GET", "/x")


@pytest.mark.parametrize("headers", [ELASTICSEARCH, {}])
@pytest.mark.parametrize("level", ["0", "1", "9"])
def test_a_bulk_is_sent_as_it_is_and_compressed_as_the_settings_say(
    http_server: Any, headers: dict[str, str], level: str
) -> None:
    fake = http_server(headers=headers)
    connected(fake.url, compression_level=level).bulk("/x/_bulk", b'{"create":{}}\n{}\n', params={"filter_path": "a,b"})
    path, sent_headers, content = fake.asked[-1]
    assert path in ("POST /x/_bulk?filter_path=a,b", "POST /x/_bulk?filter_path=a%2Cb")
    assert sent_headers.get("content-encoding") == (None if level == "0" else "gzip")
    assert (gzip.decompress(content) if level != "0" else content) == b'{"create":{}}\n{}\n'


@pytest.mark.parametrize("kind", ["opensearch", "elasticsearch"])
def test_a_real_engine_is_recognised_and_takes_a_bulk(
    kind: str, opensearch: RunningEngine, elasticsearch_url: str
) -> None:
    engine = connected(opensearch.url if kind == "opensearch" else elasticsearch_url)
    assert engine.distribution == kind
    index = f"client-{secrets.token_hex(4)}"
    body = b'{"create":{"_id":"1"}}\n{"a":1}\n{"create":{"_id":"1"}}\n{"a":2}\n'
    answer = engine.bulk(f"/{index}/_bulk", body, params={"filter_path": "items.*.status"})
    assert answer.body == {"items": [{"create": {"status": 201}}, {"create": {"status": 409}}]}
    engine.call("DELETE", f"/{index}")
