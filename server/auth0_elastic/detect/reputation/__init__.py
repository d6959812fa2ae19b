"""What is known about an address: lists of networks from files and URLs, and a MaxMind anonymous-IP database."""

from auth0_elastic.config.detect_settings import ListSource, ReputationSettings
from auth0_elastic.detect.reputation.match import Match
from auth0_elastic.detect.reputation.reputation import Reputation

__all__ = ["ListSource", "Match", "Reputation", "ReputationSettings"]
