"""Checks what was given against the schema and words each finding as key, value and remedy."""

from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from auth0_elastic.config.given import Given, GivenByPath, Problem, nearest, show_key
from auth0_elastic.config.schema import Leaf, Schema, is_name
from auth0_elastic.config.values import UnfitError, formats, show


def structure_problems(document: dict[str, Any], settings: Schema) -> list[Problem]:
    """Unknown keys, and sections that are none; an empty section is as good as a missing one."""
    problems = []
    for error in Draft202012Validator(settings.rules).iter_errors(document):
        path = tuple(map(str, error.absolute_path))
        if error.validator == "additionalProperties":
            problems += _unknown_keys(path, error)
        elif "properties" in _rules(error) and error.instance is not None:
            problems.append(_not_a_section(path, settings))
    return problems


def _unknown_keys(path: tuple[str, ...], error: ValidationError) -> list[Problem]:
    known = _rules(error)["properties"]
    if "x-for-each-name" in _rules(error):
        odd = [show_key(key) for key in cast(dict[Any, Any], error.instance) if not is_name(key)]
        return [Problem(f"{'.'.join(path)}.{key}: not a name; use a-z, 0-9 and _, a letter first") for key in odd]
    prefix = ".".join(path) + "." if path else ""
    unknown = [show_key(key) for key in cast(dict[Any, Any], error.instance) if key not in known]
    return [Problem(f"{prefix}{key}: no such setting{nearest(key, known)}") for key in unknown]


def _not_a_section(path: tuple[str, ...], settings: Schema) -> Problem:
    text = f"{'.'.join(path)}: not a section; write its settings on lines of their own below it"
    return Problem(text, tuple(leaf.key for leaf in settings.leaves if leaf.path[: len(path)] == path))


def value_problems(given: GivenByPath, settings: Schema) -> list[Problem]:
    """At most one problem a setting or item of its list."""
    return [problem for path, value in given.items() for problem in _problems_of(settings.by_path[path], value)]


def _problems_of(leaf: Leaf, given: Given) -> list[Problem]:
    texts: dict[str, str] = {}
    for error in Draft202012Validator(leaf.rules, format_checker=formats).iter_errors(given.value):
        index = "".join(f"[{step}]" for step in error.absolute_path)
        texts.setdefault(index, _word(leaf, error))
    origin = f" (given by {given.source})" if given.is_from_elsewhere else ""
    return [Problem(f"{leaf.key}{index}: {text}{origin}", (leaf.key,)) for index, text in texts.items()]


def _word(leaf: Leaf, error: ValidationError) -> str:
    if isinstance(error.cause, UnfitError):
        return str(error.cause)
    rules = _rules(error)
    shown = "the value (hidden)" if leaf.is_secret else show(error.instance)
    remedy = rules.get("x-remedy") or f"give one of {', '.join(rules.get('enum', ()))}"
    return f"{shown} is not {rules['x-is']}; {remedy}"


def _rules(error: ValidationError) -> dict[str, Any]:
    return cast(dict[str, Any], error.schema)
