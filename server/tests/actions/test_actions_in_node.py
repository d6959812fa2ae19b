"""The Actions under Node, against a real listener; and the pipeline tests hold what the Actions really send."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.golden import find_cases, read_case
from auth0_elastic.package_files import find_package

Json = dict[str, Any]

ACTIONS = Path(__file__).parents[3] / "actions"
CASE = "actions-triggers"

# Prints the body that each Action sends, as JSON by trigger.
_BODIES = """
const events = require('./tests/events.js');
const bodies = {};
const run = async () => {
  for (const [trigger, event] of Object.entries(events)) {
    globalThis.fetch = async (url, { body }) => { bodies[trigger] = JSON.parse(body); return { ok: true }; };
    const secrets = { AUTH0_ELASTIC_URL: 'https://logs.example.com/collect', AUTH0_ELASTIC_TOKEN: 'token' };
    await Object.values(require(`./${trigger}.js`))[0]({ ...event, secrets });
  }
  process.stdout.write(JSON.stringify(bodies));
};
run();
"""


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": sys.executable}
    return subprocess.run(["node", *arguments], cwd=ACTIONS, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def bodies() -> dict[str, Json]:
    result: dict[str, Json] = json.loads(node("-e", _BODIES).stdout)
    return result


def lasting(body: Json) -> Json:
    """Without what differs from run to run."""
    return {name: value for name, value in body.items() if name not in ("event_id", "event_time")}


def test_the_tests_of_the_actions_pass() -> None:
    tests = [str(path) for path in sorted((ACTIONS / "tests").glob("*.test.js"))]
    done = node("--test", *tests)
    assert done.returncode == 0, done.stdout[-8_000:]


def test_the_golden_case_holds_what_the_actions_send(bodies: dict[str, Json]) -> None:
    given = [json.loads(event["message"]) for event in read_case(find_cases(find_package(), [CASE])[0]).events]
    assert {each["metadata"]["trigger"]: lasting(each) for each in given} == {
        trigger: lasting(body) for trigger, body in bodies.items()
    }


def test_the_table_of_the_readme_names_all_that_is_sent(bodies: dict[str, Json]) -> None:
    readme = (ACTIONS / "README.md").read_text()
    for body in bodies.values():
        for name in (*body, *body["actor"], *body["context"], *body["metadata"]):
            assert f"`{name}`" in readme
