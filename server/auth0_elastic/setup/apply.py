"""Carries plans out."""

import logging
from collections.abc import Callable, Iterable

from auth0_elastic.engine.client import Engine
from auth0_elastic.engine.refusal import explained
from auth0_elastic.errors import EngineRefused
from auth0_elastic.package_files import Assets, to_install
from auth0_elastic.setup.cleanup import plan_cleanup
from auth0_elastic.setup.cluster import read_cluster
from auth0_elastic.setup.plan import plan_install, plan_removal
from auth0_elastic.setup.step import Request, Step

logger = logging.getLogger(__name__)

OnStep = Callable[[Step, str], None]
"""Is told each step that was done, and its outcome: created, updated, rolled over, deleted, unchanged or kept."""

_OUTCOMES = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "unchanged": "unchanged",
    "keep": "kept",
}


def install(engine: Engine, assets: Assets, on_step: OnStep = lambda step, outcome: None) -> bool:
    """Installs or upgrades, and says whether anything changed.

    Raises SetupRefused before the first change, or EngineError.
    """
    assets = to_install(assets, engine.distribution)
    steps = plan_install(assets, read_cluster(engine, assets))
    changed = _perform(engine, steps, on_step)
    # Read again, as a rollover leaves an index behind that still names its former pipeline.
    former = plan_cleanup(assets, read_cluster(engine, assets), frozenset(assets.pipelines))
    return _perform(engine, former, on_step) or changed


def remove(
    engine: Engine, assets: Assets, delete_data: bool = False, on_step: OnStep = lambda step, outcome: None
) -> bool:
    """Removes what `install` made, and says whether there was anything; raises SetupRefused or EngineError."""
    assets = to_install(assets, engine.distribution)
    steps = plan_removal(assets, read_cluster(engine, assets), delete_data)
    changed = _perform(engine, steps, on_step)
    pipelines = plan_cleanup(assets, read_cluster(engine, assets), frozenset())
    return _perform(engine, pipelines, on_step) or changed


def _perform(engine: Engine, steps: Iterable[Step], on_step: OnStep) -> bool:
    changed = False
    for step in steps:
        on_step(step, _perform_one(engine, step))
        changed = changed or step.changes
    return changed


def _perform_one(engine: Engine, step: Step) -> str:
    for request in step.requests:
        try:
            _send(engine, request)
        except EngineRefused as error:
            if error.status != 400 or request.instead is None:
                raise
            logger.info("rolling over, as the engine refused to change %s in place: %s", step.name, error.reason)
            _send(engine, request.instead)
            return "rolled over"
    return _OUTCOMES[step.action]


@explained("setup")
def _send(engine: Engine, request: Request) -> None:
    engine.call(request.method, request.path, request.body)
