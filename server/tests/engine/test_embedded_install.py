"""The embedded engine is installed once, completely or not at all, and says in one line which tool is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from auth0_elastic.engine.embedded import cache_directory, install
from auth0_elastic.engine.embedded.layout import lay_out_opensearch
from auth0_elastic.engine.embedded.recipe import modules
from auth0_elastic.engine.embedded.tools import find_java
from auth0_elastic.engine.embedded.training import class_archive
from auth0_elastic.errors import Auth0ElasticError, EngineError, MissingTool


def a_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def only_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a directory that is the whole PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("AUTH0_ELASTIC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return programs


def a_java(programs: Path, version: str) -> None:
    properties = {
        "java.home": "/opt/java",
        "java.specification.version": version,
        "java.runtime.version": f"{version}+1",
    }
    lines = "\n".join(f"    {name} = {value}" for name, value in properties.items())
    a_program(programs, "java", f"echo '{lines}' >&2")


def test_a_second_install_needs_no_tool_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    home = install()
    before = home.stat()
    monkeypatch.setenv("PATH", "")
    assert install() == home
    assert home.stat() == before


def test_every_module_has_its_jars_descriptor_and_databases() -> None:
    folder = install() / "modules"
    assert {path.name for path in folder.iterdir()} == {module.name for module in modules()}
    assert all((path / "plugin-descriptor.properties").is_file() and [*path.glob("*.jar")] for path in folder.iterdir())
    assert len([*folder.glob("ingest-geoip/*.mmdb")]) == 3


def test_the_server_sees_no_jar_of_a_module() -> None:
    home = install()
    private = {jar.name for jar in home.glob("modules/*/*.jar")}
    assert private.isdisjoint(jar.name for jar in (home / "lib").iterdir())


def test_the_security_plugin_is_in_a_home_of_its_own() -> None:
    secured, plain = install("opensearch-security"), install()
    assert (secured / "plugins" / "opensearch-security" / "plugin-descriptor.properties").is_file()
    assert not [*plain.glob("plugins/*")]
    assert {path.name for path in secured.glob("lib/*")} == {path.name for path in plain.glob("lib/*")}


def test_a_missing_java_is_one_clear_line(only_programs: Path) -> None:
    command = [sys.executable, "-c", "from auth0_elastic.cli import main; main()", "engine", "start"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == MissingTool.exit_code
    assert result.stderr.count("\n") == 1
    assert "no java on the PATH; install a JDK 17" in result.stderr


def test_a_missing_maven_is_one_clear_line(only_programs: Path) -> None:
    a_java(only_programs, "17")
    with pytest.raises(MissingTool, match=r"there is no mvn on the PATH; install Maven .*apt install maven") as raised:
        install()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("version", ["1.8", "11", "24"])
def test_a_java_of_the_wrong_age_is_refused(only_programs: Path, version: str) -> None:
    a_java(only_programs, version)
    number = version.removeprefix("1.")
    with pytest.raises(MissingTool, match=f"needs Java 17 to 23, and .*/java is version {number}; install a JDK 17"):
        install()


def test_a_java_home_without_java_is_named(only_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(MissingTool, match="JAVA_HOME=/nowhere has no bin/java"):
        install()


def test_an_interrupted_download_leaves_nothing_behind(only_programs: Path) -> None:
    a_java(only_programs, "17")
    a_program(only_programs, "mvn", "echo '[ERROR] connection reset'; exit 1")
    with pytest.raises(EngineError, match=r"Maven could not fetch the engine: \[ERROR\] connection reset"):
        install()
    assert [path.name for path in cache_directory().iterdir()] == ["install.lock"]


def test_a_failed_training_is_remembered_and_no_obstacle(tmp_path: Path) -> None:
    java, home = find_java(), tmp_path / "home"
    home.mkdir()
    assert class_archive(home, java) is None
    (made,) = home.iterdir()
    before = made.stat()
    assert class_archive(home, java) is None
    assert made.stat() == before


def test_a_missing_jar_is_named(tmp_path: Path) -> None:
    with pytest.raises(Auth0ElasticError, match=r"nothing that is named transport-netty4-client-\*"):
        lay_out_opensearch(tmp_path, tmp_path / "home", modules(), "2.19.4")


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'solr' is no kind of engine; there are opensearch, opensearch-sec"):
        install("solr")
