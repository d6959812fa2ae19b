"""/oauth/token, scopes, the rate limit and its headers."""

from typing import Any

import pytest
import urllib3

from auth0_elastic.local_auth0 import LocalAuth0, SetClock, Tenant


def test_a_minted_token_opens_the_logs_until_it_expires(api: Any, clock: SetClock) -> None:
    minted = api.token().json
    assert (minted["token_type"], minted["expires_in"]) == ("Bearer", 86_400)
    api.authorization = f"Bearer {minted['access_token']}"
    clock.advance(86_399)
    assert api.logs(take=1).status == 200
    clock.advance(1)
    expired = api.logs(take=1)
    assert (expired.status, expired.json["error"], expired.json["statusCode"]) == (401, "Unauthorized", 401)


def test_tokens_are_metered(api: Any, tenant: Tenant) -> None:
    assert [api.token().status for _ in range(3)] == [200] * 3
    assert api.token(client_secret="wrong").status == 401
    assert tenant.tokens.minted == 3


def test_a_form_is_taken_as_well_as_json(auth0: LocalAuth0, tenant: Tenant) -> None:
    client = tenant.client
    form = {"client_id": client.client_id, "client_secret": client.client_secret, "audience": auth0.audience}
    with urllib3.PoolManager() as pool:
        asked = {"grant_type": "client_credentials", **form}
        answer = pool.request("POST", f"{auth0.base_url}/oauth/token", fields=asked, encode_multipart=False)
    assert answer.json()["access_token"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "access_denied"),
        ({"client_id": "nobody"}, 401, "access_denied"),
        ({"audience": "https://elsewhere.example.com/api/v2/"}, 403, "access_denied"),
        ({"grant_type": "password"}, 403, "unsupported_grant_type"),
    ],
)
def test_a_wrong_request_for_a_token_is_refused(api: Any, changes: dict[str, str], status: int, error: str) -> None:
    refused = api.token(**changes)
    assert (refused.status, refused.json["error"]) == (status, error)
    assert "statusCode" not in refused.json


def test_a_secret_that_was_changed_is_refused(api: Any, tenant: Tenant) -> None:
    old = tenant.client.client_secret
    tenant.client.client_secret = "rotated"
    assert api.token(client_secret=old).status == 401
    assert api.token().status == 200


def test_a_revoked_token_is_unauthorized(api: Any, tenant: Tenant) -> None:
    tenant.tokens.revoke()
    revoked = api.logs(take=1)
    assert (revoked.status, revoked.json["message"]) == (401, "Invalid token")


def test_without_a_token_nothing_is_said(api: Any) -> None:
    api.authorization = ""
    assert [api.ask("GET", path).status for path in ("/api/v2/logs", "/api/v2/log-streams")] == [401, 401]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v2/logs", "read:logs"),
        ("GET", "/api/v2/logs/900", "read:logs"),
        ("GET", "/api/v2/log-streams", "read:log_streams"),
        ("POST", "/api/v2/log-streams", "create:log_streams"),
        ("GET", "/api/v2/log-streams/lst_1", "read:log_streams"),
        ("PATCH", "/api/v2/log-streams/lst_1", "update:log_streams"),
        ("DELETE", "/api/v2/log-streams/lst_1", "delete:log_streams"),
    ],
)
def test_every_route_needs_its_scope(api: Any, tenant: Tenant, method: str, path: str, scope: str) -> None:
    api.authorization = f"Bearer {tenant.tokens.issue(tenant.client.scopes - {scope})}"
    refused = api.ask(method, path)
    assert (refused.status, refused.json["errorCode"]) == (403, "insufficient_scope")
    assert refused.json["message"] == f"Insufficient scope, expected any of: {scope}"
    api.authorization = f"Bearer {tenant.tokens.issue({scope})}"
    assert api.ask(method, path).status != 403


def test_a_client_without_a_scope_gets_tokens_without_it(api: Any, tenant: Tenant) -> None:
    tenant.client.scopes = frozenset({"read:log_streams"})
    minted = api.token().json
    assert minted["scope"] == "read:log_streams"
    api.authorization = f"Bearer {minted['access_token']}"
    assert api.logs(take=1).status == 403


def test_every_answer_says_what_is_left(api: Any, tenant: Tenant, clock: SetClock) -> None:
    tenant.behaviour.requests_per_second = 2
    answers = [api.logs(take=1), api.ask("GET", "/nowhere"), api.logs(take=1)]
    assert [answer.status for answer in answers] == [200, 404, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"2"}
    assert {answer.headers["x-ratelimit-reset"] for answer in answers} == {str(int(clock.now) + 1)}
    assert answers[-1].json["errorCode"] == "too_many_requests"


def test_the_limit_starts_anew_at_its_reset(api: Any, tenant: Tenant, clock: SetClock) -> None:
    tenant.behaviour.requests_per_second = 1
    assert [api.logs(take=1).status for _ in range(2)] == [200, 429]
    clock.advance(1)
    assert api.logs(take=1).status == 200


def test_the_token_endpoint_has_a_limit_of_its_own(api: Any, tenant: Tenant) -> None:
    tenant.behaviour.requests_per_second = 1
    assert [api.token().status, api.logs(take=1).status, api.token().status] == [200, 200, 429]
