"""Rules on the pipeline tests in `_dev/test/pipeline`, so that elastic-package can run them too."""

from collections.abc import Iterator

from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.problem import Problem

FOLDER = "data_stream/*/_dev/test/pipeline/"
COMMON_CONFIG = "test-common-config.yml"
SUFFIXES = ("-expected.json", "-config.yml")


def every_test_file_has_its_partner(package: Package) -> Iterator[Problem]:
    """A test has its expectations; an expectation or configuration has its test."""
    paths = list(package.files(f"{FOLDER}*"))
    inputs = {path for path in paths if path.name.startswith("test-") and not path.name.endswith(SUFFIXES)}
    for path in paths:
        if path in inputs and not path.with_name(f"{path.name}-expected.json").is_file():
            yield Problem(package.name_of(path), "it has no expectations", "run auth0-elastic test --update")
        if path not in inputs and path.name != COMMON_CONFIG and path.with_name(_input_of(path.name)) not in inputs:
            yield Problem(package.name_of(path), "it belongs to no test", "remove or rename it")


def events_and_expectations_are_as_many(package: Package) -> Iterator[Problem]:
    """There is one expectation for each event."""
    for path in package.files(f"{FOLDER}*-expected.json"):
        events = path.with_name(_input_of(path.name))
        if events.suffix == ".json" and events.is_file():
            given, expected = len(package.content(events)["events"]), len(package.content(path)["expected"])
            if given != expected:
                what = f"{expected} expectations for {given} events"
                yield Problem(package.name_of(path), what, "run auth0-elastic test --update")


def the_time_of_ingestion_is_not_expected(package: Package) -> Iterator[Problem]:
    """No expectation has event.ingested, which differs from run to run."""
    for path in package.files(f"{FOLDER}*-expected.json"):
        if any("ingested" in (each or {}).get("event", {}) for each in package.content(path)["expected"]):
            yield Problem(package.name_of(path), "it expects event.ingested", f"make it dynamic in {COMMON_CONFIG}")


def _input_of(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), "")
