"""The detection's process: runs the rules over what arrives in the data streams."""

import signal
import threading

from auth0_elastic.config.settings import Settings
from auth0_elastic.detect.detection import Detection


def run(settings: Settings) -> None:
    """Detects until SIGTERM or SIGINT. Raises ConfigError for settings or rule files of no use."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Detection(settings) as detection:
        detection.run_until(stop)
