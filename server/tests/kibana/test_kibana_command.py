"""`auth0-elastic kibana`: what it shows, and that it writes only in a checkout."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from auth0_elastic.cli import main
from auth0_elastic.errors import PackageError
from auth0_elastic.kibana import Definitions, compiled
from auth0_elastic.kibana.write import write


def test_the_command_shows_every_dashboard(definitions: Definitions) -> None:
    shown = CliRunner().invoke(main, ["kibana"])
    assert shown.exit_code == 0
    assert [each.id for each in definitions.dashboards if each.id not in shown.output] == []


def test_writing_needs_a_checkout(tmp_path: Path, definitions: Definitions) -> None:
    with pytest.raises(PackageError, match="in a checkout"):
        write(tmp_path / "no-package" / "kibana", compiled(definitions))
