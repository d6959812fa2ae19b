"""Measured tables find their place in the docs, and one measurement that fails spares the others."""

from pathlib import Path

import pytest

from auth0_elastic.errors import EngineUnavailable
from bench.docs_tables import markdown, replaced
from bench.growth import run
from bench.report import Result, table

PAGE = "Before\n<!-- ship -->\nold\n<!-- /ship -->\nAfter\n"


def result(name: str) -> Result:
    made = table("Title", "what", "events/s")
    made.add_row("   ours", "1,234")
    return Result(name, [{"ratio": 1.0}], made)


def failing() -> Result:
    raise EngineUnavailable("no answer")


def test_a_table_is_the_same_in_markdown() -> None:
    made = result("ship").table
    made.caption = "And a remark."
    assert markdown(made) == "| what | events/s |\n| --- | ---: |\n| ours | 1,234 |\n\nAnd a remark."


def test_only_what_is_between_the_marks_of_that_name_is_replaced() -> None:
    assert replaced(PAGE, "ship", "new") == PAGE.replace("old", "new")
    assert replaced(PAGE, "accept", "new") == PAGE


@pytest.mark.parametrize("name", ["accept", "ship", "latency", "resources", "depth"])
def test_the_page_has_a_place_for_each_measurement(name: str) -> None:
    page = Path(__file__).parents[3].joinpath("docs/performance.md").read_text()
    assert "new table" in replaced(page, name, "new table")


def test_a_measurement_that_fails_spares_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE)
    with pytest.raises(SystemExit) as ended:
        run({"latency": failing, "ship": lambda: result("ship")}, tmp_path, tmp_path / "result.json")
    assert ended.value.code == 1
    assert "latency: no answer" in capsys.readouterr().err
    assert "| ours | 1,234 |" in page.read_text()
    assert (tmp_path / "result.json").exists()
