"""The one addition for Elasticsearch: the call of the user's own pipeline, as Fleet adds it at installation."""

from dataclasses import replace
from typing import Literal

from auth0_elastic.package_files.assets import Assets
from auth0_elastic.package_files.opensearch import for_opensearch


def to_install(assets: Assets, distribution: Literal["elasticsearch", "opensearch"]) -> Assets:
    """The assets as they are installed in this engine.

    OpenSearch cannot call a pipeline that may be missing, so it gets no call.
    """
    return for_opensearch(assets) if distribution == "opensearch" else _with_custom_pipeline(assets)


def _with_custom_pipeline(assets: Assets) -> Assets:
    name = assets.default_pipeline
    call = {"pipeline": {"tag": "pipeline_custom", "name": assets.custom, "ignore_missing_pipeline": True}}
    processors = assets.pipelines[name]["processors"]
    if call in processors:
        return assets
    default = assets.pipelines[name] | {"processors": [*processors, call]}
    return replace(assets, pipelines=assets.pipelines | {name: default})
