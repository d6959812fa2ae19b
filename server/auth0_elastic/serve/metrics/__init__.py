"""GET /metrics: what the server knows of itself, in Prometheus' format. Each metric stands in `table.py`."""
