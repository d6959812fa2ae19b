"""What `scripts/chaos` raises."""

from auth0_elastic.errors import Auth0ElasticError


class ChaosError(Auth0ElasticError):
    """A promise was broken, or what should come does not; the message says what was seen."""
