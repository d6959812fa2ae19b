"""Comparing what a pipeline made with what was expected."""

import json
import re
from typing import Any

import pytest

from auth0_elastic.golden.case import Config
from auth0_elastic.golden.expectation import differences, expectation_file
from auth0_elastic.golden.keywords import not_text

PLAIN = Config({}, {}, frozenset())
DYNAMIC = Config({}, {"event.ingested": re.compile("^20"), "geo": re.compile(".*")}, frozenset())


def test_the_order_of_keys_is_no_difference() -> None:
    assert differences({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}, PLAIN) == ""


@pytest.mark.parametrize(
    ("expected", "actual"), [({"a": 1}, {"a": 2}), ({"a": 1}, None), (None, {"a": 1}), ({"a": 1}, {"a": "1"})]
)
def test_a_difference_is_shown_as_a_unified_diff(
    expected: dict[str, Any] | None, actual: dict[str, Any] | None
) -> None:
    lines = differences(expected, actual, PLAIN).splitlines()
    assert lines[:2] == ["--- expected", "+++ actual"]


def test_a_dynamic_field_may_differ_or_be_absent() -> None:
    expected = {"event": {}, "a": 1}
    assert differences(expected, {"event": {"ingested": "2024"}, "a": 1, "geo": {"city": "x"}}, DYNAMIC) == ""


def test_a_dynamic_text_that_its_regex_does_not_match_is_told() -> None:
    assert "event.ingested: 'yesterday'" in differences({"event": {}}, {"event": {"ingested": "yesterday"}}, DYNAMIC)


def test_a_dynamic_value_that_is_no_text_is_not_matched() -> None:
    assert differences({"event": {}}, {"event": {"ingested": 1}}, DYNAMIC) == ""


def test_an_expectation_file_is_as_elastic_package_writes_it() -> None:
    documents: list[dict[str, Any] | None] = [{"b": "ü\u2028", "a": {"event": 1}, "geo": 1}, None]
    text = expectation_file(documents, DYNAMIC)
    assert text.startswith(
        '{\n    "expected": [\n        {\n            "a": {\n                "event": 1\n            },'
    )
    assert "ü\\u2028" in text
    assert text.endswith("null\n    ]\n}")
    assert json.loads(text)["expected"] == [{"a": {"event": 1}, "b": "ü\u2028"}, None]


def test_a_number_in_a_keyword_is_told_unless_it_is_allowed() -> None:
    mappings = {"properties": {"a": {"properties": {"k": {"type": "keyword"}, "l": {"type": "long"}}}}}
    document = {"a": {"k": ["x", 5], "l": 5}, "unknown": 5}
    assert [line.partition(":")[0] for line in not_text(document, mappings, frozenset())] == ["a.k"]
    assert not_text(document, mappings, frozenset({"a.k"})) == []
