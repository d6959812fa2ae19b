"""The samples of the tenants' process and of detection: what they have written into their status files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from auth0_elastic.serve.metrics.sample import Sample
from auth0_elastic.serve.metrics.table import LABELS
from auth0_elastic.serve.status import StatusFile


def of_tenants(folder: Path, tenants: Iterable[str]) -> Iterator[Sample]:
    """Of those that are still in the settings."""
    status = StatusFile(folder, "tenants").read()
    for tenant in tenants:
        for task, known in status.get("tasks", {}).get(tenant, {}).items():
            yield Sample("tenant_task_up", (tenant, task), known["up"])
            if "last_success" in known:
                yield Sample("tenant_task_last_success_timestamp_seconds", (tenant, task), known["last_success"])
        if seen := status.get("log_streams", {}).get(tenant):
            yield from (Sample("log_stream_status", (tenant, each), each == seen) for each in LABELS["status"])
        if counts := status.get("reconciled", {}).get(tenant):
            yield from (Sample("reconcile_logs_total", (tenant, each), counts[each]) for each in LABELS["outcome"])


def of_detection(folder: Path) -> Iterator[Sample]:
    status = StatusFile(folder, "detect").read()
    if "last_pass" in status:
        yield Sample("detection_passes_total", (), status["passes"])
        yield Sample("detection_events_total", (), status["events"])
        yield Sample("detection_last_pass_timestamp_seconds", (), status["last_pass"])
        alerts = status["alerts"]
        yield from (Sample("detection_alerts_total", (level,), alerts.get(level, 0)) for level in LABELS["level"])
