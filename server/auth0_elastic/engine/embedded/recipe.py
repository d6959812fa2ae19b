"""What an engine is made of: its pinned Maven coordinates and, for OpenSearch, the table of its modules."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

KINDS = ("opensearch", "opensearch-security", "elasticsearch")
_HERE = Path(__file__).parent
_MODULES = _HERE / "modules.yml"


@dataclass(frozen=True)
class Module:
    """One module of OpenSearch, as modules.yml explains it."""

    name: str
    description: str
    plugin_class: str
    jars: Sequence[str]
    extends: Sequence[str] = ()
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    permits: Sequence[str] = ()
    permits_jar: Mapping[str, Sequence[str]] = field(default_factory=dict)


def pom(kind: str) -> Path:
    """The file with the Maven coordinates of a kind of engine; raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of engine; there are {', '.join(KINDS)}")
    return _HERE / f"{kind}.pom.xml"


def version(kind: str) -> str:
    """The version of the server or the plugin, which is the version of its pom."""
    found = re.search(r"<version>([\d.]+)</version>", pom(kind).read_text())
    assert found is not None
    return found[1]


def fingerprint(kind: str) -> str:
    """Changes whenever anything that decides on the layout changes: 8 hexadecimal digits."""
    poms = (pom("opensearch"), pom(kind)) if kind == "opensearch-security" else (pom(kind),)
    decisive = [*poms, _MODULES, _HERE / "layout.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in decisive)).hexdigest()[:8]


def modules() -> list[Module]:
    """The table of OpenSearch's modules."""
    table: dict[str, dict[str, Any]] = yaml.safe_load(_MODULES.read_text())
    return [Module(name=name, plugin_class=row.pop("class"), **row) for name, row in table.items()]


def descriptor(module: Module, server_version: str) -> str:
    """The text of a module's plugin-descriptor.properties."""
    return f"""\
name={module.name}
description={module.description}
version={server_version}
opensearch.version={server_version}
java.version=11
classname={module.plugin_class}
extended.plugins={",".join(module.extends)}
has.native.controller=false
"""


def policy(module: Module) -> str:
    """The text of a module's plugin-security.policy; empty when it needs no permission."""
    grants = [_grant("grant", module.permits)] if module.permits else []
    grants += [_grant(f'grant codeBase "${{codebase.{jar}}}"', needs) for jar, needs in module.permits_jar.items()]
    return "".join(grants)


def _grant(head: str, permissions: Sequence[str]) -> str:
    return head + " {\n" + "".join(f"  permission {permission};\n" for permission in permissions) + "};\n"
