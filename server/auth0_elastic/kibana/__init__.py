"""Dashboards as code: short definitions (`dashboards/*.yml`), compiled to Kibana's saved objects and to queries."""

from auth0_elastic.kibana.definition import Dashboard, Metric, Panel, Search
from auth0_elastic.kibana.read import Definitions, read_definitions
from auth0_elastic.kibana.saved_objects import compiled, encoded

__all__ = ["Dashboard", "Definitions", "Metric", "Panel", "Search", "compiled", "encoded", "read_definitions"]
