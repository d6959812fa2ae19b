"""Two servers behind nginx, each with its own spool, on one engine: nothing is refused, lost or stored twice."""

import json
import os
import secrets
import signal
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import urllib3
import yaml

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install
from bench.nginx import Nginx, nginx
from bench.replicas import TOKEN, Replica, replica

SENDERS, REQUESTS, EVENTS = 4, 30, 5
Eventually = Callable[[Callable[[], object], str], None]


class Pair(NamedTuple):
    nginx: Nginx
    replicas: tuple[Replica, Replica]
    engine: Engine
    stream: str

    def indexed(self) -> Counter[str]:
        """How often each log_id is in the data stream."""
        self.engine.request("POST", f"/{self.stream}/_refresh")
        body = {"size": 5_000, "_source": ["auth0.logs.log_id"], "query": {"match_all": {}}}
        answer = self.engine.request("POST", f"/{self.stream}/_search", body)
        return Counter(hit["_id"] for hit in answer.body["hits"]["hits"]) if answer.status == 200 else Counter()


@contextmanager
def a_pair(opensearch: RunningEngine, folder: Path) -> Iterator[Pair]:
    engine = connect(load(Path("/dev/null"), {"AUTH0_ELASTIC_ELASTICSEARCH_HOSTS": opensearch.url}).elasticsearch)
    for name in ("logs", "actions"):
        install(engine, load_assets(name))
    namespace = f"pair{secrets.token_hex(4)}"
    settings = {"elasticsearch": {"hosts": [opensearch.url]}, "data_stream": {"namespace": namespace}}
    with ExitStack() as running:
        first, second = (running.enter_context(replica(folder / name, **settings)) for name in ("a", "b"))
        proxy = running.enter_context(nginx(folder / "nginx", [first.port, second.port]))
        yield Pair(proxy, (first, second), engine, f"logs-auth0.logs-{namespace}")
    engine.call("DELETE", f"/_data_stream/logs-auth0.logs-{namespace}")


@pytest.fixture(scope="module")
def pair(opensearch: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """For tests that leave both running, each with log_ids of its own."""
    with a_pair(opensearch, tmp_path_factory.mktemp("pair")) as made:
        yield made


@pytest.fixture
def own_pair(opensearch: RunningEngine, tmp_path: Path) -> Iterator[Pair]:
    with a_pair(opensearch, tmp_path) as made:
        yield made


def post_all(pair: Pair, sender: int, answers: list[int], after: Callable[[int], None] = lambda number: None) -> None:
    """Posts numbered events over one kept connection; `after` is called with the number of each request."""
    context = ssl.create_default_context(cafile=pair.nginx.authority)
    with urllib3.PoolManager(ssl_context=context, retries=False) as pool:
        for number in range(REQUESTS):
            first = (sender * REQUESTS + number) * EVENTS
            body = json.dumps(
                [{"log_id": f"{each:08d}", "data": {"type": "s"}} for each in range(first, first + EVENTS)]
            )
            answer = pool.request("POST", f"{pair.nginx.url}/auth0/logs", body=body, headers={"Authorization": TOKEN})
            answers.append(answer.status)
            after(number)


def accepted(pair: Pair, one: Replica) -> int:
    url = f"http://127.0.0.1:{one.monitoring_port}/readyz"
    return int(urllib3.request("GET", url).json()["data_streams"]["logs"]["events"]["accepted"])


ALL = {f"{number:08d}": 1 for number in range(SENDERS * REQUESTS * EVENTS)}


def test_both_take_events_and_each_is_indexed_once(pair: Pair, eventually: Eventually) -> None:
    answers: list[int] = []
    for sender in range(SENDERS):
        post_all(pair, sender, answers)
    assert set(answers) == {200}
    eventually(lambda: ALL.items() <= pair.indexed().items(), "every event is indexed, each once")
    assert all(accepted(pair, one) > 0 for one in pair.replicas)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_when_one_ends_under_load_the_other_takes_over(own_pair: Pair, eventually: Eventually, number: int) -> None:
    """What the ended one has accepted and not delivered is in its spool, and is delivered once it runs again."""
    answers: list[int] = []

    def end_one(done: int) -> None:
        if done == REQUESTS // 3:
            os.kill(own_pair.replicas[0].pid, number)

    threads = [
        threading.Thread(
            target=post_all, args=(own_pair, sender, answers, end_one if sender == 0 else lambda done: None)
        )
        for sender in range(SENDERS)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert Counter(answers) == {200: SENDERS * REQUESTS}
    os.waitid(os.P_PID, own_pair.replicas[0].pid, os.WEXITED | os.WNOWAIT)
    folder = own_pair.replicas[0].log.parent
    with replica(folder / "again", spool={"path": str(folder / "spool")}, **_settings(folder)):
        eventually(lambda: own_pair.indexed() == ALL, "every event is indexed, each once")


def _settings(folder: Path) -> dict[str, dict[str, object]]:
    read = yaml.safe_load((folder / "auth0-elastic.yml").read_text())
    return {name: read[name] for name in ("elasticsearch", "data_stream")}


def duplicates(pair: Pair) -> int:
    found = [urllib3.request("GET", f"http://127.0.0.1:{each.monitoring_port}/readyz").json() for each in pair.replicas]
    return sum(each["data_streams"]["logs"]["events"].get("duplicate", 0) for each in found)


def test_an_event_that_both_accepted_is_stored_once(pair: Pair, eventually: Eventually) -> None:
    """As when one had kept it, and nginx asked the other because no answer came."""
    body, before = json.dumps({"log_id": "9002026", "data": {"type": "s"}}), duplicates(pair)
    for one in pair.replicas:
        url = f"http://127.0.0.1:{one.port}/auth0/logs"
        assert urllib3.request("POST", url, body=body, headers={"Authorization": TOKEN}).status == 200
    eventually(lambda: duplicates(pair) == before + 1, "the second copy is refused as a duplicate")
    assert pair.indexed()["9002026"] == 1
