"""docs/detections.md is made from the rules, and names each."""

import re
from pathlib import Path

import pytest
import yaml

from auth0_elastic.config.load import load
from auth0_elastic.detect.field_types import field_types
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.rules_page import renewed
from auth0_elastic.detect.sigma import load_rule
from auth0_elastic.errors import PackageError
from auth0_elastic.package_files import find_package

PAGE = find_package().parent / "docs/detections.md"


def test_the_page_is_what_the_rules_say(rules: list[Rule]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert renewed(text, rules) == text, "run: auth0-elastic kibana --write"


def test_every_rule_has_a_row_and_a_section(rules: list[Rule]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [rule.id for rule in rules if f"| [`{rule.id}`](#{rule.id}) |" not in text] == []
    assert [rule.id for rule in rules if f"\n### {rule.id}\n" not in text] == []


def test_the_numbers_that_settings_change_are_named() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "- `brute_force_user`: at least 10 events within 10m, by `user.id`\n" in text
    assert "- Written in Python, `impossible_travel` with `speed: 900`, `minimum_distance: 500`" in text


def test_a_page_without_a_place_for_the_rules_is_refused(rules: list[Rule]) -> None:
    with pytest.raises(PackageError, match="has no place"):
        renewed("# Detections\n", rules)


def examples() -> list[str]:
    found: list[str] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return found


def test_the_settings_shown_are_valid_and_name_rules_that_exist(tmp_path: Path, rules: list[Rule]) -> None:
    shown = [text for text in examples() if text.startswith(("detect:", "reputation:"))]
    (tmp_path / "slack_url").write_text("https://hooks.slack.com/services/T0/B0/x")
    for text in shown:
        path = tmp_path / "settings.yml"
        path.write_text(text.replace("/run/secrets", str(tmp_path)))
        load(path, {})
    named = {name for text in shown for name in yaml.safe_load(text).get("detect", {}).get("rules", {})}
    assert len(shown) == 3
    assert named <= {rule.id for rule in rules}


def test_the_sigma_rule_shown_is_understood(tmp_path: Path) -> None:
    (text,) = (text for text in examples() if text.startswith("title:"))
    path = tmp_path / "break_glass.yml"
    path.write_text(text)
    assert load_rule(path, field_types()).bases[0].fields == {"event.code", "user.name"}
