"""Rules written in Python, on hand-made events and a history that is a list."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.detect_settings import RuleSettings
from auth0_elastic.detect.evaluate import tuned
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.rule import Base, Rule, Stateful
from auth0_elastic.detect.stateful import STATEFUL, StatefulRule
from auth0_elastic.detect.stateful.place import LARGE, Place, distance, place_of
from auth0_elastic.detect.stateful.recent import Recent
from auth0_elastic.reputation.match import Match

HOUR = 3_600_000
LONDON = {"location": "51.5, -0.12", "country": "GB", "city": "London", "ip": "81.2.69.143"}
PARIS = {"location": "48.85, 2.35", "country": "FR", "city": "Paris", "ip": "90.1.1.1"}
MOSCOW = {"location": "55.75, 37.6", "country": "RU", "city": "Moscow", "ip": "176.77.64.10"}
NEW_YORK = {"location": "40.7, -74.0", "country": "US", "city": "New York", "ip": "64.1.1.1"}
BASE = Base("b", "logs", {}, frozenset())


def visit(at: int, where: Mapping[str, str], user: str = "u", **more: str) -> Event:
    fields = {
        "user.id": user,
        "source.ip": where["ip"],
        "source.geo.location": where["location"],
        "source.geo.country_iso_code": where["country"],
        "source.geo.city_name": where.get("city"),
        **more,
    }
    columns = {name: [value] for name, value in fields.items() if value is not None}
    return Event(f"{at}-{where['ip']}-{user}", at, at, frozenset(["b"]), columns)


class ListHistory:
    """Answers from these events, and says how often it was asked."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events = list(events)
        self.asked = 0

    def _between(self, field: str, values: Iterable[str], since: int, before: int) -> list[Event]:
        self.asked += 1
        wanted = set(values)
        found = [each for each in self._events if since <= each.at < before and each.first(field) in wanted]
        return sorted(found, key=lambda each: each.at)

    def latest(self, base: Base, field: str, values: Iterable[str], since: int, before: int) -> Mapping[str, Event]:
        return {each.first(field) or "": each for each in self._between(field, values, since, before)}

    def events(self, base: Base, field: str, values: Iterable[str], since: int, before: int) -> Iterable[Event]:
        return self._between(field, values, since, before)

    def seen(
        self, base: Base, field: str, values: Iterable[str], other: str, since: int, before: int
    ) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for each in self._between(field, values, since, before):
            found[each.first(field) or ""] = found.get(each.first(field) or "", frozenset()) | set(each.values(other))
        return found

    def newest(self) -> Event | None:
        return max(self._events, key=lambda each: each.ingested, default=None)


def rule_of(name: str, known: ListHistory | None = None, **parameters: Any) -> StatefulRule:
    rule = Rule(
        id=name,
        path=Path("x.yml"),
        uuid="",
        title="",
        description="",
        level="medium",
        risk_score=47,
        entity="user",
        window=HOUR,
        bases=(BASE,),
        stateful=Stateful(name, parameters),
    )
    listed = {
        "185.220.101.7": (Match("tor", "exits", "185.220.101.7/32"),),
        "10.9.0.1": (Match("allow", "ours", "10.9.0.0/16"),),
    }
    return STATEFUL[name](rule, known or ListHistory(), lambda address: listed.get(address, ()))


def travelled(*visits: Event, history: Iterable[Event] = (), **parameters: Any) -> list[Firing]:
    return list(rule_of("impossible_travel", ListHistory(history), **parameters).feed(visits))


def test_a_great_circle_is_measured() -> None:
    places = [place_of(visit(0, where)) for where in (LONDON, NEW_YORK)]
    assert None not in places
    assert distance(*places) == pytest.approx(5570, abs=15)  # type: ignore[arg-type]


def test_nobody_is_in_moscow_an_hour_after_london() -> None:
    (firing,) = travelled(visit(0, LONDON), visit(HOUR, MOSCOW))
    assert firing.values == ("London, GB", "Moscow, RU")
    assert firing.reason.startswith("Moscow, RU 60 minutes after London, GB: at least 2,299 km")


def test_an_airliner_is_fast_enough() -> None:
    assert travelled(visit(0, LONDON), visit(3 * HOUR, MOSCOW)) == []


def test_the_order_in_which_they_come_does_not_matter() -> None:
    assert len(travelled(visit(HOUR, MOSCOW), visit(0, LONDON))) == 1


def test_a_late_event_is_compared_with_both_neighbours() -> None:
    assert len(travelled(visit(0, LONDON), visit(2 * HOUR, LONDON), visit(HOUR, MOSCOW))) == 2


def test_the_last_success_before_is_looked_up_once_for_all_users() -> None:
    history = ListHistory([visit(0, LONDON), visit(0, LONDON, "v")])
    rule = rule_of("impossible_travel", history)
    found = list(rule.feed([visit(HOUR, MOSCOW), visit(HOUR, MOSCOW, "v"), visit(HOUR + 1, MOSCOW)]))
    assert [firing.key for firing in found] == [(("user.id", "u"),), (("user.id", "v"),)]
    assert list(rule.feed([visit(2 * HOUR, MOSCOW)])) == []
    assert history.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        MOSCOW | {"ip": "81.2.69.1"},  # the same /24
        MOSCOW | {"ip": "10.8.0.1"},  # an exit of the company's VPN
        MOSCOW | {"ip": "10.9.0.1"},  # on a list of the kind allow
        MOSCOW | {"location": "51.4, -0.1"},
        MOSCOW | {"location": ""},
    ],
    ids=["same network", "allowed", "allow-listed", "near", "nowhere"],
)
def test_what_is_no_journey_is_none(other: Mapping[str, str]) -> None:
    assert travelled(visit(0, LONDON), visit(1000, other), allowed_networks=["10.8.0.0/16"]) == []


def test_one_autonomous_system_is_one_network() -> None:
    number = {"source.as.number": "20712"}
    assert travelled(visit(0, LONDON, **number), visit(1000, MOSCOW, **number)) == []


def test_two_addresses_of_a_48_are_one_network() -> None:
    one, other = LONDON | {"ip": "2a02:d9c0:1::1"}, MOSCOW | {"ip": "2a02:d9c0:1:ffff::1"}
    assert travelled(visit(0, one), visit(1000, other)) == []
    assert len(travelled(visit(0, one), visit(1000, other | {"ip": "2a02:d9c0:2::1"}))) == 1


def test_a_country_alone_is_as_wide_as_it_is() -> None:
    somewhere = {name: value for name, value in NEW_YORK.items() if name != "city"}
    place = place_of(visit(0, somewhere))
    assert place is not None
    assert (place.radius, place.name) == (LARGE["US"], "US")
    france = {name: value for name, value in PARIS.items() if name != "city"}
    assert travelled(visit(0, LONDON), visit(60_000, france)) == []


def test_auth0s_own_place_counts_where_the_engine_has_none() -> None:
    own = {"latitude": "55.75", "longitude": "37.6", "country_code": "RU", "city_name": "Moscow"}
    columns = {f"auth0.logs.data.location_info.{name}": [value] for name, value in own.items()}
    assert place_of(Event("x", 0, 0, frozenset(), columns)) == Place(55.75, 37.6, 100, "RU", "Moscow, RU")


def test_a_new_country_is_news_once() -> None:
    rule = rule_of("first_country", ListHistory([visit(0, LONDON)]))
    found = list(rule.feed([visit(HOUR, PARIS), visit(2 * HOUR, PARIS), visit(3 * HOUR, LONDON)]))
    assert [(firing.values, firing.reason) for firing in found] == [
        (("FR",), "a first login from FR, before from GB"),
    ]


def test_a_new_users_first_country_is_no_news() -> None:
    assert list(rule_of("first_country").feed([visit(0, PARIS), visit(HOUR, PARIS)])) == []


def test_what_was_too_long_ago_is_no_history() -> None:
    rule = rule_of("first_country", ListHistory([visit(0, LONDON)]), history="1h")
    assert list(rule.feed([visit(2 * HOUR, PARIS)])) == []


FAMILY = {"auth0.logs.data.details.familyId": "f"}


@pytest.mark.parametrize(("apart", "fires"), [(HOUR, True), (HOUR + 1, False)])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_family_in_two_countries_within_the_hour_is_spread(apart: int, fires: bool, is_known: bool) -> None:
    one, other = visit(0, LONDON, **FAMILY), visit(apart, PARIS, **FAMILY)
    rule = rule_of("token_family_spread", ListHistory([one] if is_known else []))
    assert bool(list(rule.feed([other] if is_known else [one, other]))) == fires


def test_silence_is_told_once() -> None:
    rule = rule_of("silence", ListHistory([visit(0, LONDON)]), timespan="30m")
    assert list(rule.tick(30 * 60_000 - 1)) == []
    assert [firing.reason for firing in rule.tick(30 * 60_000)] == ["no event for 30 minutes"]
    assert list(rule.tick(31 * 60_000)) == []


def test_where_there_was_never_an_event_none_is_missed() -> None:
    assert list(rule_of("silence").tick(HOUR)) == []


def test_a_listed_address_is_told_with_its_list() -> None:
    rule = rule_of("reputation", categories=["tor"])
    (firing,) = rule.feed([visit(0, LONDON | {"ip": "185.220.101.7"}), visit(1, LONDON)])
    assert firing.reason == "185.220.101.7 is on exits (tor)"
    assert list(rule_of("reputation", categories=["vpn"]).feed([visit(0, LONDON | {"ip": "185.220.101.7"})])) == []


@pytest.mark.parametrize("name", STATEFUL)
def test_an_unknown_parameter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="it has no parameter kph; its parameters are"):
        rule_of(name, kph=900)


TUNED = {
    "token_family_spread": {"count": 3, "timespan": "1800s"},
    "delivery_silence": {"timespan": "1800s"},
    "first_country": {"history": "90d"},
}


@pytest.mark.parametrize("name", TUNED)
def test_an_operators_window_and_threshold_are_parameters(rules: list[Rule], name: str) -> None:
    (rule,) = (rule for rule in rules if rule.id == name)
    found = tuned(rule, RuleSettings(name=name, timespan=1800, count=3))
    assert found.stateful is not None
    assert found.stateful.parameters == TUNED[name]
    assert tuned(rule, RuleSettings(name=name)) == rule


def test_the_memory_is_bounded() -> None:
    recent = Recent[int, int](most=3)
    for number in range(5):
        recent[number] = number
        assert recent[0 if 0 in recent else number] is not None
    assert [number for number in range(5) if number in recent] == [0, 3, 4]
