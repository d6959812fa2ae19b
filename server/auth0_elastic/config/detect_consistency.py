"""Checks of the settings of detections against each other, and of the files they name."""

from collections.abc import Iterator

from auth0_elastic.config.detect_settings import Detect, ListSource
from auth0_elastic.config.given import Problem


def detect_problems(detect: Detect) -> Iterator[Problem]:
    """What a list lacks, a token without an address, and a folder of rules that is none."""
    if detect.webhook.token and not detect.webhook.url:
        key, other = "detect.webhook.token", "detect.webhook.url"
        yield Problem(f"{key}: given without an address; give {other} too", (key, other))
    if detect.rules_path and not detect.rules_path.is_dir():
        key = "detect.rules_path"
        yield Problem(f"{key}: '{detect.rules_path}' is no folder; give one with Sigma rules (*.yml), or null", (key,))
    for source in detect.reputation.lists:
        yield from _list_problems(source)


def _list_problems(source: ListSource) -> Iterator[Problem]:
    section = f"detect.reputation.lists.{source.name}"
    kind, path, url = f"{section}.kind", f"{section}.path", f"{section}.url"
    if not source.kind:
        yield Problem(f"{kind}: missing; give tor, vpn, proxy, hosting, deny, allow or a word of your own", (kind,))
    if source.path and source.url:
        yield Problem(f"{path}: given together with {url}; keep one of them", (path, url))
    elif not source.path and not source.url:
        yield Problem(f"{path}: missing; give the path of a file, or {url}", (path, url))
