"""A streamed event as GET /api/v2/logs gives it: flat, absent fields null, a short user agent, any event taken."""

import re
from ipaddress import ip_address
from typing import Any

from auth0_elastic import generate

# Recorded answers carry these as null where an event has none of them.
_ALWAYS = (
    *("connection", "connection_id", "client_id", "client_name", "ip", "hostname", "user_id", "user_name"),
    *("user_agent", "audience", "strategy", "strategy_type", "location_info"),
)
_SHORT = re.compile(r"[^/]+ / [^/]+")
_BROWSERS = (("Edge", "Edg"), ("Chrome", "Chrome"), ("Firefox", "Firefox"), ("Safari", "Version"))
_SYSTEMS = ("Windows", "Android", "iPhone", "Mac OS X", "Linux")


def polled(event: dict[str, Any]) -> dict[str, Any]:
    """The flat record of an event {log_id, data}, of which `data` may be anything that Auth0 sends."""
    data = event["data"]
    placeable = {key: value for key, value in data.items() if key != "ip" or _is_address(value)}
    record = generate.polled({"log_id": event["log_id"], "data": {"is_mobile": False, **placeable}})
    if isinstance(data.get("user_agent"), str):
        record["user_agent"] = short(record["user_agent"])
    return {**dict.fromkeys(_ALWAYS), "ip": data.get("ip"), **record}


def short(user_agent: str) -> str:
    """`Firefox 125.0.0 / Linux 0.0.0`; without a known browser `Other 0.0.0 / Other 0.0.0`."""
    if _SHORT.fullmatch(user_agent):
        return user_agent
    system = next((system for system in _SYSTEMS if system in user_agent), "Other")
    for name, token in _BROWSERS:
        if found := re.search(rf"{token}/(\d+)(?:\.(\d+))?", user_agent):
            return f"{name} {found[1]}.{found[2] or 0}.0 / {system} 0.0.0"
    return f"Other 0.0.0 / {system} 0.0.0"


def _is_address(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return True
