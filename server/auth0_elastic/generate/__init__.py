"""A realistic day of one Auth0 tenant, repeatable from its seed: `day`, `events`, `polled`, `encode`."""

from auth0_elastic.generate.day import day, events
from auth0_elastic.generate.encode import FORMATS, encode
from auth0_elastic.generate.frame import Event
from auth0_elastic.generate.polled import polled

__all__ = ["FORMATS", "Event", "day", "encode", "events", "polled"]
