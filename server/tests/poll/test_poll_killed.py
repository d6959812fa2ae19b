"""A poller that is killed wherever it happens to be: nothing is repeated, nothing skipped."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from auth0_elastic.local_auth0 import LocalAuth0

if TYPE_CHECKING:
    from .conftest import Polling

LOGS = 400


def test_each_log_is_kept_once_however_often_the_poller_is_killed(
    polling: "Polling", auth0: LocalAuth0, tmp_path: Path
) -> None:
    logs = polling.log(LOGS, seconds=0.01)
    client = auth0.tenant.client
    environment = {
        **os.environ,
        "AUTH0_ELASTIC_SPOOL_PATH": str(tmp_path / "spool"),
        "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": "http://127.0.0.1:9",
        "AUTH0_ELASTIC_TENANTS_ACME_BASE_URL": auth0.base_url,
        "AUTH0_ELASTIC_TENANTS_ACME_CLIENT_ID": client.client_id,
        "AUTH0_ELASTIC_TENANTS_ACME_CLIENT_SECRET": client.client_secret,
        "AUTH0_ELASTIC_TENANTS_ACME_POLL_START_AT": "2026-03-04T00:00:00Z",
        "AUTH0_ELASTIC_TENANTS_ACME_POLL_BATCH_SIZE": "2",
    }
    for _ in range(3):
        _poll_and_kill(polling, environment)
    assert 0 < len(polling.kept) < LOGS
    polling.round(polling.start())
    assert polling.kept == logs


def _poll_and_kill(polling: "Polling", environment: dict[str, str]) -> None:
    served = len(polling.pages)
    with subprocess.Popen([sys.executable, "-m", "auth0_elastic", "poll"], env=environment) as process:
        while len(polling.pages) < served + 25:
            assert process.poll() is None
            time.sleep(0.001)
        process.kill()
