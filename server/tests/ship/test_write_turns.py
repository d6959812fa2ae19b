"""Bulks for one write index run side by side; those for the next one wait."""

import threading
from collections.abc import Callable

import pytest

from auth0_elastic.ship.write_turns import WriteTurns

SOON = 0.05  # what does not happen until then does not happen


@pytest.fixture
def turns() -> WriteTurns:
    return WriteTurns()


@pytest.fixture
def begin(turns: WriteTurns) -> Callable[[str], Callable[[], None]]:
    """Begins a bulk for an index in a thread of its own; what is returned ends it."""

    def run(index: str) -> Callable[[], None]:
        begun, ended = threading.Event(), threading.Event()

        def bulk() -> None:
            with turns.of(index):
                begun.set()
                ended.wait(10)

        thread = threading.Thread(target=bulk)
        thread.start()
        assert begun.wait(10)

        def end() -> None:
            ended.set()
            thread.join(10)

        return end

    return run


def test_bulks_for_the_same_index_run_side_by_side(begin: Callable[[str], Callable[[], None]]) -> None:
    for end in [begin("a"), begin("a"), begin("a")]:
        end()


def test_a_bulk_for_the_next_index_waits_for_all_before_it(
    turns: WriteTurns, begin: Callable[[str], Callable[[], None]]
) -> None:
    ends = [begin("a"), begin("a")]
    entered = threading.Event()

    def next_one() -> None:
        with turns.of("b"):
            entered.set()

    waiting = threading.Thread(target=next_one)
    waiting.start()
    ends[0]()
    assert not entered.wait(SOON)
    ends[1]()
    assert entered.wait(10)
    waiting.join(10)


def test_the_end_of_an_index_can_be_waited_for(turns: WriteTurns, begin: Callable[[str], Callable[[], None]]) -> None:
    turns.wait_for_end("a")
    end = begin("a")
    turns.wait_for_end("another")
    over = threading.Event()

    def wait() -> None:
        turns.wait_for_end("a")
        over.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not over.wait(SOON)
    end()
    assert over.wait(10)
    waiting.join(10)


def test_a_bulk_that_fails_holds_nobody_up(turns: WriteTurns) -> None:
    with pytest.raises(OSError, match="broken"), turns.of("a"):
        raise OSError("broken")
    with turns.of("b"):
        pass
