"""The fields that dashboards may name: those of the package's mapping, and those that the data view computes."""

from collections.abc import Iterator

from auth0_elastic.errors import PackageError
from auth0_elastic.kibana.definition import Json

INGEST_LAG = "auth0.ingest_lag"


def _seconds(start: str, end: str) -> Json:
    """A field that is computed when it is looked at, and stored nowhere."""
    source = (
        f"if (doc['{start}'].size() > 0 && doc['{end}'].size() > 0) {{ "
        f"emit(ChronoUnit.MILLIS.between(doc['{start}'].value, doc['{end}'].value) / 1000.0); }}"
    )
    return {"type": "double", "script": {"source": source}}


RUNTIME_FIELDS: dict[str, Json] = {
    INGEST_LAG: _seconds("@timestamp", "event.ingested"),
    "auth0.delivery_lag": _seconds("@timestamp", "event.created"),
    "auth0.spool_lag": _seconds("event.created", "event.ingested"),
}
"""Seconds from the event to its indexing, and its two parts: until it was received, and after that."""

_DURATION: Json = {"inputFormat": "seconds", "outputFormat": "humanizePrecise", "outputPrecision": 1}
FIELD_FORMATS: dict[str, Json] = {name: {"id": "duration", "params": _DURATION} for name in RUNTIME_FIELDS} | {
    "auth0.logs.data.login.elapsedTime": {"id": "duration", "params": _DURATION | {"inputFormat": "milliseconds"}}
}

_LENS_TYPES = {"date": "date", "ip": "ip", "boolean": "boolean"} | dict.fromkeys(
    ("long", "integer", "short", "byte", "double", "float", "half_float", "scaled_float", "unsigned_long"), "number"
)


class Fields:
    """Names and types of all fields there are."""

    def __init__(self, mappings: Json) -> None:
        self._types: dict[str, str] = {name: str(each["type"]) for name, each in RUNTIME_FIELDS.items()}
        aliases: dict[str, str] = {}
        for name, mapped in _leaves(mappings, ""):
            if mapped["type"] == "alias":
                aliases[name] = mapped["path"]
            else:
                self._types[name] = mapped["type"]
        self._types |= {name: self._types[path] for name, path in aliases.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._types

    def lens_type(self, name: str) -> str:
        """What Lens calls its type: string, number, date, ip or boolean. Raises PackageError for text."""
        kind = self._types[name]
        if kind in ("text", "match_only_text", "flattened"):
            raise PackageError(f"the field {name} is {kind}, and cannot be counted by its values")
        return _LENS_TYPES.get(kind, "string")


def _leaves(mapping: Json, prefix: str) -> Iterator[tuple[str, Json]]:
    for name, each in mapping.get("properties", {}).items():
        if "type" in each:
            yield f"{prefix}{name}", each
        yield from _leaves(each, f"{prefix}{name}.")
    for name, each in mapping.get("fields", {}).items():
        yield f"{prefix}{name}", each
