"""Finds `package/`, in a wheel or in a checkout, and reads its YAML files."""

from pathlib import Path
from typing import Any

import yaml

from auth0_elastic.errors import PackageError

_HERE = Path(__file__).resolve()
_IN_WHEEL = _HERE.parents[1] / "_package"
_IN_CHECKOUT = _HERE.parents[3] / "package"


def find_package() -> Path:
    """The directory that holds the package's manifest.yml; raises PackageError when there is none."""
    for folder in (_IN_WHEEL, _IN_CHECKOUT):
        if (folder / "manifest.yml").is_file():
            return folder
    raise PackageError(f"there is no package: neither {_IN_WHEEL} nor {_IN_CHECKOUT} has a manifest.yml; install again")


def data_streams(package: Path) -> list[str]:
    """The names of the package's data streams, sorted."""
    return sorted(manifest.parent.name for manifest in package.glob("data_stream/*/manifest.yml"))


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; raises PackageError when it is missing or no YAML."""
    return parse_yaml(read_text(path), path)


def read_text(path: Path) -> str:
    """The file's text; raises PackageError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackageError(f"{path} cannot be read: {error}") from error


def parse_yaml(text: str, path: Path) -> Any:
    """The content of the YAML text that came from `path`; raises PackageError."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 (it is a SafeLoader)
    except yaml.YAMLError as error:
        raise PackageError(f"{path} is no YAML: {' '.join(str(error).split())}") from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Leaves dates as the text they are, as JSON has no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
