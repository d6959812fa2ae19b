"""Checks of the settings of each list of addresses against each other."""

from collections.abc import Iterator

from auth0_elastic.config.given import Problem
from auth0_elastic.config.reputation_settings import ListSource, ReputationSettings


def reputation_problems(reputation: ReputationSettings) -> Iterator[Problem]:
    """What a list lacks, or has twice."""
    for source in reputation.lists:
        yield from _list_problems(source)


def _list_problems(source: ListSource) -> Iterator[Problem]:
    section = f"reputation.lists.{source.name}"
    kind, path, url = f"{section}.kind", f"{section}.path", f"{section}.url"
    if not source.kind:
        yield Problem(f"{kind}: missing; give tor, vpn, proxy, hosting, deny, allow or a word of your own", (kind,))
    if source.path and source.url:
        yield Problem(f"{path}: given together with {url}; keep one of them", (path, url))
    elif not source.path and not source.url:
        yield Problem(f"{path}: missing; give the path of a file, or {url}", (path, url))
