"""What one data stream needs in a cluster, as pure data: pipelines, templates and lifecycle policies."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auth0_elastic.errors import PackageError
from auth0_elastic.package_files.fields import mapping_of
from auth0_elastic.package_files.lifecycles import read_lifecycles
from auth0_elastic.package_files.locate import find_package, read_yaml
from auth0_elastic.package_files.pipelines import read_pipelines

MANAGED_BY = "auth0-elastic"

# Above 200 as Fleet's templates are, so that it wins over the stack's own `logs-*-*`, and above Fleet's.
PRIORITY = 250

_DEFAULT_MAPPINGS: dict[str, Any] = {
    "date_detection": False,
    "dynamic_templates": [
        {
            "strings_as_keyword": {
                "match_mapping_type": "string",
                "mapping": {"type": "keyword", "ignore_above": 1024},
            }
        }
    ],
}


@dataclass(frozen=True)
class Assets:
    """Bodies by name, in the order in which they are installed."""

    name: str
    """Of the index template, such as logs-auth0.logs; data streams are named `<name>-<namespace>`."""
    version: str
    """The package's."""
    pipelines: dict[str, dict[str, Any]]
    """The last is the default one."""
    components: dict[str, dict[str, Any]]
    custom: str
    """The name of the component template that belongs to the user."""
    template: dict[str, Any]
    lifecycles: dict[str, dict[str, Any]]
    """Once installed they belong to the user. None for OpenSearch."""
    delete_after: str | None = None
    """The age, such as 90d, that the user wants the lifecycle policies to delete at; None leaves them as they are."""

    @property
    def pattern(self) -> str:
        return f"{self.name}-*"

    @property
    def default_pipeline(self) -> str:
        return pipeline_name(self.name, self.version)

    @property
    def mappings(self) -> dict[str, Any]:
        """The mappings of the package's own component template."""
        mappings: dict[str, Any] = self.components[f"{self.name}@package"]["template"]["mappings"]
        return mappings


def load_assets(data_stream: str = "logs", package: Path | None = None) -> Assets:
    """The assets of one data stream of the package, for Elasticsearch; raises PackageError."""
    package = package or find_package()
    folder = package / "data_stream" / data_stream
    manifest, stream = read_yaml(package / "manifest.yml"), read_yaml(folder / "manifest.yml")
    version, kind = str(manifest["version"]), stream["type"]
    dataset = stream.get("dataset", f"{manifest['name']}.{data_stream}")
    name = f"{kind}-{dataset}"
    pipelines = read_pipelines(folder, pipeline_name(name, version))
    if pipeline_name(name, version) not in pipelines:
        raise PackageError(f"{folder} has no elasticsearch/ingest_pipeline/default.yml")
    fields = [field for path in sorted((folder / "fields").glob("*.yml")) for field in read_yaml(path)]
    mappings = mapping_of(fields, {"data_stream.type": kind, "data_stream.dataset": dataset})
    meta = {"managed_by": MANAGED_BY, "managed": True, "package": {"name": manifest["name"], "version": version}}
    return Assets(
        name=name,
        version=version,
        pipelines={each: body | {"_meta": meta} for each, body in pipelines.items()},
        components={
            f"{name}@package": _component(stream, mappings, pipeline_name(name, version), meta),
            f"{name}@custom": {"template": {}},
        },
        custom=f"{name}@custom",
        template=_template(name, version, meta),
        lifecycles=read_lifecycles(folder, name),
    )


def pipeline_name(name: str, version: str) -> str:
    """Fleet's name for a data stream's default pipeline."""
    return f"{name}-{version}"


def _component(stream: dict[str, Any], mappings: dict[str, Any], pipeline: str, meta: dict[str, Any]) -> dict[str, Any]:
    own = stream.get("elasticsearch", {}).get("index_template", {})
    settings = {
        "index.codec": "best_compression",
        "index.mapping.total_fields.limit": 2000,
        "index.default_pipeline": pipeline,
    }
    if "ilm_policy" in stream:
        settings["index.lifecycle.name"] = stream["ilm_policy"]
    settings |= flat_settings(own.get("settings", {}))
    return {
        "template": {"settings": settings, "mappings": _DEFAULT_MAPPINGS | own.get("mappings", {}) | mappings},
        "_meta": meta,
    }


def _template(name: str, version: str, meta: dict[str, Any]) -> dict[str, Any]:
    return {
        "index_patterns": [f"{name}-*"],
        "priority": PRIORITY,
        "version": _as_number(version),
        "composed_of": [f"{name}@package", f"{name}@custom"],
        "data_stream": {},
        "allow_auto_create": True,
        "_meta": meta,
    }


def flat_settings(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings with full dotted names that begin with `index.`, however they were nested."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        flat |= flat_settings(value, f"{name}.") if isinstance(value, dict) else {name: value}
    if prefix:
        return flat
    return {name if name.startswith("index.") else f"index.{name}": value for name, value in flat.items()}


def _as_number(version: str) -> int:
    """1.2.3 as 1002003: a template's version is an integer."""
    parts = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if parts is None:
        raise PackageError(f"the package's version {version} is none of the form 1.2.3")
    return int(parts[1]) * 1_000_000 + int(parts[2]) * 1000 + int(parts[3])
