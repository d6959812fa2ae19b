"""Faults under load: `scripts/chaos` breaks a running server in every way, and counts what becomes of the events."""
