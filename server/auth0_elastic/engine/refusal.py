"""What helps against a refusal by the engine's security."""

from collections.abc import Iterator
from contextlib import contextmanager

from auth0_elastic.errors import EngineRefused

_CREDENTIALS = "check elasticsearch.username and elasticsearch.password, or elasticsearch.api_key"


def with_remedy(reason: str, status: int, role: str) -> str:
    """The reason, and what helps where the status is 401 or 403. `role` is the one that the user should have."""
    if status == 401:
        return f"{reason}; {_CREDENTIALS}"
    if status == 403:
        return f"{reason}; give it the privileges of 'auth0-elastic setup --print-role {role}'"
    return reason


@contextmanager
def explained(role: str) -> Iterator[None]:
    """Adds to each EngineRefused of a block what helps."""
    try:
        yield
    except EngineRefused as error:
        reason = with_remedy(error.reason, error.status, role)
        raise EngineRefused(error.method, error.path, error.status, reason) from error
