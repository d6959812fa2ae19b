"""A package's files, read and parsed once, when they are asked for."""

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from auth0_elastic.errors import PackageError
from auth0_elastic.package_files.locate import data_streams, parse_yaml, read_text

Json = dict[str, Any]


class Package:
    """The package in the directory `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._content: dict[Path, Any] = {}

    def name_of(self, path: Path) -> str:
        """The path within the package, with slashes."""
        return path.relative_to(self.root).as_posix()

    def files(self, pattern: str = "**/*") -> Iterator[Path]:
        """The files that match, sorted; hidden ones too."""
        return (path for path in sorted(self.root.glob(pattern)) if path.is_file())

    def installed_files(self) -> Iterator[Path]:
        """All files but those for development."""
        return (path for path in self.files() if "_dev" not in path.relative_to(self.root).parts)

    def content(self, path: Path) -> Any:
        """What the YAML or JSON file holds; raises PackageError when it cannot be read."""
        if path not in self._content:
            self._content[path] = _parsed(path)
        return self._content[path]

    @property
    def manifest(self) -> Json:
        found: Json = self.content(self.root / "manifest.yml")
        return found

    @property
    def changelog(self) -> list[Json]:
        found: list[Json] = self.content(self.root / "changelog.yml")
        return found

    @cached_property
    def streams(self) -> dict[Path, Json]:
        """Each data stream's directory and manifest."""
        folders = [self.root / "data_stream" / name for name in data_streams(self.root)]
        return {folder: self.content(folder / "manifest.yml") for folder in folders}

    @cached_property
    def pipelines(self) -> dict[Path, Json]:
        paths = self.files("data_stream/*/elasticsearch/ingest_pipeline/*.yml")
        return {path: self.content(path) for path in paths}

    @cached_property
    def dashboards(self) -> dict[Path, Json]:
        return {path: self.content(path) for path in self.files("kibana/dashboard/*.json")}

    @cached_property
    def detection_rules(self) -> dict[Path, Json]:
        return {path: self.content(path) for path in self.files("kibana/security_rule/*.json")}

    def fields(self, data_stream: Path) -> Iterator[tuple[Path, str, Json]]:
        """File, full dotted name and definition of every field, also of groups."""
        for path in self.files(f"{self.name_of(data_stream)}/fields/*.yml"):
            yield from ((path, name, field) for name, field in _fields(self.content(path), ""))


def _parsed(path: Path) -> Any:
    text = read_text(path)
    if path.suffix != ".json":
        return parse_yaml(text, path)
    try:
        return json.loads(text)
    except ValueError as error:
        raise PackageError(f"{path} is no JSON: {error}") from error


def _fields(definitions: list[Json], prefix: str) -> Iterator[tuple[str, Json]]:
    for field in definitions:
        name = f"{prefix}{field['name']}"
        yield name, field
        yield from _fields(field.get("fields", []), f"{name}.")
