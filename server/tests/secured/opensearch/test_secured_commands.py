"""The commands, over TLS, as users who may do no more than these commands have to."""

import json
from datetime import UTC, datetime
from typing import Any

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import connect
from auth0_elastic.reconcile.indexed import Indexed


def failed_logins(count: int) -> list[bytes]:
    now = datetime.now(UTC)
    bodies = [
        {
            "log_id": f"900{now:%Y%m%d%H%M%S}{number:039d}",
            "type": "fp",
            "date": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "user_id": "auth0|1",
            "ip": "81.2.69.143",
        }
        for number in range(count)
    ]
    return [json.dumps({"log_id": body["log_id"], "data": body}).encode() for body in bodies]


def test_a_second_setup_finds_nothing_to_do(secured: Any, command: Any) -> None:
    again = command("setup", "--dry-run", environment=secured.user("setup"))
    assert again.exit_code == 0, again.output
    assert "Nothing to do." in again.output


def test_setup_may_store_nothing_which_the_engine_says_with_200_and_403_an_item(secured: Any) -> None:
    engine = connect(load(None, secured.user("setup")).elasticsearch)
    answer = engine.bulk("/logs-auth0.logs-x/_bulk", b'{"create":{"_id":"1"}}\n{}\n', params={})
    assert answer.status == 403 or [item["create"]["status"] for item in answer.body["items"]] == [403]


def test_a_shipper_may_install_nothing_and_is_told_so(secured: Any, command: Any) -> None:
    result = command("setup", environment=secured.user("shipper"))
    assert result.exit_code != 0
    assert "403" in result.output
    assert "auth0-elastic setup --print-role setup" in result.output


def test_detect_writes_an_alert_and_finds_what_it_wrote(
    secured: Any, command: Any, shipper: Any, namespace: str
) -> None:
    running = shipper(secured.user("shipper"))
    running.keep(*failed_logins(12))
    running.delivers(12)
    environment = secured.user("detect") | {"AUTH0_ELASTIC_DATA_STREAM_NAMESPACE": namespace}
    for _ in range(2):
        result = command("detect", "--once", environment=environment)
        assert result.exit_code == 0, result.output
    secured.admin.call("POST", f"/logs-auth0.alerts-{namespace}/_refresh")
    assert secured.admin.call("GET", f"/logs-auth0.alerts-{namespace}/_count")["count"] > 0


def test_reconcile_may_look_up_what_is_indexed(secured: Any, shipper: Any, namespace: str) -> None:
    environment = secured.user("shipper")
    running = shipper(environment)
    sent = failed_logins(3)
    running.keep(*sent)
    running.delivers(3)
    indexed = Indexed(lambda: connect(load(None, environment).elasticsearch), f"logs-auth0.logs-{namespace}")
    ids = {json.loads(raw)["log_id"] for raw in sent}
    assert indexed.found({*ids, "another"}, refresh=True) == ids


def test_doctor_finds_the_engine_well(secured: Any, command: Any, namespace: str) -> None:
    environment = secured.user("shipper") | {
        "AUTH0_ELASTIC_DATA_STREAM_NAMESPACE": namespace,
        "AUTH0_ELASTIC_LISTENER_LISTEN_ADDRESS": "127.0.0.1",
        "AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN": "tok-0123456789-0123456789",
    }
    result = command("doctor", "--json", environment=environment)
    found = {each["check"]: each["state"] for each in json.loads(result.output)}
    assert found["engine"] == "ok", result.output
    assert found[f"logs-auth0.logs-{namespace}"] == "ok"


def test_the_pipeline_tests_run_on_an_engine_that_is_there(secured: Any, command: Any) -> None:
    result = command("test", "--engine", secured.url, "test-logins", environment=secured.user("test"))
    assert result.exit_code == 0, result.output
