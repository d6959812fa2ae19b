"""The same event as the Management API gives it: flat, with a short user agent and a location."""

from functools import cache
from ipaddress import ip_address
from typing import Any

from auth0_elastic.generate.frame import Event
from auth0_elastic.generate.tables import browsers, places


@cache
def _short() -> dict[str, str]:
    return {browser.user_agent: browser.short for browser in browsers()}


def _location(ip: str) -> dict[str, str | float]:
    address = ip_address(ip)
    for role in ("home", "cloud", "attack"):
        for place in places(role):
            if any(address in network for network in (*place.ipv4, *place.ipv6)):
                return place.location_info
    return {}


def polled(event: Event) -> dict[str, Any]:
    """The flat form of a generated event; the same log_id, another body."""
    data = {key: value for key, value in event["data"].items() if key != "is_mobile"}
    if "user_agent" in data:
        data["user_agent"] = _short().get(data["user_agent"], data["user_agent"])
        data["isMobile"] = event["data"]["is_mobile"]
    if "ip" in data:
        data["location_info"] = _location(data["ip"])
    return {**data, "_id": event["log_id"]}
