"""Runs pipeline tests: simulates each event, compares, indexes each result and finds it again."""

import time
from collections.abc import Callable, Iterable
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any

from auth0_elastic.engine.client import Engine
from auth0_elastic.golden.bench import Bench, Result
from auth0_elastic.golden.case import Case, data_stream_of, read_case
from auth0_elastic.golden.expectation import differences, expectation_file
from auth0_elastic.golden.keywords import not_text
from auth0_elastic.golden.report import CaseReport, Report
from auth0_elastic.package_files import load_assets

Json = dict[str, Any]
OnCase = Callable[[CaseReport], None]


def run(engine: Engine, cases: Iterable[Path], update: bool = False, on_case: OnCase = lambda report: None) -> Report:
    """Runs the tests of these input files, as `find_cases` returns them; `on_case` is told each report at once.

    With `update`, the expectations are written anew. Raises PackageError or EngineError.
    """
    reports: list[CaseReport] = []
    for folder, paths in groupby(cases, data_stream_of):
        with Bench(engine, load_assets(folder.name, folder.parents[1])) as bench:
            for path in paths:
                reports.append(run_case(bench, read_case(path), update))
                on_case(reports[-1])
    return Report(tuple(reports))


def run_case(bench: Bench, case: Case, update: bool = False) -> CaseReport:
    """Runs one test; raises EngineError."""
    started = time.perf_counter()
    results = bench.simulate(case.events)
    errors = {number: f"the pipeline failed: {each.error}" for number, each in enumerate(results, 1) if each.error}
    documents = {number: each.document for number, each in enumerate(results, 1) if each.document is not None}
    updated = update and not errors and _write_expectation(case, results)
    failed = bench.index(list(documents.values()))
    return CaseReport(
        name=case.name,
        documents=len(results),
        differences=_merged(errors, _differences(case, results, update), _not_text(bench, case, documents)),
        not_indexed={number: failed[place] for place, number in enumerate(documents) if place in failed},
        updated=updated,
        seconds=time.perf_counter() - started,
    )


def _differences(case: Case, results: list[Result], update: bool) -> dict[int, str]:
    actual = [each.document for each in results]
    if update or case.expected is None:
        missing = {} if update else {1: f"there is no {case.expected_path.name}; --update writes it"}
        return missing | {n: text for n, each in enumerate(actual, 1) if (text := differences(each, each, case.config))}
    pairs = enumerate(zip_longest(case.expected, actual), 1)
    found = {number: differences(expected, document, case.config) for number, (expected, document) in pairs}
    return {number: text for number, text in found.items() if text} | _wrong_count(case, actual)


def _wrong_count(case: Case, actual: list[Json | None]) -> dict[int, str]:
    expected = len(case.expected or ())
    if expected == len(actual):
        return {}
    return {min(expected, len(actual)) + 1: f"there are {len(actual)} documents, and {expected} were expected"}


def _not_text(bench: Bench, case: Case, documents: dict[int, Json]) -> dict[int, str]:
    allowed = case.config.numeric_keyword_fields
    found = {number: not_text(each, bench.assets.mappings, allowed) for number, each in documents.items()}
    return {number: "\n".join(lines) for number, lines in found.items() if lines}


def _merged(*reasons: dict[int, str]) -> dict[int, str]:
    numbers = sorted({number for each in reasons for number in each})
    return {number: "\n".join(each[number] for each in reasons if number in each) for number in numbers}


def _write_expectation(case: Case, results: list[Result]) -> bool:
    """Whether the file changed."""
    text = expectation_file([each.document for each in results], case.config)
    before = case.expected_path.read_text(encoding="utf-8").rstrip() if case.expected_path.exists() else None
    if text != before:
        case.expected_path.write_text(text, encoding="utf-8")
    return text != before
