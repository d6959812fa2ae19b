"""What the tests of the settings share: a folder to work in, a settings file, and a certificate."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of each test, with no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AUTH0_ELASTIC_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    def _write(text: str, name: str = "auth0-elastic.yml") -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return _write


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, tls.crt, tls.key, and other.key, which belongs to another certificate."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name in ("tls", "other"):
        issued = authority.issue_cert("localhost")
        issued.private_key_pem.write_to_path(folder / f"{name}.key")
        for blob in issued.cert_chain_pems:
            blob.write_to_path(folder / f"{name}.crt", append=True)
    return folder
