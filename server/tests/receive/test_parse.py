"""What becomes of a body: events as slices of what was received, dead letters, or a refusal."""

import json
from collections.abc import Sequence

import pytest

from auth0_elastic.errors import RequestRefused
from auth0_elastic.receive.parse import MAX_EVENTS, Parsed, parse

A = b'{"log_id": "900-A",  "data":{"type":"s","date":1.743E12}}'
B = '{"data":{"user_name":"Zoë\u2028Ωmega","note":"a\\nb \\"}], [{"},"log_id":"900-B"}'.encode()
PRETTY = b'{\n  "log_id": "900-P",\n  "data": {\n    "scopes": [\n      "a",\n      "b"\n    ]\n  }\n}'


def events(body: bytes) -> list[bytes]:
    parsed = parse(body)
    assert parsed.rejected == []
    return parsed.events


def refused(body: bytes) -> tuple[int, str]:
    with pytest.raises(RequestRefused) as refusal:
        parse(body)
    return refusal.value.status, str(refusal.value)


def reasons(parsed: Parsed) -> list[str]:
    return [each.reason for each in parsed.rejected]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (A, [A]),
        (PRETTY, [PRETTY]),
        (A + b"\n" + B, [A, B]),
        (A + b"\n" + B + b"\n", [A, B]),
        (A + b"\r\n" + B + b"\r\n", [A, B]),
        (b"\n\n" + A + b"\n \t\n\r\n" + B, [A, B]),
        (b"[" + A + b"," + B + b"]", [A, B]),
        (b" [\n\t" + A + b" ,\n " + B + b"\n]\n", [A, B]),
        (b"[" + PRETTY + b",\n" + PRETTY + b"]", [PRETTY, PRETTY]),
        (b"[" + A + b"]\n[" + B + b"," + A + b"]", [A, B, A]),
        (b"[" + A + b"]\n" + B + b"\n", [A, B]),
        (A + B, [A, B]),
        (b"{}", [b"{}"]),
        (b"[]", []),
        (b"[{}]", [b"{}"]),
        (b"", []),
        (b" \r\n\t\n", []),
        (b"\xef\xbb\xbf", []),
    ],
)
def test_events_are_the_bytes_as_received(body: bytes, expected: list[bytes]) -> None:
    assert events(body) == expected


@pytest.mark.parametrize("body", [A, b"[" + A + b"]", A + b"\n" + B, PRETTY])
def test_a_byte_order_mark_is_no_part_of_an_event(body: bytes) -> None:
    assert events(b"\xef\xbb\xbf" + body) == events(body)


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_line_feeds_end_lines(character: str) -> None:
    first = json.dumps({"data": character}, ensure_ascii=character < "\x20").encode()
    assert events(first + b"\n" + A) == [first, A]


def test_pretty_printed_array_elements_keep_their_layout() -> None:
    assert json.loads(events(b"[\n" + PRETTY + b"\n]")[0])["data"]["scopes"] == ["a", "b"]


@pytest.mark.parametrize(
    "event",
    [
        b'{"n":NaN}',
        b'{"n":-Infinity}',
        b'{"s":"\\ud800"}',
        b'{"a":1,"a":2}',
        b'{"n":1e999999}',
        b'{"n":' + b"9" * 4000 + b"}",
        b'{"a":' * 1_100 + b"{}" + b"}" * 1_100,
        b'{"":{".":"\\u0000"}}',
    ],
)
@pytest.mark.parametrize("frame", ["alone", "line", "element"])
def test_what_lenient_parsers_take_is_an_event(event: bytes, frame: str) -> None:
    bodies = {"alone": event, "line": A + b"\n" + event, "element": b"[" + A + b"," + event + b"]"}
    assert events(bodies[frame]) == ([event] if frame == "alone" else [A, event])


def test_a_pretty_printed_event_with_nan_is_not_taken_for_lines() -> None:
    event = b'{\n  "risk": NaN,\n  "list": [\n    {},\n    {"log_id": "not an event"}\n  ]\n}'
    assert events(event) == [event]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b'{"log_id":', "not JSON: Expecting value"),
        (b'{"log_id" "x"}', "not JSON: Expecting ':'"),
        (b"oops", "not JSON: Expecting value"),
        (b"{'a': 1}", "not JSON: Expecting property name"),
        (b'{"a":1,}', "not JSON"),
        (b'{"a":"\xff"}', "not UTF-8: invalid start byte at byte 6"),
        (b"\xed\xa0\x80", "not UTF-8"),
        (b"42", "not a JSON object but a number"),
        (b"true", "not a JSON object but a boolean"),
        (b"null", "not a JSON object but null"),
        (b'"text"', "not a JSON object but a string"),
        (b'{"a":' * 1_100 + b"1" + b"}" * 1_099, "not JSON: brackets do not match"),
    ],
)
def test_a_broken_line_becomes_a_dead_letter_and_spares_the_others(broken: bytes, reason: str) -> None:
    parsed = parse(b"\n".join([A, broken, B]))
    assert parsed.events == [A, B]
    assert [each.raw for each in parsed.rejected] == [broken]
    assert reasons(parsed)[0].startswith(reason)


@pytest.mark.parametrize(
    "broken",
    [b'{"log_id":}', b'{"a":1,}', b"oops", b"42", b"[1]", b'{"a":"\xff"}', b'{"a":]}', b'{"a":[}', b'{"a":[{"b":[1}]}'],
)
def test_a_broken_element_becomes_a_dead_letter_and_spares_the_others(broken: bytes) -> None:
    parsed = parse(b"[" + b",\n".join([A, broken, B]) + b"]")
    assert parsed.events == [A, B]
    assert [each.raw for each in parsed.rejected] == [broken]


@pytest.mark.parametrize("cut", range(1, len(B)))
def test_of_an_array_cut_off_anywhere_nothing_vanishes(cut: int) -> None:
    parsed = parse(b"[" + A + b"," + B[:cut])
    assert parsed.events == [A]
    assert [each.raw for each in parsed.rejected] == [B[:cut].strip()]


def test_an_element_that_does_not_end_takes_the_rest_into_its_dead_letter() -> None:
    parsed = parse(b"[" + A + b',{"a":{},' + B + b"]")
    assert (parsed.events, [each.raw for each in parsed.rejected]) == ([A], [b'{"a":{},' + B + b"]"])


def test_of_a_line_cut_off_nothing_vanishes() -> None:
    parsed = parse(A + b"\n" + B[:20])
    assert (parsed.events, [each.raw for each in parsed.rejected]) == ([A], [B[:20]])


def test_a_trailing_comma_costs_nothing() -> None:
    assert events(b"[" + A + b"," + B + b",]") == [A, B]


def test_an_array_of_anything_but_objects_becomes_dead_letters() -> None:
    parsed = parse(b'[1, "x", [2]]')
    assert (parsed.events, [each.raw for each in parsed.rejected]) == ([], [b"1", b'"x"', b"[2]"])


@pytest.mark.parametrize(
    "body",
    [
        b"42",
        b"null",
        b'"text"',
        b"oops",
        b"1\n2",
        b"<html>",
        b"a=b&c=d",
        b"\xff\xfe{",
        b"{",
        b"[",
        b"[{",
        b"{,}\n{,}",
        b"\0",
    ],
)
def test_a_body_without_any_object_or_array_is_refused(body: bytes) -> None:
    with pytest.raises(RequestRefused, match="neither a JSON object, nor an array") as refused:
        parse(body)
    assert refused.value.status == 400
    assert "Content Format" in refused.value.remedy


def test_a_refusal_does_not_repeat_the_body() -> None:
    with pytest.raises(RequestRefused) as refused:
        parse(b"secret_password=hunter2")
    assert "hunter2" not in str(refused.value)


def slices(body: bytes, parts: Sequence[bytes]) -> bool:
    """Whether the parts follow each other in the body."""
    position = 0
    for part in parts:
        position = body.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


def test_escapes_numbers_and_spaces_are_not_rewritten() -> None:
    odd = b'{ "\\u0061" : 1.0e+02 , "b":"\\/\\u00e9\xc3\xa9" ,"c":100000000000000000000000001 }'
    for body in (odd, odd + b"\n" + A, b"[" + odd + b" , " + A + b"]", odd + b"\nbroken"):
        parsed = parse(body)
        assert parsed.events[0] == odd
        assert slices(body, [*parsed.events, *(each.raw for each in parsed.rejected)])


def test_the_most_events_are_taken_and_one_more_is_not() -> None:
    too_many = 413, f"the body holds more than {MAX_EVENTS} events"
    assert len(events(b"{}\n" * MAX_EVENTS)) == MAX_EVENTS
    assert len(events(b"[" + b"{}," * (MAX_EVENTS - 1) + b"{}]")) == MAX_EVENTS
    assert refused(b"{}\n" * (MAX_EVENTS + 1)) == too_many
    assert refused(b"[" + b"{}," * MAX_EVENTS + b"{}]") == too_many


@pytest.mark.parametrize(
    "body",
    [
        b"x\n" * 100_000,
        b"{}\nx\n" * 100_000,
        b'{"a":"\n' * 100_000,
        b"[" + b"x," * 100_000,
        b"[" + b"," * 100_000,
        b"[" * 1_000_000,
        b"[" + b'"' * 2_000_000,
        b"[" + b"{]" * 1_000_000,
    ],
)
def test_a_broken_body_that_would_take_long_to_take_apart_is_refused(body: bytes) -> None:
    assert refused(body)[0] == 413


def test_an_event_that_is_nested_without_end_becomes_a_dead_letter() -> None:
    deep = b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000
    parsed = parse(b"{}\n" + deep)
    assert parsed.events == [b"{}"]
    assert [each.reason for each in parsed.rejected] == ["not JSON: brackets do not match, or are too many"]
