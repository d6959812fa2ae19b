"""What a request does about rate limits, faults and refusals."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from auth0_elastic.errors import Auth0Refused, Auth0Unavailable
from auth0_elastic.local_auth0 import LocalAuth0, SetClock
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.connection import Answer, Request
from auth0_elastic.management.exchange import Exchange
from auth0_elastic.management.log_streams import LOG_STREAMS
from auth0_elastic.secret import Secret

LOGS = "/api/v2/logs"
Connect = Callable[..., ManagementApi]


def asked(auth0: LocalAuth0, method: str = "GET", path: str = LOGS) -> list[int]:
    return [request.status for request in auth0.journal.of(method, path)]


def test_the_rate_limit_is_never_hit_by_one_client(auth0: LocalAuth0, api: ManagementApi, waits: Any) -> None:
    auth0.tenant.behaviour.requests_per_second = 2
    for _ in range(9):
        api.get(LOGS)
    assert asked(auth0) == [200] * 9
    assert waits.seconds == [1.0] * 4


class OneLeft:
    """Each answer says that one request is left; one to /slow comes only when it is let go."""

    def __init__(self, resets_at: float) -> None:
        self.resets_at = resets_at
        self.begun, self.go = threading.Event(), threading.Event()

    def ask(self, request: Request) -> Answer:
        if request.path == "/slow":
            self.begun.set()
            assert self.go.wait(5)
        told = {"limit": 2, "remaining": 1, "reset": int(self.resets_at)}
        return Answer(200, {f"x-ratelimit-{name}": str(value) for name, value in told.items()}, b"", None)


def test_what_is_left_is_shared_with_the_requests_of_other_threads(waits: Any) -> None:
    connection: Any = OneLeft(waits.clock() + 1)
    exchange = Exchange(connection, name="t", clock=waits.clock, sleep=waits, jitter=lambda: 0.0, patience=9)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(exchange.settle, Request("GET", "/slow"))
        assert connection.begun.wait(5)
        exchange.settle(Request("GET", "/fast"))
        assert waits.seconds == []
        exchange.settle(Request("GET", "/fast"))
        connection.go.set()
    assert waits.seconds == [1.0]


def test_a_429_is_waited_out_until_its_reset(auth0: LocalAuth0, api: ManagementApi, waits: Any) -> None:
    auth0.faults.answer(429, reset_after=17, path="/api")
    assert api.get(LOGS).status == 200
    assert waits.seconds == [17.0]


def test_a_429_makes_other_requests_wait_too(auth0: LocalAuth0, connect: Connect, waits: Any) -> None:
    auth0.faults.answer(429, reset_after=50, path="/api")
    api = connect(auth0.base_url, patience=30)
    for _ in range(2):
        with pytest.raises(Auth0Unavailable, match=r"429|used up"):
            api.get(LOGS)
    assert asked(auth0) == [429]
    assert waits.seconds == []


def test_a_reset_that_is_far_away_is_looked_at_again_after_a_minute(
    auth0: LocalAuth0, api: ManagementApi, waits: Any
) -> None:
    auth0.faults.answer(429, reset_after=100_000, path="/api")
    assert api.get(LOGS).status == 200
    assert waits.seconds == [60.0]


def test_a_rate_limit_that_never_ends_is_given_up(auth0: LocalAuth0, api: ManagementApi, waits: Any) -> None:
    auth0.faults.answer(429, times=100, reset_after=50, path="/api")
    with pytest.raises(Auth0Unavailable, match="429; gave up after 100 s"):
        api.get(LOGS)
    assert waits.seconds == [50.0, 50.0]


def test_a_long_wait_is_said_once_and_a_short_one_not(
    auth0: LocalAuth0, api: ManagementApi, caplog: pytest.LogCaptureFixture
) -> None:
    auth0.faults.answer(429, reset_after=3, path="/api")
    api.get(LOGS)
    assert caplog.messages == []
    auth0.faults.answer(429, reset_after=17, path="/api")
    api.get(LOGS)
    assert caplog.messages == ["tenants.acme: waiting 17 s for Auth0's rate limit"]


@pytest.mark.parametrize("fault", ["cut", "lose"])
def test_half_an_answer_and_none_are_asked_for_again(auth0: LocalAuth0, api: ManagementApi, fault: str) -> None:
    log_id = auth0.tenant.log()
    getattr(auth0.faults, fault)(times=2, path=LOGS)
    assert [event["log_id"] for event in api.get(LOGS, {"take": "10"}).body] == [log_id]
    assert asked(auth0) == [200] * 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx_is_asked_again_with_growing_delays(auth0: LocalAuth0, api: ManagementApi, waits: Any, status: int) -> None:
    auth0.faults.answer(status, times=4, path="/api")
    assert api.get(LOGS).status == 200
    assert waits.seconds == [1, 2, 4, 8]


def test_an_auth0_that_stays_away_is_given_up_in_a_bounded_time(
    auth0: LocalAuth0, api: ManagementApi, waits: Any, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(LOGS)
    auth0.stop()
    with pytest.raises(
        Auth0Unavailable, match=r"tenants\.acme: GET /api/v2/logs: .*takes no connection \(.*gave up after"
    ):
        api.get(LOGS)
    assert 60 < sum(waits.seconds) <= 120
    assert len(caplog.messages) == 1
    auth0.start()
    assert api.get(LOGS).status == 200


def test_an_answer_that_takes_too_long_is_asked_for_again(auth0: LocalAuth0, connect: Connect) -> None:
    api = connect(auth0.base_url, timeout=0.1)
    auth0.faults.slow(5, path=LOGS)
    assert api.get(LOGS).status == 200


def test_a_host_that_is_not_found_is_named(connect: Connect) -> None:
    with pytest.raises(Auth0Unavailable, match=r"acme\.invalid cannot be resolved.*base_url"):
        connect("https://acme.invalid", patience=0.5).get(LOGS)


def test_a_clock_that_jumps_back_does_not_stop_a_request(
    auth0: LocalAuth0, api: ManagementApi, clock: SetClock, waits: Any
) -> None:
    auth0.tenant.behaviour.requests_per_second = 1
    api.get(LOGS)
    clock.advance(-86_400)
    assert api.get(LOGS).status == 200
    assert sum(waits.seconds) <= 60


def test_a_scope_that_is_missing_is_named_with_the_place_to_grant_it(auth0: LocalAuth0, api: ManagementApi) -> None:
    auth0.tenant.client.scopes = frozenset({"read:logs"})
    with pytest.raises(Auth0Refused) as refused:
        api.post(LOG_STREAMS, {})
    assert (refused.value.status, refused.value.code) == (403, "insufficient_scope")
    assert str(refused.value) == (
        "tenants.acme: POST /api/v2/log-streams: Auth0 answered 403 insufficient_scope (Insufficient scope, expected"
        " any of: create:log_streams); the application lacks the scope create:log_streams: grant it in Auth0's"
        " dashboard under Applications > APIs > Auth0 Management API > Machine to Machine Applications, at the"
        " application with the client id local-client"
    )


def test_a_400_is_not_asked_again_and_quotes_auth0(auth0: LocalAuth0, api: ManagementApi) -> None:
    with pytest.raises(Auth0Refused, match=r"400 invalid_query_string \(Query validation error.*maximum 100"):
        api.get(LOGS, {"from": "9", "take": "101"})
    assert asked(auth0) == [400]


def test_nothing_secret_is_logged_or_shown(
    auth0: LocalAuth0, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = auth0.tenant.tokens.issue()
    api = connect(auth0.base_url, authentication_type="access_token", access_token=Secret(token))
    sink = {"httpEndpoint": "https://example.com/", "httpAuthorization": "hook-secret"}
    reply = api.post(LOG_STREAMS, {"name": "s", "type": "http", "sink": sink})
    assert b"hook-secret" in reply.raw
    shown = caplog.text + repr(reply) + repr(api) + repr(vars(api))
    assert caplog.text
    assert not [secret for secret in (token, "hook-secret", "local-secret") if secret in shown]
