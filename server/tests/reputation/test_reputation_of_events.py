"""What is known about an event's addresses is in its document: from the spool through the shipper and the pipeline."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import RunningEngine
from auth0_elastic.package_files import load_assets
from auth0_elastic.reputation import Reputation
from auth0_elastic.serve.deliver import deliver
from auth0_elastic.serve.shipping import Shipping
from auth0_elastic.setup.apply import install
from auth0_elastic.spool.spool_file import SpoolFile

LISTS = {"tor": "192.0.2.7\n2001:db8::/32\n", "hosting": "192.0.2.0/24\n", "allow": "198.51.100.0/24\n"}
EXIT = {"address": "192.0.2.7", "kind": "tor", "list": "our_tor", "network": "192.0.2.7/32"}
CLOUD = {"address": "192.0.2.7", "kind": "hosting", "list": "our_hosting", "network": "192.0.2.0/24"}

Json = dict[str, Any]


@dataclass
class Way:
    """A spool, lists and an engine; `found` is by the ids of the events."""

    settings: Settings
    engine: Engine
    folder: Path
    writers: dict[str, SpoolFile]

    def ship(self, reputation: Reputation | None, stream: str, **events: Json) -> None:
        self.spool(stream, **events)
        with closing(Shipping(self.settings, stream, self.settings.spool.folders[stream], reputation)) as shipping:
            self.deliver(shipping)

    def deliver(self, shipping: Shipping) -> None:
        shipping.shipper.step()
        deadline = time.monotonic() + 60
        while not shipping.shipper.idle:
            assert time.monotonic() < deadline
            shipping.shipper.step()

    def spool(self, stream: str, **events: Json) -> None:
        raws = [json.dumps({"log_id": name, "event_id": name} | event).encode() for name, event in events.items()]
        self.writers[stream].append(int(time.time() * 1000), raws)

    def found(self, stream: str = "logs") -> dict[str, tuple[Any, Any]]:
        """auth0.reputation and threat of each event."""
        name = f"logs-auth0.{stream}-{self.settings.data_stream.namespace}"
        self.engine.call("POST", f"/{name}/_refresh")
        hits = self.engine.call("POST", f"/{name}/_search", {"size": 100})["hits"]["hits"]
        return {each["_id"]: _told(each["_source"]) for each in hits}

    def count(self, query: str, stream: str = "logs") -> int:
        name = f"logs-auth0.{stream}-{self.settings.data_stream.namespace}"
        body = {"query": {"query_string": {"query": query}}}
        return int(self.engine.call("POST", f"/{name}/_count", body)["count"])


def _told(source: Json) -> tuple[Any, Any]:
    return source["auth0"].get("reputation"), source.get("threat")


@pytest.fixture
def way(opensearch: RunningEngine, tmp_path: Path) -> Iterator[Way]:
    for kind, text in LISTS.items():
        (tmp_path / kind).write_text(text)
    config = {"elasticsearch": {"hosts": [opensearch.url]}, "spool": {"path": "spool"}}
    config["data_stream"] = {"namespace": f"r{secrets.token_hex(4)}"}
    config["reputation"] = {"lists": {f"our_{kind}": {"kind": kind, "path": kind} for kind in LISTS}}
    (tmp_path / "auth0-elastic.yml").write_text(json.dumps(config))
    settings = load(tmp_path / "auth0-elastic.yml", {})
    engine = connect(settings.elasticsearch)
    for name in ("logs", "actions"):
        install(engine, load_assets(name))
    writers = {name: SpoolFile.open_free(folder, "listener") for name, folder in settings.spool.folders.items()}
    yield Way(settings, engine, tmp_path, writers)
    for name, writer in writers.items():
        writer.close()
        engine.request("DELETE", f"/_data_stream/logs-auth0.{name}-{settings.data_stream.namespace}")


@pytest.fixture
def reputation(way: Way, clock: Callable[[], float]) -> Reputation:
    made = Reputation(way.settings.reputation, way.folder / "cache", clock=clock)
    made.refresh()
    return made


def login(**data: str) -> Json:
    return {"data": {"type": "s", "date": "2026-11-20T10:15:01.696Z", **data}}


def indicator(ip: str, kind: str, *lists: str) -> Json:
    return {"indicator": {"ip": ip, "type": kind, "provider": list(lists)}}


def test_a_log_event_says_which_lists_its_address_is_on(way: Way, reputation: Reputation) -> None:
    six = {"address": "2001:db8:1::9", "kind": "tor", "list": "our_tor", "network": "2001:db8::/32"}
    office = {"address": "198.51.100.9", "kind": "allow", "list": "our_allow", "network": "198.51.100.0/24"}
    way.ship(
        reputation,
        "logs",
        exit=login(ip="192.0.2.7"),
        six=login(ip="2001:db8:1::9"),
        office=login(ip="198.51.100.9"),
        behind=login(ip="203.0.113.5", client_ip="192.0.2.7"),
        elsewhere=login(ip="203.0.113.5"),
        masked=login(ip="192.xxx.xxx.xxx"),
        polled={"type": "s", "ip": "192.0.2.7"},
    )

    assert way.found() == {
        "exit": ([EXIT, CLOUD], indicator("192.0.2.7", "ipv4-addr", "our_tor", "our_hosting")),
        "six": ([six], indicator("2001:db8:1::9", "ipv6-addr", "our_tor")),
        "office": ([office], None),
        "behind": ([EXIT, CLOUD], None),
        "elsewhere": (None, None),
        "masked": (None, None),
        "polled": ([EXIT, CLOUD], indicator("192.0.2.7", "ipv4-addr", "our_tor", "our_hosting")),
    }
    assert way.count("auth0.reputation.kind:tor AND source.ip:192.0.2.7") == 2
    assert way.count('threat.indicator.ip:"2001:db8::/32"') == 1


def test_an_event_of_an_action_says_it_alike(way: Way, reputation: Reputation) -> None:
    way.ship(
        reputation,
        "actions",
        exit={"event_type": "auth.login_success", "context": {"ip_address": "192.0.2.7"}},
        elsewhere={"event_type": "auth.login_success", "context": {"ip_address": "203.0.113.5"}},
    )

    assert way.found("actions") == {
        "exit": ([EXIT, CLOUD], indicator("192.0.2.7", "ipv4-addr", "our_tor", "our_hosting")),
        "elsewhere": (None, None),
    }
    assert way.count("auth0.reputation.list:our_tor", "actions") == 1


def test_a_running_shipper_sees_a_list_that_has_changed(way: Way, reputation: Reputation, clock: Any) -> None:
    with closing(Shipping(way.settings, "logs", way.settings.spool.logs, reputation)) as shipping:
        way.spool("logs", before=login(ip="203.0.113.5"))
        way.deliver(shipping)
        (way.folder / "tor").write_text("203.0.113.0/24\n")
        clock.now += 10
        reputation.refresh()
        way.spool("logs", after=login(ip="203.0.113.5"))
        way.deliver(shipping)

    listed = {"address": "203.0.113.5", "kind": "tor", "list": "our_tor", "network": "203.0.113.0/24"}
    assert way.found() == {
        "before": (None, None),
        "after": ([listed], indicator("203.0.113.5", "ipv4-addr", "our_tor")),
    }


def test_a_command_that_delivers_reads_the_lists_first(way: Way) -> None:
    way.spool("logs", exit=login(ip="192.0.2.7"))
    assert deliver(way.settings)

    assert way.found()["exit"][0] == [EXIT, CLOUD]


def test_without_a_list_an_event_says_nothing(way: Way) -> None:
    way.ship(None, "logs", exit=login(ip="192.0.2.7"))

    assert way.found() == {"exit": (None, None)}
