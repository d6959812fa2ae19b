"""What a webhook is told of incidents, as JSON: a message for Slack, or the alert itself."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final, Literal

from auth0_elastic.detect.alert import document, sentence
from auth0_elastic.detect.event import to_iso
from auth0_elastic.detect.incident import Incident
from auth0_elastic.log import clean

Format = Literal["slack", "generic"]

_SHOWN: Final = 5
_LONGEST: Final = 2_500
_CALLS_EVERYBODY: Final = re.compile(r"@(?=(?:all|channel|everyone|here)\b)", re.IGNORECASE)


def incident_message(form: Format, incident: Incident, namespace: str, *, has_grown: bool) -> bytes:
    """Of a new incident, or one that has grown to ten times as many events."""
    if form == "slack":
        return _encoded({"text": _slack_text(incident, has_grown)})
    kind = "incident_grown" if has_grown else "incident_raised"
    return _encoded({"kind": kind, "message": sentence(incident), "alert": document(incident, namespace)})


def left_out_message(form: Format, count: int) -> bytes:
    """Of incidents that were not told."""
    text = f"{count} more incidents were not told here; they are in the alerts."
    return _encoded({"text": text} if form == "slack" else {"kind": "left_out", "message": text, "left_out": count})


def _slack_text(incident: Incident, has_grown: bool) -> str:
    grown = f" has grown to {incident.count:,} events:" if has_grown else ""
    lines = [f"*[{incident.rule.level}]*{grown} {_safe(sentence(incident))}", _safe(_facts(incident))]
    return "\n".join(lines)


def _facts(incident: Incident) -> str:
    entities = incident.entities
    facts = [
        f"rule {incident.rule.id}",
        f"{incident.count:,} events from {to_iso(incident.first)} to {to_iso(incident.last)}",
        _some("user", entities["user.name"] or entities["user.id"]),
        _some("from", entities["source.ip"]),
        _some("on the list", (f"{match.list} ({match.kind})" for match in incident.listed)),
        f"incident {incident.id}",
    ]
    return "; ".join(fact for fact in facts if fact)


def _some(what: str, values: Iterable[str]) -> str:
    found = list(dict.fromkeys(values))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{what} {', '.join(found[:_SHOWN])}{more}" if found else ""


def _safe(text: str) -> str:
    """Foreign text cannot make lines, links or mentions: a user's name is whatever somebody signed up with."""
    text = clean(text)[:_LONGEST].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALLS_EVERYBODY.sub("@\u200b", text)


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()
