"""Rules on ingest pipelines."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.problem import Problem
from auth0_elastic.package_files.locate import read_text

Json = dict[str, Any]

REFUSED_PROCESSORS = {"enrich", "reroute", "set_security_user"}
KEYS = {"description", "processors", "on_failure"}
FAILURE_PARTS = ("on_failure_processor_type", "on_failure_processor_tag", "on_failure_message", "pipeline")


def a_pipeline_starts_as_a_document(package: Package) -> Iterator[Problem]:
    """A pipeline's file starts with `---`."""
    for path in package.pipelines:
        if not read_text(path).startswith("---\n"):
            yield Problem(package.name_of(path), "it does not start with ---", "write --- as its first line")


def a_pipeline_has_known_keys(package: Package) -> Iterator[Problem]:
    """A pipeline has a description, processors and on_failure, and nothing else such as version or _meta."""
    for path, body in package.pipelines.items():
        for key in sorted(body.keys() - KEYS):
            yield Problem(package.name_of(path), f"a pipeline of a package cannot have {key}", "remove it")


def processors_are_allowed(package: Package) -> Iterator[Problem]:
    """No enrich, reroute or set_security_user, also not in a foreach."""
    for path, body in package.pipelines.items():
        for kind, _ in _processors([*body["processors"], *body.get("on_failure", ())], into_foreach=True):
            if kind in REFUSED_PROCESSORS:
                yield Problem(package.name_of(path), f"it uses the processor {kind}", "do without it")


def every_processor_has_a_tag_of_its_own(package: Package) -> Iterator[Problem]:
    """Each processor, also in a processor's on_failure, has a tag that no other in the pipeline has."""
    for path, body in package.pipelines.items():
        found = list(_processors(body["processors"]))
        counts = Counter(options.get("tag") for _, options in found)
        for kind, options in found:
            if not options.get("tag"):
                where = options.get("field") or options.get("description") or "…"
                yield Problem(package.name_of(path), f"the {kind} processor of {where} has no tag", f"tag it {kind}_…")
        for tag in sorted(tag for tag, count in counts.items() if tag and count > 1):
            yield Problem(package.name_of(path), f"{counts[tag]} processors have the tag {tag}", "name each by itself")


def a_failure_is_told(package: Package) -> Iterator[Problem]:
    """The pipeline's on_failure sets event.kind to pipeline_error and says in error.message what failed where."""
    for path, body in package.pipelines.items():
        handlers = list(_processors(body.get("on_failure", [])))
        kinds = [o.get("value") for kind, o in handlers if kind == "set" and o.get("field") == "event.kind"]
        texts = [_text(o) for kind, o in handlers if kind in ("set", "append") and o.get("field") == "error.message"]
        if kinds != ["pipeline_error"]:
            yield Problem(package.name_of(path), "on_failure does not mark the event", "set event.kind: pipeline_error")
        if not any(all(f"_ingest.{part}" in text for part in FAILURE_PARTS) for text in texts):
            names = ", ".join(f"_ingest.{part}" for part in FAILURE_PARTS)
            yield Problem(
                package.name_of(path), "on_failure does not say what failed", f"name {names} in error.message"
            )


def the_original_is_kept_once(package: Package) -> Iterator[Problem]:
    """`message` becomes event.original only where there is none, and what is left of it is removed."""
    for path, body in package.pipelines.items():
        found = list(_processors(body["processors"]))
        for place, (kind, options) in enumerate(found):
            if (kind, options.get("field"), options.get("target_field")) == ("rename", "message", "event.original"):
                if options.get("if") != "ctx.event?.original == null":
                    yield Problem(
                        package.name_of(path),
                        "the rename of message may overwrite event.original",
                        "add if: ctx.event?.original == null",
                    )
                if not any(_removes_the_rest(*each) for each in found[place + 1 :]):
                    yield Problem(
                        package.name_of(path),
                        "a message beside an event.original is kept",
                        "remove message, with ignore_missing: true and if: ctx.event?.original != null",
                    )


def _removes_the_rest(kind: str, options: Json) -> bool:
    wanted = {"field": "message", "ignore_missing": True, "if": "ctx.event?.original != null"}
    return kind == "remove" and wanted.items() <= options.items()


def _processors(items: list[Json], into_foreach: bool = False) -> Iterator[tuple[str, Json]]:
    for item in items:
        for kind, options in item.items():
            yield kind, options
            yield from _processors(options.get("on_failure", []), into_foreach)
            if into_foreach and "processor" in options:
                yield from _processors([options["processor"]], into_foreach)


def _text(options: Json) -> str:
    value = options.get("value", "")
    return " ".join(value) if isinstance(value, list) else str(value)
