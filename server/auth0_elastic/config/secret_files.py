"""Replaces the `_file` form of a secret by the file's content."""

from auth0_elastic.config.given import Given, GivenByPath, Problem
from auth0_elastic.config.schema import Leaf, Schema
from auth0_elastic.config.values import resolve_path, show


def merge(file: GivenByPath, environment: GivenByPath, settings: Schema) -> GivenByPath:
    """Environment beats file; either form of a secret in the environment beats both forms in the file."""
    beaten = {
        leaf.path
        for pair in settings.secrets_and_files
        if any(leaf.path in environment for leaf in pair)
        for leaf in pair
    }
    return {path: given for path, given in file.items() if path not in beaten} | environment


def resolve_secret_files(given: GivenByPath, settings: Schema) -> tuple[GivenByPath, list[Problem]]:
    """The same settings with every readable secret in its place, and what is wrong with the others."""
    resolved, problems = dict(given), []
    for secret, file in settings.secrets_and_files:
        if resolved.get(file.path) is None or given[file.path].value is None:
            continue
        if secret.path in given and given[secret.path].value is not None:
            problems.append(_both(secret, file, given))
        elif _is_path_or_paths(file, given[file.path]):
            contents, found = _read_all(file, given[file.path])
            problems += [Problem(text, (file.key, secret.key)) for text in found]
            resolved[secret.path] = contents
    return resolved, problems


def _both(secret: Leaf, file: Leaf, given: GivenByPath) -> Problem:
    one, other = (leaf.variable if given[leaf.path].source == leaf.variable else leaf.key for leaf in (secret, file))
    return Problem(f"{one}: given together with {other}; keep one of them", (secret.key, file.key))


def _is_path_or_paths(file: Leaf, given: Given) -> bool:
    paths = given.value if isinstance(given.value, list) and file.accepts("array") else [given.value]
    return bool(paths) and all(isinstance(path, str) and path and "\0" not in path for path in paths)


def _read_all(file: Leaf, given: Given) -> tuple[Given, list[str]]:
    paths = given.value if isinstance(given.value, list) else [given.value]
    results = [_read(file, path, given) for path in paths]
    texts = [text for text, _ in results if text is not None]
    source = f"{given.source} → {', '.join(paths)}"
    value = (texts or None) if file.accepts("array") else next(iter(texts), None)
    contents = Given(value, source, given.folder, is_from_elsewhere=True)
    return contents, [problem for _, problem in results if problem]


def _read(file: Leaf, path: str, given: Given) -> tuple[str | None, str]:
    """The text without its last line break, or what is wrong."""
    try:
        text = resolve_path(path, given.folder).read_bytes().decode()
    except OSError as error:
        return None, f"{file.key}: {show(path)} cannot be read ({error.strerror}); check the path and its permissions"
    except UnicodeDecodeError:
        return None, f"{file.key}: {show(path)} is not UTF-8 text; write the secret and nothing else into it"
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        return None, f"{file.key}: {show(path)} is empty; write the secret and nothing else into it"
    return text, ""
