"""The generated part of docs/detections.md: a table of all rules, and a section for each."""

from collections.abc import Iterator, Sequence
from typing import Final

from auth0_elastic.detect.attack import attack_names, by_tactic
from auth0_elastic.detect.kibana_rules import needs_detect
from auth0_elastic.detect.rule import Correlation, Rule
from auth0_elastic.errors import PackageError

BEGIN: Final = "<!-- Made by `auth0-elastic kibana --write` from the rules; a test fails when they differ. -->\n"
END: Final = "<!-- The rest is written by hand. -->\n"

_ATTACK: Final = "https://attack.mitre.org/techniques"
_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_OPERATORS: Final = {"gte": "at least", "gt": "more than", "lte": "at most", "lt": "fewer than", "eq": "", "neq": "not"}
_ENTITIES: Final = {"user": "a user", "source": "an address", "client": "a client", "tenant": "the tenant"}


def renewed(page: str, rules: Sequence[Rule]) -> str:
    """The page with its rules made anew, between the two marks. Raises PackageError where there are none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PackageError(f"docs/detections.md has no place for the rules: it needs {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}\n" + "\n".join(_lines(rules)) + f"\n{END}{after}"


def _lines(rules: Sequence[Rule]) -> Iterator[str]:
    in_kibana = sum(needs_detect(rule) is None for rule in rules)
    yield f"{len(rules)} rules; {in_kibana} of them are rules for Kibana, too.\n"
    yield "| rule | what it says | level | ATT&CK | written in | in Kibana |\n|---|---|---|---|---|---|"
    yield from map(_row, rules)
    yield ""
    for rule in rules:
        yield from _section(rule)


def _row(rule: Rule) -> str:
    why = needs_detect(rule)
    kibana = f"no, it {why}" if why else "yes"
    written = "Python" if rule.stateful else "Sigma"
    techniques = ", ".join(_link(each) for each in _techniques(rule))
    return f"| [`{rule.id}`](#{rule.id}) | {rule.title} | {rule.level} | {techniques} | {written} | {kibana} |"


def _section(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}\n"
    yield f"**{rule.title}.** {rule.description}\n"
    yield from (f"- {each}" for each in _facts(rule))
    if rule.falsepositives:
        yield "\nFalse positives:\n"
        yield from (f"- {each}" for each in rule.falsepositives)
    yield f"\nTo investigate:\n\n{rule.investigate}\n"


def _facts(rule: Rule) -> Iterator[str]:
    yield f"Level {rule.level}, risk score {rule.risk_score}; an alert is about {_ENTITIES[rule.entity]}"
    names = attack_names()
    techniques = [f"{_link(each)} {names[each]}" for each in _techniques(rule)]
    tactics = [names[tactic].split(" ", 1)[1] for tactic in by_tactic(rule.tags)]
    yield f"ATT&CK: {', '.join(tactics)}; {', '.join(techniques)}"
    yield from map(_correlation, rule.correlations)
    if rule.stateful:
        given = ", ".join(f"`{name}: {_plain(value)}`" for name, value in rule.stateful.parameters.items())
        yield f"Written in Python, `{rule.stateful.name}`" + (f" with {given}" if given else "")


def _correlation(each: Correlation) -> str:
    """What it takes, and within which time: the numbers that settings may change."""
    within = f"within {_duration(each.timespan)}" + (f", by {_fields(each.group_by)}" if each.group_by else "")
    if each.kind == "temporal":
        return f"All of {_fields(each.inputs)} {within}"
    if each.kind == "temporal_ordered":
        return f"{' and then '.join(f'`{name}`' for name in each.inputs)} {within}"
    what = f"values of `{each.counted}`" if each.counted else "events"
    return f"`{each.name}`: {_OPERATORS[each.operator]} {each.count} {what} {within}"


def _fields(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _plain(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _techniques(rule: Rule) -> list[str]:
    return list(dict.fromkeys(each for techniques in by_tactic(rule.tags).values() for each in techniques))


def _link(technique: str) -> str:
    return f"[{technique}]({_ATTACK}/{technique.replace('.', '/')}/)"


def _duration(milliseconds: int) -> str:
    letter, length = next(each for each in _UNITS if milliseconds % each[1] == 0)
    return f"{milliseconds // length}{letter}"
