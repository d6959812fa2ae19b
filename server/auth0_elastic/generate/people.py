"""The tenant's users: who they are, where they live, and what they log in with. Nobody is real."""

import unicodedata
from ipaddress import ip_address
from typing import NamedTuple

from auth0_elastic.generate.dice import Dice, Weighted
from auth0_elastic.generate.tables import Browser, Connection, Place, browsers, connections, names, places

_DOMAINS = ("example.com", "example.org", "example.net")
_COMPANIES = (("org_Example0Alder01", "alder-works"), ("org_Example0Birch02", "birch-trading"))
_CLUB = ("org_Example0Cedar03", "cedar-club")
_PHONES = ("iPhone 15", "iPhone 13", "Pixel 8", "SM-S911B")


class Device(NamedTuple):
    """What a request comes from: an address and a user agent with its TLS fingerprints."""

    ip: str
    browser: Browser
    ja3: str
    ja4: str


class Person(NamedTuple):
    """A user with one home, one device, one connection and, some, an organization and a second factor on a phone."""

    name: str
    email: str
    user_id: str
    connection: Connection
    place: Place
    device: Device
    organization: tuple[str, str] | None
    factor: str
    logins: int
    phone: str


def _weighted_places(role: str) -> Weighted[Place]:
    return Weighted(places(role), [place.weight for place in places(role)])


def _weighted_browsers(*roles: str) -> Weighted[Browser]:
    chosen = [browser for browser in browsers() if browser.role in roles]
    return Weighted(chosen, [browser.weight for browser in chosen])


_HOMES, _CLOUDS, _LAIRS = _weighted_places("home"), _weighted_places("cloud"), _weighted_places("attack")
_BROWSERS, _SERVERS, _SCRIPTS = (
    _weighted_browsers("desktop", "mobile"),
    _weighted_browsers("server"),
    _weighted_browsers("script"),
)
_CONNECTIONS = Weighted(connections(), [connection.weight for connection in connections()])


def address(dice: Dice, place: Place) -> str:
    """An address that geo databases put at this place; one in five is IPv6 where the place has it."""
    six = not place.ipv4 or (bool(place.ipv6) and dice.chance(20))
    network = dice.pick(place.ipv6 if six else place.ipv4)
    room = min(network.num_addresses, 2**48)
    return str(ip_address(int(network.network_address) + dice.below(room)))


def _device(dice: Dice, place: Place, choice: Weighted[Browser]) -> Device:
    ja4 = f"t13d{dice.between(10, 17)}{dice.between(10, 16)}h2_{dice.hex(12)}_{dice.hex(12)}"
    return Device(address(dice, place), dice.weighted(choice), dice.hex(32), ja4)


def attacker(dice: Dice) -> Device:
    return _device(dice, dice.weighted(_LAIRS), _SCRIPTS)


def server(dice: Dice) -> Device:
    return _device(dice, dice.weighted(_CLOUDS), _SERVERS)


def visitor(dice: Dice, place: Place | None = None) -> Device:
    """Somebody's browser, at a place or anywhere."""
    return _device(dice, place or dice.weighted(_HOMES), _BROWSERS)


def _email(given: str, family: str, domain: str, number: int) -> str:
    plain = unicodedata.normalize("NFKD", f"{given}.{family}").encode("ascii", "ignore").decode().lower()
    return f"{plain}{number}@{domain}"


def _user_id(dice: Dice, connection: Connection, email: str) -> str:
    if connection.strategy == "samlp":
        return f"{connection.prefix}|{email}"
    return f"{connection.prefix}|{dice.text(connection.id_alphabet, connection.id_length)}"


def _organization(dice: Dice, connection: Connection) -> tuple[str, str] | None:
    """Employees have their company, and some of those with a password a club."""
    if connection.strategy_type == "enterprise":
        return dice.pick(_COMPANIES)
    return _CLUB if connection.strategy_type == "database" and dice.chance(15) else None


def person(seed: int, number: int) -> Person:
    """The user with this number: the same in every day of the same seed."""
    dice = Dice(seed * 1_000_003 + number + 1)
    place, connection = dice.weighted(_HOMES), dice.weighted(_CONNECTIONS)
    employee = connection.strategy_type == "enterprise"
    given, family = dice.pick(names())[0], dice.pick(names())[1]
    email = _email(given, family, "corp.example" if employee else dice.pick(_DOMAINS), number)
    factor = dice.pick(("push", "push", "sms", "email")) if employee or dice.chance(15) else ""
    return Person(
        name=f"{given} {family}",
        email=email,
        user_id=_user_id(dice, connection, email),
        connection=connection,
        place=place,
        device=visitor(dice, place),
        organization=_organization(dice, connection),
        factor=factor,
        logins=dice.between(1, 400),
        phone=dice.pick(_PHONES),
    )
