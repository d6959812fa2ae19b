"""Where an event came from, and how well that is known; pure."""

from ipaddress import ip_address, ip_network
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, NamedTuple

from auth0_elastic.detect.event import Event

EARTH_RADIUS: Final = 6371.0
CITY: Final = 100.0
"""Kilometres by which a place that has a city may be wrong."""
COUNTRY: Final = 700.0
"""The same where only the country is known; most are smaller."""
LARGE: Final = {"RU": 4500, "CA": 3500, "US": 3000, "CN": 3000} | {"AU": 2500, "BR": 2500, "AR": 1900, "IN": 1800}

_OWN: Final = "auth0.logs.data.location_info."


class Place(NamedTuple):
    """`radius` is how far off it may be, in kilometres."""

    latitude: float
    longitude: float
    radius: float
    country: str
    name: str


def place_of(event: Event) -> Place | None:
    """From the engine's geo data, otherwise from Auth0's; None where neither has coordinates."""
    where = _numbers((event.first("source.geo.location") or "").split(","))
    country, city = event.first("source.geo.country_iso_code"), event.first("source.geo.city_name")
    if where is None:
        where = _numbers([event.first(f"{_OWN}latitude") or "", event.first(f"{_OWN}longitude") or ""])
        country, city = event.first(f"{_OWN}country_code"), event.first(f"{_OWN}city_name")
    if where is None:
        return None
    radius = CITY if city else LARGE.get(country or "", COUNTRY)
    return Place(*where, radius, country or "", ", ".join(part for part in (city, country) if part))


def _numbers(texts: list[str]) -> tuple[float, float] | None:
    try:
        latitude, longitude = map(float, texts)
    except ValueError:
        return None
    return latitude, longitude


def distance(one: Place, other: Place) -> float:
    """Kilometres between the two along a great circle."""
    a, b = radians(one.latitude), radians(other.latitude)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(min(1.0, sqrt(half)))


def same_network(one: Event, other: Event) -> bool:
    """Whether both came from one address, one /24 or /48, or one autonomous system."""
    number = one.first("source.as.number")
    if number is not None and number == other.first("source.as.number"):
        return True
    mine, theirs = network_of(one), network_of(other)
    return mine is not None and mine == theirs


def network_of(event: Event) -> Any:
    address = event.first("source.ip")
    if address is None:
        return None
    bits = 24 if ip_address(address).version == 4 else 48
    return ip_network(f"{address}/{bits}", strict=False)
