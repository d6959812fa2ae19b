"""Every pipeline test of the package, on OpenSearch; each result is indexed there and in real Elasticsearch, too."""

from pathlib import Path

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.golden import Bench, CaseReport, find_cases, read_case, run_case
from auth0_elastic.package_files import Assets, find_package
from auth0_elastic.setup import compare

every_case = pytest.mark.parametrize("path", find_cases(find_package()), ids=lambda path: path.stem)


@every_case
def test_the_pipeline_makes_of_each_event_what_is_expected(bench: Bench, path: Path) -> None:
    report = run_case(bench, read_case(path))
    assert report.ok, told(report)


@every_case
def test_real_elasticsearch_takes_each_result(bench: Bench, elasticsearch_bench: Bench, path: Path) -> None:
    results = bench.simulate(read_case(path).events)
    assert elasticsearch_bench.index([each.document for each in results if each.document is not None]) == {}


def test_real_elasticsearch_returns_the_packages_mappings_without_difference(
    elasticsearch: Engine, elasticsearch_bench: Bench, elasticsearch_assets: Assets
) -> None:
    wanted = compare.canonical(elasticsearch_assets.mappings | {"dynamic": "strict"})
    found = elasticsearch.call("GET", f"/{elasticsearch_bench.index_name}/_mapping")[elasticsearch_bench.index_name]
    assert compare.part_of(compare.canonical(found["mappings"]), wanted) == wanted


def told(report: CaseReport) -> str:
    return "\n".join(
        f"document {number}:\n{text}" for number, text in (report.differences | report.not_indexed).items()
    )
