"""An incident as a document in ECS, and back."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from auth0_elastic.detect.attack import attack_names
from auth0_elastic.detect.event import Event, to_iso, to_milliseconds
from auth0_elastic.detect.incident import ENTITIES, Incident, Location
from auth0_elastic.detect.rule import SEVERITY, Rule
from auth0_elastic.reputation.match import ALLOW, Listed

Json = dict[str, Any]

ECS_VERSION: Final = "8.17.0"
DATASET: Final = "auth0.alerts"
_ATTACK: Final = "https://attack.mitre.org"
_NUMBERS: Final = {"source.as.number"}


def document(incident: Incident, namespace: str) -> Json:
    """The alert of an incident; its `_id` is the incident's id."""
    rule, entities = incident.rule, incident.entities
    found: Json = {
        "@timestamp": to_iso(incident.last),
        "ecs": {"version": ECS_VERSION},
        "data_stream": {"type": "logs", "dataset": DATASET, "namespace": namespace},
        "message": sentence(incident),
        "event": _event(incident),
        "rule": _rule(rule),
        "related": {
            "user": _unique(entities["user.id"] + entities["user.name"] + entities["user.email"]),
            "ip": entities["source.ip"],
        },
        "auth0": {"alerts": _own(incident)},
    }
    if incident.listed:
        found["auth0"]["reputation"] = [each._asdict() for each in incident.listed]
    if threat := _threat(rule.tags) | _indicator(incident):
        found["threat"] = threat
    found["related"] = {name: values for name, values in found["related"].items() if values}
    for name, values in entities.items():
        if values:
            _place(found, name, [int(value) for value in values] if name in _NUMBERS else values)
    return found


def sentence(incident: Incident) -> str:
    """The alert in one sentence: which rule, whose, why."""
    whose = ", ".join(value for _, value in incident.key)
    return f"{incident.rule.title}{f' ({whose})' if whose else ''}: {incident.reason}"


def incident_of(source: Mapping[str, Any], rule: Rule, location: Location) -> Incident:
    """The incident that an alert tells of, as far as it tells it."""
    alert = Event("", 0, 0, frozenset(), source)
    own = source["auth0"]["alerts"]
    return Incident(
        id=own["incident_id"],
        rule=rule,
        key=tuple((each["field"], each["value"]) for each in own.get("key", ())),
        first=to_milliseconds(own["first_event"]),
        last=to_milliseconds(own["last_event"]),
        touched=to_milliseconds(source["event"].get("ingested", own["last_event"])),
        count=own["count"],
        reason=source["event"]["reason"],
        event_ids=list(own["event_ids"]),
        values=list(own.get("values", ())),
        entities={name: list(alert.values(name)) for name in ENTITIES},
        listed=[Listed(**each) for each in source["auth0"].get("reputation", ())],
        initial=counts_of(source)[0],
        written=own["count"],
        location=location,
        changed=False,
    )


def counts_of(source: Mapping[str, Any]) -> tuple[int, int]:
    """How many events its incident had when an alert was first written, and when last."""
    own = source["auth0"]["alerts"]
    return own.get("initial_count", own["count"]), own["count"]


def _event(incident: Incident) -> Json:
    rule = incident.rule
    return {
        "kind": "alert",
        "category": ["intrusion_detection"],
        "type": ["info"],
        "id": incident.id,
        "module": "auth0",
        "dataset": DATASET,
        "provider": "auth0-elastic",
        "reason": incident.reason,
        "severity": SEVERITY[rule.level],
        "risk_score": rule.risk_score,
        "start": to_iso(incident.first),
        "end": to_iso(incident.last),
    }


def _rule(rule: Rule) -> Json:
    tactic = next((tag.removeprefix("attack.") for tag in rule.tags if not re.search(r"t\d{4}", tag)), None)
    found = {
        "id": rule.id,
        "uuid": rule.uuid,
        "name": rule.title,
        "description": rule.description,
        "reference": list(rule.references),
        "category": tactic,
        "ruleset": "auth0-elastic",
    }
    return {name: value for name, value in found.items() if value}


def _own(incident: Incident) -> Json:
    found = {
        "incident_id": incident.id,
        "level": incident.rule.level,
        "key": [{"field": name, "value": value} for name, value in incident.key],
        "count": incident.count,
        "initial_count": incident.initial or incident.count,
        "first_event": to_iso(incident.first),
        "last_event": to_iso(incident.last),
        "event_ids": incident.event_ids,
        "values": incident.values,
    }
    return {name: value for name, value in found.items() if value != []}


def _threat(tags: Iterable[str]) -> Json:
    """ECS's threat.* for Sigma's attack.* tags; a tag that is not in the table is left out."""
    names = attack_names()
    own = [tag.removeprefix("attack.").replace("_", "-") for tag in tags if tag.startswith("attack.")]
    tactics = [names[tag].split(" ", 1) for tag in own if not re.match(r"t\d", tag) and tag in names]
    techniques = [tag.upper() for tag in own if re.match(r"t\d", tag) and tag.upper() in names]
    parents = _unique(each.partition(".")[0] for each in techniques)
    found: Json = {}
    if tactics:
        found["tactic"] = {
            "id": [number for number, _ in tactics],
            "name": [name for _, name in tactics],
            "reference": [f"{_ATTACK}/tactics/{number}/" for number, _ in tactics],
        }
    if parents:
        found["technique"] = _technique(parents, names)
    if subs := [each for each in techniques if "." in each]:
        found["technique"]["subtechnique"] = _technique(subs, names)
    return {"framework": "MITRE ATT&CK"} | found if found else {}


def _indicator(incident: Incident) -> Json:
    """ECS's threat.indicator for the addresses that are on a list; that of an allowed one says nothing against it."""
    listed = [each for each in incident.listed if each.kind != ALLOW]
    if not listed:
        return {}
    addresses = _unique(each.address for each in listed)
    types = _unique("ipv6-addr" if ":" in address else "ipv4-addr" for address in addresses)
    return {"indicator": {"ip": addresses, "type": types, "provider": _unique(each.list for each in listed)}}


def _technique(ids: list[str], names: Mapping[str, str]) -> Json:
    return {
        "id": ids,
        "name": [names[each] for each in ids],
        "reference": [f"{_ATTACK}/techniques/{each.replace('.', '/')}/" for each in ids],
    }


def _place(document: Json, name: str, values: list[Any]) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[last] = values if len(values) > 1 else values[0]


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
