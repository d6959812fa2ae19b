"""What an answer of the engine means."""

from typing import Any

import pytest

from auth0_elastic.ship.classify import (
    Dead,
    Delivered,
    Duplicate,
    Retry,
    TooLarge,
    Wait,
    classify_item,
    classify_request,
    classify_single,
    temper,
)


def item(status: int, kind: str = "x", reason: str = "y") -> dict[str, Any]:
    return {"status": status, "error": {"type": kind, "reason": reason}}


def test_a_created_document_is_delivered() -> None:
    assert classify_item({"status": 201, "_index": ".ds-1"}) == Delivered(".ds-1")


def test_a_document_that_exists_is_a_duplicate() -> None:
    assert classify_item(item(409, "version_conflict_engine_exception")) == Duplicate()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_overwhelmed_or_failing_engine_is_tried_again(status: int) -> None:
    assert isinstance(classify_item(item(status)), Retry)


@pytest.mark.parametrize(
    "bad",
    [
        item(400, "mapper_parsing_exception", "failed to parse field [source.ip]"),
        item(400, "document_parsing_exception", "[1:2] object mapping tried to parse as object"),
        item(400, "illegal_argument_exception", "data stream timestamp field [@timestamp] is missing"),
        item(400, "illegal_argument_exception", "Document contains at least one immense term"),
        {"status": 400, "error": "plain text"},
    ],
)
def test_what_the_document_itself_causes_is_a_dead_letter(bad: dict[str, Any]) -> None:
    assert isinstance(classify_item(bad), Dead)


@pytest.mark.parametrize(
    "bad",
    [
        item(400, "illegal_argument_exception", "pipeline with id [logs-auth0.logs-0.1.0] does not exist"),
        item(400, "illegal_argument_exception", "only write ops with an op_type of create are allowed in data streams"),
        item(401, "security_exception"),
        item(403, "security_exception", "no permissions for [indices:data/write/bulk[s]]"),
        item(403, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/8/index write (api)]"),
        item(429, "cluster_block_exception", "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded]"),
        item(404, "index_not_found_exception"),
        item(400, "index_closed_exception", "closed"),
    ],
)
def test_what_no_document_causes_waits_for_somebody_to_mend_it(bad: dict[str, Any]) -> None:
    assert isinstance(classify_item(bad), Wait)


def test_the_reason_names_the_cause() -> None:
    error = {"type": "mapper_parsing_exception", "reason": "failed", "caused_by": {"reason": "'x' is not an IP"}}
    assert classify_item({"status": 400, "error": error}) == Dead(
        400, "mapper_parsing_exception: failed: 'x' is not an IP"
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, type(None)),
        (413, TooLarge),
        (429, Retry),
        (503, Retry),
        (400, Wait),
        (401, Wait),
        (403, Wait),
        (404, Wait),
    ],
)
def test_the_status_of_the_whole_answer(status: int, expected: type) -> None:
    assert isinstance(classify_request(status, "r"), expected)


def test_what_the_failure_store_took_is_not_delivered() -> None:
    taken = {"status": 201, "_index": ".fs-logs-auth0.logs-default-1", "failure_store": "used"}
    assert isinstance(classify_item(taken), Dead)


def test_one_that_waits_beside_delivered_ones_is_only_tried_again() -> None:
    assert temper([Delivered("i"), Wait("403")]) == [Delivered("i"), Retry("403")]
    assert temper([Retry("429"), Wait("403")]) == [Retry("429"), Wait("403")]


def test_413_for_a_small_event_speaks_of_the_limit_not_of_the_event() -> None:
    assert isinstance(classify_single(2_000, "413"), Wait)
    assert isinstance(classify_single(2_000_000, "413"), Dead)
