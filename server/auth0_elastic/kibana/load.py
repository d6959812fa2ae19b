"""Puts the package's saved objects and detection rules into a space of Kibana."""

import json
from collections.abc import Iterator
from pathlib import Path

from auth0_elastic.config.settings import Settings
from auth0_elastic.errors import EngineError
from auth0_elastic.kibana.client import Answer, Space
from auth0_elastic.kibana.definition import Json
from auth0_elastic.kibana.saved_objects import encoded
from auth0_elastic.package_files import find_package

_IMPORT = "/api/saved_objects/_import?overwrite=true"
_RULES = "/api/detection_engine/rules"
# What others refer to comes first, so that the file reads in the order in which it makes sense.
_FOLDERS = ("tag", "index_pattern", "search", "dashboard")
# Kibana counts a rule's versions by itself, and who switched a rule on wants it to stay on.
_KIBANAS_OWN = ("version", "enabled")


def install(kibana_url: str, settings: Settings) -> list[str]:
    """Imports every saved object and makes every rule, in place of older ones; returns `type/id` of each.

    A rule is off when it is made. One that is there keeps whether it is on, its exceptions and its actions. Of the URL
    and the credentials, see Space. Raises ConfigError, EngineUnavailable or EngineError.
    """
    package = find_package()
    with Space(kibana_url, settings.elasticsearch) as space:
        imported = _imported(space.upload(_IMPORT, "auth0.ndjson", ndjson(package)))
        return imported + [_renew(space, rule["attributes"]) for rule in _objects(package, "security_rule")]


def ndjson(package: Path) -> bytes:
    """All saved objects of the package, one on a line, as the import API takes them."""
    objects = _objects(package, *_FOLDERS)
    return b"".join(json.dumps(encoded(each), ensure_ascii=False).encode() + b"\n" for each in objects)


def _objects(package: Path, *folders: str) -> Iterator[Json]:
    for folder in folders:
        for path in sorted((package / "kibana" / folder).glob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))


def _renew(space: Space, rule: Json) -> str:
    """Not by Kibana's import of rules, which would switch off what is on, and drop exceptions and actions."""
    told = {name: value for name, value in rule.items() if name not in _KIBANAS_OWN}
    answer = space.send("PATCH", _RULES, told)
    if answer.status == 404:
        answer = space.send("POST", _RULES, told | {"enabled": False})
    if answer.status != 200:
        raise EngineError(
            f"Kibana answered {answer.status} to the detection rule {rule['name']!r}: {answer.reason}; dashboards and "
            "searches are imported, the rules need the Kibana privilege Security: all in this space"
        )
    return f"security-rule/{rule['rule_id']}"


def _imported(answer: Answer) -> list[str]:
    if answer.status != 200:
        raise EngineError(f"Kibana answered {answer.status} to the import: {answer.reason}")
    if not answer.content.get("success"):
        raise EngineError(f"Kibana did not import everything: {_failures(answer.content)}")
    return sorted(f"{each['type']}/{each['id']}" for each in answer.content.get("successResults", []))


def _failures(answer: Json) -> str:
    failed = [f"{each.get('type')}/{each.get('id')}: {_reason(each)}" for each in answer.get("errors", [])]
    return "; ".join(failed)[:500] or "it gives no reason"


def _reason(failure: Json) -> str:
    error = failure.get("error", {})
    missing = [f"{each.get('type')}/{each.get('id')}" for each in error.get("references", [])]
    return " ".join([str(error.get("message") or error.get("type", "unknown")), *missing])
