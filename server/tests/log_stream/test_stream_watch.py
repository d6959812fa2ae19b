"""What the server does about its tenant's log stream, step by step."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from auth0_elastic.config.settings import Tenant
from auth0_elastic.log_stream.watch import AFTER_ERROR, INTERVAL, StreamWatch
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.secret import Secret

NOON = 1_772_366_400.0  # 2026-03-01T12:00:00Z


class Watching:
    """A watch with a clock that stands still, the calls of `on_resumed`, and what it has said since the last look."""

    def __init__(self, world: Any, api: ManagementApi, log: pytest.LogCaptureFixture) -> None:
        self.token = Secret("tok-1")
        self.resumed = 0
        self._log = log
        self.watch = StreamWatch(
            api, world.tenant, lambda: self.token, on_resumed=self._count, clock=lambda: NOON, interval=INTERVAL
        )

    def step(self) -> list[str]:
        assert self.watch.step() == INTERVAL
        return self.said()

    def said(self) -> list[str]:
        said = [record.getMessage() for record in self._log.records if record.name.startswith("auth0_elastic.log_str")]
        self._log.clear()
        return said

    def _count(self) -> None:
        self.resumed += 1


@pytest.fixture
def watching(
    world: Any, connect: Callable[[Tenant], ManagementApi], caplog: pytest.LogCaptureFixture
) -> Callable[[], Watching]:
    caplog.set_level(logging.INFO)
    return lambda: Watching(world, connect(world.tenant), caplog)


def test_the_stream_is_created_once_and_then_only_looked_at(world: Any, watching: Callable[[], Watching]) -> None:
    watch = watching()
    assert ["has been created" in line for line in watch.step()] == [True]
    assert (watch.step(), watch.step(), watch.resumed) == ([], [], 0)
    assert (world.requests("POST"), world.requests("PATCH")) == (1, 0)


def test_a_stream_that_is_there_is_found_by_a_new_server(world: Any, watching: Callable[[], Watching]) -> None:
    watching().step()
    assert ["is there" in line for line in watching().step()] == [True]
    assert (world.requests("POST"), world.requests("PATCH")) == (1, 0)


def test_the_first_stream_starts_where_the_settings_say(world: Any, watching: Callable[[], Watching]) -> None:
    world.auth0.tenant.log()
    world.log_stream["start_from"] = "2026-03-01T12:00:00Z"
    watching().step()
    assert len(world.auth0.tenant.streams[0].pending) == 1


def test_what_differs_is_repaired_and_said(world: Any, watching: Callable[[], Watching]) -> None:
    watch = watching()
    watch.step()
    sink = {"httpEndpoint": "https://elsewhere.example.com/x?hush", "httpAuthorization": "stranger"}
    world.auth0.tenant.patch_stream(world.streams[0]["id"], {"sink": sink})
    (said,) = watch.step()
    assert "differed from the settings in sink.httpEndpoint, sink.httpAuthorization" in said
    assert "it pointed to https://elsewhere.example.com/x)" in said
    assert world.streams[0]["sink"]["httpEndpoint"] == world.url
    assert watch.step() == []


def test_a_token_that_was_changed_meanwhile_is_told_to_auth0(world: Any, watching: Callable[[], Watching]) -> None:
    watch = watching()
    watch.step()
    watch.token = Secret("tok-2")
    assert len(watch.step()) == 1
    assert world.streams[0]["sink"]["httpAuthorization"] == "tok-2"


def test_a_suspended_stream_is_resumed_and_gaps_are_filled(world: Any, watching: Callable[[], Watching]) -> None:
    watch = watching()
    watch.step()
    stream = world.auth0.tenant.streams[0]
    stream.status = "suspended"
    (said,) = watch.step()
    assert "was suspended by Auth0, because deliveries had failed; resumed" in said
    assert (stream.status, watch.resumed) == ("active", 1)
    assert (watch.step(), watch.resumed) == ([], 1)


def test_a_stream_that_is_suspended_when_the_server_starts_is_resumed(
    world: Any, watching: Callable[[], Watching]
) -> None:
    watching().step()
    world.auth0.tenant.streams[0].status = "suspended"
    watch = watching()
    assert ["resumed" in line for line in watch.step()] == [False, True]
    assert watch.resumed == 1


def test_a_repair_does_not_end_a_suspension_but_the_same_step_does(
    world: Any, watching: Callable[[], Watching]
) -> None:
    watch = watching()
    watch.step()
    stream = world.auth0.tenant.streams[0]
    stream.status, watch.token = "suspended", Secret("tok-2")
    assert len(watch.step()) == 2
    assert (stream.status, stream.sink["httpAuthorization"]) == ("active", "tok-2")


def test_a_stream_that_a_person_paused_is_left_alone_and_said_once(
    world: Any, watching: Callable[[], Watching]
) -> None:
    watch = watching()
    watch.step()
    stream = world.auth0.tenant.streams[0]
    stream.status = "paused"
    (said,) = watch.step()
    assert "has been paused" in said
    assert (watch.step(), stream.status, watch.resumed) == ([], "paused", 0)
    stream.status = "active"
    assert ["goes on" in line for line in watch.step()] == [True]
    assert watch.resumed == 1


def test_a_deleted_stream_is_made_again_where_it_was_last_seen(world: Any, watching: Callable[[], Watching]) -> None:
    watch = watching()
    watch.step()
    world.auth0.tenant.log()
    world.auth0.tenant.delete_stream(world.streams[0]["id"])
    world.auth0.tenant.log()
    (said,) = watch.step()
    assert "was gone; made again" in said
    assert "to start at 2026-03-01T12:00:00.000Z" in said
    assert (len(world.auth0.tenant.streams[0].pending), watch.resumed) == (2, 1)


def test_what_auth0_does_not_take_is_said_once_and_not_tried_for_ever(
    world: Any, watching: Callable[[], Watching]
) -> None:
    """A priority stream's filters are kept when a PATCH leaves them out."""
    world.log_stream.update(priority=True, filters=["other"])
    watching().step()
    world.log_stream["filters"] = []
    watch = watching()
    assert any("Auth0 leaves filters as it is" in line for line in watch.step())
    patches = world.requests("PATCH")
    assert (watch.step(), world.requests("PATCH")) == ([], patches)
    watch.token = Secret("tok-2")
    watch.step()
    assert world.streams[0]["sink"]["httpAuthorization"] == "tok-2"


def test_an_error_is_said_once_and_the_watch_goes_on(world: Any, watching: Callable[[], Watching]) -> None:
    watch = watching()
    world.auth0.faults.answer(403, times=2, path="/api/v2/log-streams")
    assert watch.watch.step() == AFTER_ERROR
    assert ["is not being watched" in line for line in watch.said()] == [True]
    assert (watch.watch.step(), watch.said()) == (AFTER_ERROR, [])
    assert ["created" in line or "watched again" in line for line in watch.step()] == [True, True]


def test_a_creation_without_an_answer_does_not_make_a_second_stream(
    world: Any, watching: Callable[[], Watching]
) -> None:
    watch = watching()
    world.auth0.faults.slow(0, path="/api/v2/log-streams")  # the list
    world.auth0.faults.lose(path="/api/v2/log-streams")  # the creation
    assert watch.watch.step() == AFTER_ERROR
    assert len(world.streams) == 1
    watch.step()
    assert len(world.streams) == 1


def test_lost_categories_are_warned_of_at_the_start(world: Any, watching: Callable[[], Watching]) -> None:
    world.log_stream["filters"] = ["auth.login.fail"]
    watch = watching()
    assert any("the filters leave out `other`" in line for line in watch.step())
    assert watch.step() == []
