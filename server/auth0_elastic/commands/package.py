"""`auth0-elastic package`: checks the Fleet package, renders its README, builds the archive that Kibana installs."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from auth0_elastic.package_check.archive import build as build_archive
from auth0_elastic.package_check.check import RULES, Finding
from auth0_elastic.package_check.check import check as check_package
from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.readme import RENDERING, render
from auth0_elastic.package_files import find_package


@click.group(name="package")
def command() -> None:
    """Check and build the Fleet package, and render its README."""


_package_argument = click.argument(
    "package", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None, required=False
)


@command.command()
@_package_argument
@click.pass_context
def check(context: click.Context, package: Path | None) -> None:
    """Check the package against the rules of Elastic's package linter; exit with 1 if it breaks one.

    PACKAGE is a package's directory, by default the one that is installed with this program.
    """
    findings = check_package(package or find_package())
    if findings:
        _show(findings)
        context.exit(1)
    click.echo(f"The package satisfies all {len(RULES)} rules.")


@command.command()
@_package_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="the current directory",
    help="Directory for the archive.",
)
def build(package: Path | None, output: Path) -> None:
    """Check the package and write the archive that Fleet installs, such as auth0-1.2.3.zip.

    In Kibana: Integrations → Create new integration → Upload it as a .zip; or POST it to /api/fleet/epm/packages.
    The same package gives the same bytes.
    """
    path = build_archive(package or find_package(), output)
    click.echo(f"Wrote {path} ({path.stat().st_size:,} bytes).")


@command.command()
@_package_argument
@click.option("--write", is_flag=True, help=f"Write it to {RENDERING} instead.")
def docs(package: Path | None, write: bool) -> None:
    """Render the package's README.

    It is made from _dev/build/docs/README.md, with the fields and the example event of each data stream.
    """
    root = package or find_package()
    text = render(Package(root))
    if not write:
        click.echo(text, nl=False)
        return
    (root / RENDERING).write_text(text, encoding="utf-8")
    click.echo(f"wrote {root / RENDERING}")


def _show(findings: list[Finding]) -> None:
    table = Table("file", "problem", "remedy", box=None, pad_edge=False, header_style="dim")
    for _, problem in findings:
        table.add_row(*(Text(text, overflow="fold") for text in problem))
    Console().print(table)
    Console().print(f"{len(findings)} problem{'s' * (len(findings) != 1)}", style="red")
