"""Decides which pipelines of former versions may go: those that nothing can reach any more."""

import re
from collections.abc import Iterator
from typing import Any

from auth0_elastic.package_files import Assets
from auth0_elastic.setup.cluster import Cluster
from auth0_elastic.setup.refuse import assets_have_no_mark, is_ours, is_unmarked
from auth0_elastic.setup.step import Request, Step


def plan_cleanup(
    assets: Assets, cluster: Cluster, wanted: frozenset[str], assume_done_for: frozenset[str] = frozenset()
) -> list[Step]:
    """A step for each pipeline of ours that is not `wanted`: deleted, or kept while something names it.

    For the indices `assume_done_for` it assumes that they name former pipelines no longer.
    """
    own = {name for name in cluster.pipelines if _is_of_a_version(assets, cluster, name)}
    named = cluster.named_pipelines(except_in=assume_done_for)
    kept = _reachable(cluster.pipelines, named | wanted | (cluster.pipelines.keys() - own))
    # A caller goes before what it calls.
    return [_step(name, name in kept) for name in sorted(own - wanted)]


def _is_of_a_version(assets: Assets, cluster: Cluster, name: str) -> bool:
    body = cluster.pipelines[name]
    marked = is_ours(body) or (is_unmarked(body) and assets_have_no_mark(assets))
    return marked and re.fullmatch(rf"{re.escape(assets.name)}-\d+\.\d+\.\d+(-.+)?", name) is not None


def _step(name: str, kept: bool) -> Step:
    if kept:
        return Step("ingest pipeline", name, "keep", "an older index or another pipeline names it")
    return Step(
        "ingest pipeline", name, "delete", "nothing names it", (Request("DELETE", f"/_ingest/pipeline/{name}"),)
    )


def _reachable(pipelines: dict[str, Any], roots: set[str]) -> set[str]:
    reached: set[str] = set()
    while roots:
        reached |= roots
        roots = {callee for name in roots for callee in _callees(pipelines.get(name))} - reached
    return reached


def _callees(body: Any) -> Iterator[str]:
    """Every pipeline that a `pipeline` processor names, however deep it sits."""
    if isinstance(body, dict):
        called = body.get("pipeline")
        if isinstance(called, dict) and isinstance(called.get("name"), str):
            yield called["name"]
        body = list(body.values())
    for each in body if isinstance(body, list) else ():
        yield from _callees(each)
