"""All rules, and the check that applies them."""

from pathlib import Path
from typing import NamedTuple

from auth0_elastic.package_check import content, dashboards, files, golden_files, pipelines, shapes
from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.problem import Problem, Rule

STAGES: tuple[tuple[Rule, ...], ...] = (
    (
        files.required_files_are_there,
        files.yaml_and_json_can_be_read,
    ),
    (
        shapes.the_manifest_has_its_shape,
        shapes.the_changelog_has_its_shape,
        shapes.a_data_streams_manifest_has_its_shape,
        shapes.field_definitions_have_their_shape,
        shapes.pipeline_tests_have_their_shape,
        shapes.detection_rules_have_their_shape,
        files.a_data_stream_has_no_stray_files,
    ),
    (
        files.referenced_files_are_there,
        files.templates_are_handlebars,
        files.the_readme_is_the_rendering_of_its_source,
        content.the_changelog_knows_the_version,
        content.every_stream_has_an_input,
        content.secrets_are_marked,
        content.the_lifecycle_policy_is_there,
        content.the_base_fields_are_defined,
        content.no_field_is_defined_twice,
        content.external_fields_have_a_reference,
        content.a_detection_rule_is_named_as_its_file,
        pipelines.a_pipeline_starts_as_a_document,
        pipelines.a_pipeline_has_known_keys,
        pipelines.processors_are_allowed,
        pipelines.every_processor_has_a_tag_of_its_own,
        pipelines.a_failure_is_told,
        pipelines.the_original_is_kept_once,
        dashboards.a_dashboard_is_named_as_its_file,
        dashboards.a_dashboard_is_filtered,
        dashboards.panels_stand_for_themselves,
        dashboards.references_are_there,
        dashboards.no_panel_is_legacy,
        golden_files.every_test_file_has_its_partner,
        golden_files.events_and_expectations_are_as_many,
        golden_files.the_time_of_ingestion_is_not_expected,
    ),
    (content.templates_and_variables_agree,),
)
"""A stage is applied only if the ones before it found nothing, as its rules rely on them."""

RULES = tuple(rule for stage in STAGES for rule in stage)


class Finding(NamedTuple):
    """A problem and the rule it breaks."""

    rule: Rule
    problem: Problem


def check(root: Path) -> list[Finding]:
    """What is wrong with the package in this directory; empty when it satisfies every rule."""
    package = Package(root)
    for stage in STAGES:
        if found := [Finding(rule, problem) for rule in stage for problem in rule(package)]:
            return found
    return []
