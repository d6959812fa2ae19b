"""Reads `package/` and turns a data stream's files into the JSON bodies that a cluster is given."""

from auth0_elastic.package_files.assets import Assets, load_assets
from auth0_elastic.package_files.elasticsearch import to_install
from auth0_elastic.package_files.locate import data_streams, find_package
from auth0_elastic.package_files.opensearch import for_distribution, for_opensearch
from auth0_elastic.package_files.pipelines import read_pipelines

__all__ = [
    "Assets",
    "data_streams",
    "find_package",
    "for_distribution",
    "for_opensearch",
    "load_assets",
    "read_pipelines",
    "to_install",
]
