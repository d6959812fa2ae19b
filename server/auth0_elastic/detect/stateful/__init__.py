"""Rules written in Python, for what Sigma cannot say, by the names that rule files give them."""

from auth0_elastic.detect.stateful.base import History, Lookup, StatefulRule
from auth0_elastic.detect.stateful.first_country import FirstCountry
from auth0_elastic.detect.stateful.impossible_travel import ImpossibleTravel
from auth0_elastic.detect.stateful.reputation import Reputation
from auth0_elastic.detect.stateful.silence import Silence
from auth0_elastic.detect.stateful.token_family_spread import TokenFamilySpread

STATEFUL: dict[str, type[StatefulRule]] = {
    "first_country": FirstCountry,
    "impossible_travel": ImpossibleTravel,
    "reputation": Reputation,
    "silence": Silence,
    "token_family_spread": TokenFamilySpread,
}

__all__ = ["STATEFUL", "History", "Lookup", "StatefulRule"]
