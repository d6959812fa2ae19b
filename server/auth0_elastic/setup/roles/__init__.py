"""The least that shipper, setup, detection and pipeline tests have to be allowed, as files say for each engine."""

import json
from importlib.resources import files
from typing import Any, Literal

from auth0_elastic.engine.client import Distribution

Role = Literal["shipper", "setup", "detect", "test"]


def role(name: Role, distribution: Distribution) -> dict[str, Any]:
    """The body of a role, for `PUT /_security/role/…` or `PUT /_plugins/_security/api/roles/…`."""
    body: dict[str, Any] = json.loads(files(__package__).joinpath(distribution, f"{name}.json").read_text("utf-8"))
    return body


def api_key(name: Role) -> dict[str, Any]:
    """The body of `POST /_security/api_key`, for a key that may do what the role may. Elasticsearch alone has keys."""
    return {
        "name": f"auth0-elastic-{name}",
        "role_descriptors": {f"auth0-elastic-{name}": role(name, "elasticsearch")},
        "metadata": {"application": "auth0-elastic"},
    }
