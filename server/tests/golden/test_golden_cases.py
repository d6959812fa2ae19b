"""Every pipeline test of the package, on OpenSearch; each result is indexed there and in real Elasticsearch, too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.golden import Bench, CaseReport, find_cases, read_case, run_case
from auth0_elastic.golden.case import data_stream_of
from auth0_elastic.package_files import find_package
from auth0_elastic.setup import compare

BenchOf = Callable[[str], Bench]

every_case = pytest.mark.parametrize("path", find_cases(find_package()), ids=lambda path: path.stem)


@every_case
def test_the_pipeline_makes_of_each_event_what_is_expected(bench_of: BenchOf, path: Path) -> None:
    report = run_case(bench_of(data_stream_of(path).name), read_case(path))
    assert report.ok, told(report)


@every_case
def test_real_elasticsearch_takes_each_result(bench_of: BenchOf, elasticsearch_bench_of: BenchOf, path: Path) -> None:
    stream = data_stream_of(path).name
    results = bench_of(stream).simulate(read_case(path).events)
    assert elasticsearch_bench_of(stream).index([each.document for each in results if each.document is not None]) == {}


@pytest.mark.parametrize("stream", sorted({data_stream_of(path).name for path in find_cases(find_package())}))
def test_real_elasticsearch_returns_the_packages_mappings_without_difference(
    elasticsearch: Engine, elasticsearch_bench_of: BenchOf, stream: str
) -> None:
    bench = elasticsearch_bench_of(stream)
    wanted = compare.canonical(bench.assets.mappings | {"dynamic": "strict"})
    found = elasticsearch.call("GET", f"/{bench.index_name}/_mapping")[bench.index_name]
    assert compare.part_of(compare.canonical(found["mappings"]), wanted) == wanted


def told(report: CaseReport) -> str:
    return "\n".join(
        f"document {number}:\n{text}" for number, text in (report.differences | report.not_indexed).items()
    )
