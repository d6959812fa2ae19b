"""`auth0-elastic detect` on a real engine."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from auth0_elastic.backoff import Backoff
from auth0_elastic.cli import main
from auth0_elastic.detect.detector import Pass
from auth0_elastic.detect.event import to_iso
from auth0_elastic.detect.run import detect_until
from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.errors import EngineUnavailable
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id
from auth0_elastic.spool.backlog import SpooledEvent

Run = Callable[..., Result]


@pytest.fixture
def run(opensearch: RunningEngine, engine: Engine, namespace: str) -> Run:
    """Runs `detect` in a namespace where a user failed to log in ten times an hour ago."""
    begin = int(time.time() * 1000) - 3_600_000
    raws = []
    for number in range(10):
        data = {"date": to_iso(begin + number * 1000), "type": "fp", "user_id": "auth0|1", "ip": "81.2.69.143"}
        raws.append(json.dumps({"log_id": f"9{number:019d}", "data": data}).encode())
    write = DocumentWriter(namespace, "auth0.logs", [], preserve_original_event=False)
    body = write.bulk_body((document_id(raw), SpooledEvent("w", 0, begin, raw)) for raw in raws)
    assert not engine.bulk(f"/logs-auth0.logs-{namespace}/_bulk", body, params={"refresh": "true"}).body["errors"]
    environment = {
        "AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url,
        "AUTH0_ELASTIC_DATA_STREAM_NAMESPACE": namespace,
        "COLUMNS": "200",
    }

    def invoke(*arguments: str, **settings: str) -> Result:
        """`settings` are in capitals, with _ in the place of dots."""
        given = {f"AUTH0_ELASTIC_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(main, ["detect", *arguments], env=environment | given)

    return invoke


def alerts(engine: Engine, namespace: str) -> list[dict[str, Any]]:
    answer = engine.request("POST", f"/logs-auth0.alerts-{namespace}/_refresh")
    if answer.status == 404:
        return []
    hits = engine.call("POST", f"/logs-auth0.alerts-{namespace}/_search")["hits"]["hits"]
    return [hit["_source"] for hit in hits]


def test_once_raises_an_alert_and_the_second_time_none(run: Run, engine: Engine, namespace: str) -> None:
    first = run("--once")
    assert first.exit_code == 0, first.output
    assert "(auth0|1): 10 events within 10 minutes" in first.output
    assert first.output.endswith("10 events, 1 new alerts, 0 that grew\n")
    assert run("--once").output == "0 events, 0 new alerts, 0 that grew\n"
    assert [alert["rule"]["id"] for alert in alerts(engine, namespace)] == ["brute_force_user"]


def test_a_backtest_says_what_would_have_been_and_writes_nothing(run: Run, engine: Engine, namespace: str) -> None:
    result = run("--backtest", "--since", "2h")
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.stdout.splitlines() if line.strip().startswith("brute_force_user ")]
    assert line.split() == ["brute_force_user", "medium", "1", "10", "auth0|1"] or line.split()[2:] == [
        "1",
        "10",
        "auth0|1",
    ]
    assert alerts(engine, namespace) == []


def test_a_backtest_of_a_time_without_events_finds_nothing(run: Run) -> None:
    lines = run("--backtest", "--since", "1m").stdout.splitlines()
    assert {line.split()[2] for line in lines[1:] if line.strip()} == {"0"}


def test_a_rule_can_be_tuned(run: Run) -> None:
    result = run("--once", DETECT_RULES_BRUTE_FORCE_USER_COUNT="11")
    assert result.output == "10 events, 0 new alerts, 0 that grew\n"


def test_an_alert_names_the_list_that_its_address_is_on(
    run: Run, engine: Engine, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "exits.txt").write_text("81.2.69.143")
    settings = {
        "REPUTATION_LISTS_EXITS_KIND": "tor",
        "REPUTATION_LISTS_EXITS_PATH": str(tmp_path / "exits.txt"),
        "SPOOL_PATH": str(tmp_path / "spool"),
    }
    assert run("--once", **settings).exit_code == 0
    (alert,) = alerts(engine, namespace)
    assert alert["auth0"]["alerts"]["initial_count"] == 10
    assert alert["threat"]["indicator"]["provider"] == ["exits"]


def test_an_excepted_user_raises_nothing(run: Run) -> None:
    result = run("--once", DETECT_RULES_BRUTE_FORCE_USER_EXCEPT_USERS="auth0|1")
    assert result.output == "10 events, 0 new alerts, 0 that grew\n"


def test_the_webhook_is_told_before_the_command_ends(run: Run, http_server: Callable[..., Any]) -> None:
    server = http_server()
    settings = {"DETECT_WEBHOOK_URL": f"{server.url}/hook", "DETECT_WEBHOOK_FORMAT": "generic"}
    assert run("--once", **settings).exit_code == 0
    assert run("--once", **settings).exit_code == 0
    (asked,) = server.asked
    assert json.loads(asked.body)["alert"]["rule"]["id"] == "brute_force_user"


def test_a_backtest_tells_nobody(run: Run, http_server: Callable[..., Any]) -> None:
    server = http_server()
    assert run("--backtest", "--since", "2h", DETECT_WEBHOOK_URL=f"{server.url}/hook").exit_code == 0
    assert server.asked == []


def test_a_rule_that_there_is_not_ends_it_before_anything_is_read(run: Run) -> None:
    result = run("--once", DETECT_RULES_BRUTE_FORCE_USR_ENABLED="false")
    assert result.exit_code == 78
    assert "detect.rules.brute_force_usr: no such rule; did you mean brute_force_user?" in result.output


OWN = """
title: Somebody at the Break-Glass Account
logsource: {product: auth0, service: logs}
detection:
  selection: {data.type: fp, data.user_id: auth0|1}
  condition: selection
level: critical
"""


def test_a_sigma_rule_of_the_operators_own_raises_alerts_and_is_tuned_like_any_other(
    run: Run, engine: Engine, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "Break-Glass.yml").write_text(OWN)
    settings = {"DETECT_RULES_PATH": str(tmp_path), "DETECT_RULES_BRUTE_FORCE_USER_ENABLED": "false"}
    assert "  0 " in run("--backtest", "--since", "2h", **settings, DETECT_RULES_BREAK_GLASS_ENABLED="false").stdout
    result = run("--once", **settings)
    assert result.output.endswith("10 events, 1 new alerts, 0 that grew\n"), result.output
    (alert,) = alerts(engine, namespace)
    assert (alert["rule"]["id"], alert["event"]["severity"]) == ("break_glass", 99)
    assert alert["auth0"]["alerts"]["count"] == 10


def test_it_does_not_begin_in_the_future(run: Run) -> None:
    result = run("--once", "--since", "2099-01-01T00:00:00Z")
    assert result.exit_code == 78
    assert "2099-01-01T00:00:00.000Z is yet to come" in result.output
    assert run("--once").output.endswith("10 events, 1 new alerts, 0 that grew\n")


def test_once_and_backtest_do_not_go_together(run: Run) -> None:
    assert run("--once", "--backtest").exit_code == 2


def test_continuously_it_goes_on_until_it_is_told_to_stop(run: Run, engine: Engine, namespace: str) -> None:
    def stop() -> None:
        deadline = time.monotonic() + 30
        while not alerts(engine, namespace) and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    threading.Thread(target=stop).start()
    result = run()
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGINT, before[1])
    assert result.exit_code == 0, result.output
    assert "10 events within 10 minutes" in result.output


class Stop(threading.Event):
    """Waits not at all, and is set after so many waits."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.left, self.waited = waits, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0)
        if len(self.waited) == self.left:
            self.set()
        return self.is_set()


class Flaky:
    """A detector whose engine is away, or not."""

    def __init__(self, is_away: bool) -> None:
        self._is_away = is_away

    def run_once(self) -> Pass:
        if self._is_away:
            raise EngineUnavailable("away")
        return Pass(0, (), ())


def test_when_the_engine_is_away_it_waits_longer_and_begins_anew(caplog: pytest.LogCaptureFixture) -> None:
    made: list[Flaky] = []

    def make() -> Any:
        made.append(Flaky(len(made) < 3))
        return made[-1]

    stop = Stop(5)
    detect_until(stop, make, 10, backoff=Backoff(1, 60, jitter=lambda: 0))
    assert stop.waited == [1, 2, 4, 10, 10]
    assert len(made) == 4
    assert "detection waits 4 s and goes on where it was: away" in caplog.text
