"""The package satisfies every rule, and each rule notices a package that breaks it."""

from collections.abc import Callable
from typing import Any

import pytest

from auth0_elastic.package_check import content, dashboards, files, golden_files, pipelines, shapes
from auth0_elastic.package_check.check import RULES, check
from auth0_elastic.package_check.problem import Rule
from auth0_elastic.package_files import find_package

Break = Callable[[Any], object]

STREAM = "data_stream/logs/manifest.yml"
FIELDS = "data_stream/logs/fields/fields.yml"
PIPELINE = "data_stream/logs/elasticsearch/ingest_pipeline/sample.yml"
TEMPLATE = "data_stream/logs/agent/stream/http_endpoint.yml.hbs"
TESTS = "data_stream/logs/_dev/test/pipeline"
DASHBOARD = "kibana/dashboard/auth0-sample.json"
RULE = "kibana/security_rule/5d54dd3a-cf83-5ab7-9552-229b5852e46f.json"
FAILURE = (
    "{{{_ingest.on_failure_processor_type}}} {{{_ingest.on_failure_processor_tag}}} {{{_ingest.on_failure_message}}}"
)


def edit(file: str, change: Callable[[Any], object]) -> Break:
    return lambda package: package.edit(file, change)


def write(file: str, text: str) -> Break:
    return lambda package: package.write(file, text)


def remove(file: str) -> Break:
    return lambda package: package.remove(file)


def replace(file: str, old: str, new: str) -> Break:
    return lambda package: package.replace(file, old, new)


def add_processor(processor: dict[str, Any]) -> Break:
    return edit(PIPELINE, lambda pipeline: pipeline["processors"].append(processor))


def on_failure(*processors: dict[str, Any]) -> Break:
    return edit(PIPELINE, lambda pipeline: pipeline.update(on_failure=list(processors)))


def add_field(**field: Any) -> Break:
    return edit(FIELDS, lambda fields: fields.append(field))


def add_variable(**variable: Any) -> Break:
    return edit(STREAM, lambda stream: stream["streams"][0]["vars"].append(variable))


def add_change(**change: Any) -> Break:
    whole = {"description": "…", "type": "bugfix", "link": "https://github.com/a/b/pull/1"} | change
    return edit("changelog.yml", lambda log: log[0]["changes"].append(whole))


def add_panel(**panel: Any) -> Break:
    return edit(DASHBOARD, lambda dashboard: dashboard["attributes"]["panelsJSON"].append(panel))


def refer_to(kind: str, name: str) -> Break:
    reference = {"type": kind, "id": "auth0-absent", "name": name}
    return edit(DASHBOARD, lambda dashboard: dashboard["references"].append(reference))


def of_rule(**change: Any) -> Break:
    return edit(RULE, lambda rule: rule["attributes"].update(change))


def of_processor(tag: str, **change: Any) -> Break:
    """Changes the options of the processor that has this tag."""

    def apply(pipeline: Any) -> None:
        for processor in pipeline["processors"]:
            for options in processor.values():
                if options["tag"] == tag:
                    options |= change

    return edit(PIPELINE, apply)


def told(*more: str) -> dict[str, Any]:
    parts = ("on_failure_processor_type", "on_failure_processor_tag", "on_failure_message")
    return {
        "set": {
            "field": "error.message",
            "value": " ".join([*(f"{{{{{{_ingest.{part}}}}}}}" for part in parts), *more]),
        }
    }


MARKED = {"set": {"field": "event.kind", "value": "pipeline_error"}}

BROKEN: dict[str, tuple[Rule, Break]] = {
    # files
    "no changelog": (files.required_files_are_there, remove("changelog.yml")),
    "no readme": (files.required_files_are_there, remove("docs/README.md")),
    "a data stream without a manifest": (files.required_files_are_there, remove(STREAM)),
    "a data stream without fields": (
        files.required_files_are_there,
        write("data_stream/more/manifest.yml", "title: More\ntype: logs\n"),
    ),
    "a manifest that is no yaml": (files.yaml_and_json_can_be_read, write("manifest.yml", "a: [")),
    "a sample event that is no json": (
        files.yaml_and_json_can_be_read,
        write("data_stream/logs/sample_event.json", "{"),
    ),
    "a stray file in a data stream": (files.a_data_stream_has_no_stray_files, write("data_stream/logs/notes.md", "")),
    "a stray file among the templates": (
        files.a_data_stream_has_no_stray_files,
        write("data_stream/logs/agent/stream/cel.yml.hbs.orig", ""),
    ),
    "a template that is not there": (files.referenced_files_are_there, remove(TEMPLATE)),
    "a screenshot that is not there": (
        files.referenced_files_are_there,
        edit("manifest.yml", lambda m: m.update(screenshots=[{"src": "/img/absent.png", "title": "Overview"}])),
    ),
    "a block that is not closed": (files.templates_are_handlebars, replace(TEMPLATE, "{{/each}}", "")),
    "a block closed by another": (files.templates_are_handlebars, replace(TEMPLATE, "{{/each}}", "{{/if}}")),
    "a brace too few": (files.templates_are_handlebars, replace(TEMPLATE, "{{listen_port}}", "{{listen_port}")),
    "a readme that is not what its source renders to": (
        files.the_readme_is_the_rendering_of_its_source,
        write("_dev/build/docs/README.md", "# Another title\n"),
    ),
    "a readme's template that calls for what is not known": (
        files.the_readme_is_the_rendering_of_its_source,
        write("_dev/build/docs/README.md", "{{inputDocs}}\n"),
    ),
    "a readme's template that names no data stream of the package": (
        files.the_readme_is_the_rendering_of_its_source,
        write("_dev/build/docs/README.md", '{{fields "metrics"}}\n'),
    ),
    # shapes
    "no owner": (shapes.the_manifest_has_its_shape, edit("manifest.yml", lambda m: m.pop("owner"))),
    "an owner without a type": (
        shapes.the_manifest_has_its_shape,
        edit("manifest.yml", lambda m: m["owner"].pop("type")),
    ),
    "a license at the top": (
        shapes.the_manifest_has_its_shape,
        edit("manifest.yml", lambda m: m.update(license="basic")),
    ),
    "a release": (shapes.the_manifest_has_its_shape, edit("manifest.yml", lambda m: m.update(release="ga"))),
    "a dotted kibana version": (
        shapes.the_manifest_has_its_shape,
        edit("manifest.yml", lambda m: m.update(conditions={"kibana.version": "^8.17.0"})),
    ),
    "a license that the registry does not know": (
        shapes.the_manifest_has_its_shape,
        edit("manifest.yml", lambda m: m.update(source={"license": "MIT"})),
    ),
    "a category of its own": (
        shapes.the_manifest_has_its_shape,
        edit("manifest.yml", lambda m: m["categories"].append("auth0")),
    ),
    "an input without a description": (
        shapes.the_manifest_has_its_shape,
        edit("manifest.yml", lambda m: m["policy_templates"][0]["inputs"][0].pop("description")),
    ),
    "a screenshot without a title": (
        shapes.the_manifest_has_its_shape,
        edit("manifest.yml", lambda m: m.update(screenshots=[{"src": "/img/a.png"}])),
    ),
    "a change of an unknown type": (shapes.the_changelog_has_its_shape, add_change(type="feature")),
    "a link to github that ends in no number": (
        shapes.the_changelog_has_its_shape,
        add_change(link="https://github.com/a/b/commits/main"),
    ),
    "a stream without a title": (
        shapes.a_data_streams_manifest_has_its_shape,
        edit(STREAM, lambda stream: stream["streams"][0].pop("title")),
    ),
    "a variable without a type": (shapes.a_data_streams_manifest_has_its_shape, add_variable(name="a")),
    "a field with an unknown key": (
        shapes.field_definitions_have_their_shape,
        add_field(name="a", type="keyword", ignore_abvoe=1),
    ),
    "a field of an unknown type": (shapes.field_definitions_have_their_shape, add_field(name="a", type="string")),
    "a test without events": (shapes.pipeline_tests_have_their_shape, write(f"{TESTS}/test-a.json", "[]")),
    "a misspelt test setting": (
        shapes.pipeline_tests_have_their_shape,
        write(f"{TESTS}/test-sample.json-config.yml", "field: {}\n"),
    ),
    # content
    "a version that the changelog does not know": (
        content.the_changelog_knows_the_version,
        edit("manifest.yml", lambda m: m.update(version="99.0.0")),
    ),
    "a stream whose input is not offered": (
        content.every_stream_has_an_input,
        edit("manifest.yml", lambda m: m["policy_templates"][0]["inputs"].pop()),
    ),
    "a password that does not say whether it is secret": (
        content.secrets_are_marked,
        add_variable(name="a", type="password"),
    ),
    "a variable named like a secret": (content.secrets_are_marked, add_variable(name="api_key", type="text")),
    "a variable that the template does not use": (
        content.templates_and_variables_agree,
        add_variable(name="unused", type="text"),
    ),
    "a template that uses what is no variable": (
        content.templates_and_variables_agree,
        replace(TEMPLATE, "{{listen_port}}", "{{port}}"),
    ),
    "a lifecycle policy under a name that Fleet does not give it": (
        content.the_lifecycle_policy_is_there,
        edit(STREAM, lambda stream: stream.update(ilm_policy="logs-auth0.logs")),
    ),
    "a data stream without namespace": (
        content.the_base_fields_are_defined,
        replace("data_stream/logs/fields/base-fields.yml", "data_stream.namespace", "data_stream.other"),
    ),
    "a field defined twice": (content.no_field_is_defined_twice, add_field(name="@timestamp", type="date")),
    "an external field without a reference": (
        content.external_fields_have_a_reference,
        add_field(name="a", type="keyword", external="ecs"),
    ),
    # pipelines
    "a pipeline without its first line": (pipelines.a_pipeline_starts_as_a_document, replace(PIPELINE, "---\n", "")),
    "a pipeline with a version": (
        pipelines.a_pipeline_has_known_keys,
        edit(PIPELINE, lambda pipeline: pipeline.update(version=1)),
    ),
    "a reroute": (pipelines.processors_are_allowed, add_processor({"reroute": {"tag": "reroute"}})),
    "an enrich in a foreach": (
        pipelines.processors_are_allowed,
        add_processor({"foreach": {"tag": "each", "field": "tags", "processor": {"enrich": {}}}}),
    ),
    "a processor without a tag": (
        pipelines.every_processor_has_a_tag_of_its_own,
        add_processor({"set": {"field": "a", "value": 1}}),
    ),
    "a tag used twice": (
        pipelines.every_processor_has_a_tag_of_its_own,
        add_processor({"set": {"field": "a", "value": 1, "tag": "remove_message"}}),
    ),
    "no tag in a processor's on_failure": (
        pipelines.every_processor_has_a_tag_of_its_own,
        add_processor({"trim": {"tag": "trim", "field": "a", "on_failure": [{"remove": {"field": "a"}}]}}),
    ),
    "a failure that is not marked": (pipelines.a_failure_is_told, on_failure(told("{{{_ingest.pipeline}}}"))),
    "a failure whose pipeline is not told": (
        pipelines.a_failure_is_told,
        on_failure(MARKED, told()),
    ),
    "an original that is overwritten": (
        pipelines.the_original_is_kept_once,
        of_processor("rename_message", **{"if": "ctx.message != null"}),
    ),
    "a message kept beside the original": (
        pipelines.the_original_is_kept_once,
        of_processor("remove_message", field="other"),
    ),
    # dashboards
    "a dashboard with another id": (
        dashboards.a_dashboard_is_named_as_its_file,
        edit(DASHBOARD, lambda dashboard: dashboard.update(id="a")),
    ),
    "a dashboard without a filter": (
        dashboards.a_dashboard_is_filtered,
        edit(DASHBOARD, lambda d: d["attributes"].update(kibanaSavedObjectMeta={"searchSourceJSON": {"query": {}}})),
    ),
    "a panel by reference": (
        dashboards.panels_stand_for_themselves,
        add_panel(type="lens", panelRefName="panel_1", embeddableConfig={}),
    ),
    "a reference that dangles": (dashboards.references_are_there, refer_to("dashboard", "link")),
    "a legacy visualization": (
        dashboards.no_panel_is_legacy,
        add_panel(type="visualization", embeddableConfig={"savedVis": {"type": "histogram"}}),
    ),
    # detection rules
    "a rule without a query": (shapes.detection_rules_have_their_shape, of_rule(query="")),
    "a rule that is on": (shapes.detection_rules_have_their_shape, of_rule(enabled=True)),
    "a rule of a severity that Kibana does not know": (
        shapes.detection_rules_have_their_shape,
        of_rule(severity="informational"),
    ),
    "a rule that is named otherwise": (
        content.a_detection_rule_is_named_as_its_file,
        edit(RULE, lambda rule: rule.update(id=f"{rule['id']}_1")),
    ),
    "a rule with another rule_id": (content.a_detection_rule_is_named_as_its_file, of_rule(rule_id="another")),
    # golden files
    "a test without expectations": (
        golden_files.every_test_file_has_its_partner,
        write(f"{TESTS}/test-a.json", '{"events": []}'),
    ),
    "expectations without a test": (
        golden_files.every_test_file_has_its_partner,
        write(f"{TESTS}/test-a.json-expected.json", '{"expected": []}'),
    ),
    "an expectation too few": (
        golden_files.events_and_expectations_are_as_many,
        edit(f"{TESTS}/test-sample.json-expected.json", lambda golden: golden["expected"].pop()),
    ),
    "an expected time of ingestion": (
        golden_files.the_time_of_ingestion_is_not_expected,
        edit(f"{TESTS}/test-sample.json-expected.json", lambda g: g["expected"][0]["event"].update(ingested="")),
    ),
}  # fmt: skip


def test_the_package_satisfies_every_rule() -> None:
    assert check(find_package()) == []


def test_the_copy_that_is_broken_below_is_sound(package: Any) -> None:
    assert check(package.root) == []


@pytest.mark.parametrize("defect", BROKEN)
def test_a_defect_is_noticed_by_its_rule_alone(package: Any, defect: str) -> None:
    rule, apply = BROKEN[defect]
    apply(package)
    assert {finding.rule.__name__ for finding in check(package.root)} == {rule.__name__}


def test_a_problem_names_a_file_and_a_remedy(package: Any) -> None:
    package.remove("changelog.yml")
    problem = check(package.root)[0].problem
    assert problem == ("changelog.yml", "there is no such file", "write it")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_says_what_it_is_and_has_a_broken_example(rule: Rule) -> None:
    assert (rule.__doc__ or "").endswith(".")
    assert rule in {each for each, _ in BROKEN.values()}
