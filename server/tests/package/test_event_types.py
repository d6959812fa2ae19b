"""The event-type table: complete, right in ECS, and the same in the pipeline that is generated from it."""

import hashlib
import json
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from click.testing import CliRunner

from auth0_elastic.commands.event_types import PIPELINE_FILE, command
from auth0_elastic.errors import PackageError
from auth0_elastic.event_types import SEVERITY, EventType, load, parse, with_event_types
from auth0_elastic.package_files import load_assets

HEADER = "code,name,action,category,type,outcome,severity,level,classification,signal,stream_filter"
GOOD = "f,Failed login,failed-login,authentication,info,failure,medium,error,Login - Failure,,auth.login.fail"

# sha256 of the 186 codes of Auth0's catalogue (2026-08, with the retired ones), sorted, joined by newlines.
CATALOGUE = "ca66f48c97420ef0ebc7f70f204a989520bbe08b8804e371508b18d9b60fae90"

# LiteSOC's "Log Stream Event Mapping": Auth0 event type → event name and severity.
SIGNALS = {
    "s": ("auth.login_success", "info"),
    "ss": ("auth.signup_success", "info"),
    "f": ("auth.login_failed", "medium"),
    "fp": ("auth.login_failed", "medium"),
    "fu": ("auth.login_failed", "medium"),
    "scp": ("auth.password_reset", "medium"),
    "gd_auth_succeed": ("auth.mfa_challenge", "info"),
    "gd_auth_failed": ("auth.mfa_failed", "high"),
    "gd_enrollment_complete": ("auth.mfa_enabled", "info"),
    "sapi": ("admin.settings_changed", "high"),
    "limit_wc": ("security.rate_limited", "high"),
    "w": ("security.suspicious_activity", "high"),
}

FAILED_AUTHENTICATIONS = """
    ciba_exchange_failed f failed_on_behalf_of_token_exchange fc fcoa fd fdeac fdecc fdeleacft fdelsa feacft feccft
    fecte fede fens feoobft feotpft fepft fepotpft fercft ferrt fertft feta fp fsa fu gd_auth_failed gd_auth_rejected
    gd_otp_rate_limit_exceed gd_recovery_failed gd_recovery_rate_limit_exceed gd_webauthn_challenge_failed
    idjag_exchange_failed jwt_bearer_exchange_failed passkey_challenge_failed
"""

ATTACK_PROTECTION = [
    "limit_mu",
    "limit_phone",
    "limit_sul",
    "limit_wc",
    "pwd_leak",
    "reset_pwd_leak",
    "signup_pwd_leak",
]


class Running(Protocol):
    """What is needed of the fixture `opensearch`."""

    @property
    def url(self) -> str: ...


def of_category(category: str) -> dict[str, EventType]:
    return {code: each for code, each in load().items() if category in each.category}


def test_the_table_has_all_186_codes_sorted() -> None:
    codes = list(load())
    assert len(codes) == 186
    assert codes == sorted(codes)
    assert hashlib.sha256("\n".join(codes).encode()).hexdigest() == CATALOGUE


def test_the_pipeline_file_has_the_table_as_it_is() -> None:
    text = PIPELINE_FILE.read_text(encoding="utf-8")
    assert text == with_event_types(text), "run: auth0-elastic event-types --write"


def test_the_specifications_failed_login_keeps_its_values() -> None:
    assert load()["f"] == EventType(
        code="f",
        name="Failed login",
        action="failed-login",
        category=("authentication",),
        type=("info",),
        outcome="failure",
        severity="medium",
        level="error",
        classification="Login - Failure",
        signal="auth.login_failed",
        stream_filter="auth.login.fail",
    )


def test_the_specifications_signals_and_severities_are_kept() -> None:
    assert {code: (each.signal, each.severity) for code, each in load().items() if each.signal} == SIGNALS


def test_names_and_actions_are_distinct() -> None:
    for values in ([each.name for each in load().values()], [each.action for each in load().values()]):
        assert not [value for value, times in Counter(values).items() if times > 1]


def test_threat_and_indicator_never_occur() -> None:
    used = {value for each in load().values() for value in (*each.category, *each.type)}
    assert not used & {"threat", "indicator"}


def test_failures_of_authentication_are_failed_authentications_and_nothing_else() -> None:
    assert [code for code, each in of_category("authentication").items() if each.outcome == "failure"] == (
        FAILED_AUTHENTICATIONS.split()
    )


def test_every_failed_login_silent_authentication_and_token_exchange_is_an_authentication() -> None:
    filters = {"auth.login.fail", "auth.silent_auth.fail", "auth.token_exchange.fail"}
    failed = {code for code, each in load().items() if each.stream_filter in filters}
    assert failed <= of_category("authentication").keys()


def test_logouts_end_a_session() -> None:
    for each in load().values():
        if each.stream_filter.startswith("auth.logout."):
            assert (each.category, each.type) == (("session",), ("end",)), each.code


@pytest.mark.parametrize("code", ATTACK_PROTECTION)
def test_attack_protection_is_an_intrusion_that_was_warned_of(code: str) -> None:
    each = load()[code]
    assert (each.category, each.outcome, each.level) == (("intrusion_detection",), "failure", "warning")


def test_an_api_limit_is_a_denied_api_call() -> None:
    each = load()["api_limit"]
    assert (each.category, each.type, each.outcome, each.level) == (("api",), ("denied",), "failure", "warning")


def test_only_failures_are_errors_and_no_success_is_a_warning() -> None:
    for each in load().values():
        assert each.level != "error" or each.outcome == "failure", each.code
        assert each.level == "info" or each.outcome != "success", each.code


def test_what_is_classified_a_success_or_failure_has_that_outcome() -> None:
    for each in load().values():
        verdict = each.classification.rpartition(" - ")[2].lower()
        assert verdict not in {"success", "failure"} or each.outcome == verdict, each.code


def test_auth0_routes_failed_token_vault_exchanges_as_successes_but_they_are_failures() -> None:
    feta = load()["feta"]
    assert feta.stream_filter == "auth.token_exchange.success"
    assert (feta.outcome, feta.classification) == ("failure", "Token Exchange - Failure")


def test_the_pipelines_parameters_are_the_tables_values() -> None:
    processors = yaml.safe_load(PIPELINE_FILE.read_text(encoding="utf-8"))["processors"]
    (types,) = [each["script"]["params"]["types"] for each in processors if "script" in each]
    assert list(types) == list(load())
    for code, each in load().items():
        signal = {"name": each.signal, "severity": each.severity} if each.signal else None
        assert types[code].pop("signal", None) == signal
        assert types[code] == {
            "name": each.name,
            "action": each.action,
            "category": list(each.category),
            "type": list(each.type),
            "outcome": each.outcome,
            "severity": SEVERITY[each.severity],
            "level": each.level,
            "classification": each.classification,
        }


def simulate(opensearch: Running, *codes: Any) -> list[dict[str, Any]]:
    """What the pipeline makes of events of these codes; an append afterwards must not leak into the next."""
    assets = load_assets()
    body = {"processors": [*assets.pipelines[assets.default_pipeline]["processors"]]}
    body["processors"].append({"append": {"field": "event.type", "value": "appended"}})
    docs = [{"_source": {"message": json.dumps({"type": code})}} for code in codes]
    request = urllib.request.Request(
        f"{opensearch.url}/_ingest/pipeline/_simulate",
        json.dumps({"pipeline": body, "docs": docs}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [meaning(each["doc"]["_source"]) for each in json.load(answer)["docs"]]


def meaning(document: dict[str, Any]) -> dict[str, Any]:
    """Of a document, what its code alone gives it."""
    event = {key: document["event"].get(key) for key in ("code", "action", "category", "type", "outcome", "severity")}
    logs = document["auth0"]["logs"]
    names = {"name": logs["data"]["type"], "classification": logs["data"]["classification"]}
    return {**event, **document["log"], **names, "signal": document["auth0"].get("signal")}


def test_the_engine_gives_every_code_its_row_and_nothing_of_the_rows_before(opensearch: Running) -> None:
    rows = [*load().values(), *load().values()]
    for each, got in zip(rows, simulate(opensearch, *(row.code for row in rows)), strict=True):
        assert got == {
            "code": each.code,
            "action": each.action,
            "category": list(each.category),
            "name": each.name,
            "type": [*each.type, "appended"],
            "outcome": each.outcome,
            "severity": SEVERITY[each.severity],
            "level": each.level,
            "classification": each.classification,
            "signal": {"name": each.signal, "severity": each.severity} if each.signal else None,
        }


@pytest.mark.parametrize(("code", "name"), [("test", "test"), (42, "42"), (["x"], "x"), (None, "none"), ("", "none")])
def test_an_unknown_code_is_kept_with_outcome_unknown(opensearch: Running, code: Any, name: str) -> None:
    assert simulate(opensearch, code) == [
        {
            "code": None if name == "none" else name,
            "action": f"unknown-{name}",
            "category": None,
            "name": f"Unknown ({name})",
            "type": ["info", "appended"],
            "outcome": "unknown",
            "severity": 1,
            "level": "info",
            "classification": "Other",
            "signal": None,
        }
    ]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        pytest.param(["code,name"], "columns", id="missing_columns"),
        pytest.param([HEADER, "f,Failed login"], "11 values", id="short_row"),
        pytest.param([HEADER, GOOD + ",more"], "11 values", id="long_row"),
        pytest.param([HEADER, GOOD, GOOD], "'f' occurs twice", id="duplicate_code"),
        pytest.param([HEADER, GOOD, GOOD.replace("f,", "g,", 1)], "'Failed login' occurs twice", id="duplicate_name"),
        pytest.param([HEADER, GOOD.replace("f,", "F-1,", 1)], "the code", id="code_in_capitals"),
        pytest.param([HEADER, GOOD.replace("failed-login", "unknown-f")], "kebab-case", id="action_of_unknown_codes"),
        pytest.param([HEADER, GOOD.replace("failed-login", "Failed login")], "kebab-case", id="prose_as_action"),
        pytest.param([HEADER, GOOD.replace("Failed login", "")], "name is empty", id="no_name"),
        pytest.param([HEADER, GOOD.replace(",failure,", ",failed,")], "outcome 'failed'", id="unknown_outcome"),
        pytest.param([HEADER, GOOD.replace("medium", "critical")], "severity 'critical'", id="unknown_severity"),
        pytest.param([HEADER, GOOD.replace("error", "fatal")], "level 'fatal'", id="unknown_level"),
        pytest.param([HEADER, GOOD.replace("authentication", "threat")], "category threat", id="threat"),
        pytest.param([HEADER, GOOD.replace(",info,", ",indicator,")], "event.type of indicator", id="indicator"),
        pytest.param([HEADER, GOOD.replace(",info,", ",denied info,")], "event.type denied", id="unexpected_type"),
        pytest.param(
            [HEADER, GOOD.replace(",info,", ",end,").replace("authentication", "authentication web")],
            "for event.category web",
            id="category_without_a_type",
        ),
        pytest.param([HEADER, GOOD.replace(",info,", ",start end,")], "unsorted", id="unsorted_types"),
        pytest.param([HEADER, GOOD.replace(",authentication,", ",,")], "category ''", id="no_category"),
    ],
)
def test_a_wrong_table_is_refused(rows: list[str], complaint: str) -> None:
    with pytest.raises(PackageError, match=r"event_types\.csv.*" + complaint):
        parse("\n".join(rows))


def test_the_command_shows_the_asked_for_codes() -> None:
    shown = CliRunner().invoke(command, ["f", "sapi"])
    assert shown.exit_code == 0
    assert "failed-login" in shown.output
    assert "success-mgmt-api-op" in shown.output
    assert "successful-login" not in shown.output


def test_the_command_refuses_a_code_that_is_not_in_the_table() -> None:
    refused = CliRunner().invoke(command, ["nope"])
    assert refused.exit_code == 2
    assert "nope" in refused.output


def test_the_command_brings_the_pipeline_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PIPELINE_FILE.read_text(encoding="utf-8")
    target = tmp_path / "default.yml"
    monkeypatch.setattr("auth0_elastic.commands.event_types.PIPELINE_FILE", target)
    assert isinstance(CliRunner().invoke(command, ["--write"]).exception, PackageError)
    target.write_text(text.replace("          sapi: {", "          old: {"), encoding="utf-8")
    assert CliRunner().invoke(command, ["--write"]).exit_code == 0
    assert target.read_text(encoding="utf-8") == text


def test_a_pipeline_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(PackageError, match="no two lines"):
        with_event_types("---\nprocessors: []\n")
