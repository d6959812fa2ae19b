"""The templates of Elastic Agent's inputs, rendered as Fleet would, are the YAML that is meant."""

import re
from typing import Any

import pytest

from auth0_elastic.package_files import find_package
from auth0_elastic.package_files.locate import parse_yaml, read_text, read_yaml

STREAM = find_package() / "data_stream" / "logs"
STREAMS = {each["input"]: each for each in read_yaml(STREAM / "manifest.yml")["streams"]}

# Their titles in the specification of the integration that users know.
KNOWN = {
    "http_endpoint": ["Listen Address", "Listen Port", "Webhook Path", "Authorization Token", "SSL Configuration"],
    "cel": ["URL", "Client ID", "Client Secret", "Interval", "Initial Interval", "Batch Size", "Proxy URL"],
}


def render(name: str, **given: Any) -> Any:
    """The input's configuration with the defaults and what is given."""
    path = STREAM / "agent" / "stream" / STREAMS[name]["template_path"]
    values = {var["name"]: given.get(var["name"], var.get("default")) for var in STREAMS[name]["vars"]}
    text = read_text(path)
    while (
        simpler := re.sub(r"\{\{#(\w+) ([^}]*)\}\}\n?((?:(?!\{\{#).)*?)\{\{/\1\}\}\n?", block(values), text, flags=re.S)
    ) != text:
        text = simpler
    return parse_yaml(re.sub(r"\{\{(escape_string )?(\w+)\}\}", expression(values), text), path)


def block(values: dict[str, Any]) -> Any:
    def rendered(match: re.Match[str]) -> str:
        kind, argument, inner = match.groups()
        if kind == "each":
            return "".join(inner.replace("{{tag}}", tag) for tag in values[argument.split()[0]])
        wanted = values[argument] if kind == "if" else argument.split('"')[1] in values[argument.split()[1]]
        return inner if wanted else ""

    return rendered


def expression(values: dict[str, Any]) -> Any:
    def rendered(match: re.Match[str]) -> str:
        value = values[match[2]]
        if match[1]:
            return "'" + value.replace("'", "''") + "'"
        return "\n  " + value.replace("\n", "\n  ") if "\n" in str(value) else str(value)

    return rendered


@pytest.mark.parametrize("name", KNOWN)
def test_an_input_has_the_variables_that_users_know(name: str) -> None:
    titles = [var["title"] for var in STREAMS[name]["vars"]]
    assert set(KNOWN[name]) <= set(titles)
    assert {"Tags", "Preserve original event", "Processors"} <= set(titles)


def test_the_endpoint_compares_the_token_as_it_was_typed() -> None:
    config = render("http_endpoint", secret_value='Bearer a\'b: "c"')
    assert config["secret.header"] == "Authorization"
    assert config["secret.value"] == 'Bearer a\'b: "c"'
    assert (config["url"], config["listen_port"]) == ("/auth0/logs", 8383)
    assert "secret.value" not in render("http_endpoint")


def test_the_endpoint_keeps_the_original_and_the_tag_decides() -> None:
    kept, removed = render("http_endpoint"), render("http_endpoint", preserve_original_event=False)
    assert kept["preserve_original_event"] is removed["preserve_original_event"] is True
    assert kept["tags"] == ["preserve_original_event", *removed["tags"]]
    assert removed["publisher_pipeline.disable_host"] is True


def test_polling_is_given_its_state_and_hides_the_secrets() -> None:
    config = render("cel", client_id="id", client_secret="it's", url="https://example.eu.auth0.com")
    assert config["resource.url"] == "https://example.eu.auth0.com"
    assert config["state"] == {"client_id": "id", "client_secret": "it's", "initial_interval": "24h", "batch_size": 100}
    assert config["redact"]["fields"] == ["client_secret", "token"]
    assert "resource.proxy_url" not in config
    assert render("cel", client_id="", client_secret="", proxy_url="http://p:1")["resource.proxy_url"] == "http://p:1"


def test_polling_keeps_its_token_and_never_follows_a_link_to_another_host() -> None:
    program = render("cel", client_id="id", client_secret="s")["program"]
    assert program.count("/oauth/token") == 2  # the request, and the message when it is refused
    assert "timestamp(state.token.expires) > now" in program
    assert program.count("get_request(") == 1
    assert "state.url.trim_right" in program.split("get_request(")[1]
    assert program.count("(") == program.count(")")
