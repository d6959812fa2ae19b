"""Finds the logs that Auth0 has and the data stream has not, and fills them in."""

from auth0_elastic.reconcile.comparison import Comparison
from auth0_elastic.reconcile.findings import Findings, Window
from auth0_elastic.reconcile.indexed import Indexed
from auth0_elastic.reconcile.reconciler import Reconciler

__all__ = ["Comparison", "Findings", "Indexed", "Reconciler", "Window"]
