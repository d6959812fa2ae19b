"""How an engine is launched: its command, its environment and its configuration files. Decides, does nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from auth0_elastic.engine.embedded.tools import Java

# The server prints to its standard output, which goes to a file of ours; nothing is logged twice.
_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
logger.deprecation.name = org.opensearch.deprecation
logger.deprecation.level = error
"""

# Without JNA the server cannot see that it runs as root, which it refuses.
_AS_ROOT = ("-Djna.nosys=true", "-Djna.nounpack=true")


@dataclass(frozen=True)
class Site:
    """Where an engine runs: its home, data directory, two ports on 127.0.0.1, heap and user.

    And what is added to it: flags of the JVM, settings that win over the usual ones, files by their path in the data
    directory.
    """

    home: Path
    data: Path
    http_port: int
    transport_port: int
    heap: str
    as_root: bool
    flags: Sequence[str] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Launch:
    """A command, what it needs in its environment, and configuration files by their path in the data directory."""

    command: Sequence[str]
    environment: Mapping[str, str]
    files: Mapping[str, str]


def launch(kind: str, site: Site, java: Java) -> Launch:
    """How to launch an engine of a kind."""
    return _elasticsearch(site, java) if kind == "elasticsearch" else _opensearch(site, java)


def _opensearch(site: Site, java: Java) -> Launch:
    command = [
        str(java.program),
        *_jvm_flags(site),
        "-Djava.security.manager=allow",
        "-Djava.locale.providers=SPI,COMPAT",
        "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
        "org.opensearch.secure_sm.SecuredForkJoinWorkerThreadFactory",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dlog4j2.disable.jmx=true",
        "-Dio.netty.noUnsafe=true",
        "-Dio.netty.noKeySetOptimization=true",
        f"-Dopensearch.path.home={site.home}",
        f"-Dopensearch.path.conf={site.data / 'config'}",
        "-cp",
        f"{site.home / 'lib'}/*",
        "org.opensearch.bootstrap.OpenSearch",
    ]
    return Launch(command, {}, _files("opensearch.yml", {**_settings(site), **site.settings}, site))


def _elasticsearch(site: Site, java: Java) -> Launch:
    environment = {
        "ES_JAVA_HOME": str(java.home),
        "ES_JAVA_OPTS": " ".join(_jvm_flags(site)),
        "ES_PATH_CONF": str(site.data / "config"),
        "ES_TMPDIR": str(site.data / "tmp"),
    }
    settings = {**_settings(site), "xpack.security.enabled": False, **site.settings}
    command = [str(site.home / "bin" / "elasticsearch"), f"-Epath.data={site.data / 'nodes'}"]
    return Launch(command, environment, _files("elasticsearch.yml", settings, site) | {"config/jvm.options": ""})


def _jvm_flags(site: Site) -> list[str]:
    return [
        f"-Xms{site.heap}",
        f"-Xmx{site.heap}",
        "-XX:+UseSerialGC",
        "-Dfile.encoding=UTF-8",
        f"-Djava.io.tmpdir={site.data / 'tmp'}",
        *(_AS_ROOT if site.as_root else ()),
        *site.flags,
    ]


def _settings(site: Site) -> dict[str, object]:
    return {
        "cluster.name": "auth0-elastic",
        "node.name": "embedded",
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "http.port": site.http_port,
        "transport.port": site.transport_port,
        "path.data": str(site.data / "nodes"),
        "path.logs": str(site.data / "logs"),
        "cluster.routing.allocation.disk.threshold_enabled": False,
        # The serial collector leaves garbage until the heap is full; this breaker would refuse searches for it.
        "indices.breaker.total.use_real_memory": False,
    }


def _files(settings_file: str, settings: Mapping[str, object], site: Site) -> dict[str, str]:
    written = yaml.safe_dump(dict(settings))
    return {f"config/{settings_file}": written, "config/log4j2.properties": _LOGGING, **site.files}
