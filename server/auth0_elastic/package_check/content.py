"""Rules on what manifests and fields say, beyond their shape."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from auth0_elastic.package_check.package import Package
from auth0_elastic.package_check.problem import Problem

BASE_FIELDS = {
    "@timestamp": "date",
    "data_stream.type": "constant_keyword",
    "data_stream.dataset": "constant_keyword",
    "data_stream.namespace": "constant_keyword",
}

_SOUNDS_SECRET = re.compile(r"secret|token|password|passwd|api_?key", re.IGNORECASE)


def the_changelog_knows_the_version(package: Package) -> Iterator[Problem]:
    """The changelog has an entry for the manifest's version, on top."""
    version, newest = package.manifest["version"], package.changelog[0]["version"]
    if version != newest:
        yield Problem("changelog.yml", f"its first entry is {newest}, the manifest's version {version}", "add an entry")


def every_stream_has_an_input(package: Package) -> Iterator[Problem]:
    """The input of each stream is offered by a policy template, and the other way round."""
    offered = {each["type"] for template in _templates(package) for each in template.get("inputs", ())}
    used = {each["input"] for stream in package.streams.values() for each in stream.get("streams", ())}
    for name in sorted(used - offered):
        yield Problem("manifest.yml", f"no policy template offers the input {name}", "add it to its inputs")
    for name in sorted(offered - used):
        yield Problem(
            "manifest.yml", f"no data stream has a stream for the input {name}", "add one, or remove the input"
        )


def secrets_are_marked(package: Package) -> Iterator[Problem]:
    """A variable that is a password, or named like a secret, says `secret: true` or `secret: false`."""
    for file, var in _vars(package):
        if (var["type"] == "password" or _SOUNDS_SECRET.search(var["name"])) and "secret" not in var:
            yield Problem(file, f"the variable {var['name']} does not say whether it is secret", "add secret: true")


def templates_and_variables_agree(package: Package) -> Iterator[Problem]:
    """A stream's template uses every variable of the stream and names no other."""
    for folder, stream in package.streams.items():
        for each in stream.get("streams", ()):
            path = folder / "agent" / "stream" / each.get("template_path", "stream.yml.hbs")
            named, known = _named_in(path.read_text("utf-8")), {var["name"] for var in each.get("vars", ())}
            for name in sorted(known - named):
                yield Problem(package.name_of(path), f"it does not use the variable {name}", "use it, or remove it")
            for name in sorted(named - known):
                yield Problem(package.name_of(path), f"it uses {name}, which is no variable", "add it to the manifest")


def the_lifecycle_policy_is_there(package: Package) -> Iterator[Problem]:
    """A data stream's ilm_policy is the name under which Fleet installs a file in its elasticsearch/ilm/."""
    for folder, stream in package.streams.items():
        prefix = f"{stream['type']}-{package.manifest['name']}.{folder.name}-"
        names = {f"{prefix}{path.stem}" for path in folder.glob("elasticsearch/ilm/*")}
        if stream.get("ilm_policy") not in names | {None}:
            what = f"there is no file for the ilm_policy {stream['ilm_policy']}"
            remedy = f"name it {prefix}<file in elasticsearch/ilm/>"
            yield Problem(package.name_of(folder / "manifest.yml"), what, remedy)


def the_base_fields_are_defined(package: Package) -> Iterator[Problem]:
    """@timestamp is a date, data_stream.type, .dataset and .namespace are constant keywords."""
    for folder in package.streams:
        types = {name: field.get("type") for _, name, field in package.fields(folder)}
        for name, kind in BASE_FIELDS.items():
            if types.get(name) != kind:
                yield Problem(package.name_of(folder / "fields"), f"{name} is not defined as {kind}", "define it so")


def no_field_is_defined_twice(package: Package) -> Iterator[Problem]:
    """A field is defined once in a data stream; only groups may come again."""
    for folder in package.streams:
        found = [(path, name) for path, name, field in package.fields(folder) if not _is_group(field)]
        counts = Counter(name for _, name in found)
        for path, name in dict.fromkeys(each for each in found if counts[each[1]] > 1):
            yield Problem(package.name_of(path), f"{name} is defined twice", "remove one definition")


def a_detection_rule_is_named_as_its_file(package: Package) -> Iterator[Problem]:
    """The file's name is the id of the saved object, which begins with the rule's own id."""
    for path, body in package.detection_rules.items():
        if body["id"] != path.stem:
            yield Problem(package.name_of(path), f"its id is {body['id']}, not {path.stem}", "make them the same")
        if not body["id"].startswith(body["attributes"]["rule_id"]):
            what = f"its id does not begin with its rule_id, {body['attributes']['rule_id']}"
            yield Problem(package.name_of(path), what, "make them the same")


def external_fields_have_a_reference(package: Package) -> Iterator[Problem]:
    """A field that says `external: ecs` needs an ECS reference in _dev/build/build.yml."""
    if (package.root / "_dev" / "build" / "build.yml").is_file():
        return
    for folder in package.streams:
        for path, name, field in package.fields(folder):
            if "external" in field:
                yield Problem(
                    package.name_of(path), f"{name} is external", "write its type, or add _dev/build/build.yml"
                )


def _templates(package: Package) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = package.manifest.get("policy_templates", [])
    return found


def _vars(package: Package) -> Iterator[tuple[str, dict[str, Any]]]:
    holders = [package.manifest, *_templates(package)]
    holders += [each for template in _templates(package) for each in template.get("inputs", ())]
    yield from (("manifest.yml", var) for holder in holders for var in holder.get("vars", ()))
    for folder, stream in package.streams.items():
        file = package.name_of(folder / "manifest.yml")
        yield from ((file, var) for each in stream.get("streams", ()) for var in each.get("vars", ()))


def _named_in(template: str) -> set[str]:
    """The names that expressions use, without helpers, texts and the names that blocks introduce."""
    names: set[str] = set()
    own = {name for each in re.findall(r"as \|([\w ]+)\|", template) for name in each.split()}
    for content in re.findall(r"\{\{\s*([^!/{}][^{}]*)\}\}", template):
        words = re.sub(r"\"[^\"]*\"|'[^']*'|as \|[\w ]+\|", "", content).split()
        names.update(words[1:] if content.startswith("#") or len(words) > 1 else words)
    return {name for name in names if not name.startswith(("_meta", "@", "this"))} - own - {"else"}


def _is_group(field: dict[str, Any]) -> bool:
    return bool(field.get("type", "group" if "fields" in field else "") == "group")
