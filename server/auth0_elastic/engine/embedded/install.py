"""Installs an engine into the user's cache, once."""

import os
import tempfile
from pathlib import Path

from auth0_elastic.engine.embedded import recipe
from auth0_elastic.engine.embedded.fetch import fetch
from auth0_elastic.engine.embedded.layout import lay_out_elasticsearch, lay_out_opensearch, lay_out_plugin
from auth0_elastic.engine.embedded.lock import one_at_a_time
from auth0_elastic.engine.embedded.progress import progress_line
from auth0_elastic.engine.embedded.tools import find_java


def cache_directory() -> Path:
    """$AUTH0_ELASTIC_CACHE, otherwise auth0-elastic/ in the user's cache directory."""
    if own := os.environ.get("AUTH0_ELASTIC_CACHE"):
        return Path(own).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "auth0-elastic"


def install(kind: str = "opensearch") -> Path:
    """The home of an engine, fetched and laid out unless it is there; raises MissingTool or EngineError.

    The directory appears complete or not at all, so an interrupted installation is simply done again.
    """
    home = cache_directory() / f"{kind}-{recipe.version(kind)}-{recipe.fingerprint(kind)}"
    if home.is_dir():
        return home
    find_java()
    server = install("opensearch") if kind == "opensearch-security" else None
    home.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(home.parent):
        if not home.is_dir():
            _install(kind, home, server)
    return home


def _install(kind: str, home: Path, server: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{kind}-", suffix=".part", dir=home.parent) as scratch:
        fetched, complete = Path(scratch, "fetched"), Path(scratch, "home")
        with progress_line(f"Fetching {kind} {recipe.version(kind)} with Maven (about 90 MB, only once)"):
            fetch(recipe.pom(kind), fetched)
        with progress_line(f"Laying out {home}"):
            if server is not None:
                lay_out_plugin(fetched, kind, server, complete)
            elif kind == "opensearch":
                lay_out_opensearch(fetched, complete, recipe.modules(), recipe.version(kind))
            else:
                lay_out_elasticsearch(fetched, complete)
        complete.rename(home)
