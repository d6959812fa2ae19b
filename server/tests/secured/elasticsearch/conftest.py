"""A real Elasticsearch 8.18 with its own security, native users and API keys.

It is the published server, which lacks the module analysis-common; AnalysisStandIn.java has what the security index
needs of it.
"""

import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import EmbeddedEngine, install
from auth0_elastic.engine.embedded.security import ADMIN, ADMIN_PASSWORD, Security

DESCRIPTOR = """\
name=analysis-stand-in
description=Parts of analysis-common
version=1.0.0
elasticsearch.version=8.18.0
java.version=17
classname=AnalysisStandIn
"""


@dataclass(frozen=True)
class SecuredElasticsearch:
    """`config` is the folder of its configuration, in which its certificate lies. `admin` may do everything."""

    url: str
    config: Path
    ca_file: Path

    @property
    def admin(self) -> Engine:
        return self.engine(username=ADMIN, password=ADMIN_PASSWORD)

    def engine(self, **settings: Any) -> Engine:
        """A client of these settings, which trusts the authority unless they say otherwise."""
        values = {"hosts": self.url, "ssl_certificate_authorities": str(self.ca_file)} | settings
        environment = {f"AUTH0_ELASTIC_ELASTICSEARCH_{name.upper()}": value for name, value in values.items() if value}
        return connect(load(None, environment).elasticsearch)


@pytest.fixture(scope="session")
def secured_elasticsearch(
    tmp_path_factory: pytest.TempPathFactory, security: Security, ca_file: Path
) -> Iterator[SecuredElasticsearch]:
    home, cache, data = install("elasticsearch"), tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("es")
    _add_stand_in(shutil.copytree(home, cache / home.name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTH0_ELASTIC_CACHE", str(cache))
        engine = EmbeddedEngine(data, kind="elasticsearch", heap="384m", short_lived=True, security=security)
        engine.start()
    yield SecuredElasticsearch(engine.url, data / "config", ca_file)
    engine.stop()


def _add_stand_in(home: Path) -> None:
    plugin = home / "plugins" / "analysis-stand-in"
    classes = plugin.parent.parent / "classes"
    for folder in (plugin, classes):
        folder.mkdir(parents=True)
    source = Path(__file__).with_name("AnalysisStandIn.java")
    java = Path(os.environ["JAVA_HOME"], "bin", "javac") if "JAVA_HOME" in os.environ else "javac"
    subprocess.run([java, "-cp", f"{home / 'lib'}/*", "-d", classes, source], check=True)
    (plugin / "plugin-descriptor.properties").write_text(DESCRIPTOR)
    with zipfile.ZipFile(plugin / "analysis-stand-in.jar", "w") as jar:
        for path in classes.glob("*.class"):
            jar.write(path, path.name)
