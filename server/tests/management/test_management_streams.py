"""Log streams: made, seen, changed and removed, and never made twice."""

from typing import Any

import pytest

from auth0_elastic.errors import Auth0Refused, Auth0Unavailable
from auth0_elastic.local_auth0 import LocalAuth0
from auth0_elastic.management.client import ManagementApi
from auth0_elastic.management.log_streams import (
    LOG_STREAMS,
    create_stream,
    delete_stream,
    get_stream,
    list_streams,
    update_stream,
)

SINK = {"httpEndpoint": "https://siem.example.com/auth0/logs", "httpAuthorization": "Bearer hook"}
BODY: dict[str, Any] = {"name": "to Elasticsearch", "type": "http", "sink": SINK}


def test_a_stream_is_created_read_changed_and_deleted(api: ManagementApi) -> None:
    created = create_stream(api, BODY)
    assert list_streams(api) == [created] == [get_stream(api, created["id"])]
    assert update_stream(api, created["id"], {"status": "paused"})["status"] == "paused"
    delete_stream(api, created["id"])
    assert list_streams(api) == []
    delete_stream(api, created["id"])


def test_a_stream_that_is_not_there_says_how_to_see_those_that_are(api: ManagementApi) -> None:
    with pytest.raises(Auth0Refused, match="auth0-elastic stream list") as refused:
        get_stream(api, "lst_0000/../../x?y")
    assert refused.value.status == 404


@pytest.mark.parametrize("fault", ["lose", "cut"])
def test_a_creation_without_an_answer_is_not_repeated(auth0: LocalAuth0, api: ManagementApi, fault: str) -> None:
    getattr(auth0.faults, fault)(path=LOG_STREAMS)
    with pytest.raises(Auth0Unavailable, match="may have been carried out all the same"):
        create_stream(api, BODY)
    assert len(list_streams(api)) == 1


def test_a_creation_that_5xx_answers_is_not_repeated(auth0: LocalAuth0, api: ManagementApi) -> None:
    auth0.faults.answer(502, path=LOG_STREAMS)
    with pytest.raises(Auth0Unavailable, match="Auth0 answered 502; it may have been carried out"):
        create_stream(api, BODY)
    assert len(auth0.journal.of("POST", LOG_STREAMS)) == 1


def test_a_creation_that_the_rate_limit_refused_is_repeated(auth0: LocalAuth0, api: ManagementApi) -> None:
    auth0.faults.answer(429, path=LOG_STREAMS)
    create_stream(api, BODY)
    assert len(list_streams(api)) == 1


def test_a_creation_with_a_token_of_yesterday_is_repeated(auth0: LocalAuth0, api: ManagementApi) -> None:
    list_streams(api)
    auth0.tenant.tokens.revoke()
    create_stream(api, BODY)
    assert len(list_streams(api)) == 1


def test_a_creation_that_never_reached_auth0_is_repeated(auth0: LocalAuth0, api: ManagementApi, waits: Any) -> None:
    list_streams(api)
    auth0.stop()
    waits.then = auth0.start
    create_stream(api, BODY)
    assert len(list_streams(api)) == 1


@pytest.mark.parametrize("fault", ["lose", "cut"])
def test_a_change_without_an_answer_is_repeated(auth0: LocalAuth0, api: ManagementApi, fault: str) -> None:
    stream = create_stream(api, BODY)
    getattr(auth0.faults, fault)(path=LOG_STREAMS)
    assert update_stream(api, stream["id"], {"status": "paused"})["status"] == "paused"
    getattr(auth0.faults, fault)(path=LOG_STREAMS)
    delete_stream(api, stream["id"])
    assert list_streams(api) == []
