"""A rollover while copies of the same events are on their way: the later look-up waits for what was sent before it."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from auth0_elastic.package_files import for_distribution, load_assets
from auth0_elastic.serve.shipping import Preparation
from auth0_elastic.ship.classify import Duplicate
from auth0_elastic.ship.send import Sent
from auth0_elastic.spool.backlog import SpooledEvent


def test_nothing_is_looked_up_after_a_rollover_until_the_bulks_before_it_are_answered(
    proxy: str, faults: Any, make_delivery: Any
) -> None:
    delivery = make_delivery(proxy)
    delivery.engine.call("PUT", f"/_data_stream/{delivery.stream}")
    sender = Preparation(delivery.settings, for_distribution(load_assets(), delivery.engine.distribution))()
    ids = [f"900{datetime.now(UTC):%Y%m%d%H%M%S}{number:039d}" for number in range(20)]
    bodies = [json.dumps({"log_id": each, "data": {"type": "s"}}).encode() for each in ids]
    copies = [SpooledEvent("file", seq, int(time.time() * 1000), raw, "listener") for seq, raw in enumerate(bodies)]
    held, released = threading.Event(), threading.Event()

    def hold(handler: Any, forward: Any) -> None:
        answer = forward()
        held.set()
        released.wait(30)
        handler.reply(*answer)

    faults.next.append(hold)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(sender.send, copies)
        assert held.wait(30)
        delivery.rollover()
        faults.concerns, faults.lasting = "/_search", lambda handler, forward: handler.reply(*forward())
        second = pool.submit(sender.send, copies)
        threading.Event().wait(0.3)
        assert (faults.times, faults.bulks, second.done()) == (0, 1, False)
        released.set()
        sent, sent_again = first.result(30), second.result(30)
    assert isinstance(sent, Sent)
    assert isinstance(sent_again, Sent)
    assert not any(isinstance(ending, Duplicate) for ending in sent.endings)
    assert all(isinstance(ending, Duplicate) for ending in sent_again.endings)
    assert delivery.ids() == ids
