"""Loads the settings: environment beats file beats default. All problems are told at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auth0_elastic.config.consistency import inconsistencies
from auth0_elastic.config.given import Given, GivenByPath, Problem
from auth0_elastic.config.read_environment import CONFIG_VARIABLE, read_environment
from auth0_elastic.config.read_yaml import given_in, read_yaml
from auth0_elastic.config.schema import Leaf, Schema, given_names, schema
from auth0_elastic.config.secret_files import merge, resolve_secret_files
from auth0_elastic.config.settings import Settings, build
from auth0_elastic.config.validate import structure_problems, value_problems
from auth0_elastic.config.values import parse_duration, parse_look_back, parse_size, resolve_path, with_port
from auth0_elastic.errors import ConfigError
from auth0_elastic.secret import Secret

DEFAULT_PATH = Path("auth0-elastic.yml")


@dataclass(frozen=True)
class Loaded:
    """The settings, those there are, what was given for each, and the file they were read from, if any."""

    settings: Settings
    schema: Schema
    given: GivenByPath
    path: Path | None


def load(path: Path | None, env: Mapping[str, str], *, for_serve: bool = False) -> Settings:
    """The settings of a file and an environment.

    Without a path, the file is the one that AUTH0_ELASTIC_CONFIG names, otherwise ./auth0-elastic.yml if there is one,
    otherwise none. With `for_serve`, what only a listener needs is demanded too: a token, and HTTPS or a reason to do
    without it. Raises ConfigError with one line a problem.
    """
    return load_with_sources(path, env, for_serve=for_serve).settings


def load_with_sources(path: Path | None, env: Mapping[str, str], *, for_serve: bool = False) -> Loaded:
    """Like `load`, and tells where each value comes from."""
    file = path or _default_path(env)
    document, problems = read_yaml(file) if file else ({}, [])
    there = schema(given_names(document, env))
    from_environment, unknown = read_environment(env, there)
    from_file = given_in(document, file, there) if file else {}
    given, unreadable = resolve_secret_files(merge(from_file, from_environment, there), there)
    problems += [*structure_problems(document, there), *unknown, *unreadable, *value_problems(given, there)]
    broken = _broken(problems, there)
    settings = _build(given, broken, there)
    found = inconsistencies(settings, for_serve=for_serve)
    problems += [problem for problem in found if broken.isdisjoint(problem.keys)]
    if problems:
        raise ConfigError(_tell(problems))
    return Loaded(settings, there, given, file)


def _default_path(env: Mapping[str, str]) -> Path | None:
    if env.get(CONFIG_VARIABLE):
        return Path(env[CONFIG_VARIABLE])
    return DEFAULT_PATH if DEFAULT_PATH.exists() else None


def _broken(problems: list[Problem], there: Schema) -> set[str]:
    """The settings whose values are of no use; a secret is, when the name of its file is."""
    keys = {key for problem in problems for key in problem.keys}
    return keys | {secret.key for secret, file in there.secrets_and_files if file.key in keys}


def _tell(problems: list[Problem]) -> str:
    texts = list(dict.fromkeys(problem.text for problem in problems))
    return texts[0] if len(texts) == 1 else "\n  ".join([f"{len(texts)} problems in the settings:", *texts])


def _build(given: GivenByPath, broken: set[str], there: Schema) -> Settings:
    """A default stands in for a broken value, so that the other settings can still be checked against each other."""
    twins = {file.path for _, file in there.secrets_and_files}
    values = {}
    for leaf in there.leaves:
        if leaf.path not in twins:
            default = Given(leaf.default, "default", Path.cwd())
            used = default if leaf.key in broken else given.get(leaf.path, default)
            values[leaf.path] = _convert(leaf, used)
    return build(values)


def _convert(leaf: Leaf, given: Given) -> Any:
    if leaf.accepts("array"):
        items = given.value if isinstance(given.value, list) else [given.value] if given.value is not None else []
        return tuple(_convert_one(leaf, item, given.folder) for item in items)
    return None if given.value is None else _convert_one(leaf, given.value, given.folder)


def _convert_one(leaf: Leaf, value: Any, folder: Path) -> Any:
    if leaf.is_secret:
        return Secret(value)
    if leaf.format == "path":
        return resolve_path(value, folder)
    if leaf.format == "host-url":
        return with_port(value)
    if leaf.format == "byte-size":
        return parse_size(value)
    if leaf.format == "time-span":
        return parse_duration(value)
    if leaf.format == "look-back":
        return parse_look_back(value)
    if leaf.format == "https-url":
        return value.rstrip("/")
    return int(value) if leaf.accepts("integer") else value
