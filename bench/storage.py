"""`scripts/bench storage`: bytes per event on disk, as a whole, by part and by field.

The pipeline runs on OpenSearch. What it makes is indexed in Elasticsearch too, as only that says what each field takes.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from auth0_elastic.config.load import load
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.engine.embedded import EmbeddedEngine
from auth0_elastic.generate import encode, events
from auth0_elastic.package_files import Assets, load_assets
from auth0_elastic.setup.apply import install
from auth0_elastic.ship.document import DocumentWriter
from auth0_elastic.ship.identity import document_id
from auth0_elastic.spool.backlog import SpooledEvent
from bench.day import END
from bench.indices import Filled, bulk_body, disk_usage, documents, fill
from bench.report import table

Json = dict[str, Any]

_BATCH = 500  # events a request
_SINGLE_SHARD = {"index.number_of_shards": 1, "index.number_of_replicas": 0}
KEPT, LEAN, NAIVE = "logs-auth0.logs-kept", "logs-auth0.logs-lean", "naive"
_TITLES = {KEPT: "with event.original", LEAN: "without event.original", NAIVE: "raw JSON, dynamic mapping"}
# The embedded Elasticsearch has no modules. What stands in for their types takes the same space, save for wildcard.
_STAND_INS: dict[str, Json] = {
    "match_only_text": {"type": "text", "norms": False, "index_options": "docs"},
    "constant_keyword": {"type": "keyword", "index": False, "doc_values": False},
    "wildcard": {"type": "keyword", "ignore_above": 1024},
}
_PARTS = ("stored_fields", "inverted_index", "doc_values", "points", "norms")


@click.command(name="storage")
@click.option("--events", "count", default=20_000, show_default=True, help="How many events of the generated day.")
@click.option("--fields", "shown", default=25, show_default=True, help="How many of the costliest fields to show.")
def command(count: int, shown: int) -> None:
    """Bytes per event on disk, merged to one segment: with and without event.original, by part and by field."""
    raw = [encode([each], "JSONOBJECT") for each in events(1, count, end=END)]
    console = Console()
    with tempfile.TemporaryDirectory(prefix="auth0-elastic-bench-") as data, _engines(Path(data)) as (first, second):
        filled = {index: fill_both(first, second, index, raw) for index in _TITLES}
        console.print(totals(filled, sum(map(len, raw)) / len(raw)))
        console.print(parts({index: disk_usage(second, index) for index in _TITLES}, len(raw)))
        console.print(costliest(disk_usage(second, LEAN), len(raw), shown))


@contextmanager
def _engines(data: Path) -> Iterator[tuple[Engine, Engine]]:
    with EmbeddedEngine(data / "os") as opensearch, EmbeddedEngine(data / "es", kind="elasticsearch") as elasticsearch:
        yield connected(opensearch.url), connected(elasticsearch.url)


def connected(url: str) -> Engine:
    return connect(replace(load(Path(os.devnull), {}).elasticsearch, hosts=(url,)))


def fill_both(opensearch: Engine, elasticsearch: Engine, index: str, raw: list[bytes]) -> tuple[Filled, Filled]:
    """The events in an index of this name on both engines."""
    if index == NAIVE:
        body = {"settings": _SINGLE_SHARD | {"index.mapping.total_fields.limit": 10_000}}
        for engine in (opensearch, elasticsearch):
            engine.call("PUT", f"/{index}", body)
        return fill(opensearch, index, _as_they_are(raw)), fill(elasticsearch, index, _as_they_are(raw))
    install(opensearch, load_assets())
    elasticsearch.call("PUT", f"/{index}", _reduced(load_assets()))
    first = fill(opensearch, index, _for_the_pipeline(raw, preserve=index == KEPT))
    return first, fill(elasticsearch, index, map(bulk_body, documents(opensearch, index)))


def _reduced(assets: Assets) -> Json:
    """The package's settings and mappings for an engine without modules."""
    template = assets.components[f"{assets.name}@package"]["template"]
    left_out = ("index.default_pipeline", "index.lifecycle.name")
    settings = {key: value for key, value in template["settings"].items() if key not in left_out}
    # Its best_compression is zstd, which it cannot load here. The one before that is the one of OpenSearch.
    settings["index.codec"] = "legacy_best_compression"
    return {"settings": settings | _SINGLE_SHARD, "mappings": _with_stand_ins(template["mappings"])}


def _with_stand_ins(mapping: Json) -> Json:
    changed = mapping | {
        children: {name: _with_stand_ins(field) for name, field in mapping[children].items()}
        for children in ("properties", "fields")
        if children in mapping
    }
    stand_in = _STAND_INS.get(mapping.get("type", ""))
    return changed if stand_in is None else stand_in | {key: changed[key] for key in ("fields",) if key in changed}


def _as_they_are(raw: list[bytes]) -> Iterator[bytes]:
    for start in range(0, len(raw), _BATCH):
        yield bulk_body((document_id(each), json.loads(each)) for each in raw[start : start + _BATCH])


def _for_the_pipeline(raw: list[bytes], *, preserve: bool) -> Iterator[bytes]:
    tags = ("forwarded", "auth0-logstream")
    writer = DocumentWriter("default", "auth0.logs", tags, preserve_original_event=preserve)
    received = int(END.timestamp() * 1000)
    for start in range(0, len(raw), _BATCH):
        batch = enumerate(raw[start : start + _BATCH])
        yield writer.bulk_body((document_id(each), SpooledEvent("", seq, received, each)) for seq, each in batch)


def totals(filled: dict[str, tuple[Filled, Filled]], raw: float) -> Table:
    """Bytes per event of each index, `raw` being those of the events as Auth0 sends them."""
    names = ("OpenSearch", "÷ raw", "refused", "Elasticsearch", "÷ raw", "refused")
    made = table(f"Bytes per event ({raw:,.0f} as Auth0 sends it)", "index", *names)
    for index, engines in filled.items():
        cells = (
            (f"{each.per_document:,.0f}", f"{each.per_document / raw:.2f}", f"{each.refused:,}") for each in engines
        )
        made.add_row(_TITLES[index], *(cell for engine in cells for cell in engine))
    return made


def parts(usages: dict[str, Json], events: int) -> Table:
    """Bytes per event of each part of an index, in Elasticsearch."""
    made = table("Bytes per event by part, in Elasticsearch", "index", *_PARTS)
    for index, usage in usages.items():
        made.add_row(_TITLES[index], *_cells(usage["all_fields"], events))
    return made


def costliest(usage: Json, events: int, shown: int) -> Table:
    """The fields that take most, without `_source`, which is in the stored fields."""
    made = table(f"The costliest fields {_TITLES[LEAN]}, in Elasticsearch", "field", *_PARTS)
    fields = sorted(usage["fields"].items(), key=lambda field: -int(field[1]["total_in_bytes"]))
    for name, field in fields[:shown]:
        made.add_row(name, *_cells(field, events))
    return made


def _cells(usage: Json, events: int) -> Iterator[str]:
    for part in _PARTS:
        size = usage[part]["total_in_bytes"] if part == "inverted_index" else usage[f"{part}_in_bytes"]
        yield f"{size / events:,.1f}"
