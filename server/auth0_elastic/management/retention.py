"""Where Auth0's logs begin: what is older than the plan's retention is gone."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from auth0_elastic.errors import Auth0Refused
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.logs import Page, log_id_of, read_page, synthetic_log_id

SHORTEST_RETENTION: Final = timedelta(days=1)
"""No plan keeps logs for less: if there are none from the last day, none were written."""

_LONGEST: Final = timedelta(days=400)
_EXACT: Final = timedelta(seconds=1)
_AHEAD: Final = timedelta(seconds=2)  # the retention moves on while this is found out


class Beginning(NamedTuple):
    """Reading on from the log_id `after` gives all there is; nothing before the log_id `oldest` can be had."""

    after: str
    oldest: str


def beginning_after(api: ManagementApi, log_id: str, now: datetime) -> Beginning | None:
    """Where the logs begin, if that is after this log_id; None if all that followed it can still be had.

    No source says whether Auth0 refuses a log_id older than the retention or starts at its oldest log: both are told
    apart here. Raises Auth0Unavailable, Auth0Refused.
    """
    page = _page(api, synthetic_log_id(now - _LONGEST))
    if page is None:
        return _edge_after(api, log_id, now)
    kept_by_all = synthetic_log_id(now - SHORTEST_RETENTION)
    oldest = min([kept_by_all, *map(log_id_of, page.events)])
    return Beginning(log_id, oldest) if oldest > log_id else None


def _edge_after(api: ManagementApi, log_id: str, now: datetime) -> Beginning | None:
    """To the second, by halving: about 25 requests, but only after an outage longer than the retention."""
    if _page(api, log_id) is not None:
        return None
    read_page(api, synthetic_log_id(now), 1)  # if this is refused, it is for another reason
    refused, taken = now - _LONGEST, now
    while taken - refused > _EXACT:
        middle = refused + (taken - refused) / 2
        if _page(api, synthetic_log_id(middle)) is None:
            refused = middle
        else:
            taken = middle
    while _page(api, synthetic_log_id(taken)) is None:
        taken += taken - refused
    edge = synthetic_log_id(taken + _AHEAD)
    return Beginning(edge, edge)


def _page(api: ManagementApi, log_id: str) -> Page | None:
    """None when Auth0 refuses the log_id."""
    try:
        return read_page(api, log_id, 1)
    except Auth0Refused as error:
        if error.status != 400:
            raise
        return None
