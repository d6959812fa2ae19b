"""The detection's process: runs the rules over what arrives in the data streams."""

import signal
import threading
from functools import partial

from auth0_elastic.config.settings import Settings
from auth0_elastic.detect.detection import Detection
from auth0_elastic.detect.detector import Pass
from auth0_elastic.serve.status import DetectionStatus


def run(settings: Settings) -> None:
    """Detects until SIGTERM or SIGINT. Raises ConfigError for settings or rule files of no use."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Detection(settings) as detection:
        detection.run_until(stop, partial(_tell, DetectionStatus(settings.spool.path)))


def _tell(status: DetectionStatus, done: Pass) -> None:
    status.passed(done.events, [incident.rule.level for incident in done.raised])
