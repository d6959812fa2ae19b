"""TLS and users of an embedded engine: with OpenSearch's security plugin, or with Elasticsearch's own security."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADMIN = "admin"
ADMIN_PASSWORD = "admin"  # noqa: S105 - of an engine that listens on 127.0.0.1 and lives as long as a test
_HASH = "$2a$12$VcCDgh2NDk07JGN0rjGbM.Ad41qVR/YFJcgHp0UGns5JDymv..TOG"

_PLUGIN_FILES = "plugins/opensearch-security/config"
_PLUGIN = "plugins.security.ssl"


@dataclass(frozen=True)
class Security:
    """The engine's certificate, its key (PKCS #8) and the authority that signed it, as the text of PEM files.

    They become config/node.pem, node.key and ca.pem of the data directory; a new pair that is put there is soon
    taken up by Elasticsearch. The administrator is ADMIN, who makes other users by the engine's API.
    """

    authority: str
    certificate: str
    key: str

    @property
    def authorization(self) -> str:
        """The administrator's Authorization header."""
        return "Basic " + base64.b64encode(f"{ADMIN}:{ADMIN_PASSWORD}".encode()).decode()

    def settings(self, kind: str) -> Mapping[str, object]:
        """What the server's settings file has to say."""
        return _elasticsearch() if kind == "elasticsearch" else _opensearch()

    def files(self, kind: str, home: Path) -> Mapping[str, str]:
        """Files by their path in the data directory."""
        pems = {"config/ca.pem": self.authority, "config/node.pem": self.certificate, "config/node.key": self.key}
        return pems | (_file_realm() if kind == "elasticsearch" else _plugin_files(home))


def _opensearch() -> dict[str, object]:
    layers: dict[str, object] = {}
    for layer in ("http", "transport"):
        layers[f"{_PLUGIN}.{layer}.pemcert_filepath"] = "node.pem"
        layers[f"{_PLUGIN}.{layer}.pemkey_filepath"] = "node.key"
        layers[f"{_PLUGIN}.{layer}.pemtrustedcas_filepath"] = "ca.pem"
    return layers | {
        f"{_PLUGIN}.http.enabled": True,
        "plugins.security.allow_default_init_securityindex": True,
        "plugins.security.restapi.roles_enabled": ["all_access"],
        "plugins.security.password.hashing.bcrypt.rounds": 4,  # quick is enough for users who live as long as a test
        "plugins.security.audit.type": "noop",
    }


def _plugin_files(home: Path) -> dict[str, str]:
    """The plugin's own, from which it makes its index at the first start; of their users only the administrator."""
    files = {
        f"config/opensearch-security/{path.name}": path.read_text() for path in (home / _PLUGIN_FILES).glob("*.yml")
    }
    users = "_meta: {type: internalusers, config_version: 2}\n"
    users += f'{ADMIN}: {{hash: "{_HASH}", reserved: true, backend_roles: [admin]}}\n'
    return files | {"config/opensearch-security/internal_users.yml": users}


def _elasticsearch() -> dict[str, object]:
    layers: dict[str, object] = {}
    for layer in ("http", "transport"):
        layers[f"xpack.security.{layer}.ssl.enabled"] = True
        layers[f"xpack.security.{layer}.ssl.certificate"] = "node.pem"
        layers[f"xpack.security.{layer}.ssl.key"] = "node.key"
        layers[f"xpack.security.{layer}.ssl.certificate_authorities"] = "ca.pem"
    return layers | {"xpack.security.enabled": True, "resource.reload.interval.high": "1s"}


def _file_realm() -> dict[str, str]:
    return {"config/users": f"{ADMIN}:{_HASH}\n", "config/users_roles": f"superuser:{ADMIN}\n"}
