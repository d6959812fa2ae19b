"""Which token a request carries, and how often Auth0 is asked for one."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from auth0_elastic.errors import Auth0Refused, Auth0Unavailable, ConfigError
from auth0_elastic.local_auth0 import Client, LocalAuth0, SetClock
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.secret import Secret

LOGS = "/api/v2/logs"
Connect = Callable[..., ManagementApi]


def test_one_token_serves_all_requests(auth0: LocalAuth0, api: ManagementApi) -> None:
    for _ in range(5):
        api.get(LOGS)
    assert auth0.tenant.tokens.minted == 1


def test_threads_that_ask_at_once_get_one_token(auth0: LocalAuth0, api: ManagementApi) -> None:
    together = threading.Barrier(8)

    def ask(_: int) -> int:
        together.wait()
        return api.get(LOGS).status

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [200] * 8
    assert auth0.tenant.tokens.minted == 1


def test_threads_that_wait_for_a_token_share_its_failure(auth0: LocalAuth0, connect: Connect) -> None:
    auth0.faults.slow(0.2, path="/oauth")
    api = connect(auth0.base_url, client_secret=Secret("wrong"))
    together = threading.Barrier(4)

    def ask(_: int) -> int:
        together.wait()
        with pytest.raises(Auth0Refused) as refused:
            api.get(LOGS)
        return refused.value.status

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [401] * 4
    assert len(auth0.journal.of("POST", "/oauth/token")) == 1


@pytest.mark.parametrize(("lifetime", "early"), [(86_400, 300), (600, 60)])
def test_a_token_is_renewed_a_little_before_its_end(
    auth0: LocalAuth0, api: ManagementApi, clock: SetClock, lifetime: int, early: int
) -> None:
    auth0.tenant.behaviour.token_lifetime = lifetime
    api.get(LOGS)
    clock.advance(lifetime - early - 1)
    api.get(LOGS)
    assert auth0.tenant.tokens.minted == 1
    clock.advance(1)
    api.get(LOGS)
    assert auth0.tenant.tokens.minted == 2


def test_a_token_that_is_revoked_is_renewed_once_and_nobody_notices(auth0: LocalAuth0, api: ManagementApi) -> None:
    api.get(LOGS)
    auth0.tenant.tokens.revoke()
    assert api.get(LOGS).status == 200
    assert auth0.tenant.tokens.minted == 2


def test_a_second_401_is_an_error(auth0: LocalAuth0, api: ManagementApi) -> None:
    auth0.faults.answer(401, times=2, path="/api")
    with pytest.raises(Auth0Refused, match=r"GET /api/v2/logs: Auth0 answered 401.*tenants\.acme\.audience"):
        api.get(LOGS)
    assert auth0.tenant.tokens.minted == 2


def test_a_token_that_expires_while_our_clock_stands_still_is_renewed(auth0: LocalAuth0, connect: Connect) -> None:
    api = connect(auth0.base_url, clock=SetClock(datetime(1970, 1, 1, tzinfo=UTC)))
    api.get(LOGS)
    auth0.tenant.clock.advance(86_401)
    assert api.get(LOGS).status == 200
    assert auth0.tenant.tokens.minted == 2


def test_a_ready_access_token_is_used_as_it_is(auth0: LocalAuth0, connect: Connect) -> None:
    token = Secret(auth0.tenant.tokens.issue())
    api = connect(auth0.base_url, authentication_type="access_token", access_token=token)
    assert api.get(LOGS).status == 200
    assert auth0.journal.of("POST", "/oauth/token") == []


def test_a_ready_access_token_that_is_not_taken_is_an_error_at_once(auth0: LocalAuth0, connect: Connect) -> None:
    api = connect(auth0.base_url, authentication_type="access_token", access_token=Secret("of-yesterday"))
    with pytest.raises(Auth0Refused, match=r"tenants\.acme\.access_token has expired") as refused:
        api.get(LOGS)
    assert "of-yesterday" not in str(refused.value)
    assert len(auth0.journal.of("GET", LOGS)) == 1


def test_the_audience_of_the_settings_is_asked_for(auth0: LocalAuth0, connect: Connect) -> None:
    auth0.tenant.tokens.audience = "https://acme.eu.auth0.com/api/v2/"
    assert connect(auth0.base_url, audience="https://acme.eu.auth0.com/api/v2/").get(LOGS).status == 200
    with pytest.raises(Auth0Refused, match=r"tenants\.acme\.audience: with a custom domain") as refused:
        connect(auth0.base_url).get(LOGS)
    assert (refused.value.status, refused.value.code) == (403, "access_denied")


def test_wrong_credentials_say_which_settings_to_check_and_do_not_show_them(
    auth0: LocalAuth0, connect: Connect
) -> None:
    api = connect(auth0.base_url, client_secret=Secret("not-the-secret"))
    with pytest.raises(Auth0Refused, match=r"401 access_denied.*tenants\.acme\.client_id and .*client_secret") as bad:
        api.get(LOGS)
    assert "not-the-secret" not in str(bad.value)


def test_a_token_endpoint_that_is_not_there_says_to_check_the_address(auth0: LocalAuth0, connect: Connect) -> None:
    with pytest.raises(Auth0Refused, match=r"404.*check tenants\.acme\.base_url") as refused:
        connect(f"{auth0.base_url}/nowhere").get(LOGS)
    assert refused.value.status == 404


def test_a_refusal_that_is_not_auth0s_says_to_check_the_address(auth0: LocalAuth0, api: ManagementApi) -> None:
    auth0.faults.answer(400, path="/oauth/token")
    with pytest.raises(Auth0Refused, match=r"answered 400.*check tenants\.acme\.base_url"):
        api.get(LOGS)


def test_a_token_that_has_replaced_another_is_kept_for_a_while_though_it_is_refused(
    auth0: LocalAuth0, connect: Connect, clock: SetClock
) -> None:
    api = connect(auth0.base_url)
    for _ in range(9):
        auth0.faults.answer(401, times=2, path="/api")
        with pytest.raises(Auth0Refused):
            api.get(LOGS)
        clock.advance(60)
    assert auth0.tenant.tokens.minted == 2
    clock.advance(120)
    auth0.tenant.tokens.revoke()
    assert api.get(LOGS).status == 200
    assert auth0.tenant.tokens.minted == 3


def test_a_missing_credential_is_an_error_of_the_settings(auth0: LocalAuth0, connect: Connect) -> None:
    with pytest.raises(ConfigError, match=r"tenants\.acme\.client_secret: missing, but client_credentials needs it"):
        connect(auth0.base_url, client_secret=None).get(LOGS)


def test_a_scope_granted_later_is_had_without_a_restart_but_not_at_the_price_of_a_token_a_request(
    auth0: LocalAuth0, connect: Connect, clock: SetClock
) -> None:
    auth0.tenant.client.scopes = frozenset({"read:log_streams"})
    api = connect(auth0.base_url)
    for _ in range(3):
        with pytest.raises(Auth0Refused):
            api.get(LOGS)
    assert auth0.tenant.tokens.minted == 1
    auth0.tenant.client.scopes = Client().scopes
    clock.advance(601)
    with pytest.raises(Auth0Refused):
        api.get(LOGS)
    assert api.get(LOGS).status == 200
    assert auth0.tenant.tokens.minted == 2


@pytest.mark.parametrize("fault", ["lose", "cut"])
def test_an_answer_with_a_token_that_gets_lost_is_asked_for_again(
    auth0: LocalAuth0, api: ManagementApi, fault: str
) -> None:
    getattr(auth0.faults, fault)(path="/oauth")
    assert api.get(LOGS).status == 200
    assert auth0.tenant.tokens.minted == 2


def test_a_token_endpoint_that_stays_away_is_given_up(auth0: LocalAuth0, api: ManagementApi) -> None:
    auth0.faults.answer(503, times=100, path="/oauth")
    with pytest.raises(Auth0Unavailable, match=r"acme: POST /oauth/token: Auth0 answered 503; gave up after \d+ s"):
        api.get(LOGS)
