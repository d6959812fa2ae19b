"""Rules on which files there are, and that they can be read."""

import re
from collections.abc import Iterator

from auth0_elastic.errors import PackageError
from auth0_elastic.package_check.handlebars import defects_of
from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.problem import Problem
from auth0_elastic.package_check.readme import RENDERING, TEMPLATE, render
from auth0_elastic.package_files.locate import read_text

REQUIRED = ("manifest.yml", "changelog.yml", "docs/README.md")

# Within a data stream's directory.
ALLOWED = re.compile(
    r"manifest\.yml|sample_event\.json|routing_rules\.yml|lifecycle\.yml|fields/[^/]+\.yml|agent/stream/[^/]+\.yml\.hbs|"
    r"elasticsearch/(ingest_pipeline|ilm)/[^/]+\.(yml|json)|_dev/.+"
)


def required_files_are_there(package: Package) -> Iterator[Problem]:
    """A package has a manifest, a changelog and a README; a data stream has a manifest and fields."""
    for name in REQUIRED:
        if not (package.root / name).is_file():
            yield Problem(name, "there is no such file", "write it")
    for folder in sorted(package.root.glob("data_stream/*/")):
        name = package.name_of(folder)
        if not (folder / "manifest.yml").is_file():
            yield Problem(f"{name}/manifest.yml", "there is no such file", "write it, or remove the data stream")
        if not any(folder.glob("fields/*.yml")):
            yield Problem(f"{name}/fields", "there are no field definitions", "define the fields in fields/*.yml")


def yaml_and_json_can_be_read(package: Package) -> Iterator[Problem]:
    """Every .yml and .json file can be parsed."""
    for path in [*package.files("**/*.yml"), *package.files("**/*.json")]:
        try:
            package.content(path)
        except PackageError as error:
            yield Problem(package.name_of(path), str(error), "mend its syntax")


def a_data_stream_has_no_stray_files(package: Package) -> Iterator[Problem]:
    """A data stream's directory holds nothing but what the specification names."""
    for path in package.files("data_stream/*/**/*"):
        inner = path.relative_to(package.root / "data_stream").parts[1:]
        if not ALLOWED.fullmatch("/".join(inner)):
            yield Problem(package.name_of(path), "a data stream cannot hold this file", "remove or rename it")


def referenced_files_are_there(package: Package) -> Iterator[Problem]:
    """A template_path names a file in agent/stream/, an icon or screenshot a file of the package."""
    for folder, stream in package.streams.items():
        for each in stream.get("streams", ()):
            template = each.get("template_path", "stream.yml.hbs")
            if not (folder / "agent" / "stream" / template).is_file():
                yield Problem(
                    package.name_of(folder / "manifest.yml"),
                    f"the stream {each['input']} names the template {template}, and there is no such file",
                    "write it in agent/stream/, or correct template_path",
                )
    for image in package.manifest.get("icons", []) + package.manifest.get("screenshots", []):
        if not (package.root / image["src"].lstrip("/")).is_file():
            yield Problem("manifest.yml", f"there is no image {image['src']}", "add it below img/, or remove the entry")


def templates_are_handlebars(package: Package) -> Iterator[Problem]:
    """A stream's template parses as Handlebars."""
    for path in package.files("data_stream/*/agent/stream/*.hbs"):
        for defect in defects_of(read_text(path)):
            yield Problem(package.name_of(path), defect, "balance the blocks and braces")


def the_readme_is_the_rendering_of_its_source(package: Package) -> Iterator[Problem]:
    """Where _dev/build/docs/README.md exists, docs/README.md is what it renders to."""
    if not (package.root / TEMPLATE).is_file():
        return
    try:
        if render(package) != read_text(package.root / RENDERING):
            remedy = "run 'auth0-elastic package docs --write'"
            yield Problem(RENDERING, f"it is no rendering of {TEMPLATE}", remedy)
    except PackageError as error:
        yield Problem(TEMPLATE, str(error), "mend the template")
