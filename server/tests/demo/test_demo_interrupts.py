"""A signal ends the demo once, and never between the start of something and the note that it has to be stopped."""

import signal

import pytest

from auth0_elastic.demo.interrupts import Interrupts


def test_a_signal_raises() -> None:
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert interrupts.number == signal.SIGTERM


def test_a_held_signal_raises_at_the_end_of_the_block() -> None:
    done = []

    def start_and_note(interrupts: Interrupts) -> None:
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
            done.append("noted")

    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        start_and_note(interrupts)
    assert done == ["noted"]


def test_a_second_signal_does_not_disturb_the_clearing_up() -> None:
    with Interrupts():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)


def test_ignored_signals_do_nothing() -> None:
    with Interrupts() as interrupts:
        interrupts.ignore()
        signal.raise_signal(signal.SIGTERM)


def test_the_former_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
