"""The endpoint's answers: what is accepted, what is refused and how it says so."""

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from auth0_elastic.config.load import load
from auth0_elastic.errors import SpoolError, SpoolFull
from auth0_elastic.receive.app import Keepers, create_app
from auth0_elastic.receive.parse import Parsed
from auth0_elastic.secret import Secret

TOKEN = "tok-0123456789"
PATH = "/auth0/logs"
EVENT = b'{"log_id":"900"}'

MakeClient = Callable[..., FlaskClient]


class MemoryKeeper:
    """Keeps everything, or raises the error that it is told to."""

    def __init__(self) -> None:
        self.kept: list[Parsed] = []
        self.error: Exception | None = None

    def keep(self, parsed: Parsed) -> None:
        if self.error:
            raise self.error
        self.kept.append(parsed)

    @property
    def events(self) -> list[bytes]:
        return [event for parsed in self.kept for event in parsed.events]


class Body:
    """A request's body of unknown length that raises an error when it is read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, size: int = -1) -> bytes:
        raise self._error


def environ(body: Any, length: int | None = None) -> dict[str, Any]:
    """A body as it comes from the server; without a length it is chunked."""
    given = {"wsgi.input": body, "wsgi.input_terminated": True}
    return given if length is None else {**given, "CONTENT_LENGTH": str(length)}


@contextmanager
def expired(seconds: float) -> Iterator[None]:
    yield
    raise TimeoutError


@pytest.fixture
def keeper() -> MemoryKeeper:
    return MemoryKeeper()


@pytest.fixture(params=["hot route", "Flask alone"])
def make_client(keeper: MemoryKeeper, refused: list[str], request: pytest.FixtureRequest) -> MakeClient:
    def make(deadline: Any = lambda seconds: nullcontext(), **changes: Any) -> FlaskClient:
        defaults = load(Path("/dev/null"), {}).listener
        settings = replace(defaults, **{"authorization_token": (Secret(TOKEN),), **changes})
        app = create_app(settings, Keepers(keeper, None), deadline, count_refused=refused.append)
        if request.param == "Flask alone":
            del app.wsgi_app  # what stands before Flask's own
        client = app.test_client()
        client.environ_base["wsgi.input_terminated"] = True  # as gunicorn says
        return client

    return make


@pytest.fixture
def refused() -> list[str]:
    """The reasons that were counted."""
    return []


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client(max_body_size=10_000)


def post(client: FlaskClient, body: bytes = EVENT, path: str = PATH, **more: Any) -> TestResponse:
    return client.post(path, data=body, headers={"Authorization": TOKEN, **more.pop("headers", {})}, **more)


def said(response: TestResponse) -> dict[str, Any]:
    assert response.mimetype == "application/json"
    answer: dict[str, Any] = response.get_json()
    return answer


def test_the_answer_counts_what_was_accepted_and_rejected(client: FlaskClient, keeper: MemoryKeeper) -> None:
    response = post(client, EVENT + b"\n" + EVENT + b"\noops")
    assert (response.status_code, said(response)) == (200, {"accepted": 2, "rejected": 1})
    assert keeper.events == [EVENT, EVENT]
    assert [each.raw for each in keeper.kept[0].rejected] == [b"oops"]


@pytest.mark.parametrize("body", [b"", b"\n", b"[]"])
def test_a_body_without_events_is_accepted(client: FlaskClient, body: bytes) -> None:
    assert said(post(client, body)) == {"accepted": 0, "rejected": 0}


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "application/x-ndjson", "text/plain", "text/html; charset=latin-1",
                     "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"],
)  # fmt: skip
def test_the_content_type_does_not_matter(client: FlaskClient, keeper: MemoryKeeper, content_type: str) -> None:
    body = '{"a":"Zoë=1&b=2"}'.encode()
    assert post(client, body, content_type=content_type).status_code == 200
    assert keeper.events == [body]


@pytest.mark.parametrize("encoding", [{}, {"Content-Encoding": "gzip"}])
def test_gzip_is_known_by_its_bytes(client: FlaskClient, keeper: MemoryKeeper, encoding: dict[str, str]) -> None:
    assert post(client, gzip.compress(EVENT), headers=encoding).status_code == 200
    assert keeper.events == [EVENT]


def test_a_body_of_unknown_length_is_read_to_its_end(client: FlaskClient, keeper: MemoryKeeper) -> None:
    response = client.post(PATH, headers={"Authorization": TOKEN}, environ_overrides=environ(io.BytesIO(EVENT)))
    assert (response.status_code, keeper.events) == (200, [EVENT])


@pytest.mark.parametrize("body", [b"oops", b"42", b"{", b"\x1f\x8bgarbage"])
def test_a_body_that_is_no_json_gets_400(client: FlaskClient, keeper: MemoryKeeper, body: bytes) -> None:
    response = post(client, body)
    assert response.status_code == 400
    assert said(response)["error"]
    assert keeper.kept == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "wrong"}, {"x-api-key": "wrong"}])
def test_a_missing_or_wrong_token_gets_401(client: FlaskClient, keeper: MemoryKeeper, headers: dict[str, str]) -> None:
    response = client.post(PATH, data=EVENT, headers=headers)
    assert (response.status_code, said(response)["error"]) == (401, "the token is missing or wrong")
    assert keeper.kept == []


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": {"Authorization": f"Bearer {TOKEN}"}},
        {"headers": {"x-api-key": TOKEN, "Authorization": ""}},
        {"query_string": {"api_key": TOKEN}},
        {"query_string": f"api_key={TOKEN}&unknown=%ff"},
    ],
)
def test_each_place_of_the_token_is_looked_at(client: FlaskClient, request_: dict[str, Any]) -> None:
    assert client.post(PATH, data=EVENT, **request_).status_code == 200


def test_the_token_is_checked_before_the_body_is_read(client: FlaskClient) -> None:
    response = client.post(PATH, environ_overrides=environ(Body(AssertionError("it was read")), 100))
    assert response.status_code == 401


def test_the_declared_size_is_checked_before_the_body_is_read(client: FlaskClient) -> None:
    body = environ(Body(AssertionError("it was read")), 10_001)
    response = client.post(PATH, headers={"Authorization": TOKEN}, environ_overrides=body)
    assert (response.status_code, said(response)["error"]) == (413, "the body is larger than 10000 bytes")


def test_exactly_the_largest_body_is_accepted(client: FlaskClient) -> None:
    assert post(client, EVENT + b" " * (10_000 - len(EVENT))).status_code == 200
    assert post(client, EVENT + b" " * (10_001 - len(EVENT))).status_code == 413


def test_a_body_of_unknown_length_has_the_same_limit(client: FlaskClient, keeper: MemoryKeeper) -> None:
    body = environ(io.BytesIO(b"[" + b" " * 20_000))
    response = client.post(PATH, headers={"Authorization": TOKEN}, environ_overrides=body)
    assert response.status_code == 413
    assert keeper.kept == []


def test_the_decompressed_body_has_the_same_limit(client: FlaskClient) -> None:
    response = post(client, gzip.compress(b" " * 10_001))
    assert (response.status_code, said(response)["error"]) == (413, "the decompressed body is larger than 10000 bytes")


def test_a_body_that_takes_too_long_gets_408(make_client: MakeClient, keeper: MemoryKeeper) -> None:
    response = post(make_client(expired, body_timeout=1.5))
    assert (response.status_code, said(response)["error"]) == (408, "the body took longer than 1.5 s")
    assert keeper.kept == []


@pytest.mark.parametrize("error", [ConnectionResetError(), OSError("broken"), ValueError("invalid chunk size")])
@pytest.mark.parametrize("length", [None, 100])
def test_a_body_that_breaks_off_gets_400(
    client: FlaskClient, keeper: MemoryKeeper, error: Exception, length: int | None
) -> None:
    headers = {"Authorization": TOKEN}
    response = client.post(PATH, headers=headers, environ_overrides=environ(Body(error), length))
    assert (response.status_code, said(response)["error"]) == (400, "the body broke off")
    assert keeper.kept == []


def test_a_body_shorter_than_declared_is_not_kept(client: FlaskClient, keeper: MemoryKeeper) -> None:
    headers = {"Authorization": TOKEN}
    response = client.post(PATH, headers=headers, environ_overrides=environ(io.BytesIO(EVENT), 100))
    assert response.status_code == 400
    assert keeper.kept == []


@pytest.mark.parametrize(
    "path", ["/", "/auth0", "/auth0/logs/x", "/AUTH0/LOGS", "//auth0/logs", "/static/x", "/a\u00e9"]
)
def test_another_path_gets_404(client: FlaskClient, path: str) -> None:
    response = client.post("http://localhost" + path, data=EVENT, headers={"Authorization": TOKEN})
    assert (response.status_code, said(response)["error"]) == (404, "not found")


@pytest.mark.parametrize("configured", ["/auth0/logs", "/auth0/logs/"])
@pytest.mark.parametrize("path", ["/auth0/logs", "/auth0/logs/"])
def test_a_slash_at_the_end_makes_no_difference(make_client: MakeClient, configured: str, path: str) -> None:
    client = make_client(webhook_path=configured)
    assert [post(client, path=path).status_code, client.get(path).status_code] == [200, 405]


@pytest.mark.parametrize("webhook_path", ["/", "/a/b/c", "/hook-1_2.x~", "/Zo\u00eb", "/~a:b;c@d,e=f"])
def test_the_path_is_the_one_that_is_set(make_client: MakeClient, webhook_path: str) -> None:
    client = make_client(webhook_path=webhook_path)
    assert post(client, path=webhook_path).status_code == 200
    assert post(client, path="/auth0/logs").status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_another_method_gets_405_and_is_told_which_is_allowed(client: FlaskClient, method: str) -> None:
    response = client.open(PATH, method=method, headers={"Authorization": TOKEN})
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert method == "HEAD" or said(response) == {"error": "method not allowed", "remedy": "use POST"}


@pytest.mark.parametrize("error", [SpoolFull("full"), SpoolError("the disk is broken")])
def test_what_cannot_be_kept_gets_503_and_may_come_back(
    client: FlaskClient, keeper: MemoryKeeper, error: Exception
) -> None:
    keeper.error = error
    response = post(client)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert said(response)["error"] == "the events could not be kept; send them again later"


def test_a_full_spool_is_logged_in_one_line_with_its_remedy(
    client: FlaskClient, keeper: MemoryKeeper, caplog: pytest.LogCaptureFixture
) -> None:
    keeper.error = SpoolFull("10 MB are kept")
    post(client)
    (record,) = caplog.records
    assert "503: 10 MB are kept; enlarge spool.max_size or mend the way to the engine" in record.getMessage()


def test_an_unexpected_error_gets_500_in_json(client: FlaskClient, keeper: MemoryKeeper) -> None:
    keeper.error = RuntimeError("a secret")
    response = post(client)
    assert (response.status_code, said(response)) == (500, {"error": "internal server error"})


def test_errors_are_logged_without_the_query_and_the_body(
    client: FlaskClient, keeper: MemoryKeeper, caplog: pytest.LogCaptureFixture
) -> None:
    keeper.error = RuntimeError("unexpected")
    for path in (f"{PATH}?api_key=wrong-secret", f"/other?api_key={TOKEN}", f"{PATH}?api_key={TOKEN}"):
        client.post(path, data=b'{"password":"hunter2"}')
    client.post(f"{PATH}?api_key={TOKEN}", data=b"password=hunter2")
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR", "ERROR", "WARNING"]
    for secret in ("wrong-secret", TOKEN, "hunter2", "api_key"):
        assert secret not in caplog.text


SENDER = "203.0.113.9"


def post_from(client: FlaskClient, peer: str, forwarded_for: str | None = None, token: str = TOKEN) -> TestResponse:
    headers = {"Authorization": token, **({"X-Forwarded-For": forwarded_for} if forwarded_for else {})}
    return client.post(PATH, data=EVENT, headers=headers, environ_overrides={"REMOTE_ADDR": peer})


def test_an_address_that_is_not_allowed_gets_403_before_token_path_and_body_are_looked_at(
    make_client: MakeClient, keeper: MemoryKeeper
) -> None:
    client = make_client(allowed_addresses=(SENDER,))
    overrides = {**environ(Body(AssertionError("it was read")), 100), "REMOTE_ADDR": "198.51.100.7"}
    for path in (PATH, "/elsewhere"):
        response = client.post(path, headers={"Authorization": TOKEN}, environ_overrides=overrides)
        assert (response.status_code, said(response)["error"]) == (403, "this address may not post here")
    assert post_from(client, SENDER).status_code == 200
    assert len(keeper.kept) == 1


def test_behind_a_trusted_proxy_the_senders_address_is_looked_at(make_client: MakeClient) -> None:
    client = make_client(allowed_addresses=(SENDER,), trusted_proxies=("10.0.0.1",))
    answers = {
        SENDER: 200,
        f"198.51.100.7, {SENDER}": 200,
        "198.51.100.7": 403,
        f"{SENDER}, 198.51.100.7": 403,
        f"{SENDER}, unknown": 403,
        f"{SENDER},": 403,
        None: 403,
    }
    assert {header: post_from(client, "10.0.0.1", header).status_code for header in answers} == answers
    assert post_from(client, "198.51.100.7", SENDER).status_code == 403


def test_several_headers_are_one_list(make_client: MakeClient) -> None:
    client = make_client(allowed_addresses=(SENDER,), trusted_proxies=("10.0.0.0/24",))
    from_proxy = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": f"{SENDER},198.51.100.7"}  # as gunicorn joins them
    assert client.post(PATH, headers={"Authorization": TOKEN}, environ_overrides=from_proxy).status_code == 403


def test_the_senders_address_is_logged(make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    client = make_client(trusted_proxies=("10.0.0.1",))
    post_from(client, "10.0.0.1", f"{SENDER}:4711", token="wrong")
    assert caplog.messages == [f"answered 401: the token is missing or wrong (POST {PATH} from {SENDER})"]
    assert vars(caplog.records[0])["source.ip"] == SENDER


def test_an_address_with_too_many_wrong_tokens_gets_429_for_them_only(make_client: MakeClient) -> None:
    client = make_client(failed_tokens_per_minute=2, trusted_proxies=("10.0.0.1",))
    answers = [post_from(client, "10.0.0.1", SENDER, token="wrong") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert said(answers[-1])["error"] == "too many requests without a valid token"
    assert post_from(client, "10.0.0.1", SENDER).status_code == 200
    assert post_from(client, "10.0.0.1", "198.51.100.7", token="wrong").status_code == 401
    assert post_from(client, "10.0.0.1", SENDER, token="wrong").status_code == 429


def test_refusals_are_counted_by_reason(make_client: MakeClient, keeper: MemoryKeeper, refused: list[str]) -> None:
    client = make_client(max_body_size=100, failed_tokens_per_minute=1)
    assert post(client).status_code == 200
    for body in (b"no JSON", b"x" * 101):
        post(client, body)
    client.get(PATH)
    client.get("/elsewhere")
    for _ in range(2):
        client.post(PATH, data=EVENT)
    for error in (SpoolFull("full"), SpoolError("broken"), RuntimeError("a mistake")):
        keeper.error = error
        post(client)
    post(make_client(expired))
    post_from(make_client(allowed_addresses=(SENDER,)), "198.51.100.7")
    assert refused == [
        "malformed", "too_large", "method_not_allowed", "not_found", "unauthorized", "throttled", "spool_full",
        "spool_failed", "internal_error", "timeout", "forbidden_address",
    ]  # fmt: skip
