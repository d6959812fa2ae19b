"""A real search engine without Docker: assembled from Maven artifacts, started on 127.0.0.1."""

from auth0_elastic.engine.embedded.install import cache_directory, install
from auth0_elastic.engine.embedded.process import EmbeddedEngine
from auth0_elastic.engine.embedded.state import RunningEngine, running_engine, stop_engine

__all__ = ["EmbeddedEngine", "RunningEngine", "cache_directory", "install", "running_engine", "stop_engine"]
