"""The tables in `data/`: places, browsers, the tenant's apps and connections, names, and each type's shape."""

import csv
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_network
from string import ascii_letters, digits
from typing import NamedTuple

from auth0_elastic.generate.dice import Dice

Network = IPv4Network | IPv6Network
Row = dict[str, str]


class Place(NamedTuple):
    """A city, the address ranges that geo databases put there, and what the Management API would call it."""

    role: str
    weight: int
    ipv4: list[Network]
    ipv6: list[Network]
    location_info: dict[str, str | float]


class Browser(NamedTuple):
    """A user agent: as browsers send it, and the short form of the Management API."""

    role: str
    weight: int
    short: str
    user_agent: str


class App(NamedTuple):
    """An application (client) of the tenant."""

    kind: str
    weight: int
    client_id: str
    client_name: str
    audience: str
    scope: str
    sdk: dict[str, object]


class Connection(NamedTuple):
    """A source of users."""

    weight: int
    connection: str
    connection_id: str
    strategy: str
    strategy_type: str
    prefix: str
    id_alphabet: str
    id_length: int


class Shape(NamedTuple):
    """What an event type says of itself, and which fields it carries, in Auth0's order."""

    description: str
    fields: tuple[str, ...]


def rows(name: str) -> list[Row]:
    """The rows of `data/<name>.tsv`, with its first line as keys."""
    text = (files(__package__) / "data" / f"{name}.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _networks(text: str) -> list[Network]:
    return [ip_network(part) for part in text.split(",") if part]


def _place(row: Row) -> Place:
    text = {key: row[key] for key in ("country_code", "country_code3", "country_name", "city_name")}
    point = {key: float(row[key]) for key in ("latitude", "longitude")}
    rest = {key: row[key] for key in ("time_zone", "continent_code")}
    networks = _networks(row["ipv4"]), _networks(row["ipv6"])
    return Place(row["role"], int(row["weight"]), *networks, {**text, **point, **rest})


def _app(row: Row, number: int) -> App:
    sdk: dict[str, object] = {"name": row["sdk"], "version": row["sdk_version"]} if row["sdk"] else {}
    client_id = Dice(number).text(ascii_letters + digits, 32)
    return App(row["kind"], int(row["weight"]), client_id, row["client_name"], row["audience"], row["scope"], sdk)


def _connection(row: Row, number: int) -> Connection:
    names = row["connection"], f"con_Example{number:09d}", row["strategy"], row["strategy_type"]
    return Connection(int(row["weight"]), *names, row["prefix"], row["id_alphabet"], int(row["id_length"]))


@cache
def places(role: str) -> list[Place]:
    """The places of one role: `home`, `cloud` (servers) or `attack`."""
    return [place for place in map(_place, rows("places")) if place.role == role]


@cache
def browsers() -> list[Browser]:
    return [Browser(row["role"], int(row["weight"]), row["short"], row["user_agent"]) for row in rows("browsers")]


@cache
def apps() -> list[App]:
    return [_app(row, number) for number, row in enumerate(rows("apps"), 1)]


@cache
def connections() -> list[Connection]:
    return [_connection(row, number) for number, row in enumerate(rows("connections"), 1)]


@cache
def names() -> list[tuple[str, str]]:
    """Given and family names; only columns, a row is not a person."""
    return [(row["given"], row["family"]) for row in rows("names")]


@cache
def shapes() -> dict[str, Shape]:
    return {row["code"]: Shape(row["description"], tuple(row["fields"].split())) for row in rows("shapes")}
