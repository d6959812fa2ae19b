"""Fetches what an engine is made of with Maven, by the user's own Maven settings."""

import subprocess
from pathlib import Path

from auth0_elastic.engine.embedded.tools import find_maven
from auth0_elastic.errors import EngineError


def fetch(pom: Path, into: Path) -> None:
    """Copies every dependency of `pom` into the directory `into`; raises MissingTool or EngineError."""
    command = [
        str(find_maven()),
        "-B",
        "-q",
        "-f",
        str(pom),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={into}",
    ]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        raise EngineError(f"Maven could not fetch the engine: {_first_error(result.stdout)}")


def _first_error(output: str) -> str:
    errors = [line for line in output.splitlines() if "ERROR" in line]
    return (errors or output.splitlines() or ["it says nothing"])[0]
