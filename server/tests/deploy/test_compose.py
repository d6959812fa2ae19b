"""docker-compose.yml as Compose understands it, and what it asks of the server, of the images and of this folder."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from auth0_elastic.config.load import load
from auth0_elastic.serve.supervisor import STOP_SECONDS

Json = dict[str, Any]

OURS = ("setup", "auth0-elastic", "detect")
ONCE = {"certs", "accounts", "setup"}


@pytest.fixture(scope="module")
def compose(root: Path) -> Json:
    """The resolved file, without a .env that may lie beside it."""
    command = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    assert shutil.which(command[0]), (
        "the tests need docker-compose: apt-get install --no-install-recommends docker-compose"
    )
    files = ["--project-directory", root, "--env-file", root / ".env.example", "-f", root / "docker-compose.yml"]
    profile = ["--profile", "detect"]
    done = subprocess.run([*command, *files, *profile, "config"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    resolved: Json = yaml.safe_load(done.stdout)
    return resolved


@pytest.fixture(scope="module")
def source(root: Path) -> str:
    return (root / "docker-compose.yml").read_text()


def paths_of(service: Json) -> Iterator[tuple[str, str]]:
    """Source and target of each volume, in either form that Compose prints."""
    for volume in service.get("volumes", ()):
        if isinstance(volume, str):
            yield volume.split(":")[0], volume.split(":")[1]
        else:
            yield volume["source"], volume["target"]


def test_every_image_has_a_version_and_no_registry(compose: Json) -> None:
    images = {service["image"] for service in compose["services"].values()}
    assert {image for image in images if not re.fullmatch(r"[a-z0-9-]+:\d+\.\d+\.\d+", image)} == set()
    versions = {image.split(":")[1] for image in images if image.startswith(("elasticsearch:", "kibana:"))}
    assert len(versions) == 1
    assert tuple(map(int, versions.pop().split("."))) >= (8, 19)


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_each_of_our_services_are_right(compose: Json, name: str, tmp_path: Path) -> None:
    """Its files lie where it looks for them: secrets and volumes are put into a folder that stands for its root."""
    service = compose["services"][name]
    for secret in service["secrets"]:
        write(tmp_path / "run/secrets" / secret["source"], b"a-secret-of-some-length")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    targets = {target for _, target in paths_of(service)}
    files = {
        "/run/certs": {"ca/ca.crt": authority.cert_pem.bytes()},
        "/run/tls": {
            "fullchain.pem": b"".join(blob.bytes() for blob in issued.cert_chain_pems),
            "privkey.pem": issued.private_key_pem.bytes(),
        },
    }
    for folder in targets & files.keys():
        for file, content in files[folder].items():
            write(tmp_path / folder[1:] / file, content)
    given = {key: str(value).replace("/run/", f"{tmp_path}/run/") for key, value in service["environment"].items()}
    settings = load(Path("/dev/null"), given, for_serve=name == "auth0-elastic")
    assert settings.elasticsearch.password is not None
    assert settings.elasticsearch.hosts[0].startswith("https://")
    if name == "auth0-elastic":
        assert settings.listener.ssl.certificate
        assert str(settings.spool.path) in targets


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_only_setup_is_the_superuser(compose: Json) -> None:
    users = {name: compose["services"][name]["environment"]["AUTH0_ELASTIC_ELASTICSEARCH_USERNAME"] for name in OURS}
    assert users == {"setup": "elastic", "auth0-elastic": "auth0-elastic", "detect": "auth0-elastic-detect"}
    holders = {name for name, service in compose["services"].items() if has_secret(service, "elastic_password")}
    assert holders == {"elasticsearch", "accounts", "setup"}


def has_secret(service: Json, name: str) -> bool:
    return any(secret["source"] == name for secret in service.get("secrets", ()))


def test_a_secret_is_never_a_variables_value(compose: Json, source: str) -> None:
    variables = [
        (key, value)
        for service in compose["services"].values()
        for key, value in service.get("environment", {}).items()
    ]
    secret = [(key, value) for key, value in variables if re.search("PASSWORD|TOKEN|API_KEY|SECRET", key)]
    assert {value for key, value in secret if key.endswith("_FILE")} == {
        value for key, value in secret if key != "SECRETS"
    }
    assert all(str(value).startswith("/run/secrets") for _, value in secret)
    assert re.findall(r"\$\{\w*(?:PASSWORD|TOKEN|KEY|SECRET)\w*", source) == []


def test_everything_that_is_mounted_exists_or_is_made(compose: Json, root: Path) -> None:
    for service in compose["services"].values():
        for path, _ in paths_of(service):
            assert path in compose["volumes"] or Path(path).exists(), path
    made = re.search(r"^for name in (.*); do$", (root / "deploy/make-secrets").read_text(), re.MULTILINE)
    assert made
    assert set(made[1].split()) == set(compose["secrets"])
    assert {Path(secret["file"]).relative_to(root) for secret in compose["secrets"].values()} == {
        Path("deploy/secrets") / name for name in compose["secrets"]
    }


def test_nothing_starts_before_what_it_needs(compose: Json) -> None:
    for name, service in compose["services"].items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert how["condition"] == wanted, (name, other)
            assert other in ONCE or "healthcheck" in compose["services"][other], other
    assert compose["services"]["auth0-elastic"]["depends_on"].keys() == {"setup"}


def test_every_service_is_held_in_bounds(compose: Json) -> None:
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "mem_limit" in service, name
        assert (service["restart"] == "no") == (name in ONCE), name
        assert service.get("cap_add", []) == (["CHOWN", "DAC_OVERRIDE", "FOWNER"] if name == "certs" else []), name
    for name in OURS:
        assert compose["services"][name]["read_only"] is True
        assert compose["services"][name]["init"] is True


def test_only_the_listener_can_be_reached_from_elsewhere(source: str) -> None:
    ports = [each for line in re.findall(r"^    ports: (.*)$", source, re.MULTILINE) for each in json.loads(line)]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["${LISTENER_PORT:-8383}:8383"]


def test_it_is_ended_only_after_the_supervisor_has_had_its_time(compose: Json) -> None:
    assert int(compose["services"]["auth0-elastic"]["stop_grace_period"].removesuffix("s")) > STOP_SECONDS


def test_the_example_names_every_variable_with_its_default_and_no_secret(root: Path, source: str) -> None:
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", source))
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", source)) == set(used)
    example = dict(re.findall(r"^(\w+)=(.*)$", (root / ".env.example").read_text(), re.MULTILINE))
    assert example == used


def test_every_default_is_that_of_the_settings(root: Path) -> None:
    example = dict(re.findall(r"^(\w+)=(.*)$", (root / ".env.example").read_text(), re.MULTILINE))
    settings = load(Path("/dev/null"), {"AUTH0_ELASTIC_SPOOL_MAX_SIZE": example["SPOOL_MAX_SIZE"]})
    assert settings.spool.max_size == load(Path("/dev/null"), {}).spool.max_size
    assert example["LISTENER_PORT"] == str(settings.listener.listen_port)
    assert example["LISTENER_WORKERS"] == str(settings.listener.workers)
    assert example["PRESERVE_ORIGINAL_EVENT"] == str(settings.preserve_original_event).lower()
    assert example["NAMESPACE"] == settings.data_stream.namespace
