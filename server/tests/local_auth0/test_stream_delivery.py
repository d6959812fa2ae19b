"""How log streams reach a webhook: three attempts, at least once, out of order, suspended, resumed."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from auth0_elastic.local_auth0 import LocalAuth0, SetClock, Stream, Tenant

DAY = 86_400
Create = Callable[..., Stream]


@pytest.fixture
def create(tenant: Tenant, webhook: Any) -> Create:
    def create(start_from: str = "", filters: tuple[str, ...] = (), **sink: Any) -> Stream:
        start = {"startFrom": start_from} if start_from else {}
        chosen = [{"type": "category", "name": name} for name in filters]
        to = {"httpEndpoint": webhook.url, **sink}
        return tenant.create_stream({"type": "http", "filters": chosen, "sink": to, **start})

    return create


def arrived(webhook: Any) -> list[str]:
    """The log_ids of all bodies, which are JSON lines."""
    return [json.loads(line)["log_id"] for body in webhook.bodies for line in body.splitlines()]


def test_events_are_wrapped_with_their_log_id(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    create()
    log_id = tenant.log("f", user_name="ada", is_mobile=False)
    assert auth0.deliver() == 1
    (event,) = (json.loads(line) for line in webhook.bodies[0].splitlines())
    data = {"date": "2026-03-04T12:00:00.000Z", "type": "f", "user_name": "ada", "is_mobile": False, "log_id": log_id}
    assert event == {"log_id": log_id, "data": data}


def test_the_authorization_goes_verbatim_and_headers_with_it(
    auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any
) -> None:
    headers = [{"header": "X-Tenant", "value": "acme"}]
    create(httpAuthorization="tok-0123456789", httpContentType="text/plain", httpCustomHeaders=headers)
    tenant.log()
    auth0.deliver()
    sent = webhook.headers[0]
    assert (sent["Authorization"], sent["Content-Type"], sent["X-Tenant"]) == ("tok-0123456789", "text/plain", "acme")


@pytest.mark.parametrize(
    ("content_format", "bodies"), [("JSONLINES", [3, 2]), ("JSONARRAY", [3, 2]), ("JSONOBJECT", [1] * 5)]
)
def test_each_format_has_its_bodies(
    auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any, content_format: str, bodies: list[int]
) -> None:
    tenant.behaviour.batch_size = 3
    create(httpContentFormat=content_format)
    logged = [tenant.log() for _ in range(5)]
    assert auth0.deliver() == 5
    read = [json.loads(body) if content_format != "JSONLINES" else body.splitlines() for body in webhook.bodies]
    assert [len(body) if isinstance(body, list) else 1 for body in read] == bodies
    assert all(log_id.encode() in b"".join(webhook.bodies) for log_id in logged)


def test_a_third_attempt_may_succeed(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    stream = create()
    tenant.log()
    webhook.script = [500, 503]
    assert auth0.deliver() == 1
    assert (len(webhook.bodies), auth0.deliveries.requests, stream.errors) == (3, 3, [])


def test_after_three_attempts_health_shows_an_error_and_it_starts_again(
    auth0: LocalAuth0, tenant: Tenant, clock: SetClock, create: Create, webhook: Any
) -> None:
    stream = create()
    log_id = tenant.log()
    webhook.script = [401] * 3
    assert auth0.deliver() == 0
    assert [(error.at, error.reason) for error in stream.health(clock.now)] == [(clock.now, "401 Unauthorized")]
    assert auth0.deliver() == 1
    assert arrived(webhook) == [log_id] * 4


def test_health_shows_the_last_ten_errors_of_five_days(
    auth0: LocalAuth0, tenant: Tenant, clock: SetClock, create: Create, webhook: Any
) -> None:
    stream = create()
    tenant.log()
    webhook.script = [500] * 36
    for _ in range(12):
        auth0.deliver()
    assert len(stream.health(clock.now)) == 10
    assert stream.health(clock.now + 5 * DAY) == []


def test_a_listener_that_is_down_is_an_error(auth0: LocalAuth0, tenant: Tenant, create: Create) -> None:
    stream = create(httpEndpoint="http://127.0.0.1:9/auth0/logs")
    tenant.log()
    assert auth0.deliver() == 0
    assert stream.errors[0].reason == "NewConnectionError"


def test_seven_days_of_failure_suspend_a_stream_and_resuming_delivers_what_waited(
    auth0: LocalAuth0, tenant: Tenant, clock: SetClock, create: Create, webhook: Any
) -> None:
    stream = create()
    lost = tenant.log()
    webhook.script = [500] * 9
    auth0.deliver()
    clock.advance(7 * DAY - 1)
    auth0.deliver()
    assert stream.status == "active"
    clock.advance(1)
    auth0.deliver()
    assert stream.status == "suspended"
    meanwhile = tenant.log()
    assert auth0.deliver() == 0
    clock.advance(4 * DAY)
    tenant.patch_stream(stream.id, {"status": "active"})
    assert auth0.deliver() == 1
    assert (stream.delivered, stream.expired) == ([meanwhile], [lost])


def test_a_success_ends_the_days_of_failure(
    auth0: LocalAuth0, tenant: Tenant, clock: SetClock, create: Create, webhook: Any
) -> None:
    stream = create()
    webhook.script = [500] * 3
    tenant.log()
    auth0.deliver()
    auth0.deliver()
    clock.advance(8 * DAY)
    webhook.script = [500] * 3
    tenant.log()
    auth0.deliver()
    assert (stream.status, len(stream.errors)) == ("active", 2)


def test_failed_rounds_can_suspend_as_well(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    tenant.behaviour.suspends_after_rounds = 2
    stream = create()
    tenant.log()
    webhook.script = [500] * 6
    statuses = [(auth0.deliver(), stream.status) for _ in range(2)]
    assert statuses == [(0, "active"), (0, "suspended")]


def test_a_resumed_stream_has_its_days_and_rounds_anew(
    auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any
) -> None:
    tenant.behaviour.suspends_after_rounds = 2
    stream = create()
    tenant.log()
    webhook.script = [500] * 9
    auth0.deliver()
    auth0.deliver()
    tenant.patch_stream(stream.id, {"status": "active"})
    assert (auth0.deliver(), stream.status) == (0, "active")


def test_a_paused_stream_keeps_what_comes(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    stream = create()
    tenant.patch_stream(stream.id, {"status": "paused"})
    log_id = tenant.log()
    assert (auth0.deliver(), list(stream.pending)) == (0, [log_id])
    tenant.patch_stream(stream.id, {"status": "active"})
    assert (auth0.deliver(), arrived(webhook)) == (1, [log_id])


def test_a_deleted_stream_delivers_nothing(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    stream = create()
    tenant.log()
    tenant.delete_stream(stream.id)
    assert (auth0.deliver(), webhook.bodies) == (0, [])


@pytest.mark.parametrize("stop", ["pause", "delete"])
def test_a_stream_that_is_stopped_in_the_middle_sends_no_further_batch(
    auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any, stop: str
) -> None:
    tenant.behaviour.batch_size = 1
    stream = create()
    tenant.log()
    tenant.log()
    pause, delete = (
        lambda: tenant.patch_stream(stream.id, {"status": "paused"}),
        lambda: tenant.delete_stream(stream.id),
    )
    webhook.meanwhile = pause if stop == "pause" else delete
    assert (auth0.deliver(), len(webhook.bodies)) == (1, 1)


def test_the_filters_that_count_are_those_at_the_delivery(
    auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any
) -> None:
    stream = create(filters=("auth.login.fail",))
    tenant.patch_stream(stream.id, {"status": "paused"})
    log_id = tenant.log("s")
    auth0.deliver()
    tenant.patch_stream(stream.id, {"status": "active", "filters": []})
    assert (auth0.deliver(), arrived(webhook)) == (1, [log_id])


def test_redelivery_brings_the_same_again(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    stream = create()
    first, second = tenant.log(), tenant.log()
    auth0.deliver()
    tenant.redeliver(stream, [first])
    auth0.deliver()
    tenant.redeliver(stream)
    auth0.deliver()
    assert Counter(arrived(webhook)) == {first: 3, second: 2}
    assert Counter(stream.delivered) == {first: 3, second: 2}


def test_out_of_order_is_the_same_for_the_same_seed(
    auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any
) -> None:
    tenant.behaviour.shuffle_seed = 7
    stream = create()
    logged = [tenant.log() for _ in range(20)]
    auth0.deliver()
    first = arrived(webhook)
    assert first != logged
    assert sorted(first) == logged
    stream.queue(logged)
    auth0.deliver()
    assert arrived(webhook) == first * 2


def test_filters_leave_out_whole_categories(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    stream = create(filters=("auth.login.fail", "management.success"))
    wanted = [tenant.log("f"), tenant.log("sapi")]
    for code in ("s", "gd_auth_failed", "a_type_of_next_year"):
        tenant.log(code)
    assert (auth0.deliver(), arrived(webhook), list(stream.pending)) == (2, wanted, [])


def test_an_unknown_type_is_in_other(auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any) -> None:
    create(filters=("other",))
    wanted = [tenant.log("gd_auth_failed"), tenant.log("a_type_of_next_year")]
    tenant.log("s")
    assert (auth0.deliver(), arrived(webhook)) == (2, wanted)


def test_a_stream_starts_with_its_creation_or_where_it_is_told(
    auth0: LocalAuth0, tenant: Tenant, clock: SetClock, create: Create, webhook: Any
) -> None:
    logged = []
    for _ in range(3):
        logged.append(tenant.log())
        clock.advance(DAY)
    assert not create().pending
    assert list(create(datetime.fromtimestamp(clock.now - 2 * DAY, UTC).isoformat()).pending) == logged[1:]
    tenant.behaviour.retention = 1.5 * DAY
    assert list(create("2020-01-01T00:00:00.000Z").pending) == logged[2:]


def test_a_new_token_is_used_from_the_next_request_on(
    auth0: LocalAuth0, tenant: Tenant, create: Create, webhook: Any
) -> None:
    stream = create(httpAuthorization="old")
    tenant.log()
    auth0.deliver()
    tenant.patch_stream(stream.id, {"sink": {**stream.sink, "httpAuthorization": "new"}})
    tenant.log()
    auth0.deliver()
    assert [headers["Authorization"] for headers in webhook.headers] == ["old", "new"]
