"""The supervisor's children: what a hang-up does to them, and when one is well."""

import signal
import time
from collections.abc import Iterator

import pytest

from auth0_elastic.serve.supervisor import Child


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child("sleeper", ["sleep", "60"])
    child.start()
    yield child
    child.signal(signal.SIGKILL)
    child.stop(time.monotonic())


def end(child: Child, number: int) -> int:
    assert child._process is not None
    child.signal(number)
    return child._process.wait(60)


def test_one_that_was_asked_to_begin_anew_is_well_all_the_time(child: Child) -> None:
    child.reload()
    assert child._process is not None
    assert child._process.wait(60) == -signal.SIGTERM
    assert child.well
    child.start_again()
    assert (child.running, child.well) == (True, True)


def test_one_that_ended_by_itself_is_not_well_at_once(child: Child) -> None:
    end(child, signal.SIGKILL)
    assert not child.well
    child.start_again()
    assert (child.running, child.well) == (True, False)


def test_one_that_begins_anew_by_itself_is_only_told(child: Child) -> None:
    own = Child("gunicorn", ["sh", "-c", "trap 'exit 7' USR1; while :; do sleep 0.01; done"], signal.SIGUSR1)
    own.start()
    own.reload()
    assert not own.reloading
    end(own, signal.SIGKILL)
    assert child.running


def test_a_hang_up_of_the_terminal_ends_no_child(child: Child) -> None:
    child.signal(signal.SIGHUP)
    assert end(child, signal.SIGTERM) == -signal.SIGTERM


def test_only_a_first_start_can_say_that_another_would_not_help() -> None:
    child = Child("unsettled", ["sh", "-c", "exit 78"])
    child.start()
    assert child._process is not None
    child._process.wait(60)
    assert child.gave_up() == 78
    child.start_again()
    child._process.wait(60)
    assert child.gave_up() is None
