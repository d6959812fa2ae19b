"""The archive that Fleet installs, and the commands that check and build it."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from auth0_elastic.commands.package import command
from auth0_elastic.errors import PackageError
from auth0_elastic.package_check.archive import build
from auth0_elastic.package_check.handlebars import defects_of
from auth0_elastic.package_files import find_package, load_assets


def test_the_archive_holds_the_package_below_a_folder_of_its_name_and_version(tmp_path: Path) -> None:
    path = build(find_package(), tmp_path)
    folder = f"auth0-{load_assets().version}"
    assert path.name == f"{folder}.zip"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.read(f"{folder}/manifest.yml") == (find_package() / "manifest.yml").read_bytes()
    assert all(name.startswith(f"{folder}/") for name in names)
    assert f"{folder}/data_stream/logs/agent/stream/cel.yml.hbs" in names
    assert not any("/_dev/" in name for name in names)


def test_objects_of_kibana_are_archived_as_kibana_takes_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(find_package(), tmp_path)) as archive:
        (dashboard, *_) = [name for name in archive.namelist() if "/kibana/dashboard/" in name]
        assert isinstance(json.loads(archive.read(dashboard))["attributes"]["panelsJSON"], str)


def test_two_builds_give_the_same_bytes(package: Any, tmp_path: Path) -> None:
    first = build(package.root, tmp_path / "first").read_bytes()
    for path in package.root.rglob("*"):
        os.utime(path, (1, 1))
    assert build(package.root, tmp_path / "second").read_bytes() == first


def test_a_package_that_breaks_a_rule_is_not_built(package: Any, tmp_path: Path) -> None:
    package.remove("changelog.yml")
    with pytest.raises(PackageError, match=r"changelog\.yml: there is no such file; write it"):
        build(package.root, tmp_path)
    assert not list(tmp_path.glob("*.zip"))


def test_a_broken_package_is_shown_and_ends_with_1(package: Any) -> None:
    sound = CliRunner().invoke(command, ["check", str(package.root)])
    assert (sound.exit_code, "satisfies all" in sound.output) == (0, True)
    package.edit("manifest.yml", lambda manifest: manifest.update(license="basic"))
    broken = CliRunner().invoke(command, ["check", str(package.root)], env={"COLUMNS": "120"})
    assert broken.exit_code == 1
    assert "manifest.yml" in broken.output
    assert "1 problem" in broken.output


def test_the_archive_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    built = CliRunner().invoke(command, ["build", "--output", str(tmp_path / "new")])
    assert built.exit_code == 0, built.output
    assert [path.suffix for path in (tmp_path / "new").iterdir()] == [".zip"]


@pytest.mark.parametrize(
    ("template", "defect"),
    [
        ("{{a}} {{#if a}}{{b.c}}{{else}}{{/if}} {{#each a as |b|}}{{b}}{{/each}}", None),
        ("{{!-- a {{b}} --}}{{! c }}{{{raw}}}{{escape_string a}}{{#contains \"x\" tags}}{{/contains}}", None),
        ("a: {{a", "line 1: braces that have no partner"),
        ("\na: b}}", "line 2: braces that have no partner"),
        ("{{#if a}}\n", "line 1: the block if is not closed"),
        ("{{/if}}", "line 1: there is no block if to close"),
        ("{{#if a}}{{#each b}}{{/if}}{{/each}}", "line 1: if is closed before the block within it"),
        ("{{a b=(c}}", "line 1: {{a b=(c}} is no expression"),
        ("{{}}", "line 1: {{}} is no expression"),
    ],
)  # fmt: skip
def test_handlebars(template: str, defect: str | None) -> None:
    assert next(defects_of(template), None) == defect
