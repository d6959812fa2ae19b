"""Where a token may stand, and what is not one."""

from collections.abc import Mapping

import pytest

from auth0_elastic.receive.authenticate import Places, authenticated, presented
from auth0_elastic.secret import Secret

TOKEN = "tok-0123456789"
OTHER = "older-token-0123"
PLACES = Places("x-api-key", "api_key")


def accepted(
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
    places: Places = PLACES,
    tokens: tuple[str, ...] = (TOKEN,),
) -> bool:
    candidates = presented(headers.get, (query or {}).get, places)
    return authenticated([Secret(token) for token in tokens], candidates)


@pytest.mark.parametrize("value", [TOKEN, f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER {TOKEN}", f"Bearer  {TOKEN}"])
def test_authorization_carries_the_token_verbatim_or_as_bearer(value: str) -> None:
    assert accepted({"Authorization": value})


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", f"{TOKEN} ", f"{TOKEN}x", TOKEN[:-1], "x"]
)
def test_any_other_authorization_is_wrong(value: str) -> None:
    assert not accepted({"Authorization": value})


def test_a_token_that_begins_with_bearer_may_be_sent_verbatim_or_be_meant_twice() -> None:
    assert accepted({"Authorization": f"Bearer {TOKEN}"}, tokens=(f"Bearer {TOKEN}",))
    assert accepted({"Authorization": f"Bearer Bearer {TOKEN}"}, tokens=(f"Bearer {TOKEN}",))
    assert not accepted({"Authorization": TOKEN}, tokens=(f"Bearer {TOKEN}",))


def test_the_header_carries_the_token() -> None:
    assert accepted({"x-api-key": TOKEN})
    assert not accepted({"x-api-key": f"Bearer {TOKEN}"})
    assert not accepted({"x-other": TOKEN})


def test_an_empty_authorization_beside_the_header_is_absence() -> None:
    assert accepted({"Authorization": "", "x-api-key": TOKEN})


def test_any_one_valid_credential_suffices() -> None:
    assert accepted({"Authorization": "wrong", "x-api-key": TOKEN})
    assert accepted({"Authorization": TOKEN, "x-api-key": "wrong"}, {"api_key": "wrong"})


def test_the_query_parameter_carries_the_token() -> None:
    assert accepted({}, {"api_key": TOKEN})
    assert not accepted({}, {"key": TOKEN})


def test_a_place_that_is_switched_off_counts_for_nothing() -> None:
    assert not accepted({"x-api-key": TOKEN}, {"api_key": TOKEN}, Places(None, None))


def test_places_have_the_names_that_are_set() -> None:
    places = Places("x-webhook-secret", "token")
    assert accepted({"x-webhook-secret": TOKEN}, places=places)
    assert accepted({}, {"token": TOKEN}, places=places)
    assert not accepted({"x-api-key": TOKEN}, {"api_key": TOKEN}, places=places)


def test_any_of_several_tokens_is_valid() -> None:
    tokens = (TOKEN, OTHER)
    assert accepted({"Authorization": TOKEN}, tokens=tokens)
    assert accepted({"Authorization": OTHER}, tokens=tokens)
    assert not accepted({"Authorization": TOKEN + OTHER}, tokens=tokens)


def test_without_any_token_nothing_is_valid() -> None:
    assert not accepted({"Authorization": TOKEN}, tokens=())
    assert not accepted({})
    assert not accepted({"Authorization": "", "x-api-key": ""}, {"api_key": ""})


def as_wsgi_hands_over(token: str) -> str:
    return token.encode().decode("latin-1")


@pytest.mark.parametrize("token", ["schlüssel-0123456789", "ключ-0123456789", "鍵-0123456789", "naïve🔑"])
def test_a_token_beyond_ascii_is_compared_as_utf_8(token: str) -> None:
    assert accepted({"Authorization": as_wsgi_hands_over(token)}, tokens=(token,))
    assert accepted({"Authorization": "Bearer " + as_wsgi_hands_over(token)}, tokens=(token,))
    assert accepted({"x-api-key": as_wsgi_hands_over(token)}, tokens=(token,))
    assert accepted({}, {"api_key": token}, tokens=(token,))


def test_bytes_that_are_no_text_are_wrong_and_harmless() -> None:
    assert not accepted({"Authorization": "\xff\xfe\x00"}, {"api_key": "\ufffd"})
