"""Renders a package's README from its template, to the very text that Elastic's build tool makes of it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from auth0_elastic.errors import PackageError
from auth0_elastic.package_check.package import Package
from auth0_elastic.package_files.locate import read_text

TEMPLATE = "_dev/build/docs/README.md"
RENDERING = "docs/README.md"

_ACTION = re.compile(r"\{\{(.*?)\}\}")
_CALL = re.compile(r'\s*(?P<name>\w+) "(?P<data_stream>\w+)"\s*')
_ESCAPED = str.maketrans({character: f"\\{character}" for character in "*{}<>"})


def render(package: Package) -> str:
    """The text of docs/README.md: the template with `{{fields "logs"}}` and `{{event "logs"}}` replaced.

    Raises PackageError for another action, a data stream that is not there, or a file that cannot be read.
    """
    return _ACTION.sub(lambda action: _rendered(package, action[1]), read_text(package.root / TEMPLATE))


def _rendered(package: Package, action: str) -> str:
    call = _CALL.fullmatch(action)
    if call is None or call["name"] not in _FUNCTIONS:
        known = " or ".join(f'{{{{{name} "<data stream>"}}}}' for name in _FUNCTIONS)
        raise PackageError(f"{TEMPLATE}: {{{{{action}}}}} is not known; write {known}")
    folder = package.root / "data_stream" / call["data_stream"]
    if folder not in package.streams:
        raise PackageError(f"{TEMPLATE}: there is no data stream {call['data_stream']}; correct {{{{{action}}}}}")
    return _FUNCTIONS[call["name"]](package, folder)


def _fields(package: Package, data_stream: Path) -> str:
    rows = "".join(f"| {' | '.join(row)} |\n" for row in sorted(_rows(package, data_stream)))
    return f"**Exported fields**\n\n| Field | Description | Type |\n|---|---|---|\n{rows}"


def _rows(package: Package, data_stream: Path) -> Iterator[tuple[str, str, str]]:
    for _, name, field in package.fields(data_stream):
        if field.get("type", "group" if "fields" in field else "") == "group":
            continue
        description = " ".join(field.get("description", "").split("\n")).strip()
        yield name.translate(_ESCAPED), description.translate(_ESCAPED), field.get("type", "")
        for each in field.get("multi_fields", ()):
            yield f"{name}.{each['name']}".translate(_ESCAPED), f"Multi-field of `{name}`.", each["type"]


def _event(package: Package, data_stream: Path) -> str:
    event = read_text(data_stream / "sample_event.json").rstrip()
    return f"An example event for `{data_stream.name}` looks as following:\n\n```json\n{event}\n```"


_FUNCTIONS: dict[str, Callable[[Package, Path], str]] = {"fields": _fields, "event": _event}
