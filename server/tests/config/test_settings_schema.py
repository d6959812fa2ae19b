"""The schema, the dataclasses, the template and the page say the same."""

import dataclasses
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from auth0_elastic.config.docs import settings_page
from auth0_elastic.config.read_environment import NOT_SETTINGS
from auth0_elastic.config.schema import PLACEHOLDER, Leaf, documented
from auth0_elastic.config.settings import Settings
from auth0_elastic.config.template import render
from auth0_elastic.config.values import formats
from auth0_elastic.secret import Secret

PAGE = Path(__file__).parents[3] / "docs/settings.md"


def test_the_schema_is_a_json_documented() -> None:
    Draft202012Validator.check_schema(documented().rules)


def test_no_section_takes_unknown_keys() -> None:
    assert all(section["additionalProperties"] is False for section in _sections(documented().rules))


@pytest.mark.parametrize("leaf", documented().leaves, ids=lambda leaf: leaf.key)
def test_every_setting_is_described_and_its_default_and_examples_are_valid(leaf: Leaf) -> None:
    assert leaf.rules["description"].endswith(".")
    assert leaf.rules["x-is"]
    validator = Draft202012Validator(leaf.rules, format_checker=formats)
    for value in (leaf.default, *leaf.rules.get("examples", ())):
        assert validator.is_valid(value)
    assert not leaf.format or leaf.format in formats.checkers


def test_the_dataclasses_have_the_shape_of_the_documented() -> None:
    files = {file.key for _, file in documented().secrets_and_files}
    assert list(_fields(Settings)) == sorted({leaf.key for leaf in documented().leaves} - files)


def test_every_secret_has_a_file_form() -> None:
    assert [secret.key for secret, _ in documented().secrets_and_files] == [
        leaf.key for leaf in documented().leaves if leaf.is_secret
    ]


def test_variables_are_unambiguous() -> None:
    names = [leaf.variable for leaf in documented().leaves] + list(NOT_SETTINGS)
    assert len(set(names)) == len(names)
    assert "AUTH0_ELASTIC_LISTENER_SSL_CERTIFICATE" in names


def test_the_template_holds_every_setting_with_its_description_and_sets_only_the_token() -> None:
    text = render(Secret("fresh"))
    words = " ".join(text.replace("#", " ").split())
    assert all(" ".join(leaf.rules["description"].split()) in words for leaf in documented().leaves)
    document = yaml.safe_load(text)
    assert {path: value for path, value in _values(document) if value is not None} == {
        "listener.authorization_token": "fresh"
    }


def test_the_template_is_valid_with_every_line_switched_on() -> None:
    lines = [
        line.replace("#", "", 1) if line.lstrip().startswith("#") and line.lstrip()[1] != " " else line
        for line in render(Secret("fresh")).splitlines()
    ]
    document = yaml.safe_load("\n".join(lines))
    validator = Draft202012Validator(documented("example").rules, format_checker=formats)
    assert not list(validator.iter_errors(document))
    assert {leaf.key for leaf in documented("example").leaves} == {key for key, _ in _values(document)}


def test_the_page_of_settings_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == settings_page(), "run: auth0-elastic config docs > docs/settings.md"


def _sections(rules: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "properties" in rules:
        yield rules
        for below in rules["properties"].values():
            yield from _sections(below)


def _fields(section: Any, prefix: str = "") -> list[str]:
    found = []
    for name, kind in typing.get_type_hints(section).items():
        if typing.get_origin(kind) is tuple and dataclasses.is_dataclass(item := typing.get_args(kind)[0]):
            below = _fields(item, f"{prefix}{name}.{PLACEHOLDER}.")
            found += [key for key in below if not key.endswith(f".{PLACEHOLDER}.name")]
        else:
            found += _fields(kind, f"{prefix}{name}.") if dataclasses.is_dataclass(kind) else [prefix + name]
    return sorted(found)


def _values(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        yield from _values(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
