"""Lays out the home directory of an engine: every file where the server looks for it."""

import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from auth0_elastic.engine.embedded.recipe import Module, descriptor, policy
from auth0_elastic.errors import EngineError


def lay_out_opensearch(jars: Path, home: Path, modules: Sequence[Module], version: str) -> None:
    """Moves the files of the directory `jars` to lib/ and modules/ of the new directory `home`."""
    (home / "plugins").mkdir(parents=True)
    for module in modules:
        _lay_out_module(jars, home / "modules" / module.name, module, version)
    for source in (pattern for module in modules for pattern in module.files):
        _only(jars, source).unlink()
    jars.rename(home / "lib")


def lay_out_elasticsearch(archives: Path, home: Path) -> None:
    """Unpacks the only zip of the directory `archives`, which holds a complete home, as `home`."""
    unpacked = archives / "unpacked"
    with zipfile.ZipFile(_only(archives, "*.zip")) as archive:
        archive.extractall(unpacked)
    _only(unpacked, "*").rename(home)
    for program in (home / "bin").iterdir():
        program.chmod(0o755)  # zipfile forgets the modes


def lay_out_plugin(archives: Path, name: str, server: Path, home: Path) -> None:
    """Makes the new directory `home`: the home `server`, and the plugin in the only zip of `archives`."""
    shutil.copytree(server, home, copy_function=_link, ignore=shutil.ignore_patterns("*.jsa"))
    with zipfile.ZipFile(_only(archives, "*.zip")) as archive:
        archive.extractall(home / "plugins" / name)


def _link(source: str, target: str) -> None:
    """A hard link, since nothing writes to these files; a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _lay_out_module(jars: Path, folder: Path, module: Module, version: str) -> None:
    folder.mkdir(parents=True)
    for pattern in module.jars:
        for jar in _some(jars, pattern):
            jar.rename(folder / jar.name)
    for source, members in module.files.items():
        with zipfile.ZipFile(_only(jars, source)) as archive:
            for member in members:
                archive.extract(member, folder)
    (folder / "plugin-descriptor.properties").write_text(descriptor(module, version))
    if permissions := policy(module):
        (folder / "plugin-security.policy").write_text(permissions)


def _some(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    if not found:
        raise EngineError(f"Maven fetched nothing that is named {pattern}, which the embedded engine needs")
    return found


def _only(folder: Path, pattern: str) -> Path:
    found = _some(folder, pattern)
    if len(found) > 1:
        raise EngineError(f"Maven fetched more than one file named {pattern}: {', '.join(file.name for file in found)}")
    return found[0]
