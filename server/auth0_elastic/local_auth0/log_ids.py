"""Log ids: 56 digits that begin with 900 and the UTC time at which Auth0 wrote the event, a little after its date."""

from datetime import UTC, datetime

from auth0_elastic.generate.frame import log_id

_LENGTH = 56
_TIME = "%Y%m%d%H%M%S"
_PREFIX = "900"
_SHARD = "000"


def synthetic(at: float) -> str:
    """Stands before every id of the second of `at` (epoch seconds)."""
    return f"{_PREFIX}{datetime.fromtimestamp(at, UTC):{_TIME}}".ljust(_LENGTH, "0")


def time_of(identity: str) -> float:
    """Epoch seconds, whole; raises ValueError when there is no time in it."""
    digits = identity.removeprefix(_PREFIX)[:14]
    return datetime.strptime(digits, _TIME).replace(tzinfo=UTC).timestamp()


class LogIds:
    """Makes ids; no two are the same."""

    def __init__(self) -> None:
        self._made = 0
        self._latest = 0

    def next(self, at: float) -> str:
        """Follows every id made before, also when the clock was set back."""
        self._latest = max(self._latest, int(at * 1000))
        return self._make(self._latest)

    def late(self, at: float) -> str:
        """Stands where `at` does, before ids that may have been served already."""
        return self._make(int(at * 1000))

    def _make(self, milliseconds: int) -> str:
        self._made += 1
        return log_id(milliseconds, _SHARD, self._made)
