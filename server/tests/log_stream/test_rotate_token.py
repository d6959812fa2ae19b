"""Rotation: nothing is refused in between, and wherever it stops, deliveries go on."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from auth0_elastic.config.settings import Tenant
from auth0_elastic.errors import Auth0Refused, Auth0Unavailable, SpoolLocked
from auth0_elastic.log_stream.door import local_door
from auth0_elastic.log_stream.errors import ListenerUnavailable, StreamUnclear
from auth0_elastic.log_stream.rotate import GRACE, Rotated, rotate
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.secret import Secret
from auth0_elastic.tokens import TokenStore

Connect = Callable[[Tenant], ManagementApi]
TOKEN = "of-the-settings-0123456789"
LOG_STREAMS = "/api/v2/log-streams"


def turn(world: Any, connect: Connect, **options: Any) -> Rotated:
    settings = world.settings
    return rotate(connect(world.tenant), world.tenant, settings.listener, world.store, **options)


def authorization(world: Any) -> str:
    (stream,) = world.streams
    return str(stream["sink"]["httpAuthorization"])


def test_a_rotation_under_load_refuses_nothing(world: Any, connect: Connect) -> None:
    world.without_token()
    world.run("create")
    stop = threading.Event()
    tokens = {authorization(world)}

    def deliver() -> None:
        while not stop.is_set():
            for _ in range(5):
                world.auth0.tenant.log()
            world.auth0.deliver()

    with world.listener() as listener:
        delivering = threading.Thread(target=deliver)
        delivering.start()
        try:
            for _ in range(10):
                before = len(listener.statuses)
                turn(world, connect)
                tokens.add(authorization(world))
                while len(listener.statuses) < before + 5:
                    stop.wait(0.005)
        finally:
            stop.set()
            delivering.join()
        world.auth0.deliver()
    assert len(tokens) == 11
    assert set(listener.statuses) == {200}
    (stream,) = world.auth0.tenant.streams
    assert not stream.pending
    assert not stream.errors
    assert len(listener.events) == len(set(world.auth0.tenant.log_ids))


def test_the_old_token_ends_after_its_grace(world: Any, connect: Connect) -> None:
    """Auth0 may still send what it has begun with it."""
    world.without_token()
    world.run("create")
    old = world.store.current("acme")
    with world.listener() as listener:
        now = time.time()
        done = turn(world, connect, clock=lambda: now)
        door = local_door(world.settings.listener)
        assert door.post(b"", old).status == 200
        turn(world, connect, clock=lambda: now - GRACE)
        assert door.post(b"", world.store.current("acme")).status == 200
    assert (done.retired, done.until, done.in_settings) == (1, now + GRACE, False)
    assert set(listener.statuses) == {200}
    assert authorization(world) == world.store.current("acme").reveal()
    ends = {token.reveal() for token in TokenStore(world.store.path.parent, lambda: now + GRACE).valid()}
    assert ends == {authorization(world)}


def test_a_token_of_the_settings_is_said_to_stay_valid(world: Any) -> None:
    world.run("create")
    with world.listener() as listener:
        result = world.run("rotate-token")
        world.auth0.tenant.log()
        assert world.auth0.deliver() == 1
    assert "the old one stands in listener.authorization_token and stays valid until you remove it" in result.output
    assert authorization(world) != TOKEN
    assert set(listener.statuses) == {200}
    assert "unchanged" in world.run("update").output


def test_of_two_rotations_at_once_one_changes_nothing(world: Any, connect: Connect) -> None:
    world.without_token()
    world.run("create")
    refused: list[str] = []

    def again() -> float:
        with pytest.raises(SpoolLocked, match="another rotation is under way") as locked:
            turn(world, connect)
        refused.append(str(locked.value))
        return time.time()

    with world.listener():
        turn(world, connect, clock=again)
        assert refused
        assert world.store.current("acme") == Secret(authorization(world))
        turn(world, connect)


def test_nothing_changes_when_no_listener_runs(world: Any, connect: Connect) -> None:
    world.run("create")
    with pytest.raises(
        ListenerUnavailable, match=r"so Auth0 has not been told: .* takes no connection .*; start it first"
    ):
        turn(world, connect)
    assert (authorization(world), world.requests("PATCH"), world.store.current("acme")) == (TOKEN, 0, None)


def test_nothing_changes_when_the_listener_has_another_spool(world: Any, connect: Connect) -> None:
    world.run("create")
    with world.listener() as listener:
        world.document["spool"]["path"] = str(world.folder / "another")
        settings = world.settings
        store = type(world.store)(settings.spool.path)
        with pytest.raises(
            ListenerUnavailable, match=r"answered 401 to the new token, .* spool\.path must be the same"
        ):
            rotate(connect(world.tenant), world.tenant, settings.listener, store)
    assert (authorization(world), listener.statuses, store.current("acme")) == (TOKEN, [401], None)


def test_a_yes_of_somebody_else_is_no_proof(world: Any, connect: Connect, http_server: Any) -> None:
    world.log_stream["url"] = f"{http_server(None, answer=lambda asked: (200, {'ok': True})).url}/auth0/logs"
    world.run("create")
    with pytest.raises(ListenerUnavailable, match="answered 200 to the new token, so Auth0 has not been told"):
        turn(world, connect)
    assert (authorization(world), world.requests("PATCH"), world.store.current("acme")) == (TOKEN, 0, None)


def test_where_the_url_cannot_be_reached_from_here_the_listener_itself_is_asked(world: Any, connect: Connect) -> None:
    world.log_stream["url"] = "http://127.0.0.1:9/auth0/logs"
    world.run("create")
    with world.listener():
        done = turn(world, connect)
    assert done.proved_at == world.url
    assert authorization(world) == world.store.current("acme").reveal()


def test_a_stream_that_points_elsewhere_is_not_given_a_token(world: Any, connect: Connect) -> None:
    world.run("create")
    world.log_stream["url"] = "http://127.0.0.1:9/elsewhere"
    with pytest.raises(StreamUnclear, match=r"stream update` first"):
        turn(world, connect)
    assert world.store.valid() == ()


def test_a_refusal_of_auth0_leaves_the_old_token_current(world: Any, connect: Connect) -> None:
    world.without_token()
    world.run("create")
    old = world.store.current("acme")
    world.auth0.faults.answer(400, path=f"{LOG_STREAMS}/")
    with world.listener(), pytest.raises(Auth0Refused):
        turn(world, connect)
    assert (world.store.current("acme"), authorization(world)) == (old, old.reveal())


def test_no_answer_of_auth0_leaves_both_valid_and_update_mends_it(world: Any, connect: Connect) -> None:
    """The PATCH was carried out, only its answer is lost; or it was not: nobody knows, so both must be taken."""
    world.without_token()
    world.run("create")
    old = world.store.current("acme")
    world.auth0.faults.lose(times=50, path=f"{LOG_STREAMS}/")
    with world.listener() as listener:
        with pytest.raises(Auth0Unavailable, match="both tokens stay valid; run `auth0-elastic stream update`"):
            turn(world, connect)
        world.auth0.faults.clear()
        new = world.store.current("acme")
        assert (new == old, set(world.store.valid())) == (False, {old, new})
        world.run("update")
        world.auth0.tenant.log()
        world.auth0.deliver()
    assert authorization(world) == new.reveal()
    assert set(listener.statuses) == {200}


def test_personal_data_stays_hidden(world: Any, connect: Connect) -> None:
    world.log_stream["pii_fields"] = ["email"]
    world.run("create")
    with world.listener():
        turn(world, connect)
    (stream,) = world.streams
    assert stream["pii_config"]["log_fields"] == ["email"]
