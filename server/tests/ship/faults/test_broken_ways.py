"""The way to the engine breaks, in every way it can: no event is lost, none is stored twice, and it is said once."""

from collections.abc import Callable
from typing import Any

import pytest

Forward = Callable[[], tuple[int, bytes]]
Said = Callable[[], list[str]]

PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


def raw(status: str, *headers: str, body: bytes = b"", forwarded: bool = False) -> Callable[[Any, Forward], None]:
    """Answers just so, byte for byte, and closes the connection; the engine may have had the request before."""

    def fault(handler: Any, forward: Forward) -> None:
        if forwarded:
            forward()
        head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close"])
        handler.wfile.write(head.encode() + b"\r\n\r\n" + body)
        handler.close_connection = True

    return fault


def closed_after_it_was_done(handler: Any, forward: Forward) -> None:
    forward()
    handler.close_connection = True


def cut_in_half(handler: Any, forward: Forward) -> None:
    """The engine's answer breaks off in the middle."""
    _, body = forward()
    raw("200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}", body=body[: len(body) // 2])(
        handler, forward
    )


def half_an_answer_complete(handler: Any, forward: Forward) -> None:
    """A proxy took the half for the whole."""
    _, body = forward()
    handler.reply(200, body[: len(body) // 2])


def silent(handler: Any, forward: Forward) -> None:
    """Neither answers nor closes for as long as the other side has patience."""
    handler.connection.settimeout(10)
    handler.connection.recv(1)  # returns when the other side has left
    handler.close_connection = True


def silent_after_it_was_done(handler: Any, forward: Forward) -> None:
    forward()
    silent(handler, forward)


BROKEN = {
    "closed without an answer": raw(""),
    "closed after it was done": closed_after_it_was_done,
    "cut in the middle of the answer": cut_in_half,
    "half an answer": half_an_answer_complete,
    "never answered": silent,
    "done and never answered": silent_after_it_was_done,
    "a page of a proxy": raw("502 Bad Gateway", "Content-Type: text/html", f"Content-Length: {len(PAGE)}", body=PAGE),
    "a page that says 200": raw("200 OK", "Content-Type: text/html", f"Content-Length: {len(PAGE)}", body=PAGE),
    "200 and nothing": raw("200 OK", "Content-Type: application/json", "Content-Length: 0", forwarded=True),
    "200 and JSON of something else": raw(
        "200 OK", "Content-Type: application/json", "Content-Length: 4", body=b"true"
    ),
    "not compressed as it says": raw(
        "200 OK", "Content-Type: application/json", "Content-Encoding: gzip", "Content-Length: 2", body=b"{}"
    ),
    "not HTTP": raw("garbage", body=b"\0\1\2"),
    "a redirect": raw("302 Found", "Location: https://login.example/", "Content-Length: 0"),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_loses_nothing_and_doubles_nothing(
    proxy: str, faults: Any, make_delivery: Any, said: Said, fault: Any
) -> None:
    delivery = make_delivery(proxy, elasticsearch_timeout="500ms" if "silent" in str(fault) else "30s")
    delivery.keep_events(40)
    faults.lasting = fault
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: faults.times >= 4 and not shipper._in_flight)
    sent = delivery.keep_events(40)
    faults.lasting = None
    delivery.deliver()
    assert delivery.ids() == sent
    assert delivery.dead_letters() == []
    assert delivery.state() == "ok"
    assert len([line for line in said() if line.startswith("waiting")]) == 1, said()


def test_refused_connections_cost_only_disk(proxy: str, faults: Any, make_delivery: Any, said: Said) -> None:
    delivery = make_delivery(proxy)
    delivery.keep_events(10)
    shipper = delivery.deliver()
    faults.down()
    sent = delivery.keep_events(300)
    delivery.step_until(shipper, lambda: "Connection refused" in delivery.state())
    faults.up()
    delivery.deliver()
    assert delivery.ids() == sent
    assert said()[0].startswith("delivering")
    assert (
        len([line for line in said() if line.startswith("waiting")]) <= 2
    )  # the one that is cut, those that are refused


def test_every_request_may_break_not_only_bulks(proxy: str, faults: Any, make_delivery: Any, said: Said) -> None:
    delivery = make_delivery(proxy)
    sent = delivery.keep_events(20)
    faults.concerns, faults.lasting = "/", BROKEN["a page of a proxy"]
    shipper = delivery.start()
    delivery.step_until(shipper, lambda: faults.times >= 5)
    faults.lasting = None
    delivery.deliver()
    assert delivery.ids() == sent
    assert "502" in said()[0]
    assert len(said()) == 2, said()
