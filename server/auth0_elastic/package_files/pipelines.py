"""Reads a data stream's ingest pipelines and gives them the names that Fleet would."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from auth0_elastic.errors import PackageError
from auth0_elastic.package_files.locate import parse_yaml, read_text

_REFERENCE = re.compile(r"""\{\{\s*IngestPipeline\s+["']([^"']+)["']\s*\}\}""")


def read_pipelines(data_stream: Path, prefix: str) -> dict[str, dict[str, Any]]:
    """The pipelines by name, each after those it calls.

    default.yml is named `prefix`, another file `prefix-<file>`. Raises PackageError when one is called that is not
    there, or when they call each other in a circle.
    """
    folder = data_stream / "elasticsearch" / "ingest_pipeline"
    texts = {path.stem: read_text(path) for path in sorted(folder.glob("*.yml"))}
    names = {stem: prefix if stem == "default" else f"{prefix}-{stem}" for stem in texts}
    return {
        names[stem]: _body(_REFERENCE.sub(lambda match: names[match[1]], texts[stem]), folder / f"{stem}.yml")
        for stem in _callees_first(texts, folder)
    }


def _callees_first(texts: dict[str, str], folder: Path) -> list[str]:
    calls = {stem: set(_REFERENCE.findall(text)) for stem, text in texts.items()}
    for stem, called in calls.items():
        if missing := called - texts.keys():
            raise PackageError(f"{folder / stem}.yml calls the pipeline {min(missing)}, and there is no such file")
    try:
        return list(TopologicalSorter(calls).static_order())
    except CycleError as error:
        raise PackageError(f"the pipelines in {folder} call each other in a circle: {error.args[1]}") from error


def _body(text: str, path: Path) -> dict[str, Any]:
    body = parse_yaml(text, path)
    if not isinstance(body, dict) or not isinstance(body.get("processors"), list):
        raise PackageError(f"{path} is no pipeline: it has no list of processors")
    return body
