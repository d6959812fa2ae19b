"""Compiles what a Sigma rule looks for into a query that Elasticsearch and OpenSearch answer alike.

Not a Lucene text: OpenSearch's query_string finds nothing by a wildcard in a wildcard field or below a flat_object.
"""

import re
from collections.abc import Iterator
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
)
from sigma.rule import SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)

from auth0_elastic.detect.field_types import Field, FieldTypes

Json = dict[str, Any]

_TEXT = ("text", "match_only_text")
_NUMBERS = (
    "long",
    "integer",
    "short",
    "byte",
    "double",
    "float",
    "half_float",
    "scaled_float",
    "unsigned_long",
    "date",
)
_COMPARISONS = {"GT": "gt", "GTE": "gte", "LT": "lt", "LTE": "lte"}


class Unsupported(Exception):
    """The rule asks for something that cannot be searched for; the message says what and how to mend it."""


def compile_rule(rule: SigmaRule, fields: FieldTypes) -> tuple[Json, frozenset[str]]:
    """The query for a rule that has been through the pipeline, and the fields it names; raises Unsupported."""
    trees = [condition.parsed for condition in rule.detection.parsed_condition]
    names = frozenset(name for tree in trees for name in _names(tree))
    for name in sorted(names):
        find(name, fields)
    return _any([_compile(tree, fields) for tree in trees]), names


def find(name: str, fields: FieldTypes) -> Field:
    """The field, or its target where it is an alias; raises Unsupported where there is none."""
    found = fields.find(name)
    if found is None:
        similar = fields.similar(name)
        hint = f"; is it {', '.join(similar)}?" if similar else "; see the field reference"
        raise Unsupported(f"there is no field {name}{hint}")
    return found


def _names(tree: Any) -> Iterator[str]:
    if isinstance(tree, ConditionItem):
        for each in tree.args:
            yield from _names(each)
    elif isinstance(tree, ConditionFieldEqualsValueExpression):
        yield tree.field


def _compile(tree: Any, fields: FieldTypes) -> Json:
    if isinstance(tree, ConditionFieldEqualsValueExpression):
        return _value(find(tree.field, fields), tree.value)
    if isinstance(tree, ConditionNOT):
        return {"bool": {"must_not": [_compile(tree.args[0], fields)]}}
    if isinstance(tree, ConditionAND):
        return {"bool": {"filter": [_compile(each, fields) for each in tree.args]}}
    if isinstance(tree, ConditionOR):
        return _any(_joined([_compile(each, fields) for each in tree.args]))
    raise Unsupported("a search without a field is not possible; name the field, such as data.description")


def _any(queries: list[Json]) -> Json:
    return queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}


def _joined(queries: list[Json]) -> list[Json]:
    """Terms of one field in one query."""
    terms: dict[str, list[Any]] = {}
    others: list[Json] = []
    for query in queries:
        if "term" in query:
            ((field, value),) = query["term"].items()
            terms.setdefault(field, []).append(value)
        else:
            others.append(query)
    return [_terms(field, values) for field, values in terms.items()] + others


def _terms(field: str, values: list[Any]) -> Json:
    return {"term": {field: values[0]}} if len(values) == 1 else {"terms": {field: values}}


def _value(field: Field, value: Any) -> Json:
    match value:
        case SigmaExpansion():
            return _any(_joined([_value(field, each) for each in value.values]))
        case SigmaNull():
            return {"bool": {"must_not": [_exists(field)]}}
        case SigmaExists():
            return _exists(field) if value else {"bool": {"must_not": [_exists(field)]}}
        case SigmaBool():
            return {"term": {field.name: value.boolean}}
        case SigmaNumber():
            return {"term": {field.name: value.number}}
        case SigmaCompareExpression():
            return _comparison(field, value)
        case SigmaCIDRExpression():
            return _network(field, value)
        case SigmaRegularExpression():
            return _regular_expression(field, value)
        case SigmaString():
            return _text(field, value)
    raise Unsupported(f"{field.name}: the modifier that makes a {type(value).__name__} of its value cannot be searched")


def _exists(field: Field) -> Json:
    # OpenSearch says of no key below a flat_object that it exists.
    return {"prefix": {field.name: ""}} if field.is_key else {"exists": {"field": field.name}}


def _comparison(field: Field, value: SigmaCompareExpression) -> Json:
    operator = _COMPARISONS.get(value.op.name)
    if operator is None or field.type not in _NUMBERS:
        raise Unsupported(f"{field.name} is a {field.type}, whose values are not compared; name the values")
    return {"range": {field.name: {operator: value.number.number}}}


def _network(field: Field, value: SigmaCIDRExpression) -> Json:
    if field.type != "ip":
        raise Unsupported(f"{field.name} is a {field.type}; cidr goes with the addresses in data.ip alone")
    return {"term": {field.name: value.cidr}}


def _regular_expression(field: Field, value: SigmaRegularExpression) -> Json:
    if field.type not in ("keyword", "wildcard"):
        raise Unsupported(f"{field.name} is a {field.type}, which no regular expression searches; name whole values")
    expression = _unanchored(str(value.regexp))
    if SigmaRegularExpressionFlag.IGNORECASE in value.flags:
        expression = _in_either_case(expression)
    return {"regexp": {field.name: {"value": expression}}}


def _unanchored(expression: str) -> str:
    """Sigma's finds its match anywhere, Lucene's is the whole value."""
    begins = expression[1:] if expression.startswith("^") else f".*{expression}"
    return begins[:-1] if re.search(r"(?<!\\)\$$", begins) else f"{begins}.*"


def _in_either_case(expression: str) -> str:
    """With both cases of each letter: OpenSearch does not ignore case in wildcard fields."""

    def either(found: re.Match[str]) -> str:
        if found["letter"]:
            return f"[{found['letter'].lower()}{found['letter'].upper()}]"
        if found["among"] is not None:
            return f"[{found['not']}{found['among']}{re.sub(r'[^a-zA-Z-]', '', found['among']).swapcase()}]"
        return found[0]

    return re.sub(r"\\.|\[(?P<not>\^?)(?P<among>(?:\\.|[^\]\\])*)\]|(?P<letter>[a-zA-Z])", either, expression)


def _text(field: Field, value: SigmaString) -> Json:
    parts = list(value.s)
    plain = "".join(part for part in parts if isinstance(part, str))
    wild = [part for part in parts if not isinstance(part, str)]
    if field.type in _TEXT:
        return _words(field, parts, plain)
    if not wild:
        return {"term": {field.name: plain}}
    if wild == parts == [SpecialChars.WILDCARD_MULTI]:
        return _exists(field)
    if field.type == "ip" or field.type in _NUMBERS:
        raise Unsupported(f"{field.name} is a {field.type}, which has no wildcards; use cidr or whole values")
    if len(parts) == 2 and parts[1] is SpecialChars.WILDCARD_MULTI and field.type != "wildcard":
        return {"prefix": {field.name: plain}}
    if field.is_key:
        raise Unsupported(f"{field.name} is below a flattened field, where a * may stand only at a value's end")
    return {"wildcard": {field.name: {"value": "".join(map(_pattern, parts))}}}


def _words(field: Field, parts: list[Any], plain: str) -> Json:
    """A text is searched by its words, in their order, in any case."""
    if any(not isinstance(part, str) for part in parts[1:-1]) or not plain.strip():
        raise Unsupported(f"{field.name} is a text, searched by its words; a * may stand only at begin and end")
    return {"match_phrase": {field.name: plain.strip()}}


def _pattern(part: Any) -> str:
    if isinstance(part, str):
        return re.sub(r"([\\*?])", r"\\\1", part)
    return "*" if part is SpecialChars.WILDCARD_MULTI else "?"
