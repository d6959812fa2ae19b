"""Finds the programs the embedded engine needs: a Java of the right age, and Maven."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from auth0_elastic.errors import MissingTool

OLDEST_JAVA = 17
# OpenSearch 2.19 and Elasticsearch 8.18 install a security manager, which Java 24 no longer has.
NEWEST_JAVA = 23

_INSTALL_JAVA = "install a JDK 17 or 21 (Debian: apt install openjdk-17-jdk-headless; macOS: brew install openjdk@17)"
_INSTALL_MAVEN = "install Maven 3.8 or later (Debian: apt install maven; macOS: brew install maven)"


@dataclass(frozen=True)
class Java:
    """A Java runtime: its program, its home directory, its major version and its exact build."""

    program: Path
    home: Path
    version: int
    build: str


def find_java() -> Java:
    """The Java of JAVA_HOME, otherwise that of the PATH; raises MissingTool when there is none of a usable version."""
    home = os.environ.get("JAVA_HOME")
    program = Path(home, "bin", "java") if home else _on_path("java")
    if program is None or not program.is_file():
        where = f"JAVA_HOME={home} has no bin/java" if home else "no java on the PATH"
        raise MissingTool(f"the embedded engine needs Java, and there is {where}; {_INSTALL_JAVA}")
    java = _ask_java(program)
    if not OLDEST_JAVA <= java.version <= NEWEST_JAVA:
        raise MissingTool(
            f"the embedded engine needs Java {OLDEST_JAVA} to {NEWEST_JAVA}, and {program} is version {java.version}; "
            f"{_INSTALL_JAVA} and point JAVA_HOME at it"
        )
    return java


def find_maven() -> Path:
    """Maven's program `mvn`; raises MissingTool when it is not on the PATH."""
    program = _on_path("mvn")
    if program is None:
        raise MissingTool(
            f"fetching the embedded engine needs Maven, and there is no mvn on the PATH; {_INSTALL_MAVEN}"
        )
    return program


def _on_path(program: str) -> Path | None:
    found = shutil.which(program)
    return Path(found) if found else None


@cache
def _ask_java(program: Path) -> Java:
    answer = subprocess.run(
        [program, "-XshowSettings:properties", "-version"], capture_output=True, text=True, check=False
    ).stderr
    home = re.search(r"^\s*java\.home = (.+)$", answer, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)", answer, re.MULTILINE)
    build = re.search(r"^\s*java\.runtime\.version = (\S+)", answer, re.MULTILINE)
    if home is None or version is None or build is None:
        raise MissingTool(f"{program} does not run ({' '.join(answer.split())[:200]}); {_INSTALL_JAVA}")
    return Java(program, Path(home[1]), int(version[1]), build[1])
