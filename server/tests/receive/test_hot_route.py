"""What is answered without Flask, and what is left to it; test_app.py holds both to the same answers."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from auth0_elastic.config.load import load
from auth0_elastic.errors import SpoolFull
from auth0_elastic.receive.app import Keepers, create_app
from auth0_elastic.receive.parse import Parsed
from auth0_elastic.secret import Secret

PATH = "/auth0/logs"
EVENT = b'{"log_id":"900"}'
HEADERS = {"Authorization": "tok-0123456789"}


class CountingKeeper:
    """Counts how often it is asked, and has no room if told so."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_full = False

    def keep(self, parsed: Parsed) -> None:
        self.asked += 1
        if self.is_full:
            raise SpoolFull("full")


@pytest.fixture
def keeper() -> CountingKeeper:
    return CountingKeeper()


@pytest.fixture
def reached_flask() -> list[str]:
    """The paths of the requests that came as far as Flask."""
    return []


@pytest.fixture
def client(keeper: CountingKeeper, reached_flask: list[str]) -> FlaskClient:
    settings = replace(load(Path("/dev/null"), {}).listener, authorization_token=(Secret(HEADERS["Authorization"]),))
    app = create_app(settings, Keepers(keeper, None), lambda seconds: nullcontext())
    app.before_request(lambda: reached_flask.append("reached"))
    client = app.test_client()
    client.environ_base["wsgi.input_terminated"] = True  # as gunicorn says
    return client


def test_a_stream_that_does_not_end_with_the_body_is_left_to_flask(
    client: FlaskClient, reached_flask: list[str]
) -> None:
    response = client.post(PATH, data=EVENT, headers=HEADERS, environ_overrides={"wsgi.input_terminated": False})
    assert (response.status_code, reached_flask) == (200, ["reached"])


def test_the_usual_request_is_answered_without_flask(client: FlaskClient, reached_flask: list[str]) -> None:
    response = client.post(PATH, data=EVENT, headers=HEADERS)
    assert (response.status_code, response.data) == (200, b'{"accepted":1,"rejected":0}\n')
    assert response.content_type == "application/json"
    assert not reached_flask


@pytest.mark.parametrize(
    "request_",
    [{"headers": {}}, {"path": PATH + "/"}, {"query_string": "api_key=x"}, {"method": "GET"}, {"data": b"?"}],
)
def test_what_is_unusual_is_left_to_flask(
    client: FlaskClient, reached_flask: list[str], request_: dict[str, Any]
) -> None:
    client.open(**{"path": PATH, "method": "POST", "data": EVENT, "headers": HEADERS, **request_})
    assert reached_flask


def test_what_the_spool_has_refused_is_not_kept_a_second_time(client: FlaskClient, keeper: CountingKeeper) -> None:
    keeper.is_full = True
    assert client.post(PATH, data=EVENT, headers=HEADERS).status_code == 503
    assert keeper.asked == 1


def test_dead_letters_are_kept_once(client: FlaskClient, keeper: CountingKeeper, reached_flask: list[str]) -> None:
    response = client.post(PATH, data=EVENT + b"\noops", headers=HEADERS)
    assert response.get_json() == {"accepted": 1, "rejected": 1}
    assert (keeper.asked, len(reached_flask)) == (1, 1)


def test_a_mistake_of_ours_is_answered_with_500(client: FlaskClient, keeper: CountingKeeper) -> None:
    del keeper.asked
    response = client.post(PATH, data=EVENT, headers=HEADERS)
    assert (response.status_code, response.mimetype) == (500, "application/json")
