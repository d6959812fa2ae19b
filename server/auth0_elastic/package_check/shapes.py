"""Rules on the shape of manifests, changelog and field definitions, written as JSON schemas in `shapes.yml`."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.problem import Problem


def the_manifest_has_its_shape(package: Package) -> Iterator[Problem]:
    """The manifest has what is required, nothing unknown, and only values that are known."""
    yield from _problems(package, package.root / "manifest.yml", "manifest")


def the_changelog_has_its_shape(package: Package) -> Iterator[Problem]:
    """Each change has a description, a type and a link."""
    yield from _problems(package, package.root / "changelog.yml", "changelog")


def a_data_streams_manifest_has_its_shape(package: Package) -> Iterator[Problem]:
    """A data stream has a title; each stream an input, a title and a description; each variable a name and a type."""
    for path in package.files("data_stream/*/manifest.yml"):
        yield from _problems(package, path, "data_stream")


def field_definitions_have_their_shape(package: Package) -> Iterator[Problem]:
    """A field has a name and no unknown keys or types."""
    for path in package.files("data_stream/*/fields/*.yml"):
        yield from _problems(package, path, "fields")


def pipeline_tests_have_their_shape(package: Package) -> Iterator[Problem]:
    """Pipeline tests hold their events in `events`, expectations in `expected`, settings under known keys."""
    folder = "data_stream/*/_dev/test/pipeline/"
    for path in package.files(f"{folder}*.json"):
        yield from _problems(package, path, "expected" if path.name.endswith("-expected.json") else "events")
    for path in package.files(f"{folder}*.yml"):
        yield from _problems(package, path, "test_config")


def detection_rules_have_their_shape(package: Package) -> Iterator[Problem]:
    """A rule for Kibana's detection engine says what it looks for, where, when, how severe it is, and is off."""
    for path in package.detection_rules:
        yield from _problems(package, path, "security_rule")


def _problems(package: Package, path: Path, shape: str) -> Iterator[Problem]:
    for error in _validator(shape).iter_errors(package.content(path)):
        place = ".".join(str(step) for step in error.absolute_path)
        yield Problem(package.name_of(path), f"{place}: {_what(error)}" if place else _what(error), _remedy(error))


def _what(error: ValidationError) -> str:
    text = error.message
    return text if len(text) <= 200 else f"{text[:90]} … {text[-100:]}"


def _remedy(error: ValidationError) -> str:
    if isinstance(error.schema, dict) and "x-remedy" in error.schema:
        return str(error.schema["x-remedy"])
    return {"required": "add it", "additionalProperties": "remove it"}.get(str(error.validator), "correct it")


@cache
def _validator(shape: str) -> Draft202012Validator:
    text = files(__package__).joinpath("shapes.yml").read_text("utf-8")
    return Draft202012Validator({"$ref": f"#/$defs/{shape}", "$defs": yaml.safe_load(text)})
