"""What is said of a tenant: its credentials, its scopes and its log stream; against the local Auth0."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.doctor.finding import Finding
from auth0_elastic.doctor.listener import examine_listener
from auth0_elastic.doctor.tenants import examine_tenant
from auth0_elastic.local_auth0 import LocalAuth0
from auth0_elastic.log_stream.desired import desired
from auth0_elastic.log_stream.manage import make
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.secret import Secret

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TOKEN = "tok-0123456789-0123456789"


@pytest.fixture
def auth0() -> Iterator[LocalAuth0]:
    with LocalAuth0() as auth0:
        yield auth0


@pytest.fixture
def settings(auth0: LocalAuth0, tmp_path: Path) -> Settings:
    variables = {
        "LISTENER_AUTHORIZATION_TOKEN": TOKEN,
        "SPOOL_PATH": str(tmp_path),
        "TENANTS_ACME_BASE_URL": auth0.base_url,
        "TENANTS_ACME_AUDIENCE": auth0.audience,
        "TENANTS_ACME_CLIENT_ID": "local-client",
        "TENANTS_ACME_CLIENT_SECRET": "local-secret",
        "TENANTS_ACME_POLL_ENABLED": "true",
        "TENANTS_ACME_LOG_STREAM_URL": "https://collector.example.com/auth0/logs",
    }
    return load(Path("/dev/null"), {f"AUTH0_ELASTIC_{name}": value for name, value in variables.items()})


def findings(settings: Settings) -> dict[str, Finding]:
    (tenant,) = settings.tenants
    return {finding.check: finding for finding in examine_tenant(settings, tenant, NOW, sleep=lambda seconds: None)}


def test_a_tenant_without_a_log_stream_is_told_how_to_make_one(settings: Settings) -> None:
    found = findings(settings)
    assert [finding.state for finding in found.values()] == ["ok", "ok", "problem"]
    assert found["acme: log stream auth0-elastic"].remedy == "run `auth0-elastic stream create`"


def test_a_tenant_that_is_only_polled_needs_no_log_stream(auth0: LocalAuth0, settings: Settings) -> None:
    auth0.tenant.client.scopes = frozenset({"read:logs"})
    (tenant,) = settings.tenants
    polled = replace(tenant, log_stream=replace(tenant.log_stream, url=None))
    found = findings(replace(settings, tenants=(polled,)))
    assert {check: finding.state for check, finding in found.items()} == {"acme: logs": "ok"}


def test_damaged_tokens_do_not_keep_the_rest_from_being_told(settings: Settings) -> None:
    (settings.spool.path / "tokens.json").write_text("{")
    assert {finding.state for finding in findings(settings).values()} == {"ok"}
    first = next(iter(examine_listener(settings)))
    assert (first.check, first.state) == ("listener", "problem")
    assert "tokens.json: is damaged" in first.text
    assert "`auth0-elastic stream update`" in first.remedy


def test_a_stream_that_points_here_is_well(settings: Settings) -> None:
    (tenant,) = settings.tenants
    make(ManagementApi(tenant), desired(tenant, Secret(TOKEN)), None)
    found = findings(settings)["acme: log stream auth0-elastic"]
    assert (found.state, found.text) == ("ok", "active, and points to https://collector.example.com/auth0/logs")


def test_a_scope_that_lacks_is_named(auth0: LocalAuth0, settings: Settings) -> None:
    auth0.tenant.client.scopes = frozenset(auth0.tenant.client.scopes) - {"read:logs"}
    found = findings(settings)
    assert found["acme: logs"].state == "problem"
    assert "lacks the scope read:logs" in found["acme: logs"].remedy
    assert found["acme: log streams"].state == "ok"


def test_a_wrong_secret_is_told_without_showing_it(settings: Settings) -> None:
    (tenant,) = settings.tenants
    settings = replace(settings, tenants=(replace(tenant, client_secret=Secret("not-the-one")),))
    found = findings(settings)
    assert {finding.state for finding in found.values()} == {"problem"}
    assert all("check tenants.acme.client_id and tenants.acme.client_secret" in each.remedy for each in found.values())
    assert "not-the-one" not in str(found)


def test_an_auth0_that_does_not_answer_is_a_problem(auth0: LocalAuth0, settings: Settings) -> None:
    auth0.stop()
    (tenant,) = settings.tenants
    settings = replace(settings, tenants=(replace(tenant, poll=replace(tenant.poll, enabled=False)),))
    found = findings(settings)
    assert [finding.state for finding in found.values()] == ["problem"]
    assert found["acme: log streams"].remedy == "check tenants.acme.base_url and the network"


def test_the_payload_url_is_asked_as_auth0_asks_it(http_server: Any, settings: Settings) -> None:
    """A proxy on the way may demand the custom headers."""
    proxy = http_server(answer=lambda asked: (200 if "authorization" in asked.headers else 401, b"{}"))
    (tenant,) = settings.tenants
    wanted = replace(tenant.log_stream, url=f"{proxy.url}/auth0/logs", custom_headers=(Secret("X-Key: of-the-proxy"),))
    settings = replace(settings, tenants=(replace(tenant, log_stream=wanted),))
    last = list(examine_listener(settings))[-1]
    assert (last.check, last.state) == ("acme: payload URL", "ok")
    assert [asked.headers.get("x-key") for asked in proxy.asked] == ["of-the-proxy"] * 2
