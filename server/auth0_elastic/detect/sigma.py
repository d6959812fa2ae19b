"""Reads rule files: Sigma's base rules and correlations, and the metadata of all."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationFieldAlias, SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from auth0_elastic.config.schema import is_name
from auth0_elastic.detect.duration import milliseconds
from auth0_elastic.detect.field_types import FieldTypes, field_types
from auth0_elastic.detect.query import Unsupported, compile_rule, find
from auth0_elastic.detect.rule import SEVERITY, Base, Correlation, Rule, Stateful
from auth0_elastic.detect.sigma_pipeline import FIELD_OF, auth0_pipeline
from auth0_elastic.errors import ConfigError

Json = dict[str, Any]

OWN_KEY: Final = "x-auth0"
CASES: Final = ".cases.yml"
SHIPPED: Final = Path(__file__).with_name("rules")
_KINDS: Final = ("event_count", "value_count", "temporal", "temporal_ordered")
_ENTITIES: Final = ("user", "source", "client", "tenant")
_OWN_KEYS: Final = {"id", "investigate", "entity", "risk_score", "window"}
_HOUR: Final = "1h"
_LONGEST_NAME: Final = 63
_MOST_RISK: Final = 100


class RuleError(ConfigError):
    """A rule file is wrong: which, what and how to mend it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}")


def load_rules(folders: Iterable[Path], types: Mapping[str, FieldTypes] | None = None) -> list[Rule]:
    """The rules of all `*.yml` and `*.yaml` in these folders but the cases, by name. Raises RuleError."""
    types = types or field_types()
    found: dict[str, Rule] = {}
    for path in (path for folder in folders for path in rule_files(folder)):
        rule = load_rule(path, types)
        if rule.id in found:
            raise RuleError(path, f"{found[rule.id].path} has the id {rule.id}, too; choose another {OWN_KEY}.id")
        found[rule.id] = rule
    return list(found.values())


def rule_files(folder: Path) -> list[Path]:
    """Not those in folders below it."""
    return [path for path in sorted(folder.glob("*.y*ml")) if _is_rule_file(path)]


def _is_rule_file(path: Path) -> bool:
    return path.suffix in (".yml", ".yaml") and not path.name.endswith(CASES)


def load_rule(path: Path, types: Mapping[str, FieldTypes]) -> Rule:
    """The rule of one file. Raises RuleError."""
    documents = _read(path)
    last = documents[-1]
    own = _own(path, last)
    try:
        collection = _collection(documents, path)
        bases = tuple(_base(rule, types) for rule in collection.rules if isinstance(rule, SigmaRule))
        by_name = {base.name: base for base in bases}
        ordered = [rule for rule in collection.rules if isinstance(rule, SigmaCorrelationRule)]
        correlations = tuple(_correlation(rule, by_name, types) for rule in ordered)
    except (SigmaError, Unsupported) as error:
        raise RuleError(path, str(error)) from error
    if correlations and _name(last) != correlations[-1].name:
        raise RuleError(path, "its last document has to be the detection itself, which no other one names")
    return _rule(path, last, own, bases, correlations)


def _own(path: Path, last: Json) -> Json:
    """What the product has beside Sigma's own keys."""
    own = last.get(OWN_KEY) or {}
    known = ", ".join(sorted(_OWN_KEYS))
    if not isinstance(own, dict):
        raise RuleError(path, f"{OWN_KEY} has to hold keys: {known}")
    if unknown := own.keys() - _OWN_KEYS:
        raise RuleError(path, f"{OWN_KEY} cannot have {', '.join(sorted(map(str, unknown)))}; it has {known}")
    return own


def _read(path: Path) -> list[Json]:
    try:
        documents = [each for each in yaml.safe_load_all(path.read_text("utf-8")) if each is not None]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RuleError(path, f"it is no YAML: {' '.join(str(error).split())}") from error
    if not documents or not all(isinstance(each, dict) for each in documents):
        raise RuleError(path, "it has to hold YAML documents with the keys of a Sigma rule, parted by ---")
    for number, document in enumerate(documents):
        document.setdefault("name", path.stem if number == len(documents) - 1 else f"{path.stem}_{number + 1}")
    return documents


def collection_of(path: Path) -> SigmaCollection:
    """What pySigma makes of a rule file, for its backends; the pipeline has not been applied. Raises RuleError."""
    try:
        return _collection(_read(path), path)
    except SigmaError as error:
        raise RuleError(path, str(error)) from error


def _collection(documents: list[Json], path: Path) -> SigmaCollection:
    given = [each for each in documents if "detection" in each or "correlation" in each]
    if not given and "stateful" not in documents[-1]:
        raise RuleError(path, "it has neither a detection nor a correlation; write one, as in the Sigma specification")
    return SigmaCollection.from_dicts([dict(each) for each in given])


def _base(rule: SigmaRule, types: Mapping[str, FieldTypes]) -> Base:
    source = rule.logsource
    if source.product != "auth0" or source.service not in FIELD_OF:
        raise Unsupported(
            f"{rule.name}: its logsource is for other data; write product: auth0 and service: logs or service: actions"
        )
    auth0_pipeline().apply(rule)
    query, fields = compile_rule(rule, types[source.service])
    return Base(str(rule.name), source.service, query, fields)


def _correlation(rule: SigmaCorrelationRule, bases: Mapping[str, Base], types: Mapping[str, FieldTypes]) -> Correlation:
    kind, condition = rule.type.name.lower(), rule.condition
    if kind not in _KINDS:
        raise Unsupported(f"{rule.name}: correlations of the type {kind} are not evaluated; use {', '.join(_KINDS)}")
    if not isinstance(condition, SigmaCorrelationCondition) or isinstance(condition.fieldref, list):
        raise Unsupported(f"{rule.name}: write its condition as one operator and a number, such as gte: 2")
    inputs = tuple(str(each.rule.name) for each in rule.rules or ())
    if len(set(inputs)) < len(inputs):
        raise Unsupported(f"{rule.name}: it names a rule twice; give the rule another name in a document of its own")
    service = next((bases[name].data_stream for name in inputs if name in bases), "logs")

    def field(name: str, stream: str = service) -> str:
        return find(FIELD_OF[stream](name) or name, types[stream]).name

    def named(alias: SigmaCorrelationFieldAlias) -> dict[str, str]:
        return {str(ref.rule.name): field(name, _stream(ref.rule, service)) for ref, name in alias.mapping.items()}

    aliases = {alias.alias: named(alias) for alias in rule.aliases}
    return Correlation(
        name=str(rule.name),
        kind=kind,
        inputs=inputs,
        timespan=rule.timespan.seconds * 1000,
        operator=condition.op.name.lower(),
        count=condition.count,
        counted=field(condition.fieldref) if condition.fieldref else None,
        group_by=tuple(name if name in aliases else field(name) for name in rule.group_by or ()),
        aliases=aliases,
    )


def _stream(rule: SigmaRule | SigmaCorrelationRule, otherwise: str) -> str:
    return str(rule.logsource.service) if isinstance(rule, SigmaRule) else otherwise


def _rule(path: Path, last: Json, own: Json, bases: tuple[Base, ...], correlations: tuple[Correlation, ...]) -> Rule:
    level, entity = last.get("level", "medium"), own.get("entity", "user")
    for key, value, allowed in (("level", level, tuple(SEVERITY)), (f"{OWN_KEY}.entity", entity, _ENTITIES)):
        if value not in allowed:
            raise RuleError(path, f"{key}: {value} is none of {', '.join(allowed)}")
    if not isinstance(last.get("title"), str):
        raise RuleError(path, "its last document has no title; write one")
    try:
        window = milliseconds(own.get("window", _HOUR))
    except ValueError as error:
        raise RuleError(path, f"{OWN_KEY}.window: {error}") from error
    stateful = last.get("stateful")
    return Rule(
        id=_id(path, own),
        path=path,
        uuid=str(last.get("id", "")),
        title=last["title"],
        description=str(last.get("description") or last["title"]).strip(),
        level=level,
        risk_score=_risk_score(path, own.get("risk_score", SEVERITY[level])),
        entity=entity,
        window=correlations[-1].timespan if correlations and "window" not in own else window,
        references=tuple(last.get("references") or ()),
        falsepositives=tuple(last.get("falsepositives") or ()),
        tags=tuple(last.get("tags") or ()),
        investigate=str(own.get("investigate", "")).strip(),
        bases=bases,
        correlations=correlations,
        stateful=Stateful(stateful, last.get("parameters") or {}) if stateful else None,
    )


def _id(path: Path, own: Json) -> str:
    """A name that settings can have: the one that is given, or one that is made of the file's."""
    made = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")
    name = own.get("id", (made if made[:1].isalpha() else f"rule_{made}")[:_LONGEST_NAME])
    if not is_name(name):
        raise RuleError(path, f"{OWN_KEY}.id: {name} is no name; use a-z, 0-9 and _, a letter first")
    return str(name)


def _risk_score(path: Path, given: Any) -> int:
    if type(given) is not int or not 0 <= given <= _MOST_RISK:
        raise RuleError(path, f"{OWN_KEY}.risk_score: {given} is no number from 0 to {_MOST_RISK}")
    return given


def _name(document: Json) -> str:
    return str(document["name"])
