"""The webhook against a real HTTP server: what it is told, how often, and what becomes of it when nobody answers."""

import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic import log
from auth0_elastic.backoff import Backoff
from auth0_elastic.config.load import load
from auth0_elastic.detect.cases import START
from auth0_elastic.detect.incident import Incident
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.webhook import ATTEMPTS, Outcome, Webhook, judge
from auth0_elastic.reputation.match import Listed
from auth0_elastic.secret import Secret

TOKEN = "hush-5eCr3t-of-the-webhook"
PATH = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"


class World:
    """A webhook whose time is the test's, and the server that it tells."""

    def __init__(self, server: Any, rules: list[Rule], **settings: Any) -> None:
        self.server, self.now, self.paused = server, 0.0, list[float]()
        self.rules = {rule.id: rule for rule in rules}
        given = replace(load(Path(os.devnull), {}).detect.webhook, **settings)
        self.webhook = Webhook(
            given,
            Secret(server.url + PATH),
            "default",
            clock=lambda: self.now,
            pause=self._pause,
            backoff=Backoff(1, 60, jitter=lambda: 0),
            most_waiting=20,
        )

    def _pause(self, seconds: float) -> bool:
        self.paused.append(seconds)
        return False

    def incident(
        self, number: int = 1, rule: str = "brute_force_user", user: str = "jane", count: int = 10
    ) -> Incident:
        key, last = (("user.id", f"auth0|{number}"),), START + 60_000
        found = Incident(f"{number:032x}", self.rules[rule], key, START, last, START, count, f"{count} events")
        found.entities["user.name"], found.entities["source.ip"] = [user], ["192.0.2.7"]
        return found

    def tell(self, *raised: Incident, surged: tuple[Incident, ...] = ()) -> list[Any]:
        """What the server is told then."""
        before = len(self.server.asked)
        self.webhook.tell(raised, surged)
        self.webhook.deliver()
        return [json.loads(asked.body) for asked in self.server.asked[before:]]


Make = Callable[..., World]


@pytest.fixture
def world(http_server: Callable[..., Any], rules: list[Rule]) -> Make:
    def make(answer: Callable[[Any], tuple[int, bytes]] | None = None, **settings: Any) -> World:
        headers = settings.pop("headers", {})
        return World(http_server(answer=answer, headers=headers), rules, **settings)

    return make


def test_slack_is_told_whose_incident_it_is_and_why(world: Make) -> None:
    incident = world(format="slack").incident()
    incident.listed = [Listed("192.0.2.7", "tor", "exits", "192.0.2.7/32")]
    (message,) = world(format="slack").tell(incident)
    first, second = message["text"].split("\n")
    assert first.startswith("*[medium]* ")
    assert first.endswith("(auth0|1): 10 events")
    assert "user jane; from 192.0.2.7; on the list exits (tor); incident 0000" in second
    assert "rule brute_force_user; 10 events from 2026-03-04T10:00:00.000Z to 2026-03-04T10:01:00.000Z" in second


def test_a_generic_receiver_gets_the_alert_itself_with_the_token(world: Make) -> None:
    there = world(format="generic", token=Secret(TOKEN))
    (message,) = there.tell(there.incident())
    (asked,) = there.server.asked
    assert (asked.line, asked.headers["authorization"]) == (f"POST {PATH}", f"Bearer {TOKEN}")
    assert (message["kind"], message["alert"]["rule"]["id"]) == ("incident_raised", "brute_force_user")
    assert message["alert"]["auth0"]["alerts"]["count"] == 10


def test_one_that_has_grown_tenfold_is_told_as_such(world: Make) -> None:
    there = world(format="slack")
    (message,) = there.tell(surged=(there.incident(count=1234),))
    assert message["text"].startswith("*[medium]* has grown to 1,234 events: ")
    there = world(format="generic")
    (message,) = there.tell(surged=(there.incident(count=1234),))
    assert message["kind"] == "incident_grown"


def test_a_users_name_makes_no_mention_no_link_and_no_line(world: Make) -> None:
    there = world(format="slack")
    (message,) = there.tell(
        there.incident(user="<!channel> <https://evil.example|ok> @here\nincident: none a@here.com")
    )
    assert "<" not in message["text"]
    assert "@here" not in message["text"]
    assert message["text"].count("\n") == 1


def test_the_most_severe_is_told_first(world: Make) -> None:
    there = world(format="generic")
    kinds = ("mfa_recovery_code_used", "breached_password", "login_through_tor")
    levels = [each["alert"]["event"]["severity"] for each in there.tell(*(there.incident(rule=name) for name in kinds))]
    assert levels == sorted(levels, reverse=True)
    assert len(set(levels)) > 1


def test_a_flood_is_cut_off_and_one_message_says_how_many_were_left_out(world: Make) -> None:
    there = world(format="generic", max_per_hour=3)
    assert len(there.tell(*(there.incident(number) for number in range(20)))) == 3
    there.now = 3599
    assert there.tell(there.incident(21)) == []
    there.now = 3600
    told = there.tell(there.incident(22))
    assert [each["kind"] for each in told] == ["left_out", "incident_raised"]
    assert told[0]["left_out"] == 18
    there.now = 7200
    assert [each["kind"] for each in there.tell(there.incident(23))] == ["incident_raised"]


def test_what_was_left_out_is_told_without_another_incident(world: Make) -> None:
    there = world(format="slack", max_per_hour=1)
    there.tell(there.incident(1), there.incident(2))
    there.now = 3600
    assert there.tell() == [{"text": "1 more incidents were not told here; they are in the alerts."}]
    assert there.tell() == []


def test_a_server_that_is_away_is_asked_again_with_growing_pauses(world: Make) -> None:
    statuses = iter([503, 500, 429, 200])
    there = world(lambda asked: (next(statuses), b"{}"))
    assert len(there.tell(there.incident())) == 4
    assert there.paused == [1, 2, 4]


def test_it_waits_as_long_as_the_server_asks_for_but_not_longer_than_a_minute(world: Make) -> None:
    statuses = iter([429, 200, 429, 200])
    there = world(lambda asked: (next(statuses), b"{}"), headers={"Retry-After": "30"})
    there.tell(there.incident())
    there.server.headers["Retry-After"] = "86400"
    there.tell(there.incident(2))
    assert there.paused == [30, 60]


def test_attempts_end_and_what_was_not_delivered_is_counted(world: Make) -> None:
    is_away = [True]
    there = world(lambda asked: (503 if is_away[0] else 200, b"{}"), format="generic")
    assert len(there.tell(there.incident())) == ATTEMPTS
    is_away[0] = False
    there.now = 3600
    assert [each["left_out"] for each in there.tell()] == [1]


@pytest.mark.parametrize("status", [302, 403, 404])
def test_a_refusal_is_not_repeated_and_a_redirection_not_followed(
    world: Make, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    there = world(lambda asked: (status, b"{}"), headers={"Location": "/elsewhere"})
    there.tell(there.incident(), there.incident(2))
    assert len(there.server.asked) == 2
    assert there.paused == []
    assert caplog.text.count(f"answered {status}") == 1


def test_detection_never_waits_for_it(world: Make) -> None:
    there = world(format="generic")
    there.webhook.tell([there.incident(number) for number in range(25)], [])
    assert there.server.asked == []
    there.webhook.deliver()
    assert len(there.server.asked) == 20
    there.now = 3600
    assert there.tell()[0]["left_out"] == 5


def test_what_waits_is_delivered_before_the_end(world: Make) -> None:
    there = world(format="generic", max_per_hour=2)
    there.webhook.start()
    there.webhook.tell([there.incident(number) for number in range(5)], [])
    there.webhook.close(20)
    assert [json.loads(asked.body)["kind"] for asked in there.server.asked] == [*["incident_raised"] * 2, "left_out"]


def test_an_address_without_a_server_ends_in_the_log_without_the_address(
    world: Make, caplog: pytest.LogCaptureFixture
) -> None:
    there = world(token=Secret(TOKEN))
    away = Webhook(there.webhook._settings, Secret(f"http://127.0.0.1:1{PATH}"), "default", pause=lambda seconds: False)
    with caplog.at_level(logging.INFO):
        away.tell([there.incident()], [])
        away.deliver()
    assert "detect.webhook: 127.0.0.1 gives no answer" in caplog.text
    assert "XXXX" not in caplog.text
    assert TOKEN not in caplog.text


def test_a_slack_address_is_masked_in_the_log_also_without_its_host() -> None:
    env = {
        "AUTH0_ELASTIC_DETECT_WEBHOOK_URL": f"https://hooks.slack.com{PATH}?key=abcdefgh",
        "AUTH0_ELASTIC_DETECT_WEBHOOK_TOKEN": TOKEN,
    }
    log.redact(load(Path(os.devnull), env))
    line = f'https://hooks.slack.com:443 "POST {PATH}?key=abcdefgh HTTP/1.1" 200 {TOKEN}'
    assert log.mask(line) == f'https://hooks.slack.com:443 "POST {log.MASK} HTTP/1.1" 200 {log.MASK}'


@pytest.mark.parametrize(
    ("status", "retry_after", "outcome"),
    [
        (204, "", Outcome()),
        (400, "", Outcome("the server answered 400")),
        (429, "7", Outcome("the server answered 429", is_worth_another=True, after=7.0)),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", Outcome("the server answered 503", is_worth_another=True)),
    ],
)
def test_an_answer_says_whether_to_try_again(status: int, retry_after: str, outcome: Outcome) -> None:
    assert judge(status, retry_after) == outcome
