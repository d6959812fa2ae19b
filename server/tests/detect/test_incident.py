"""Incidents: what belongs to one, and when it is over."""

import re
from pathlib import Path

from auth0_elastic.detect.alert import document
from auth0_elastic.detect.correlate import LATENESS, Key
from auth0_elastic.detect.event import Event
from auth0_elastic.detect.firing import Firing
from auth0_elastic.detect.incident import MOST, Incident, Incidents
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.sigma import SHIPPED, load_rules

HOUR = 3_600_000
RULE = Rule(
    id="r",
    path=Path("r.yml"),
    uuid="",
    title="R",
    description="",
    level="high",
    risk_score=73,
    entity="user",
    window=HOUR,
    tags=("attack.credential_access", "attack.t1110.003", "attack.t9999"),
)
USER: Key = (("user.id", "u"),)


def firing(*times: int, key: Key = USER) -> Firing:
    events = [Event(f"e{at}", at, at, frozenset(), {"source.ip": [f"10.0.0.{at % 200}"]}) for at in times]
    return Firing(key, tuple(events), "because")


def incidents_of(*firings: Firing) -> list[Incident]:
    incidents = Incidents()
    return list(dict.fromkeys(incidents.add(RULE, each) for each in firings))


def test_what_comes_within_the_window_belongs_to_it() -> None:
    (incident,) = incidents_of(firing(0), firing(HOUR), firing(2 * HOUR))
    assert (incident.first, incident.last, incident.count) == (0, 2 * HOUR, 3)


def test_what_comes_later_is_another() -> None:
    assert len(incidents_of(firing(0), firing(HOUR + 1))) == 2


def test_what_comes_late_belongs_to_it() -> None:
    (incident,) = incidents_of(firing(HOUR), firing(0))
    assert (incident.first, incident.last) == (0, HOUR)


def test_another_key_is_another() -> None:
    assert len(incidents_of(firing(0), firing(0, key=(("user.id", "v"),)))) == 2


def test_an_event_counts_once() -> None:
    (incident,) = incidents_of(firing(0, 1), firing(1, 2))
    assert (incident.count, incident.event_ids) == (3, ["e0", "e1", "e2"])


def test_the_id_is_the_same_whenever_it_is_found() -> None:
    (one,), (again,) = incidents_of(firing(5, 0)), incidents_of(firing(0, 5, 7))
    assert one.id == again.id


def test_an_alert_names_a_hundred_events_and_counts_all() -> None:
    (incident,) = incidents_of(*(firing(at) for at in range(500)))
    alert = document(incident, "default")
    own = alert["auth0"]["alerts"]
    assert (own["count"], len(own["event_ids"]), len(alert["related"]["ip"])) == (500, MOST, MOST)


def test_one_that_is_over_and_written_is_forgotten() -> None:
    incidents = Incidents()
    incident = incidents.add(RULE, firing(0))
    incidents.close(10 * HOUR)
    assert list(incidents) == [incident]
    incident.changed = False
    incidents.close(HOUR + LATENESS)
    assert list(incidents) == [incident]
    incidents.close(HOUR + LATENESS + 1)
    assert list(incidents) == []


def test_attack_tags_become_ecs() -> None:
    (incident,) = incidents_of(firing(0))
    threat = document(incident, "default")["threat"]
    assert threat["tactic"] == {
        "id": ["TA0006"],
        "name": ["Credential Access"],
        "reference": ["https://attack.mitre.org/tactics/TA0006/"],
    }
    assert threat["technique"]["id"] == ["T1110"]
    assert threat["technique"]["subtechnique"]["name"] == ["Password Spraying"]
    assert threat["technique"]["subtechnique"]["reference"] == ["https://attack.mitre.org/techniques/T1110/003/"]


def test_every_attack_tag_of_the_rules_is_known() -> None:
    table = (Path(SHIPPED).parent / "attack.tsv").read_text("utf-8")
    known = {line.split("\t")[0] for line in table.splitlines()}
    tags = {tag.removeprefix("attack.") for rule in load_rules([SHIPPED]) for tag in rule.tags}
    names = {tag.upper() if re.match(r"t\d", tag) else tag for tag in tags}
    assert names <= known
    assert {name.partition(".")[0] for name in known if re.match(r"T\d", name)} <= known
