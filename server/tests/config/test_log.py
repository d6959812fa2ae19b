"""The log: readable or ECS JSON, one record a line, and no secret in it."""

import base64
import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

import pytest

from auth0_elastic import log
from auth0_elastic.config.load import load
from auth0_elastic.secret import Secret

pytestmark = pytest.mark.logs_secrets

TOKEN = 'tok/en "hush" + 5eCr3t\\'
PASSWORD = "pass-wörd-5eCr3t"
API_KEY = "key-id:api-5eCr3t"
logger = logging.getLogger("auth0_elastic.test")
Format = Literal["text", "ecs_json"]
FORMATS: list[Format] = ["text", "ecs_json"]


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
    for handler in ours():
        root.removeHandler(handler)


@pytest.fixture(scope="module", autouse=True)
def _redacted() -> None:
    token = {"AUTH0_ELASTIC_LISTENER_AUTHORIZATION_TOKEN": TOKEN}
    basic = {"AUTH0_ELASTIC_ELASTICSEARCH_USERNAME": "me", "AUTH0_ELASTIC_ELASTICSEARCH_PASSWORD": PASSWORD}
    log.redact(load(None, token | basic))
    log.redact(load(None, {"AUTH0_ELASTIC_ELASTICSEARCH_API_KEY": API_KEY}))


@pytest.fixture(params=FORMATS)
def log_format(request: pytest.FixtureRequest) -> Format:
    return request.param  # type: ignore[no-any-return]


def ours() -> list[logging.Handler]:
    ours = log.TextFormatter | log.EcsFormatter
    return [handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, ours)]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_text_shows_time_level_component_logger_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("text", "info", "ship")
    logger.warning("%d waiting", 3)
    time, _, rest = lines(capsys)[0].partition(" ")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()) < 10
    assert time.endswith("Z")
    assert rest == "WARNING [ship] auth0_elastic.test: 3 waiting"


def test_ecs_json_is_elastics_format_with_service_and_role(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("ecs_json", "info", "ship")
    logger.info("%d waiting", 3)
    event = json.loads(lines(capsys)[0])
    assert event["message"] == "3 waiting"
    assert event["log.level"] == "info"
    assert event["log"]["logger"] == "auth0_elastic.test"
    assert event["service"]["name"] == "auth0-elastic"
    assert event["service"]["node"]["roles"] == ["ship"]
    assert event["@timestamp"].endswith("Z")


def test_less_important_records_are_left_out(capsys: pytest.CaptureFixture[str], log_format: Format) -> None:
    log.configure(log_format, "info", "serve")
    logger.debug("unheard")
    assert lines(capsys) == []


def test_configuring_again_does_not_double_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("text", "info", "serve")
    log.configure("text", "info", "serve")
    logger.info("once")
    assert len(lines(capsys)) == 1


def test_foreign_text_cannot_forge_a_line_or_drive_the_terminal(
    capsys: pytest.CaptureFixture[str], log_format: Format
) -> None:
    log.configure(log_format, "info", "serve")
    logger.info("path %s", "/x\r\nERROR forged\x1b[31m\u2028\x85\u202e\x00\ud800")
    (line,) = lines(capsys)
    message = json.loads(line)["message"] if log_format == "ecs_json" else line
    assert message.endswith("path /x\\r\\nERROR forged\\x1b[31m\\u2028\\x85\\u202e\\x00\\ud800")


def fail(error: Exception) -> None:
    raise error


def in_message() -> None:
    logger.error(f"sent {TOKEN} {PASSWORD} {API_KEY}")


def in_arguments() -> None:
    logger.error("sent %s, %r, %s", TOKEN, {"token": [TOKEN]}, {"password": PASSWORD})


def in_named_arguments() -> None:
    logger.error("sent %(key)s", {"key": API_KEY})


def in_bytes() -> None:
    logger.error("sent %r %r", TOKEN.encode(), PASSWORD.encode())


def in_json() -> None:
    logger.error("sent %s", json.dumps([TOKEN, PASSWORD, API_KEY]))


def in_a_url() -> None:
    logger.error("GET /auth0/logs?x=1&api_key=%s&y=2", quote(TOKEN))


def in_an_exception() -> None:
    try:
        fail(ValueError(f"bad {TOKEN} {PASSWORD}"))
    except ValueError:
        logger.exception("failed")


def in_a_chain_of_exceptions() -> None:
    try:
        try:
            fail(KeyError(API_KEY))
        except KeyError as error:
            raise ValueError(TOKEN) from error
    except ValueError:
        logger.exception("failed")


def in_the_source_line_of_a_traceback() -> None:
    try:
        logger.handlers["pass-wörd-5eCr3t"]  # type: ignore[call-overload]
    except TypeError:
        logger.exception("failed")


def in_a_stack() -> None:
    logger.error("here", stack_info=bool("key-id:api-5eCr3t"))


def in_an_extra_field() -> None:
    logger.error("sent", extra={"labels": {"token": TOKEN, "all": [PASSWORD]}, "api": Opaque()})


def in_a_message_that_does_not_fit_its_arguments() -> None:
    logger.error("sent %d", TOKEN)


def in_an_authorization_header() -> None:
    basic = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    logger.error("sent Basic %s and ApiKey %s", basic, base64.b64encode(API_KEY.encode()).decode())


def in_an_argument_that_cannot_be_shown() -> None:
    logger.error("sent %s", Broken())


def from_another_library() -> None:
    logging.getLogger("urllib3.connectionpool").warning("retrying with %s", TOKEN)


class Opaque:
    def __str__(self) -> str:
        return API_KEY


class Broken:
    def __str__(self) -> str:
        raise ValueError(TOKEN)

    def __repr__(self) -> str:
        return f"Broken({PASSWORD})"


LEAKS = [
    in_message,
    in_arguments,
    in_named_arguments,
    in_bytes,
    in_json,
    in_a_url,
    in_an_exception,
    in_a_chain_of_exceptions,
    in_the_source_line_of_a_traceback,
    in_a_stack,
    in_an_extra_field,
    in_a_message_that_does_not_fit_its_arguments,
    in_an_authorization_header,
    in_an_argument_that_cannot_be_shown,
    from_another_library,
]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
def test_a_secret_is_masked(capsys: pytest.CaptureFixture[str], log_format: Format, leak: Any) -> None:
    log.configure(log_format, "info", "serve")
    logging.getLogger().handlers[:] = ours()  # pytest's own ones raise what ours must endure
    leak()
    out, err = capsys.readouterr()
    assert err
    assert "Logging error" not in err
    shown = json.dumps(json.loads(err), ensure_ascii=False) if log_format == "ecs_json" else err
    for form in ("5eCr3t", quote(PASSWORD), base64.b64encode(f"me:{PASSWORD}".encode()).decode()):
        assert form not in out + shown
    assert "…" in shown or (leak is in_an_extra_field and log_format == "text")


def test_the_query_parameter_is_masked_also_when_its_value_is_no_secret_of_ours(
    capsys: pytest.CaptureFixture[str], log_format: Format
) -> None:
    log.configure(log_format, "info", "serve")
    logger.warning('"POST /auth0/logs?api_key=wrong-guess&x=1 HTTP/1.1" 401')
    (line,) = lines(capsys)
    message = json.loads(line)["message"] if log_format == "ecs_json" else line
    assert message.endswith('"POST /auth0/logs?api_key=…&x=1 HTTP/1.1" 401')


def test_a_traceback_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("text", "info", "serve")
    in_an_exception()
    text = lines(capsys)
    assert text[1] == "Traceback (most recent call last):"
    assert text[-1] == "ValueError: bad … …"


def test_ecs_json_keeps_type_and_trace_of_an_exception(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("ecs_json", "info", "serve")
    in_an_exception()
    error = json.loads(lines(capsys)[0])["error"]
    assert error["type"] == "ValueError"
    assert error["message"] == "bad … …"
    assert "\n" in error["stack_trace"]


def test_the_log_goes_to_standard_error() -> None:
    log.configure("text", "info", "serve")
    (handler,) = ours()
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr


def test_what_basic_config_has_made_does_not_write_beside_it() -> None:
    logging.getLogger().addHandler(logging.StreamHandler())
    log.configure("text", "info", "serve")
    assert not [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]


def test_a_closed_standard_error_shows_no_arguments(capsys: pytest.CaptureFixture[str], log_format: Format) -> None:
    log.configure(log_format, "info", "serve")
    gone = io.StringIO()
    (handler,) = ours()
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(gone)
    gone.close()
    logger.error("sent %s", TOKEN)
    assert lines(capsys) == []


def test_the_encoded_form_of_an_api_key_hides_the_decoded_one_too() -> None:
    encoded = base64.b64encode(b"some-id:0ther-5eCr3t").decode()
    log.redact(load(None, {"AUTH0_ELASTIC_ELASTICSEARCH_API_KEY": encoded}))
    assert log.mask(f"{encoded} some-id:0ther-5eCr3t 0ther-5eCr3t") == "… … …"
    assert str(Secret(encoded)) == "Secret(…)"
