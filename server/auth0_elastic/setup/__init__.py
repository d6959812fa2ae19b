"""Installs the package's assets into a cluster, upgrades them, removes them, and says whether they are there."""
