"""What a command does with the spool when no server runs."""

import itertools
from pathlib import Path

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.errors import EngineUnavailable
from auth0_elastic.serve.deliver import deliver
from auth0_elastic.spool.database import FileLock
from auth0_elastic.spool.spool_file import SpoolFile, total_of


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"AUTH0_ELASTIC_SPOOL_PATH": str(tmp_path), "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": "http://127.0.0.1:9"}


def test_an_empty_spool_needs_no_engine(environment: dict[str, str]) -> None:
    assert deliver(load(None, environment))


def test_an_engine_that_is_away_ends_it_and_the_spool_keeps_all(environment: dict[str, str]) -> None:
    settings = load(None, environment)
    file = SpoolFile.open_free(settings.spool.logs, "reconcile")
    file.append(0, [b'{"log_id":"1"}'])
    file.close()
    ticks = itertools.count()
    with pytest.raises(EngineUnavailable, match="what is left is kept there; the engine: no answer from"):
        deliver(settings, now=lambda: float(next(ticks) * 20), sleep=lambda seconds: None)
    assert total_of(settings.spool.logs).live_bytes == len(b'{"log_id":"1"}')
    assert FileLock(settings.spool.logs / "shipper.lock").acquire()
