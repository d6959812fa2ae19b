"""What is known about an address: lists of networks from files and URLs, and a MaxMind anonymous-IP database."""

from auth0_elastic.config.reputation_settings import ListSource, ReputationSettings
from auth0_elastic.reputation.match import Listed, Lookup, Match
from auth0_elastic.reputation.reputation import Reputation

__all__ = ["ListSource", "Listed", "Lookup", "Match", "Reputation", "ReputationSettings"]
