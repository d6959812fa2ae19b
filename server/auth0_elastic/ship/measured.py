"""What one answer of the engine adds to the measures: how long it took, and how old the events have become by then."""

from collections.abc import Sequence
from itertools import islice

from auth0_elastic.ship.classify import Delivered, Ending
from auth0_elastic.ship.identity import document_id, log_id_time
from auth0_elastic.spool.backlog import SpooledEvent
from auth0_elastic.spool.measures import BULK, LAG_CREATED, LAG_RECEIVED, Amounts


def measured(events: Sequence[SpooledEvent], endings: Sequence[Ending], seconds: float, now: float) -> Amounts:
    """`seconds` is how long the request took, `now` is in epoch seconds.

    Every event that is indexed now counts for the lag since it was received; one of them, to spare the others being
    parsed once more, for the lag since Auth0 has written it.
    """
    indexed = [each for each, ending in zip(events, endings, strict=True) if isinstance(ending, Delivered)]
    received = LAG_RECEIVED.observed(now - each.received / 1000 for each in indexed)
    created = (log_id_time(document_id(each.raw)) for each in islice(indexed, 1))
    return {
        **BULK.observed([seconds]),
        **received,
        **LAG_CREATED.observed(now - moment.timestamp() for moment in created if moment is not None),
    }
