"""The fields that ECS defines have the types that ECS gives them, and no other field claims to be of ECS.

The reference is the table in the npm package `@elastic/ecs`, which is published for few versions of ECS. 8.11.5 is the
last of major version 8; since ECS neither removes nor retypes a field within one, what it says holds for the later 8.17
too (and 9.0.0 has the same table).
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.package_check.package import Package
from auth0_elastic.package_files import find_package

Json = dict[str, Any]

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "node_modules" / "@elastic" / "ecs" / "generated" / "ecs_flat.js"

# field: (its type here, why it is not that of ECS)
ALLOWED_DIFFERENCES = {
    "event.module": ("constant_keyword", "one value for the whole data stream, as in Elastic's own packages"),
    "event.dataset": ("constant_keyword", "one value for the whole data stream, as in Elastic's own packages"),
}
# What other sources than ECS define, by the first part of the name.
NOT_OF_ECS = {
    "auth0": "this product's own",
    "elastic_agent": "Elastic Agent's own",
    "input": "Elastic Agent's and Beats' own",
}


def ours() -> list[tuple[str, str, Json]]:
    """Data stream, name and definition of every field that is no group."""
    package = Package(find_package())
    return [
        (folder.name, name, field)
        for folder in package.streams
        for _, name, field in package.fields(folder)
        if field.get("type", "group" if "fields" in field else "") != "group" and name.split(".")[0] not in NOT_OF_ECS
    ]


FIELDS = pytest.mark.parametrize(("field", "name"), [pytest.param(f, n, id=f"{s}-{n}") for s, n, f in ours()])


@pytest.fixture(scope="module")
def ecs() -> Json:
    """ECS's definition of each field by name."""
    if not TABLE.is_file() or shutil.which("node") is None:
        pytest.fail(f"this needs Node.js and {TABLE}; run: npm ci --ignore-scripts", pytrace=False)
    script = "process.stdout.write(JSON.stringify(require(process.argv[1]).EcsFlat))"
    shown = subprocess.run(["node", "-e", script, str(TABLE)], capture_output=True, check=True)
    table: Json = json.loads(shown.stdout)
    return table


@FIELDS
def test_a_field_has_the_type_it_has_in_ecs(ecs: Json, name: str, field: Json) -> None:
    assert name in ecs, f"{name} is not of ECS; keep it below auth0.*"
    allowed, _ = ALLOWED_DIFFERENCES.get(name, (ecs[name]["type"], ""))
    assert field["type"] == allowed


@FIELDS
def test_a_field_has_the_multi_fields_it_has_in_ecs(ecs: Json, name: str, field: Json) -> None:
    here, there = (
        {each["name"]: each["type"] for each in definition.get("multi_fields", ())} for definition in (field, ecs[name])
    )
    assert here == there


@pytest.mark.parametrize("name", ALLOWED_DIFFERENCES)
def test_a_difference_that_is_allowed_is_one(ecs: Json, name: str) -> None:
    assert ecs[name]["type"] != ALLOWED_DIFFERENCES[name][0]
