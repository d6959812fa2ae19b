"""A cluster of three nodes, of which one is killed while events are delivered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auth0_elastic.engine.embedded.cluster import EmbeddedCluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(tmp_path / "cluster", heap="320m", short_lived=True) as cluster:
        yield cluster


def is_green(delivery: Any, nodes: int = 3) -> bool:
    """Whether the data stream has both copies of each shard, in a cluster of so many nodes."""
    health = delivery.engine.call("GET", f"/_cluster/health/{delivery.stream}")
    return bool(health["status"] == "green" and health["number_of_nodes"] == nodes)


def test_a_node_killed_under_load_costs_no_event_and_doubles_none(cluster: EmbeddedCluster, make_delivery: Any) -> None:
    delivery = make_delivery(",".join(cluster.urls), elasticsearch_bulk_max_bytes="100KiB")
    delivery.keep_events(100)
    shipper = delivery.deliver()
    delivery.engine.call("PUT", f"/{delivery.stream}/_settings", {"index.number_of_replicas": 1})
    delivery.step_until(shipper, lambda: is_green(delivery), seconds=90)
    victim = cluster.nodes[node_with_the_primary(delivery)]

    delivery.keep_events(3000)
    delivery.step_until(shipper, lambda: delivery.counters()["indexed"] > 600)
    victim.kill()
    went_on = delivery.counters()["indexed"] + 1000
    sent = delivery.keep_events(1000)
    delivery.step_until(shipper, lambda: delivery.counters()["indexed"] >= went_on, seconds=90)

    victim.start()
    sent = delivery.keep_events(500)
    delivery.deliver()
    delivery.step_until(shipper, lambda: is_green(delivery), seconds=90)
    assert delivery.ids() == sent
    assert delivery.dead_letters() == []
    assert delivery.state() == "ok"


def node_with_the_primary(delivery: Any) -> int:
    shards = delivery.engine.call("GET", f"/_cat/shards/{delivery.stream}", params={"format": "json"})
    (name,) = {shard["node"] for shard in shards if shard["prirep"] == "p"}
    return int(name.removeprefix("node-")) - 1
