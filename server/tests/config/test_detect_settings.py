"""The settings of detections: rules under names, the webhook, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auth0_elastic.cli import main
from auth0_elastic.config.detect_settings import RuleSettings
from auth0_elastic.config.load import load
from auth0_elastic.errors import ConfigError

FILE = """
detect:
  enabled: true
  rules_path: rules
  rules:
    brute_force_user: {timespan: 30m, count: 20, except_addresses: [192.0.2.7, "2001:db8::/32"]}
    first_country: {enabled: false, except_users: ["auth0|1"], except_clients: [ci]}
  webhook: {url_file: slack, format: slack, max_per_hour: 10}
"""


@pytest.fixture
def file(folder: Path, write: Callable[..., Path]) -> Path:
    (folder / "rules").mkdir()
    write("https://hooks.slack.com/services/T0/B0/XXXX\n", "slack")
    return write(FILE)


def check(path: Path) -> Result:
    return CliRunner().invoke(main, ["config", "check", "--config", str(path)])


def test_without_settings_nothing_is_detected_and_nobody_told() -> None:
    detect = load(None, {}).detect
    assert (detect.enabled, detect.rules, detect.webhook.url) == (False, (), None)


def test_each_section_is_a_rule_with_its_own_settings(file: Path) -> None:
    detect = load(file, {}).detect
    assert detect.of("brute_force_user") == RuleSettings(
        name="brute_force_user", timespan=1800.0, count=20, except_addresses=("192.0.2.7", "2001:db8::/32")
    )
    assert detect.of("first_country") == RuleSettings(
        name="first_country", enabled=False, except_users=("auth0|1",), except_clients=("ci",)
    )
    assert detect.of("password_spray") == RuleSettings(name="password_spray")


def test_the_webhook_and_the_folder_of_rules_are_read_with_their_paths_and_files(file: Path, folder: Path) -> None:
    detect = load(file, {}).detect
    assert detect.rules_path == folder / "rules"
    assert detect.webhook.url
    assert detect.webhook.url.reveal() == "https://hooks.slack.com/services/T0/B0/XXXX"


def test_a_rule_can_come_from_the_environment_alone() -> None:
    env = {
        "AUTH0_ELASTIC_DETECT_RULES_BRUTE_FORCE_USER_EXCEPT_ADDRESSES": "192.0.2.7,198.51.100.0/24",
        "AUTH0_ELASTIC_DETECT_RULES_BRUTE_FORCE_USER_COUNT": "12",
        "AUTH0_ELASTIC_DETECT_RULES_SILENCE_TIMESPAN": "",
    }
    detect = load(None, env).detect
    assert detect.of("brute_force_user").except_addresses == ("192.0.2.7", "198.51.100.0/24")
    assert detect.of("brute_force_user").count == 12
    assert detect.of("silence").timespan is None


def test_addresses_and_tokens_are_among_the_secrets_to_mask(file: Path) -> None:
    found = {secret.reveal() for secret in load(file, {"AUTH0_ELASTIC_DETECT_WEBHOOK_TOKEN": "hush"}).secrets()}
    assert found == {
        "https://hooks.slack.com/services/T0/B0/XXXX",
        "/services/T0/B0/XXXX",
        "hush",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: {Brute: {}}", "detect.rules.Brute: not a name; use a-z, 0-9 and _"),
        ("rules: {a: {cuont: 1}}", "detect.rules.a.cuont: no such setting; did you mean count?"),
        ("rules: {a: {count: 0}}", "detect.rules.a.count: 0 is not a number of events; give"),
        ("rules: {a: {timespan: soon}}", "detect.rules.a.timespan: 'soon' is not a time to look back"),
        ("rules: {a: {except_addresses: [1.2.3]}}", "except_addresses[0]: '1.2.3' is not an address or network; give"),
        ("rules: {a: {except_addresses: [10.0.0.0/33]}}", "'10.0.0.0/33' is not an address or network"),
        ("rules: {a: {except_users: me}}", "detect.rules.a.except_users: 'me' is not a list of users; write"),
        ("rules_path: gone", "gone' is no folder; give one with Sigma rules (*.yml), or null"),
        ("webhook: {url: 'http://hooks.example.com/x'}", "detect.webhook.url: the value (hidden) is not a URL; give"),
        ("webhook: {url: 'https://[::1'}", "detect.webhook.url: the value (hidden) is not a URL"),
        ("webhook: {url: 'https://me:pw@hooks.example.com/x'}", "detect.webhook.url: the value (hidden) is not a URL"),
        ("webhook: {format: teams}", "give one of slack, generic"),
        ("webhook: {token: abc}", "detect.webhook.token: given without an address; give detect.webhook.url too"),
        (
            'webhook: {url: "https://a.example", token: "a\\nb"}',
            "detect.webhook.token: the value (hidden) is not a token",
        ),
    ],
)
def test_a_bad_setting_is_named(write: Callable[..., Path], text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(f"detect: {{{text}}}"), {})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value), "one defect, one message"


SERVES = "listener: {enabled: false}\ndetect:\n  enabled: true\n"


def test_check_takes_rules_that_there_are(write: Callable[..., Path]) -> None:
    result = check(write(SERVES + "  rules: {brute_force_user: {count: 20}, impossible_travel: {enabled: false}}"))
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (
            "{brute_force_usr: {count: 20}}",
            "detect.rules.brute_force_usr: no such rule; did you mean brute_force_user?",
        ),
        ("{breached_password: {count: 2}}", "detect.rules.breached_password.count: the rule counts nothing"),
        ("{impossible_travel: {count: 2}}", "detect.rules.impossible_travel.count: the rule counts nothing"),
    ],
)
def test_check_refuses_rules_that_there_are_not(write: Callable[..., Path], rules: str, message: str) -> None:
    result = check(write(f"{SERVES}  rules: {rules}"))
    assert result.exit_code == 78
    assert message in result.output


def test_check_knows_the_operators_own_rules_and_refuses_a_broken_one(write: Callable[..., Path]) -> None:
    write(
        "{title: Ours, description: Ours., logsource: {product: auth0, service: logs},"
        " detection: {s: {data.type: fp}, condition: s}}",
        "rules/ours.yml",
    )
    path = write(SERVES + "  rules_path: rules\n  rules: {ours: {enabled: false}}")
    assert check(path).exit_code == 0
    write(
        "{title: Ours, description: Ours., stateful: impossible_travel, parameters: {sped: 1},"
        " logsource: {product: auth0, service: logs}, detection: {s: {data.type: s}, condition: s}}",
        "rules/ours.yml",
    )
    assert "ours.yml: it has no parameter sped" in check(path).output
    write("title: Ours", "rules/ours.yml")
    result = check(path)
    assert result.exit_code == 78
    assert "ours.yml: it has neither a detection nor a correlation" in result.output
