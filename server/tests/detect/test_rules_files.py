"""The shipped detections as files: valid Sigma, complete, in agreement with the mapping, each with its cases."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.validation import SigmaValidator
from sigma.validators.core import validators

from auth0_elastic import event_types
from auth0_elastic.detect.rule import SEVERITY, Rule
from auth0_elastic.detect.sigma import CASES, SHIPPED, field_types, load_rules
from auth0_elastic.detect.sigma_pipeline import logs_field
from auth0_elastic.generate.tables import shapes

Json = dict[str, Any]

WANTED = {
    1: ("brute_force_user", "brute_force_unknown_user"),
    2: ("password_spray",),
    3: ("credential_stuffing",),
    4: ("username_enumeration",),
    5: ("breached_password",),
    6: ("success_after_failures_user", "success_after_spray"),
    7: ("success_from_blocked_address", "success_after_lockout"),
    8: ("impossible_travel", "impossible_travel_auth0"),
    9: ("first_country",),
    10: ("login_through_tor", "login_through_vpn", "login_from_denied_address"),
    11: ("mfa_fatigue", "mfa_fatigue_success"),
    12: ("mfa_push_rejected", "mfa_recovery_code_used", "mfa_recovery_code_guessing"),
    13: ("mfa_replaced",),
    14: ("mfa_phone_shared",),
    15: ("sms_pumping", "phone_limit_surge"),
    16: ("refresh_token_reuse", "token_family_spread"),
    17: ("attack_protection_weakened", "attack_protection_allowlist", "attack_protection_changed"),
    18: ("mfa_policy_weakened", "mfa_policy_changed"),
    19: ("log_stream_tampered", "log_stream_changed"),
    20: ("login_code_changed", "login_code_drafted"),
    21: ("client_secret_read", "client_secrets_harvested", "client_secret_rotated"),
    22: ("management_scope_granted", "password_grant_enabled", "implicit_grant_enabled"),
    23: ("tenant_member_changed", "tenant_owner_invited"),
    24: ("connection_added",),
    25: ("dynamic_registration_burst",),
    26: ("signup_fraud",),
    27: ("suspicious_tls_fingerprint",),
    28: ("delivery_silence",),
}
"""By the number of what was asked for, the detections that do it."""
BESIDES = ("security_change_refused",)

MANAGEMENT = {name for number in (*range(17, 21), *range(22, 25)) for name in WANTED[number]} | {
    "client_secret_rotated",
    "security_change_refused",
}
"""Those about changes by the Management API, each in one event."""

_EVASION = "defense-evasion persistence credential-access"
_ACCOUNT = "defense-evasion persistence privilege-escalation initial-access"
TECHNIQUES = {
    "T1078.004": _ACCOUNT,
    "T1087": "discovery",
    "T1090": "command-and-control",
    "T1090.003": "command-and-control",
    "T1098": "persistence privilege-escalation",
    "T1098.001": "persistence privilege-escalation",
    "T1098.003": "persistence privilege-escalation",
    "T1098.005": "persistence privilege-escalation",
    "T1110": "credential-access",
    "T1110.001": "credential-access",
    "T1110.003": "credential-access",
    "T1110.004": "credential-access",
    "T1136.003": "persistence",
    "T1484.002": "defense-evasion privilege-escalation",
    "T1496.003": "impact",
    "T1526": "discovery",
    "T1528": "credential-access",
    "T1531": "impact",
    "T1537": "exfiltration",
    "T1546": "persistence privilege-escalation",
    "T1550.001": "defense-evasion lateral-movement",
    "T1555.006": "credential-access",
    "T1556": _EVASION,
    "T1556.006": _EVASION,
    "T1556.007": _EVASION,
    "T1562.001": "defense-evasion",
    "T1562.008": "defense-evasion",
    "T1585": "resource-development",
    "T1589.002": "reconnaissance",
    "T1621": "credential-access",
}
"""MITRE ATT&CK's techniques that the detections name, with their tactics."""

FILES = sorted(path for path in SHIPPED.glob("*.yml") if not path.name.endswith(CASES))
TYPES = field_types()
RULES = {rule.id: rule for rule in load_rules([SHIPPED], TYPES)}
ATTACKS = yaml.safe_load(Path(__file__).with_name("staged_attacks.yml").read_text("utf-8"))["attacks"]
_SIGMA = {"detection", "correlation"}
_NEEDS_DOWNLOAD = ("attacktag", "d3_fendtag")
_INTENDED = {("brute_force_unknown_user", "EscapedWildcardIssue")}  # the * of masked names


@cache
def documents(path: Path) -> list[Json]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


@cache
def cases(rule: str) -> list[Json]:
    return list(yaml.safe_load((SHIPPED / f"{rule}{CASES}").read_text("utf-8")))


def staged(rule: str) -> bool:
    return any(rule in attack["rules"] for attack in ATTACKS)


def names_and_values(detection: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a detection without their modifiers, and what each is compared with."""
    if isinstance(detection, list):
        for each in detection:
            yield from names_and_values(each)
    elif isinstance(detection, dict):
        for key, value in detection.items():
            if key.startswith("data."):
                yield key.split("|")[0], value
            elif key != "condition":
                yield from names_and_values(value)


def used_by(path: Path) -> Iterator[tuple[str, Any]]:
    for document in documents(path):
        yield from names_and_values(document.get("detection"))
        correlation = document.get("correlation", {})
        yield from ((name, None) for name in correlation.get("group-by", ()))
        if "field" in correlation.get("condition", {}):
            yield correlation["condition"]["field"], None


def one_or_more(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


by_file = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
by_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


def test_every_detection_that_was_asked_for_is_there_and_no_other() -> None:
    assert sorted(WANTED) == list(range(1, 29))
    assert sorted([*(name for names in WANTED.values() for name in names), *BESIDES]) == sorted(RULES)


@by_file
def test_the_validators_of_sigma_find_nothing(path: Path) -> None:
    collection = SigmaCollection.from_dicts([each for each in documents(path) if each.keys() & _SIGMA])
    chosen = [each for name, each in validators.items() if name not in _NEEDS_DOWNLOAD]
    issues = SigmaValidator(chosen).validate_rules(iter(collection.rules))
    found = {(path.stem, type(issue).__name__) for issue in issues}
    assert found <= _INTENDED, issues


def test_ids_names_and_titles_are_used_once() -> None:
    everything = [document for path in FILES for document in documents(path)]
    for key in ("id", "title"):
        assert [value for value, times in Counter(each[key] for each in everything).items() if times > 1] == []


@by_file
def test_the_file_is_named_after_the_rule(path: Path) -> None:
    assert documents(path)[-1]["x-auth0"]["id"] == path.stem


@by_rule
def test_the_analyst_is_told_what_to_do(rule: Rule) -> None:
    lines = re.findall(r"^- .", rule.investigate, re.MULTILINE)
    assert 3 <= len(lines) <= 6
    assert rule.falsepositives
    assert rule.description.endswith(".")
    assert rule.investigate.count("`") % 2 == 0


@by_rule
def test_references_are_pages_of_auth0s_documentation(rule: Rule) -> None:
    assert rule.references
    assert all(each.startswith("https://auth0.com/docs/") for each in rule.references)


@by_rule
def test_the_risk_score_is_that_of_the_level(rule: Rule) -> None:
    assert rule.risk_score == SEVERITY[rule.level]


@by_rule
def test_each_tactic_has_a_technique_of_its_own_and_each_technique_a_tactic(rule: Rule) -> None:
    tags = [tag.removeprefix("attack.") for tag in rule.tags]
    techniques = [tag.upper() for tag in tags if re.match(r"t\d", tag)]
    tactics = {tag for tag in tags if not re.match(r"t\d", tag)}
    assert techniques
    assert tactics
    possible = [set(TECHNIQUES[technique].split()) for technique in techniques]
    assert all(tactics & each for each in possible)
    assert tactics <= set().union(*possible)


@by_file
def test_every_field_that_is_named_exists(path: Path) -> None:
    assert [name for name, _ in used_by(path) if TYPES["logs"].find(logs_field(name) or name) is None] == []


@by_file
def test_every_type_that_is_named_is_a_type_of_auth0(path: Path) -> None:
    named = [code for name, value in used_by(path) if name == "data.type" for code in one_or_more(value)]
    assert [code for code in named if isinstance(code, str) and code not in event_types.load()] == []


@pytest.mark.parametrize("name", sorted(MANAGEMENT))
def test_changes_are_known_by_method_and_path_whatever_the_channel(name: str) -> None:
    used = dict(used_by(SHIPPED / f"{name}.yml"))
    assert {"data.details.request.method", "data.details.request.path"} <= used.keys()
    assert "data.details.request.channel" not in used


_BESIDE_THE_SHAPE = {"at", "type", "details", "description", "date"}


def misfits(event: Json) -> set[str]:
    """The keys that events of this type do not have."""
    shape = shapes().get(event["type"])
    return set() if shape is None else event.keys() - set(shape.fields) - _BESIDE_THE_SHAPE


@by_rule
def test_the_events_of_cases_have_what_their_type_carries(rule: Rule) -> None:
    assert [
        (case["name"], misfits(event)) for case in cases(rule.id) for event in case["events"] if misfits(event)
    ] == []


def test_the_staged_attacks_are_at_least_twenty_and_name_rules_that_exist() -> None:
    assert len(ATTACKS) >= 20
    assert [name for attack in ATTACKS for name in attack["rules"] if name not in RULES] == []
    assert len({attack["name"] for attack in ATTACKS}) == len(ATTACKS)


def test_every_detection_above_low_is_staged_but_those_that_need_a_list_or_silence() -> None:
    missing = {name for name, rule in RULES.items() if rule.level != "low" and not staged(name)}
    assert missing == {
        "attack_protection_allowlist",
        "delivery_silence",
        "login_from_denied_address",
        "login_through_tor",
    }


def test_the_events_of_staged_attacks_have_what_their_type_carries() -> None:
    assert [misfits(event) for attack in ATTACKS for event in attack["events"] if misfits(event)] == []
