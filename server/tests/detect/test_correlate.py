"""Correlations against a reference that looks at every window there is."""

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, product

import pytest

from auth0_elastic.detect.correlate import MAX_ITEMS, Correlator, Correlators, Item, Seen
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.rule import Correlation
from auth0_elastic.detect.windows import MAX_IN_GROUP

SPAN = 10_000
SEEDS = range(60)


def event(name: str, at: int, *, ingested: int = 0, number: int = 0, **fields: str) -> Event:
    return Event(f"{name}-{at}-{number}", at, ingested, frozenset([name]), dict(fields))


def correlation(kind: str, count: int = 3, operator: str = "gte", inputs: Sequence[str] = ("a",)) -> Correlation:
    return Correlation(
        name="root",
        kind=kind,  # type: ignore[arg-type]
        inputs=tuple(inputs),
        timespan=SPAN,
        operator=operator,  # type: ignore[arg-type]
        count=count,
        counted="value" if kind == "value_count" else None,
        group_by=("user",),
    )


def found(rule: Correlation, events: Iterable[Event]) -> set[str]:
    """The ids of all events that are in a finding, each of which is told once."""
    correlators = Correlators((rule,))
    told = [seen.event.id for each in events for one in correlators.feed(each, each.matched) for seen in one.causes]
    assert len(told) == len(set(told))
    return set(told)


def reference(rule: Correlation, events: Sequence[Event]) -> set[str]:
    """Looks at the window that ends with each event, for each group."""
    told: set[str] = set()
    for user in {each.first("user") for each in events}:
        group = sorted((each for each in events if each.first("user") == user), key=lambda each: each.at)
        for end in group:
            window = [each for each in group if end.at - SPAN <= each.at <= end.at]
            if holds(rule, window, end):
                last = rule.inputs[-1]
                ordered = rule.kind == "temporal_ordered"
                told |= {each.id for each in window if not ordered or each is end or is_step_before(each, end, last)}
    return told


def is_step_before(one: Event, end: Event, last: str) -> bool:
    return last not in one.matched and one.at < end.at


def holds(rule: Correlation, window: list[Event], end: Event) -> bool:
    if rule.kind == "event_count":
        return len(window) >= rule.count
    if rule.kind == "value_count":
        return len({value for each in window for value in each.values("value")}) >= rule.count
    if rule.kind == "temporal":
        return len({name for each in window for name in each.matched}) >= len(rule.inputs)
    chains = product(*([each for each in window if name in each.matched] for name in rule.inputs))
    return any(chain[-1] is end and all(one.at < two.at for one, two in pairwise(chain)) for chain in chains)


def any_events(seed: int, names: Sequence[str]) -> list[Event]:
    dice = random.Random(seed)
    return [
        event(
            dice.choice(names),
            dice.randrange(0, 60) * 1000,
            number=number,
            user=dice.choice("xy"),
            value=dice.choice("1234"),
        )
        for number in range(dice.randrange(5, 40))
    ]


KINDS = {
    "event_count": correlation("event_count"),
    "value_count": correlation("value_count"),
    "temporal": correlation("temporal", 3, inputs="abc"),
    "temporal_ordered": correlation("temporal_ordered", 3, inputs="abc"),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_finds_what_looking_at_every_window_finds(kind: str, seed: int) -> None:
    rule = KINDS[kind]
    events = sorted(any_events(seed, rule.inputs), key=lambda each: each.at)
    assert found(rule, events) == reference(rule, events)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_arrival_does_not_matter(kind: str, seed: int) -> None:
    rule = KINDS[kind]
    events = any_events(seed, rule.inputs)  # in the order of the dice
    assert found(rule, events) == reference(rule, events)


def test_the_reference_finds_some_and_not_all() -> None:
    """Otherwise what agrees with it would say nothing."""
    for rule in KINDS.values():
        every = [any_events(seed, rule.inputs) for seed in SEEDS]
        shares = [len(reference(rule, events)) / len(events) for events in every]
        assert 0.05 < sum(shares) / len(shares) < 0.9


@pytest.mark.parametrize(("apart", "is_found"), [(SPAN, True), (SPAN + 1, False)])
def test_the_timespan_is_part_of_the_window(apart: int, is_found: bool) -> None:
    events = [event("a", 0, user="x"), event("a", 1, user="x"), event("a", apart, user="x")]
    assert bool(found(correlation("event_count"), events)) == is_found


@pytest.mark.parametrize(
    ("operator", "numbers"), [("gt", {4, 5}), ("gte", {3, 4, 5}), ("eq", {3}), ("lt", {1, 2}), ("lte", {1, 2, 3})]
)
def test_a_condition_holds_for_these_numbers(operator: str, numbers: set[int]) -> None:
    correlator = Correlator(correlation("event_count", operator=operator))
    events = [event("a", number, user="x") for number in range(5)]
    items = [Item("a", each.at, 0, each, (Seen(each),)) for each in events]
    assert {finding.measure for item in items for finding in correlator.feed(item)} == numbers


def test_an_event_without_the_field_belongs_to_no_group() -> None:
    assert found(correlation("event_count", 1), [event("a", 0)]) == set()


def test_an_event_without_the_counted_field_does_not_count() -> None:
    assert found(correlation("value_count", 1), [event("a", 0, user="x")]) == set()


def test_one_event_is_not_two_steps_of_an_order() -> None:
    both = Event("both", 0, 0, frozenset("ab"), {"user": "x"})
    rule = correlation("temporal_ordered", 2, inputs="ab")
    assert found(rule, [both]) == set()
    assert found(rule, [both, event("b", 1, user="x")]) == {"both", "b-1-0"}


def test_an_alias_joins_fields_of_two_names() -> None:
    rule = Correlation(
        "root", "temporal", ("a", "b"), SPAN, "gte", 2, None, ("who",), {"who": {"a": "user", "b": "target"}}
    )
    assert found(rule, [event("a", 0, user="x"), event("b", 1, target="x")]) == {"a-0-0", "b-1-0"}
    assert found(rule, [event("a", 0, user="x"), event("b", 1, target="y", user="x")]) == set()


MANY_THEN_SUCCESS = (
    Correlation("many", "event_count", ("fail",), SPAN, "gte", 3, None, ("user",)),
    Correlation("then", "temporal_ordered", ("many", "success"), SPAN, "gte", 2, None, ("user",)),
)


def chained(events: Iterable[Event]) -> list[list[str]]:
    correlators = Correlators(MANY_THEN_SUCCESS)
    return [[seen.event.id for seen in one.causes] for each in events for one in correlators.feed(each, each.matched)]


def fails(*times: int) -> list[Event]:
    return [event("fail", at, user="x") for at in times]


def test_a_correlation_may_be_a_step_of_another() -> None:
    assert chained([*fails(0, 1, 2), event("success", 3, user="x")]) == [
        ["fail-0-0", "fail-1-0", "fail-2-0", "success-3-0"]
    ]
    assert chained([*fails(0, 1), event("success", 3, user="x")]) == []
    assert chained([*fails(0, 1), event("success", 3, user="x"), *fails(4)]) == []


def test_a_late_event_completes_a_chain() -> None:
    one, two, three = fails(0, 1, 2)
    assert [set(each) for each in chained([one, two, event("success", 3, user="x"), three])] == [
        {"fail-0-0", "fail-1-0", "fail-2-0", "success-3-0"}
    ]


def test_what_has_been_told_is_not_told_again() -> None:
    assert chained([*fails(0, 1, 2), event("success", 3, user="x"), event("success", 4, user="x")])[1] == [
        "success-4-0"
    ]


def flood(make: Callable[[int], Event], number: int = 30_000) -> tuple[Correlator, int]:
    correlator = Correlator(correlation("value_count", 100), max_items=5_000)
    most = 0
    for count in range(number):
        each = make(count)
        list(correlator.feed(Item("a", each.at, each.ingested, each, (Seen(each),))))
        most = max(most, len(correlator))
    return correlator, most


def test_a_flood_of_groups_is_bounded() -> None:
    _, most = flood(lambda n: event("a", n, ingested=n, user=f"user-{n}", value="1"))
    assert most <= 5_001


def test_a_flood_in_one_group_is_bounded() -> None:
    _, most = flood(lambda n: event("a", 0, ingested=0, user="x", value=str(n)))
    assert most <= 2 * MAX_IN_GROUP < MAX_ITEMS


def test_what_arrived_long_ago_is_forgotten() -> None:
    correlator, _ = flood(lambda n: event("a", n * 1000, ingested=n * 1000, user=f"u{n % 7}", value="1"))
    assert len(correlator) < 4_000
    last = event("a", 10**9, ingested=10**9, user="new", value="1")
    list(correlator.feed(Item("a", last.at, last.ingested, last, ())))
    assert len(correlator) == 1
