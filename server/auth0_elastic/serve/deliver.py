"""Delivers the logs in the spool from within a command, when no server does."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

from auth0_elastic.config.settings import Settings
from auth0_elastic.errors import EngineUnavailable, SpoolLocked
from auth0_elastic.reputation import Reputation
from auth0_elastic.serve.shipping import Shipping
from auth0_elastic.ship.shipper import POLL_SECONDS
from auth0_elastic.spool.ledger import LedgerView

PATIENCE: Final = 60.0
LISTS_PATIENCE: Final = 5.0


def deliver(
    settings: Settings,
    *,
    patience: float = PATIENCE,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Until each event has come to an end; False, at once, if a server delivers from this spool.

    Raises EngineUnavailable when none has come to an end for `patience` seconds; what is left stays in the spool.
    """
    reputation = Reputation.of(settings)
    try:
        shipping = Shipping(settings, "logs", settings.spool.logs, reputation)
    except SpoolLocked:
        return False
    with closing(shipping), closing(LedgerView(settings.spool.logs)) as view, _fresh(reputation):
        ended, since = _ended(view), now()
        while True:
            is_busy = shipping.shipper.step()
            if shipping.shipper.idle:
                return True
            if _ended(view) > ended:
                ended, since = _ended(view), now()
            elif now() - since > patience:
                raise EngineUnavailable(
                    f"{settings.spool.logs}: not all could be delivered, and what is left is kept there; "
                    f"the engine: {view.state().get('engine', 'not tried')}"
                )
            if not is_busy:
                sleep(POLL_SECONDS)


@contextmanager
def _fresh(reputation: Reputation | None) -> Iterator[None]:
    """A command waits a little for lists that have never been read, since it may be over before they are."""
    stop = threading.Event()
    if reputation:
        reputation.start(stop, LISTS_PATIENCE)
    try:
        yield
    finally:
        stop.set()


def _ended(view: LedgerView) -> int:
    counters = view.counters()
    return sum(counters.get(name, 0) for name in ("indexed", "duplicate", "dead"))
