"""The shipper as a user who may only store events: what stands in its way is said, and it goes on by itself."""

import hashlib
import json
import ssl
from datetime import UTC, datetime
from typing import Any

import trustme

PREFIX = "AUTH0_ELASTIC_ELASTICSEARCH_"


def events(count: int, start: int = 0) -> list[bytes]:
    stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    bodies = [{"log_id": f"900{stamp}{number:039d}", "type": "s"} for number in range(start, start + count)]
    return [json.dumps({"log_id": body["log_id"], "data": body}).encode() for body in bodies]


def stored(secured: Any, namespace: str) -> int:
    stream = f"/logs-auth0.logs-{namespace}"
    secured.admin.call("POST", f"{stream}/_refresh")
    return int(secured.admin.call("GET", f"{stream}/_count")["count"])


def test_its_role_and_the_authoritys_fingerprint_suffice_also_across_a_rollover(
    secured: Any, shipper: Any, namespace: str, authority: trustme.CA
) -> None:
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())).hexdigest()
    running = shipper(secured.user("shipper", ssl_certificate_authorities="", ssl_ca_trusted_fingerprint=digest))
    sent = events(20)
    running.keep(*sent)
    running.delivers(20)
    secured.admin.call("POST", f"/logs-auth0.logs-{namespace}/_rollover")
    running.keep(*sent, *events(5, start=20))
    assert running.delivers(25)["duplicate"] == 20
    assert stored(secured, namespace) == 25


def test_an_index_that_is_forbidden_is_waited_for_until_the_right_is_given(
    secured: Any, shipper: Any, namespace: str, printed_role: Any
) -> None:
    environment = secured.user("shipper")
    user, role = environment[f"{PREFIX}USERNAME"], printed_role("shipper")
    (indices,) = role["index_permissions"]
    without = [each for each in indices["allowed_actions"] if not each.startswith("indices:data/write/")]
    secured.grant(user, role | {"index_permissions": [indices | {"allowed_actions": without}]})
    running = shipper(environment)
    running.keep(*events(30))
    line = running.waits_for("403 security_exception: no permissions for .*indices:data/write/index")
    assert line.endswith("give it the privileges of 'auth0-elastic setup --print-role shipper'")
    secured.grant(user, role)
    assert "dead" not in running.delivers(30)
    assert stored(secured, namespace) == 30
    assert running.log().count("waiting, nothing is lost") == 1
    assert environment[f"{PREFIX}PASSWORD"] not in running.log()


def test_a_password_that_is_changed_and_changed_back_costs_nothing(secured: Any, shipper: Any, namespace: str) -> None:
    environment = secured.user("shipper")
    user, password = environment[f"{PREFIX}USERNAME"], environment[f"{PREFIX}PASSWORD"]
    running = shipper(environment)
    running.keep(*events(3))
    running.delivers(3)
    secured.set_password(user, password + "x")
    running.keep(*events(4, start=3))
    assert "elasticsearch.password" in running.waits_for("answered 401: Unauthorized")
    secured.set_password(user, password)
    running.delivers(7)
    assert stored(secured, namespace) == 7
    assert password not in running.log()


def test_a_wrong_password_at_the_start_is_said_and_waited_for(secured: Any, shipper: Any) -> None:
    environment = secured.user("shipper")
    user, password = environment[f"{PREFIX}USERNAME"], environment[f"{PREFIX}PASSWORD"]
    secured.set_password(user, password + "x")
    running = shipper(environment)
    running.keep(*events(3))
    assert "check the credentials" in running.waits_for("answered 401")
    secured.set_password(user, password)
    running.delivers(3)
    assert password not in running.log()


def test_an_expired_certificate_is_said_and_a_new_one_taken_without_a_restart(
    secured: Any, shipper: Any, authority: trustme.CA, front: Any, namespace: str
) -> None:
    running = shipper(secured.user("shipper", hosts=front.url))
    running.keep(*events(3))
    running.delivers(3)
    front.use(authority.issue_cert("127.0.0.1", not_after=datetime(2021, 1, 1, tzinfo=UTC)))
    front.cut()
    running.keep(*events(4, start=3))
    running.waits_for("the server's certificate has expired; renew it there")
    front.use(authority.issue_cert("127.0.0.1"))
    running.delivers(7)
    assert stored(secured, namespace) == 7
