"""The roles and keys that `setup --print-role` prints, in a real Elasticsearch, over TLS.

That build has no data streams, pipelines and ILM, so these requests are made one by one, and no shipper runs.
"""

import hashlib
import json
import secrets
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineUnavailable


def bulk(engine: Engine, index: str, action: str = "create", document_id: str = "1") -> list[int]:
    """Stores a document; the status of each item of an answer of 200."""
    body = json.dumps({action: {"_id": document_id}}).encode() + b'\n{"@timestamp":"2026-11-21T12:00:00Z"}\n'
    answer = engine.bulk(f"/{index}/_bulk", body, params={"filter_path": "items.*.status"})
    assert answer.status == 200, answer
    return [item[action]["status"] for item in answer.body["items"]]


@pytest.fixture
def namespace() -> str:
    return secrets.token_hex(4)


@pytest.fixture
def with_key(secured_elasticsearch: Any, printed_role: Any) -> Callable[[str], Engine]:
    """A client with a new API key, made of what `setup --print-role … --role-for api-key` prints."""

    def make(name: str) -> Engine:
        key = secured_elasticsearch.admin.call("POST", "/_security/api_key", printed_role(name, "api-key"))
        engine: Engine = secured_elasticsearch.engine(api_key=key["encoded"])
        return engine

    return make


@pytest.fixture
def with_role(secured_elasticsearch: Any, printed_role: Any) -> Callable[..., Engine]:
    """A client with a new user of the role that `setup --print-role` prints."""

    def make(name: str, **settings: str) -> Engine:
        user, password = f"{name}-{secrets.token_hex(4)}", secrets.token_hex(12)
        secured_elasticsearch.admin.call("PUT", f"/_security/role/{user}", printed_role(name, "elasticsearch"))
        body = {"password": password, "roles": [user]}
        secured_elasticsearch.admin.call("PUT", f"/_security/user/{user}", body)
        engine: Engine = secured_elasticsearch.engine(username=user, password=password, **settings)
        return engine

    return make


@pytest.fixture(params=["with_key", "with_role"])
def as_user(request: pytest.FixtureRequest) -> Callable[[str], Engine]:
    made: Callable[[str], Engine] = request.getfixturevalue(request.param)
    return made


def test_the_shipper_may_create_in_its_data_streams_and_look_up_and_take_back(as_user: Any, namespace: str) -> None:
    engine, stream = as_user("shipper"), f"logs-auth0.logs-{namespace}"
    assert engine.distribution == "elasticsearch"
    assert bulk(engine, stream) == [201]
    assert bulk(engine, stream) == [409]
    engine.call("POST", f"/{stream}/_refresh")
    assert engine.call("POST", f"/{stream}/_search")["hits"]["hits"]
    assert engine.request("DELETE", f"/{stream}/_doc/1").status == 200


def test_the_shipper_may_overwrite_nothing_which_is_said_with_200_and_403_an_item(as_user: Any, namespace: str) -> None:
    engine = as_user("shipper")
    bulk(engine, f"logs-auth0.logs-{namespace}")
    assert bulk(engine, f"logs-auth0.logs-{namespace}", "index") == [403]


@pytest.mark.parametrize("role", ["shipper", "detect", "test"])
def test_another_index_is_forbidden_which_is_said_with_200_and_403_an_item(with_key: Any, role: str) -> None:
    assert bulk(with_key(role), "logs-other-default") == [403]


def test_detection_may_read_events_and_store_none_and_keep_its_own(with_key: Any, namespace: str) -> None:
    stream = f"logs-auth0.logs-{namespace}"
    bulk(with_key("shipper"), stream)
    detect = with_key("detect")
    assert detect.request("POST", f"/{stream}/_search").status == 200
    assert bulk(detect, stream, document_id="2") == [403]
    assert bulk(detect, f"logs-auth0.alerts-{namespace}") == [201]
    assert bulk(detect, f"logs-auth0.alerts-{namespace}", "index") == [200]
    assert bulk(detect, f"auth0-elastic-detect-{namespace}", "index") == [201]


def test_setup_may_see_settings_and_change_templates_but_read_and_store_no_event(with_key: Any, namespace: str) -> None:
    bulk(with_key("shipper"), f"logs-auth0.logs-{namespace}")
    setup, template = with_key("setup"), f"/_component_template/logs-auth0.logs@{namespace}"
    assert setup.request("GET", "/_all/_settings").status == 200
    assert setup.request("PUT", template, {"template": {}}).status == 200
    assert setup.request("DELETE", template).status == 200
    assert setup.request("POST", f"/logs-auth0.logs-{namespace}/_search").status == 403
    assert setup.bulk("/_bulk", b'{"create":{"_index":"logs-auth0.logs-x"}}\n{}\n', params={}).status == 403


@pytest.mark.parametrize("role", ["shipper", "detect"])
def test_nobody_else_may_change_a_template(with_key: Any, role: str) -> None:
    assert with_key(role).request("PUT", "/_component_template/x", {"template": {}}).status == 403


def test_a_key_that_is_taken_back_is_401_from_then_on(secured_elasticsearch: Any, with_key: Any) -> None:
    engine = with_key("shipper")
    key = engine.call("GET", "/_security/_authenticate")["api_key"]["id"]
    secured_elasticsearch.admin.call("DELETE", "/_security/api_key", {"ids": [key]})
    assert engine.request("GET", "/_index_template").status == 401


def test_an_authority_is_trusted_by_its_fingerprint(with_role: Any, authority: trustme.CA, namespace: str) -> None:
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())).hexdigest()
    engine = with_role("shipper", ssl_certificate_authorities="", ssl_ca_trusted_fingerprint=digest)
    assert bulk(engine, f"logs-auth0.logs-{namespace}") == [201]


def test_an_expired_certificate_is_said_and_a_new_one_taken_by_the_same_client(
    secured_elasticsearch: Any, authority: trustme.CA, secured_with: Any
) -> None:
    engine, expiry = secured_elasticsearch.admin, datetime(2021, 1, 1, tzinfo=UTC)
    assert engine.request("GET", "/_cluster/health").status == 200
    present(secured_elasticsearch, secured_with(authority.issue_cert("127.0.0.1", not_after=expiry)))
    with pytest.raises(EngineUnavailable, match="certificate has expired; renew it there"):
        secured_elasticsearch.admin  # noqa: B018
    present(secured_elasticsearch, secured_with(authority.issue_cert("127.0.0.1")))
    assert engine.request("GET", "/_cluster/health").status == 200


def present(engine: Any, security: Any) -> None:
    """Puts a new certificate there, and waits until the engine presents it."""
    (engine.config / "node.key").write_text(security.key)
    (engine.config / "node.pem").write_text(security.certificate)
    port = int(engine.url.rpartition(":")[2])
    wanted = security.certificate[: security.certificate.index("-----END")]
    for _ in range(300):
        if wanted in ssl.get_server_certificate(("127.0.0.1", port)):
            return
        threading.Event().wait(0.1)
    raise AssertionError("the engine still presents its former certificate")
