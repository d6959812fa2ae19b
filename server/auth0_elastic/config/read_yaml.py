"""Reads the settings file. Messages give line and column but no text of the file, because it may hold a secret."""

from pathlib import Path
from typing import Any

import yaml

from auth0_elastic.config.given import Given, GivenByPath, Problem, show_key
from auth0_elastic.config.schema import Schema, documented


class _Loader(yaml.SafeLoader):
    """Notes keys that stand twice in one mapping, where YAML would silently take the last."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[int, str]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                self.repeated.append((key.start_mark.line + 1, show_key(key.value)))
            seen.add(key.value if isinstance(key.value, str) else None)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The file's sections as they stand; empty where it cannot be read."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        return {}, [_useless(f"{path}: {error.strerror}; write one with: auth0-elastic config init")]
    except UnicodeDecodeError:
        return {}, [_useless(f"{path}: not UTF-8 text; save it as UTF-8")]
    return _parse(path, text)


def _parse(path: Path, text: str) -> tuple[dict[str, Any], list[Problem]]:
    try:
        loader = _Loader(text)
        document = loader.get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return {}, [_syntax_problem(path, error)]
    repeated = [Problem(f"{path}: line {line}: {key} is there twice; keep one") for line, key in loader.repeated]
    if isinstance(document, dict | None):
        return document or {}, repeated
    return {}, [_useless(f"{path}: not a list of settings; write lines such as logging: {{level: info}}")]


def _syntax_problem(path: Path, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    remedy = "check quotes and indentation (no tabs), and quote values with special characters such as : # * & ! % @"
    return _useless(f"{path}: {place}not valid YAML; {remedy}")


def _useless(text: str) -> Problem:
    """Nothing is known of any setting then, so that none of them may be called missing."""
    return Problem(text, tuple(leaf.key for leaf in documented().leaves))


def given_in(document: dict[str, Any], path: Path, settings: Schema) -> GivenByPath:
    """The settings that the file gives a value; unknown ones and sections of a wrong shape are left out."""
    given = {}
    for leaf in settings.leaves:
        section: Any = document
        for name in leaf.path[:-1]:
            section = section.get(name) if isinstance(section, dict) else None
        if isinstance(section, dict) and leaf.path[-1] in section:
            given[leaf.path] = Given(section[leaf.path[-1]], str(path), path.absolute().parent)
    return given
