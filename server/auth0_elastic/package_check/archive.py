"""Builds the archive that Fleet installs: the package without what is for development, always the same bytes."""

import json
import zipfile
from pathlib import Path

from auth0_elastic.errors import PackageError
from auth0_elastic.kibana.saved_objects import encoded
from auth0_elastic.package_check.check import check
from auth0_elastic.package_check.package import Package

# The earliest that the format knows; times of files would make every build differ.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644


def build(root: Path, output: Path) -> Path:
    """Writes `<name>-<version>.zip` into the directory `output` and returns its path.

    Raises PackageError when the package breaks a rule or the archive cannot be written.
    """
    if findings := check(root):
        first = findings[0].problem
        more = f" (and {len(findings) - 1} more problems)" if len(findings) > 1 else ""
        raise PackageError(f"{first.file}: {first.what}; {first.remedy}{more}; see 'auth0-elastic package check'")
    package = Package(root)
    folder = f"{package.manifest['name']}-{package.manifest['version']}"
    target = output / f"{folder}.zip"
    try:
        output.mkdir(parents=True, exist_ok=True)
        _write(package, folder, target)
    except OSError as error:
        raise PackageError(f"{target} cannot be written: {error.strerror}") from error
    return target


def _write(package: Package, folder: str, target: Path) -> None:
    scratch = target.with_suffix(".part")
    with zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in package.installed_files():
            entry = zipfile.ZipInfo(f"{folder}/{package.name_of(path)}", _TIME)
            entry.external_attr = _MODE << 16
            archive.writestr(entry, _content(package, path), zipfile.ZIP_DEFLATED, compresslevel=9)
    scratch.replace(target)


def _content(package: Package, path: Path) -> bytes:
    """A file as it is; Kibana's objects with texts of JSON inside, as it takes them."""
    content = path.read_bytes()
    if not (package.name_of(path).startswith("kibana/") and path.suffix == ".json"):
        return content
    return json.dumps(encoded(json.loads(content)), indent=2, ensure_ascii=False).encode()
