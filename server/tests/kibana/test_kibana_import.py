"""The import into Kibana, against an HTTP server that takes requests apart as Kibana would."""

import base64
import email.parser
import email.policy
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner

from auth0_elastic.cli import main
from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.errors import ConfigError, EngineError, EngineUnavailable
from auth0_elastic.kibana.load import install
from auth0_elastic.package_files import find_package

Json = dict[str, Any]


@dataclass
class Kibana:
    """Keeps what it was sent; answers as the APIs do, the import with `answer` instead, and has `rules` by rule_id."""

    url: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    filename: str = ""
    objects: list[Json] = field(default_factory=list)
    answer: tuple[int, Any] | None = None
    rules: dict[str, Json] = field(default_factory=dict)
    rules_path: str = ""
    refusal: tuple[int, Json] | None = None

    def take(self, asked: Any) -> tuple[int, bytes]:
        if asked.line.endswith("/api/detection_engine/rules"):
            status, said = self.refusal or self.take_rule(asked)
            return status, json.dumps(said).encode()
        self.path, self.headers = asked.line.removeprefix("POST "), asked.headers
        head = b"Content-Type: " + self.headers["content-type"].encode() + b"\r\n\r\n"
        (part,) = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + asked.body).iter_parts()
        assert part.get_param("name", header="content-disposition") == "file"
        self.filename = str(part.get_filename())
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        self.objects = [json.loads(line) for line in content.splitlines()]
        done = [{"type": each["type"], "id": each["id"]} for each in self.objects]
        status, answer = self.answer or (200, {"success": True, "successCount": len(done), "successResults": done})
        return status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def take_rule(self, asked: Any) -> tuple[int, Json]:
        assert asked.headers["kbn-xsrf"] == "true"
        method, self.rules_path = asked.line.split(" ")
        rule = json.loads(asked.body)
        name = rule["rule_id"]
        if (name in self.rules) == (method == "POST"):
            says = "already exists" if method == "POST" else "not found"
            status = 409 if method == "POST" else 404
            return status, {"message": f'rule_id: "{name}" {says}', "status_code": status}
        self.rules[name] = self.rules.get(name, {}) | rule
        return 200, self.rules[name]


@pytest.fixture
def start(http_server: Any) -> Callable[..., Kibana]:
    def start(context: ssl.SSLContext | None = None) -> Kibana:
        kibana = Kibana()
        kibana.url = http_server(context, answer=kibana.take).url
        return kibana

    return start


def settings(**given: str) -> Settings:
    return load(None, {f"AUTH0_ELASTIC_ELASTICSEARCH_{key.upper()}": value for key, value in given.items()})


def test_every_object_of_the_package_is_imported_in_place_of_its_former_self(start: Callable[..., Kibana]) -> None:
    kibana = start()
    imported = install(kibana.url, settings())
    assert kibana.path == "/api/saved_objects/_import?overwrite=true"
    assert kibana.headers["kbn-xsrf"] == "true"
    assert kibana.filename.endswith(".ndjson")  # Kibana refuses any other
    files = {path.stem for path in (find_package() / "kibana").glob("*/*.json")}
    assert {name.split("/")[1] for name in imported} == files
    assert {each["id"] for each in kibana.objects} == files - kibana.rules.keys()
    assert kibana.objects[0]["type"] == "tag"


def test_every_rule_of_the_package_is_made_and_is_off(start: Callable[..., Kibana]) -> None:
    kibana = start()
    made = {name for name in install(f"{kibana.url}/s/security", settings()) if name.startswith("security-rule/")}
    assert kibana.rules_path == "/s/security/api/detection_engine/rules"
    assert made == {f"security-rule/{name}" for name in kibana.rules}
    assert len(made) == len(list((find_package() / "kibana/security_rule").glob("*.json"))) > 20
    assert {rule["enabled"] for rule in kibana.rules.values()} == {False}


def test_a_rule_that_is_there_is_renewed_and_keeps_what_is_the_operators(start: Callable[..., Kibana]) -> None:
    kibana = start()
    install(kibana.url, settings())
    fresh = {name: dict(rule) for name, rule in kibana.rules.items()}
    first = next(iter(kibana.rules.values()))
    first |= {"enabled": True, "query": "old", "exceptions_list": [{"id": "monitoring"}]}
    install(kibana.url, settings())
    renewed = kibana.rules[first["rule_id"]]
    assert renewed == fresh[first["rule_id"]] | {"enabled": True, "exceptions_list": [{"id": "monitoring"}]}


@pytest.mark.parametrize(
    ("status", "said", "message"),
    [
        (403, {"message": "API [PATCH …] is unauthorized", "status_code": 403}, "403 .*unauthorized.*Security: all"),
        (404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}, "404 .*Not Found"),
        (400, {"error": "Bad Request", "message": "[request body]: type"}, "400 to the detection rule 'Auth0: "),
    ],
)
def test_a_refused_rule_says_why(start: Callable[..., Kibana], status: int, said: Json, message: str) -> None:
    kibana = start()
    kibana.refusal = (status, said)
    with pytest.raises(EngineError, match=message):
        install(kibana.url, settings())


def test_kibana_is_sent_texts_where_it_wants_texts(start: Callable[..., Kibana]) -> None:
    kibana = start()
    install(kibana.url, settings())
    (overview,) = (each for each in kibana.objects if each["id"] == "auth0-overview")
    assert len(json.loads(overview["attributes"]["panelsJSON"])) > 10
    assert isinstance(overview["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"], str)


@pytest.mark.parametrize("space", ["/s/security", "/s/security/", "/base/s/security"])
def test_the_url_may_name_a_space(start: Callable[..., Kibana], space: str) -> None:
    kibana = start()
    install(kibana.url + space, settings())
    assert kibana.path == f"{space.rstrip('/')}/api/saved_objects/_import?overwrite=true"


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, None),
        ({"api_key": "aWQ6a2V5"}, "ApiKey aWQ6a2V5"),
        ({"api_key": "id:key"}, "ApiKey aWQ6a2V5"),
        ({"username": "ann", "password": "pä:ss"}, f"Basic {base64.b64encode('ann:pä:ss'.encode()).decode()}"),
    ],
)
def test_the_credentials_are_those_of_elasticsearch(
    start: Callable[..., Kibana], given: dict[str, str], header: str | None
) -> None:
    kibana = start()
    install(kibana.url, settings(**given))
    assert kibana.headers.get("authorization") == header


def test_the_certificate_is_verified_against_the_named_authorities(
    start: Callable[..., Kibana], tmp_path: Path
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    kibana = start(context)
    assert install(kibana.url, settings(ssl_certificate_authorities=str(tmp_path / "ca.pem")))
    with pytest.raises(EngineUnavailable, match="certificate verify failed"):
        install(kibana.url, settings())


FAILURES: dict[str, tuple[int, Any, str]] = {
    "a refusal": (403, {"statusCode": 403, "message": "Unable to bulk_create dashboard"}, "403.*Unable to bulk_create"),
    "a web page": (502, b"<html>Bad Gateway</html>", "502.*Bad Gateway"),
    "a login page": (302, b"", "302"),
    "a part that failed": (
        200,
        {
            "success": False,
            "errors": [
                {
                    "type": "dashboard",
                    "id": "auth0-mfa",
                    "error": {"type": "missing_references", "references": [{"type": "search", "id": "auth0-mfa"}]},
                }
            ],
        },
        "dashboard/auth0-mfa: missing_references search/auth0-mfa",
    ),
}


@pytest.mark.parametrize(("status", "body", "message"), FAILURES.values(), ids=FAILURES)
def test_a_failed_import_says_why(start: Callable[..., Kibana], status: int, body: Any, message: str) -> None:
    kibana = start()
    kibana.answer = (status, body)
    with pytest.raises(EngineError, match=message):
        install(kibana.url, settings(api_key="very-secret-key"))


def test_nobody_at_the_address_is_said_so() -> None:
    with pytest.raises(EngineUnavailable, match="no answer from Kibana at http"):
        install("http://127.0.0.1:1", settings())


@pytest.mark.parametrize(
    "url", ["kibana:5601", "ftp://kibana", "https://ann:secret@kibana:5601", "https://kibana/?a=1"]
)
def test_a_url_that_is_none_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        install(url, settings())
    assert "secret" not in str(refused.value)


def test_setup_imports_them_after_the_installation(
    start: Callable[..., Kibana], opensearch: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kibana = start()
    monkeypatch.setenv("AUTH0_ELASTIC_ELASTICSEARCH_HOSTS", opensearch.url)
    result = CliRunner().invoke(main, ["setup", "--kibana", f"{kibana.url}/s/security"])
    assert result.exit_code == 0, result.output
    assert (
        f"Imported {len(kibana.objects) + len(kibana.rules)} dashboards, searches, data views and detection rules"
        in " ".join(result.output.split())
    )
    assert kibana.path.startswith("/s/security/")
