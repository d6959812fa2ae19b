"""Detection as the settings have it: the rules, what is known of addresses, and the webhook."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Self

from auth0_elastic.config.settings import Settings
from auth0_elastic.detect.backtest import OnPage, backtest
from auth0_elastic.detect.configured import configured_rules
from auth0_elastic.detect.detector import LOOK_BACK, Detector, Pass
from auth0_elastic.detect.event import to_iso
from auth0_elastic.detect.incident import Incident
from auth0_elastic.detect.run import detect_until
from auth0_elastic.detect.webhook import Webhook
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.errors import ConfigError
from auth0_elastic.reputation import Match, Reputation

LISTS_PATIENCE: Final = 20.0
WEBHOOK_PATIENCE: Final = 10.0


class Detection:
    """A context: its threads, which refresh lists and tell the webhook, run within.

    Lists are read before the first event is looked at, unless that takes longer than `LISTS_PATIENCE` seconds.
    """

    def __init__(self, settings: Settings, begin: int | None = None) -> None:
        """`begin` (epoch ms) is where to begin if nothing was detected before. Raises ConfigError."""
        self._settings, self._namespace = settings, settings.data_stream.namespace
        now = int(time.time() * 1000)
        self._begin = now - LOOK_BACK if begin is None else begin
        if self._begin > now:
            raise ConfigError(f"{to_iso(self._begin)} is yet to come, and nothing before would be seen; begin earlier")
        self.rules = configured_rules(settings.detect)
        self._reputation = Reputation.of(settings)
        self._webhook = _webhook(settings)
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        if self._reputation:
            self._reputation.start(self._stop, LISTS_PATIENCE)
        if self._webhook:
            self._webhook.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._webhook:
            self._webhook.close(WEBHOOK_PATIENCE)

    def run_once(self) -> Pass:
        """One pass. Raises RuleError or EngineError."""
        return self._make().run_once()

    def run_until(self, stop: threading.Event, on_pass: Callable[[Pass], None] = lambda done: None) -> None:
        """Passes until `stop` is set, through whatever becomes of the engine. Raises RuleError."""
        detect_until(stop, self._make, self._settings.detect.interval, on_pass)

    def backtest(self, on_page: OnPage) -> list[Incident]:
        """What the rules would have raised since `begin`; tells nobody. Raises RuleError or EngineError."""
        settings = self._settings.detect
        return backtest(self._engine(), self._namespace, self.rules, settings, self._lookup, self._begin, on_page)

    def _engine(self) -> Engine:
        return connect(self._settings.elasticsearch)

    def _make(self) -> Detector:
        look_back = int(time.time() * 1000) - self._begin
        settings = self._settings.detect
        return Detector(
            self._engine(),
            self._namespace,
            self.rules,
            settings,
            self._lookup,
            look_back=look_back,
            tell=self._tell,
        )

    def _tell(self, raised: Sequence[Incident], surged: Sequence[Incident]) -> None:
        if self._webhook:
            self._webhook.tell(raised, surged)

    def _lookup(self, address: str) -> Sequence[Match]:
        return self._reputation.lookup(address) if self._reputation else ()


def _webhook(settings: Settings) -> Webhook | None:
    given = settings.detect.webhook
    return Webhook(given, given.url, settings.data_stream.namespace) if given.url else None
