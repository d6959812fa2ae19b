"""Detects until it is told to stop."""

import logging
from collections.abc import Callable
from threading import Event

from auth0_elastic.backoff import Backoff
from auth0_elastic.detect.detector import Detector, Pass
from auth0_elastic.errors import EngineError

_log = logging.getLogger(__name__)


def detect_until(
    stop: Event,
    make: Callable[[], Detector],
    interval: float,
    on_pass: Callable[[Pass], None] = lambda done: None,
    backoff: Backoff | None = None,
) -> None:
    """A pass every `interval` seconds. When the engine does not do its part, waits, and goes on from the state there.

    Raises RuleError.
    """
    backoff = backoff or Backoff(1, 60)
    detector, failures = None, 0
    while not stop.is_set():
        try:
            detector = detector or make()
            on_pass(detector.run_once())
            failures, pause = 0, interval
        except EngineError as error:
            detector, failures = None, failures + 1
            pause = backoff.delay(failures)
            _log.warning("detection waits %.0f s and goes on where it was: %s", pause, error)
        stop.wait(pause)
