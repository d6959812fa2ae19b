"""Faults on demand: each meets so many requests, then all is well again."""

import http.client
import threading
from typing import Any

import pytest

from auth0_elastic.local_auth0 import LocalAuth0, SetClock, Tenant

HTTP_STREAM = {"type": "http", "sink": {"httpEndpoint": "https://siem.example.com/auth0/logs"}}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_next_answers_are_errors(api: Any, auth0: LocalAuth0, status: int) -> None:
    auth0.faults.answer(status, times=2)
    answers = [api.logs(take=1) for _ in range(3)]
    assert [answer.status for answer in answers] == [status, status, 200]
    assert answers[0].json["statusCode"] == status


def test_a_429_on_demand_says_when_to_come_back(api: Any, auth0: LocalAuth0, clock: SetClock) -> None:
    auth0.faults.answer(429, reset_after=30)
    headers = api.logs(take=1).headers
    assert (headers["x-ratelimit-remaining"], headers["x-ratelimit-reset"]) == ("0", str(int(clock.now) + 30))


def test_a_fault_meets_only_its_path(api: Any, auth0: LocalAuth0) -> None:
    auth0.faults.answer(503, path="/oauth/token")
    assert [api.logs(take=1).status, api.token().status, api.token().status] == [200, 503, 200]


def test_an_answer_is_cut_in_the_middle_of_its_body(api: Any, auth0: LocalAuth0, tenant: Tenant) -> None:
    tenant.log()
    auth0.faults.cut()
    with pytest.raises(http.client.IncompleteRead):
        api.logs(take=1)
    assert len(api.ids(take=1)) == 1


def test_a_lost_answer_is_of_a_request_that_was_done(api: Any, auth0: LocalAuth0, tenant: Tenant) -> None:
    auth0.faults.lose(path="/api/v2/log-streams")
    with pytest.raises(http.client.RemoteDisconnected):
        api.ask("POST", "/api/v2/log-streams", HTTP_STREAM)
    assert len(tenant.streams) == 1


def test_a_slow_answer_comes_late(api: Any, auth0: LocalAuth0) -> None:
    auth0.faults.slow(3600)
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(api.logs(take=1)))
    waiting.start()
    waiting.join(0.1)
    assert not answers
    auth0.faults.stop()
    waiting.join()
    assert answers[0].status == 200


def test_faults_can_be_called_off(api: Any, auth0: LocalAuth0) -> None:
    auth0.faults.answer(500, times=9)
    auth0.faults.clear()
    assert api.logs(take=1).status == 200


def test_every_request_is_in_the_journal(api: Any, auth0: LocalAuth0, clock: SetClock) -> None:
    auth0.faults.answer(500)
    api.logs(take=7)
    api.token()
    (asked,) = auth0.journal.of("GET", "/api/v2/logs")
    assert (asked.query, asked.status, asked.at) == ({"take": "7"}, 500, clock.now)
    assert len(auth0.journal.of("POST", "/oauth/token")) == 1
