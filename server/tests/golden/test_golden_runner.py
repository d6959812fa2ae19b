"""The runner of pipeline tests, with a small package on a real engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineRefused, PackageError
from auth0_elastic.golden import Bench, CaseReport, find_cases, read_case, run
from auth0_elastic.package_files import load_assets

PIPELINE = """---
processors:
  - pipeline: {name: '{{ IngestPipeline "inner" }}'}
  - drop: {if: ctx.message == 'drop'}
  - fail: {message: broken, if: ctx.message == 'fail'}
"""
INNER = "---\nprocessors: [{set: {field: passed, value: '{{{_ingest.pipeline}}}'}}]\n"
FIELDS = """
- {name: message, type: keyword}
- {name: passed, type: keyword}
- {name: tags, type: keyword}
- {name: number, type: long}
- {name: at, type: keyword}
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    stream = tmp_path / "data_stream" / "logs"
    for folder in ("fields", "elasticsearch/ingest_pipeline", "_dev/test/pipeline"):
        (stream / folder).mkdir(parents=True)
    (tmp_path / "manifest.yml").write_text("name: golden\nversion: 1.0.0\n")
    (stream / "manifest.yml").write_text("type: logs\n")
    (stream / "fields" / "fields.yml").write_text(FIELDS)
    (stream / "elasticsearch" / "ingest_pipeline" / "default.yml").write_text(PIPELINE)
    (stream / "elasticsearch" / "ingest_pipeline" / "inner.yml").write_text(INNER)
    return tmp_path


def write(package: Path, name: str, text: str) -> Path:
    path = package / "data_stream/logs/_dev/test/pipeline" / name
    path.write_text(text)
    return path


def case(package: Path, *events: dict[str, Any], expected: list[Any] | None = None) -> None:
    write(package, "test-one.json", json.dumps({"events": events}))
    if expected is not None:
        write(package, "test-one.json-expected.json", json.dumps({"expected": expected}))


def run_one(engine: Engine, package: Path, update: bool = False) -> CaseReport:
    report = run(engine, find_cases(package), update)
    assert report.ok == report.cases[0].ok
    return report.cases[0]


def left_behind(engine: Engine) -> set[str]:
    indices = engine.call("GET", "/auth0-elastic-test-*/_settings")
    pipelines = engine.request("GET", "/_ingest/pipeline/auth0-elastic-test-*").body
    return set(indices) | set(pipelines)


def test_documents_as_expected_are_ok_and_nothing_is_left_behind(engine: Engine, package: Path) -> None:
    before = left_behind(engine)
    case(package, {"message": "a"}, {"message": "drop"}, expected=[{"message": "a", "passed": "inner"}, None])
    report = run_one(engine, package)
    assert (report.status, report.documents) == ("ok", 2)
    assert left_behind(engine) == before


def test_a_difference_is_told_by_its_document(engine: Engine, package: Path) -> None:
    expected = [{"message": each, "passed": "inner"} for each in ("a", "other")]
    case(package, {"message": "a"}, {"message": "b"}, expected=expected)
    report = run_one(engine, package)
    assert report.status == "diff"
    assert list(report.differences) == [2]
    assert '+    "message": "b"' in report.differences[2]


def test_too_few_expectations_are_told(engine: Engine, package: Path) -> None:
    case(package, {"message": "a"}, {"message": "drop"}, expected=[{"message": "a", "passed": "inner"}])
    assert "there are 2 documents, and 1 were expected" in run_one(engine, package).differences[2]


def test_an_event_that_the_pipeline_fails_on_is_told(engine: Engine, package: Path) -> None:
    case(package, {"message": "fail"}, expected=[None])
    assert "the pipeline failed: " in run_one(engine, package).differences[1]


def test_a_document_that_the_engine_refuses_is_not_indexed(engine: Engine, package: Path) -> None:
    document = {"message": "a", "number": "many"}
    case(package, document, expected=[document | {"passed": "inner"}])
    report = run_one(engine, package)
    assert report.status == "not indexed"
    assert "number" in report.not_indexed[1]


def test_a_field_that_the_package_does_not_define_is_not_indexed(engine: Engine, package: Path) -> None:
    document = {"message": "a", "undefined": 1}
    case(package, document, expected=[document | {"passed": "inner"}])
    assert "undefined" in run_one(engine, package).not_indexed[1]


def test_update_writes_what_then_is_ok(engine: Engine, package: Path) -> None:
    case(package, {"message": "a"}, {"message": "drop"})
    assert "--update writes it" in run_one(engine, package).differences[1]
    assert run_one(engine, package, update=True).status == "updated"
    assert run_one(engine, package).status == "ok"
    assert run_one(engine, package, update=True).status == "ok"


def test_update_does_not_write_a_failure(engine: Engine, package: Path) -> None:
    case(package, {"message": "fail"})
    assert run_one(engine, package, update=True).status == "diff"
    assert not (package / "data_stream/logs/_dev/test/pipeline/test-one.json-expected.json").exists()


def test_more_documents_than_a_batch_holds(engine: Engine, package: Path) -> None:
    events = [{"message": str(number)} for number in range(120)]
    case(package, *events, expected=[event | {"passed": "inner"} for event in events])
    assert run_one(engine, package).ok


def test_what_was_made_is_removed_when_the_rest_is_refused(engine: Engine, package: Path) -> None:
    before = left_behind(engine)
    (package / "data_stream/logs/fields/fields.yml").write_text("- {name: a, type: alias, path: nowhere}")
    with pytest.raises(EngineRefused), Bench(engine, load_assets("logs", package)):
        pass
    assert left_behind(engine) == before


def test_lines_of_a_log_are_messages_with_the_configured_fields(package: Path) -> None:
    path = write(package, "test-lines.log", "one\ntwo\r\n")
    write(package, "test-common-config.yml", "fields: {tags: [common], deep.er: 1}\ndynamic_fields: {at: ^2}\n")
    write(package, "test-lines.log-config.yml", "fields: {tags: [own]}\nnumeric_keyword_fields: [passed]\n")
    found = read_case(path)
    assert list(found.events) == [{"message": text, "tags": ["own"], "deep": {"er": 1}} for text in ("one", "two")]
    assert list(found.config.dynamic_fields) == ["at"]
    assert found.config.numeric_keyword_fields == {"passed"}


def test_cases_are_found_by_short_names(package: Path) -> None:
    case(package, {"message": "a"}, expected=[])
    log = write(package, "test-lines.log", "one\n")
    assert find_cases(package, ["lines"]) == find_cases(package, ["test-lines.log"]) == [log]
    with pytest.raises(PackageError, match="there is no test absent; there are test-lines, test-one"):
        find_cases(package, ["absent"])


def test_an_unknown_key_of_a_configuration_is_told(package: Path) -> None:
    path = write(package, "test-lines.log", "one\n")
    write(package, "test-lines.log-config.yml", "feilds: {}\n")
    with pytest.raises(PackageError, match="feilds is none of dynamic_fields, fields"):
        read_case(path)
