"""Reads a data stream's lifecycle policies (ILM) and gives them the names that Fleet would."""

from pathlib import Path
from typing import Any

from auth0_elastic.errors import PackageError
from auth0_elastic.package_files.locate import read_yaml

Json = dict[str, Any]


def read_lifecycles(data_stream: Path, prefix: str) -> dict[str, Json]:
    """The policies `{"policy": …}` by name, `<prefix>-<file>`; raises PackageError."""
    found: dict[str, Json] = {}
    for path in sorted(data_stream.glob("elasticsearch/ilm/*")):
        body = read_yaml(path)  # JSON is YAML
        if not isinstance(body, dict) or "phases" not in body.get("policy", {}):
            raise PackageError(f"{path} is no lifecycle policy: it has no policy with phases")
        found[f"{prefix}-{path.stem}"] = body
    return found


def deleting_after(body: Json, age: str) -> Json:
    """The policy with a delete phase of this age, such as 90d, counted from the rollover."""
    phases = body["policy"]["phases"]
    delete = phases.get("delete", {"actions": {"delete": {}}}) | {"min_age": age}
    return {"policy": body["policy"] | {"phases": phases | {"delete": delete}}}
