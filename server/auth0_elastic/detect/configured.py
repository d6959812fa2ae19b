"""The rules, and whether the settings speak of rules that there are."""

import logging
from collections.abc import Iterator, Sequence
from typing import cast

from auth0_elastic.config.detect_settings import Detect, RuleSettings
from auth0_elastic.config.given import nearest
from auth0_elastic.detect.evaluate import RuleEvaluator
from auth0_elastic.detect.rule import Rule
from auth0_elastic.detect.sigma import SHIPPED, load_rules, rule_files
from auth0_elastic.detect.stateful import History, parameters_of
from auth0_elastic.errors import ConfigError

_log = logging.getLogger(__name__)


def configured_rules(settings: Detect) -> list[Rule]:
    """Those that come with the product, and the operator's own; also those that are off.

    Raises RuleError for a rule file, ConfigError for settings of a rule that is none, or cannot have them.
    """
    own = settings.rules_path
    if own and not rule_files(own):
        _log.warning("detect.rules_path: there is no rule (*.yml) in %s; those in folders below it are not read", own)
    rules = load_rules([SHIPPED, own] if own else [SHIPPED])
    if problems := list(_problems(settings.rules, rules)):
        many = f"{len(problems)} problems in the settings:"
        raise ConfigError(problems[0] if len(problems) == 1 else "\n  ".join([many, *problems]))
    for rule in rules:  # their parameters too: later, when the engine answers, would be too late
        RuleEvaluator(rule, settings.of(rule.id), cast(History, None), lambda address: ())
    return rules


def _problems(settings: Sequence[RuleSettings], rules: Sequence[Rule]) -> Iterator[str]:
    by_name = {rule.id: rule for rule in rules}
    for each in settings:
        key, rule = f"detect.rules.{each.name}", by_name.get(each.name)
        if rule is None:
            yield f"{key}: no such rule{nearest(each.name, by_name)}"
        elif each.count is not None and not _counts(rule):
            yield f"{key}.count: the rule counts nothing; take it out"


def _counts(rule: Rule) -> bool:
    in_python = parameters_of(rule.stateful.name) if rule.stateful else {}
    return "count" in in_python or any(part.kind.endswith("count") for part in rule.correlations)
