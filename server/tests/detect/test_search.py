"""A search that an engine refuses for the moment is asked again; one that it refuses for good is not."""

from collections.abc import Iterator

import pytest

from auth0_elastic.detect.search import search
from auth0_elastic.engine.client import Engine
from auth0_elastic.errors import EngineRefused

COUNTED = {"size": 0, "aggs": {"by_code": {"terms": {"field": "event.code"}}}}


def limit_searches(engine: Engine, limit: str | None) -> None:
    engine.call("PUT", "/_cluster/settings", {"transient": {"indices.breaker.request.limit": limit}})


@pytest.fixture
def full(engine: Engine, namespace: str) -> Iterator[str]:
    engine.call("PUT", f"/_data_stream/logs-auth0.logs-{namespace}")
    limit_searches(engine, "1b")
    yield f"logs-auth0.logs-{namespace}"
    limit_searches(engine, None)


def test_an_engine_that_is_full_for_the_moment_is_asked_again(engine: Engine, full: str) -> None:
    waited: list[float] = []

    def until_it_has_room(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            limit_searches(engine, None)

    assert search(engine, full, COUNTED, pause=until_it_has_room)["aggregations"]
    assert len(waited) == 2


def test_an_engine_that_stays_full_is_not_asked_for_ever(engine: Engine, full: str) -> None:
    waited: list[float] = []
    with pytest.raises(EngineRefused, match=r"429: .*Data too large"):
        search(engine, full, COUNTED, pause=waited.append)
    assert 7 < sum(waited) <= 15


def test_a_search_that_is_wrong_is_not_asked_again(engine: Engine, namespace: str) -> None:
    with pytest.raises(EngineRefused, match="400"):
        search(engine, f"logs-auth0.logs-{namespace}", {"query": {"none_such": {}}}, pause=pytest.fail)
