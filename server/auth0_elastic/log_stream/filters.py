"""What a log stream's filters leave out."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from auth0_elastic import event_types

OTHER: Final = "other"


def left_out(filters: Collection[str]) -> Mapping[str, int]:
    """The categories that filters do not let through, each with its number of known event types; no filter lets all."""
    counts = Counter(event_type.stream_filter for event_type in event_types.load().values())
    return {name: count for name, count in sorted(counts.items()) if filters and name not in filters}


def warning(filters: Collection[str], *, priority: bool) -> str:
    """What an operator must know who chose these filters, or a priority stream; empty where nothing is lost."""
    if priority:
        return "a priority stream carries a few security types only: have another stream, or poll, for the rest"
    missing = left_out(filters)
    if OTHER in missing:
        return (
            f"the filters leave out `other`: {missing[OTHER]} event types are lost, among them multi-factor "
            "authentication (gd_auth_*), breached passwords (pwd_leak) and passkeys; add other to log_stream.filters"
        )
    return ""
