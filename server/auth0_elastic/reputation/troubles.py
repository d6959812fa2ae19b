"""Says once what is wrong with a list, however often it is met, and once that it is over."""

import logging

_log = logging.getLogger(__name__)


class Troubles:
    def __init__(self, subject: str) -> None:
        """`subject` names the setting in messages."""
        self._subject, self._last = subject, ""

    def met(self, problem: str, consequence: str) -> None:
        if problem != self._last:
            self._last = problem
            _log.error("%s: %s; %s", self._subject, problem, consequence)

    def over(self) -> None:
        if self._last:
            self._last = ""
            _log.info("%s: can be read again", self._subject)
