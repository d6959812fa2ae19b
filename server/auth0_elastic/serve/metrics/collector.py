"""Reads, whenever it is asked, what the processes have written down; itself it counts nothing."""

import logging
import shutil
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from auth0_elastic import __version__
from auth0_elastic.config.settings import Settings
from auth0_elastic.receive.refused import accepted_total, refused_totals
from auth0_elastic.serve.metrics.certificate import of_certificate
from auth0_elastic.serve.metrics.data_streams import damaged_files, of_data_stream, of_requests
from auth0_elastic.serve.metrics.others import of_detection, of_tenants
from auth0_elastic.serve.metrics.sample import Sample, family
from auth0_elastic.serve.metrics.table import METRICS
from auth0_elastic.spool.survey import survey

log = logging.getLogger(__name__)


class Process(NamedTuple):
    """A child of the supervisor, by what `--only` calls it."""

    name: str
    is_up: bool
    restarts: int


Processes = Callable[[], Sequence[Process]]


class ServerCollector(Collector):
    """Costs a few look-ups in SQLite files, however much waits there; holds nothing up."""

    def __init__(
        self,
        settings: Settings,
        processes: Processes,
        is_ready: Callable[[], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._processes, self._is_ready, self._clock = settings, processes, is_ready, clock

    def describe(self) -> Iterable[Family]:
        return (family(metric, ()) for metric in METRICS.values())

    def collect(self) -> Iterator[Family]:
        found: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in self._samples():
            found[sample.metric].append(sample)
        yield from (family(metric, found[name]) for name, metric in METRICS.items())

    def _samples(self) -> Iterator[Sample]:
        spool = self._settings.spool
        yield from of_requests(accepted_total(spool.path), refused_totals(spool.path))
        for name, folder in spool.folders.items():
            try:
                found = survey(folder)
            except sqlite3.DatabaseError as error:  # its samples are absent, and others are not
                log.error("%s cannot be read, and its metrics are missing: %s", folder, error)
            else:
                yield from of_data_stream(name, found, spool.max_size, damaged_files(folder), self._clock())
        yield Sample("spool_disk_free_bytes", (), shutil.disk_usage(spool.path).free)
        yield from self._of_server()
        yield from of_certificate(self._settings.listener.ssl.certificate)
        yield from of_tenants(spool.path, [tenant.name for tenant in self._settings.tenants])
        if self._settings.detect.enabled:
            yield from of_detection(spool.path)

    def _of_server(self) -> Iterator[Sample]:
        yield Sample("build_info", (__version__,), 1)
        yield Sample("ready", (), self._is_ready())
        for process in self._processes():
            yield Sample("process_up", (process.name,), process.is_up)
            yield Sample("process_restarts_total", (process.name,), process.restarts)


def registry_of(collector: Collector) -> CollectorRegistry:
    """One of its own, without what prometheus-client says of this process by itself."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return registry
