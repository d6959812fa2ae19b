"""Measurements of what an event costs; `scripts/bench` runs them and docs/performance.md has the figures."""
