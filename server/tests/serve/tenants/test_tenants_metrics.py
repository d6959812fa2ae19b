"""What /metrics tells of the tenants' process."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

Eventually = Callable[..., Any]


@pytest.fixture
def site(make_site: Callable[[], Any]) -> Any:
    return make_site()


def samples(site: Any, name: str) -> dict[tuple[str, ...], float]:
    """By the values of the labels, in the order of their names."""
    families = text_string_to_metric_families(site.server.health("/metrics").body.decode())
    found = [sample for family in families for sample in family.samples if sample.name == f"auth0_elastic_{name}"]
    return {tuple(sample.labels[key] for key in sorted(sample.labels)): sample.value for sample in found}


def test_each_task_says_whether_it_goes_well_and_what_it_found(site: Any, eventually: Eventually) -> None:
    auth0 = site.tenant("acme", offset=-3600)
    missing = [auth0.tenant.log() for _ in range(3)]
    site.clocks["acme"].offset = 0
    site.serve(automatic=True, reconcile={"enabled": True})
    tasks = {("log_stream", "acme"): 1.0, ("reconcile", "acme"): 1.0}
    eventually(lambda: samples(site, "tenant_task_up") == tasks, "both tasks go well")
    seen = samples(site, "tenant_task_last_success_timestamp_seconds")
    assert all(abs(moment - time.time()) < 60 for moment in seen.values())
    statuses = {("active", "acme"): 1.0, ("paused", "acme"): 0.0, ("suspended", "acme"): 0.0}
    eventually(lambda: samples(site, "log_stream_status") == statuses, "the stream is seen")
    found = {("filled", "acme"): float(len(missing)), ("missing", "acme"): float(len(missing))}
    eventually(lambda: samples(site, "reconcile_logs_total") == found, "what was missing is counted")


def test_a_task_that_fails_is_down_until_it_goes_well_again(site: Any, eventually: Eventually) -> None:
    auth0 = site.tenant("acme")
    site.serve(poll={"enabled": True, "interval": "100ms"})
    eventually(lambda: samples(site, "tenant_task_up") == {("poll", "acme"): 1.0}, "polling goes well")
    auth0.faults.answer(403, times=3, path="/api/v2/logs")
    eventually(lambda: samples(site, "tenant_task_up") == {("poll", "acme"): 0.0}, "polling fails")
    eventually(lambda: samples(site, "tenant_task_up") == {("poll", "acme"): 1.0}, "polling goes well again")
