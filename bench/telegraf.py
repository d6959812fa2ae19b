"""Telegraf's http_listener_v2, which ours is measured beside. It answers once the events are in its memory."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.engine.embedded.ports import HOST, free_port
from bench.served import make_certificate, running

HOW_TO_INSTALL = (
    "go install -tags custom,inputs.http_listener_v2,outputs.discard,parsers.json "
    "github.com/influxdata/telegraf/cmd/telegraf@latest"
)
_LOG = "telegraf.log"
_DROPPED = re.compile(r"(\d+) metrics have been dropped")


class Telegraf(NamedTuple):
    """Its process, and where it takes events."""

    pid: int
    url: str


def dropped(folder: Path) -> int:
    """How many acknowledged events were dropped, as the log of a Telegraf that ran in the folder says."""
    log = folder / _LOG
    return sum(map(int, _DROPPED.findall(log.read_text(errors="replace")))) if log.exists() else 0


def find(given: Path | None) -> Path | None:
    """The program: as given, or on the PATH."""
    found = given or shutil.which("telegraf")
    return Path(found) if found else None


@contextmanager
def telegraf(program: Path, folder: Path, *, tls: bool) -> Iterator[Telegraf]:
    """It keeps every field of an event, with all else at its defaults, and discards what it has taken."""
    folder.mkdir(parents=True, exist_ok=True)
    port, config = free_port(), folder / "telegraf.conf"
    config.write_text(_config(port, folder, tls=tls))
    with running([str(program), "--config", str(config)], folder / _LOG, port) as pid:
        yield Telegraf(pid, f"{'https' if tls else 'http'}://{HOST}:{port}/auth0/logs")


def _config(port: int, folder: Path, *, tls: bool) -> str:
    lines = [
        "[[inputs.http_listener_v2]]",
        f'service_address = "tcp://{HOST}:{port}"',
        'paths = ["/auth0/logs"]',
        'data_format = "json"',
        'json_string_fields = ["*"]',
    ]
    if tls:
        made = make_certificate(folder)
        lines += [f'tls_cert = "{made.chain}"', f'tls_key = "{made.key}"']
    return "\n".join([*lines, "[[outputs.discard]]", ""])
