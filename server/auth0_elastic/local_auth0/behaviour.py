"""What a tenant's plan and the unknown parts of Auth0 are taken to be; a test may change any of it at any time."""

from dataclasses import dataclass

DAY = 86_400


@dataclass
class Behaviour:
    """Times are in seconds. Where no source says how Auth0 behaves, the comment says so."""

    retention: float = 10 * DAY
    refuses_expired_from: bool = (
        False  # unknown: a `from` older than the retention starts at the oldest log, or is a 400
    )
    requests_per_second: int = 1000
    token_lifetime: int = DAY
    https_only: bool = True
    batch_size: int = 100  # unknown: events in one delivery
    delivery_timeout: float = 10  # unknown
    suspends_after: float = 7 * DAY
    suspends_after_rounds: int | None = None  # as well, so that a test need not wait for days
    shuffle_seed: int | None = None  # delivers out of order
