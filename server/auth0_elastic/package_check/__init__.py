"""Checks `package/` against the rules of Elastic's package linter, and builds the archive that Fleet installs."""
