"""The polled form of an event, and Auth0's three content formats."""

import io
import json
from datetime import UTC, datetime

import pytest

from auth0_elastic.generate import day, encode, polled
from auth0_elastic.generate.encode import split

EVENTS = day(5, 400, end=datetime(2026, 3, 4, 18, 30, tzinfo=UTC))


def test_the_polled_form_is_flat_and_has_the_same_log_id() -> None:
    for event in EVENTS:
        flat = polled(event)
        assert flat["_id"] == flat["log_id"] == event["log_id"]
        assert "is_mobile" not in flat


def test_the_polled_form_has_a_short_user_agent_and_a_location() -> None:
    login = next(event for event in EVENTS if event["data"]["type"] == "s")
    flat = polled(login)
    assert "Mozilla" not in flat["user_agent"]
    assert " / " in flat["user_agent"]
    assert isinstance(flat["isMobile"], bool)
    assert set(flat["location_info"]) >= {"country_code", "city_name", "latitude", "longitude", "time_zone"}


def test_polling_leaves_the_event_as_it_is() -> None:
    before = encode(EVENTS, "JSONLINES")
    for event in EVENTS:
        polled(event)
    assert encode(EVENTS, "JSONLINES") == before


def test_json_lines_are_one_event_a_line() -> None:
    lines = encode(EVENTS, "JSONLINES").split(b"\n")
    assert [json.loads(line) for line in lines[:-1]] == EVENTS
    assert lines[-1] == b""


def test_a_json_array_holds_all_events() -> None:
    assert json.loads(encode(EVENTS, "JSONARRAY")) == EVENTS


def test_a_json_object_is_one_event() -> None:
    assert json.loads(encode(EVENTS[:1], "JSONOBJECT")) == EVENTS[0]
    with pytest.raises(ValueError, match="too many"):
        encode(EVENTS[:2], "JSONOBJECT")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="JSONARRAY"):
        encode(EVENTS, "XML")


def test_bytes_stay_as_they_are_but_for_line_ends() -> None:
    text = b'{"log_id":\n  "1", "n": 1.0e3,\t"s": "\\u00e9"}'
    assert encode([text], "JSONLINES") == b'{"log_id":   "1", "n": 1.0e3,\t"s": "\\u00e9"}\n'


@pytest.mark.parametrize("content_format", ["JSONLINES", "JSONARRAY"])
def test_files_in_auth0s_formats_are_split_into_events(content_format: str) -> None:
    assert [json.loads(text) for text in split(io.BytesIO(encode(EVENTS, content_format)))] == EVENTS


@pytest.mark.parametrize("value", [EVENTS[0], EVENTS[:3]])
def test_pretty_printed_files_are_split_into_events(value: object) -> None:
    found = [json.loads(text) for text in split(io.BytesIO(json.dumps(value, indent=2).encode()))]
    assert found == (value if isinstance(value, list) else [value])


def test_broken_lines_are_left_to_the_listener() -> None:
    assert list(split(io.BytesIO(b'\n{"log_id": "1"}\r\n\n{"log_id":\n'))) == [b'{"log_id": "1"}', b'{"log_id":']


def test_an_empty_file_has_no_events() -> None:
    assert list(split(io.BytesIO(b"\n \n"))) == []


def test_a_file_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="neither JSON lines"):
        split(io.BytesIO(b"log_id,date\n1,2\n"))
