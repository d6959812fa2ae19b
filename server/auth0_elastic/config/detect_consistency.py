"""Checks of the settings of detections against each other, and of the files they name."""

from collections.abc import Iterator

from auth0_elastic.config.detect_settings import Detect
from auth0_elastic.config.given import Problem


def detect_problems(detect: Detect) -> Iterator[Problem]:
    """A token without an address, and a folder of rules that is none."""
    if detect.webhook.token and not detect.webhook.url:
        key, other = "detect.webhook.token", "detect.webhook.url"
        yield Problem(f"{key}: given without an address; give {other} too", (key, other))
    if detect.rules_path and not detect.rules_path.is_dir():
        key = "detect.rules_path"
        yield Problem(f"{key}: '{detect.rules_path}' is no folder; give one with Sigma rules (*.yml), or null", (key,))
