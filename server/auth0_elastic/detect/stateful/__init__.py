"""Rules written in Python, for what Sigma cannot say, by the names that rule files give them."""

from collections.abc import Mapping
from typing import Any

from auth0_elastic.detect.stateful.base import History, StatefulRule
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


def parameters_of(name: str) -> Mapping[str, Any]:
    """The parameters that such a rule has, with their defaults; none of what there is not."""
    return STATEFUL[name].parameters if name in STATEFUL else {}


__all__ = ["STATEFUL", "History", "StatefulRule", "parameters_of"]
