"""Whatever a sender breaks becomes one document that is found, keeps its original and says what was wrong."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from auth0_elastic.engine.client import Engine
from auth0_elastic.golden import Bench

Json = dict[str, Any]

RECEIVED = "2026-11-20T10:15:02.318Z"
HAPPENED = "2026-11-20T10:15:01.696Z"
MALFORMED = "auth0_event_malformed"
TRUNCATED = "auth0_details_truncated"
UNDATED = "auth0_date_missing"
INVALID = "auth0_value_invalid"
MENDED = "auth0_value_mended"


@dataclass(frozen=True)
class Broken:
    """A text in the place of an event, and what is told of it; no tag where nothing is lost."""

    text: str
    tag: str = ""
    trouble: str = ""
    code: str = "f"


def event(**data: str) -> str:
    """An event of these values, each given as JSON text."""
    fields = {"type": '"f"', "date": json.dumps(HAPPENED), "user_name": '"jane"'} | data
    return f'{{"log_id": "1", "data": {{{", ".join(f"{json.dumps(k)}: {v}" for k, v in fields.items() if v)}}}}}'


def details(text: str) -> str:
    return event(details=text)


def nested(levels: int) -> str:
    return '{"a": ' * levels + "1" + "}" * levels


def dates() -> Iterator[tuple[str, Broken]]:
    for date in (HAPPENED, "2026-11-20 10:15:01.696", "2026-11-20T10:15:01.696+0000", 1795169701696, "1795169701696"):
        yield f"date {date}", Broken(event(date=json.dumps(date)))
    yield "date in an object", Broken(event(date='{"$date": {"$numberLong": "1795169701696"}}'))
    for wrong in ("yesterday", "2026-13-45", True, 1e300, "9999999999999999"):
        yield f"date {wrong}", Broken(event(date=json.dumps(wrong)), UNDATED, "cannot be read; @timestamp is the time")
    yield "no date", Broken(event(date=""), UNDATED, "there is no date")


CASES = {
    "invalid ip": Broken(event(ip='"999.1.1.1"'), INVALID, "ip is no address"),
    "ip with port": Broken(event(ip='"81.2.69.143:443"'), INVALID, "ip is no address"),
    "masked ip": Broken(event(ip='"99.xxx.xxx.xxx"')),
    "redacted ip": Broken(event(ip='"[REDACTED]"')),
    **dict(dates()),
    "explicit nulls": Broken(event(ip="null", user_id="null", details="null", client_id="null")),
    "date null": Broken(event(date="null"), UNDATED, "there is no date"),
    "text for details": Broken(details('"text"')),
    "text for an object": Broken(event(location_info='"here"'), INVALID, "location_info is no object"),
    "object for a text": Broken(event(client_name='{"a": 1}'), INVALID, "client_name is no text"),
    "text for data": Broken(f'{{"log_id": "1", "type": "f", "date": "{HAPPENED}", "data": "text"}}'),
    "nested 1100 deep": Broken(details(nested(1_100)), MALFORMED, '"details" is nested 1100 levels deep'),
    "nested 1100 deep elsewhere": Broken(
        f'{{"x": {nested(1_100)}, "data": {{"type": "f"}}}}', MALFORMED, '"x" is nested 1100 levels deep'
    ),
    "10000 keys": Broken(
        details(json.dumps({f"k{n}": n for n in range(10_000)})), TRUNCATED, "larger than what is kept"
    ),
    "10000 keys beside": Broken(event(**{f"k{n}": "1" for n in range(10_000)})),
    "1 MB in details": Broken(details(json.dumps({"a": "x" * 1_000_000})), TRUNCATED, "larger than what is kept"),
    "1 MB in description": Broken(event(description=json.dumps("x" * 1_000_000)), MENDED, "description is too long"),
    "keys with dots": Broken(details('{"a.b": 1, "a": {"b": 2}}')),
    "keys of dots": Broken(details('{".a": 1, "..": 2}'), MENDED, "details hold keys"),
    "empty key": Broken(details('{"": 1}'), MENDED, "details hold keys"),
    "empty key beside": Broken(event(**{"": "1"})),
    "NUL in a value": Broken(details('{"a": "b\\u0000c"}')),
    "NUL in a key": Broken(details('{"a\\u0000b": 1}'), MENDED, "details hold keys"),
    "lone surrogate in details": Broken(details('{"a": "\\ud800"}'), MENDED, "details hold keys, texts"),
    "lone surrogate in a name": Broken(
        event(user_name='"half \\udc00"'), MENDED, "user_name is too long or holds half"
    ),
    "type twice": Broken(event(type='"s", "type": "f"'), MALFORMED, '"type" is given twice; the last one counts'),
    "data twice": Broken('{"data": {"type": "s"}, "data": {"type": "f"}}', MALFORMED, '"data" is given twice'),
    "a key of details twice": Broken(
        details('{"a": 1, "a": 2}'), MALFORMED, '"details" cannot be read: Duplicate field'
    ),
    "NaN": Broken(event(x="NaN"), MALFORMED, '"x" cannot be read: '),
    "NaN in details": Broken(details('{"a": NaN}'), MALFORMED, '"details" cannot be read: '),
    "Infinity": Broken(event(date="-Infinity"), MALFORMED, '"date" cannot be read: '),
    "1e400": Broken(details('{"a": 1e400}'), MENDED, "numbers that no field takes"),
    "1e400 as date": Broken(event(date="1e400"), UNDATED, "cannot be read"),
    "40 digits": Broken(details(f'{{"a": {"1" * 40}}}'), MENDED, "numbers that no field takes"),
    "40 digits as date": Broken(event(date="1" * 40), UNDATED, "cannot be read"),
    "type a number": Broken(event(type="7"), INVALID, "type is no text", code="7"),
    "type an object": Broken(event(type='{"a": "f"}'), INVALID, "type is no text", code="{a=f}"),
    "log_id of 2000": Broken(event(log_id='""').replace('"1"', json.dumps("x" * 2_000)), INVALID, "it is not the _id"),
    "log_id of umlauts": Broken(event(log_id='""').replace('"1"', '"äöü"'), INVALID, "it is not the _id"),
    "log_id a number": Broken(event().replace('"1"', "17")),
    "cut in a value": Broken(event()[:-5], MALFORMED, "it ends early"),
    "cut in a number": Broken('{"data": {"type": "f", "date": 17951697', MALFORMED, "it ends early"),
    "comma at the end": Broken('{"data": {"type": "f",}}', MALFORMED, "read in part"),
    "EventBridge, broken": Broken(f'{{"x": NaN, "detail": {event()}}}', MALFORMED, '"x" cannot be read'),
}


@pytest.fixture(scope="module")
def found(bench: Bench, engine: Engine) -> dict[str, Json]:
    """By its text, what a search for its code finds of each."""
    numbered = dict(enumerate(CASES.values()))
    source = {"@timestamp": RECEIVED, "tags": ["preserve_original_event"]}
    lines = [
        json.dumps(line)
        for number, each in numbered.items()
        for line in ({"create": {"_id": f"broken-{number}"}}, source | {"message": each.text})
    ]
    name = bench.index_name  # and that of its default pipeline
    body = "".join(line + "\n" for line in lines).encode()
    answer = engine.bulk(f"/{name}/_bulk", body, params={"pipeline": name, "refresh": "true"})
    assert [item for item in answer.body["items"] if item["create"]["status"] != 201] == []
    hits: dict[str, Json] = {}
    for code in {each.code for each in CASES.values()}:
        query = {
            "bool": {
                "filter": [
                    {"term": {"event.code": code}},
                    {"ids": {"values": [f"broken-{number}" for number in numbered]}},
                ]
            }
        }
        answered = engine.call("POST", f"/{name}/_search", {"query": query, "size": len(CASES)})
        hits |= {
            numbered[int(hit["_id"].removeprefix("broken-"))].text: hit["_source"] for hit in answered["hits"]["hits"]
        }
    return hits


@pytest.mark.parametrize("name", CASES)
def test_a_broken_event_is_found_by_its_code_and_says_what_was_wrong(found: dict[str, Json], name: str) -> None:
    broken = CASES[name]
    document = found[broken.text]
    assert (document["event"]["code"], document["event"]["original"]) == (broken.code, broken.text)
    told = document.get("error", {}).get("message", [])
    tags = [tag for tag in document["tags"] if tag.startswith("auth0_")]
    if not broken.tag:
        assert (tags, told) == ([], [])
    else:
        assert broken.tag in tags
        assert any(broken.trouble in each for each in told), told


@pytest.mark.parametrize("name", CASES)
def test_real_elasticsearch_takes_a_broken_event(found: dict[str, Json], elasticsearch_bench: Bench, name: str) -> None:
    assert elasticsearch_bench.index([found[CASES[name].text]]) == {}


@pytest.mark.parametrize("name", [name for name, each in CASES.items() if each.tag == MALFORMED])
def test_a_malformed_event_is_a_pipeline_error_that_keeps_its_original_without_the_tag(bench: Bench, name: str) -> None:
    document = bench.simulate([{"@timestamp": RECEIVED, "message": CASES[name].text}])[0].document
    assert document is not None
    assert (document["event"]["kind"], document["event"]["original"]) == ("pipeline_error", CASES[name].text)


def test_of_a_malformed_event_all_that_is_no_trouble_is_understood(bench: Bench) -> None:
    text = event(type='"s", "type": "f"', ip='"81.2.69.143"', x="NaN", details='{"error": {"message": "No."}}')
    document = bench.simulate([{"@timestamp": RECEIVED, "message": text}])[0].document
    assert document is not None
    assert document["@timestamp"] == HAPPENED
    assert (document["user"]["name"], document["source"]["ip"]) == ("jane", "81.2.69.143")
    assert document["event"]["reason"] == "No."
    assert (document["event"]["id"], document["event"]["action"]) == ("1", "failed-login")
