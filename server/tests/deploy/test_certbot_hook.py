"""deploy/certbot-deploy-hook, as certbot runs it after a renewal."""

import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

Renew = Callable[[], None]


@pytest.fixture
def renew(root: Path, tmp_path: Path) -> Renew:
    """Puts a new certificate where certbot keeps it, behind symbolic links, and runs the hook."""
    live, archive = tmp_path / "live", tmp_path / "archive"
    live.mkdir()
    archive.mkdir()

    def run() -> None:
        number = len(list(archive.iterdir()))
        issued = trustme.CA().issue_cert("collector.example.com")
        parts = {"privkey": issued.private_key_pem.bytes(), "fullchain": issued.cert_chain_pems[0].bytes()}
        for name, content in parts.items():
            (archive / f"{name}{number}.pem").write_bytes(content)
            (live / f"{name}.pem").unlink(missing_ok=True)
            (live / f"{name}.pem").symlink_to(archive / f"{name}{number}.pem")
        environment = {
            "PATH": os.environ["PATH"],
            "RENEWED_LINEAGE": str(live),
            "OWNER": str(os.geteuid()),
            "FOLDER": str(tmp_path / "tls"),
        }
        subprocess.run([root / "deploy" / "certbot-deploy-hook"], env=environment, check=True)

    return run


def test_the_listener_gets_the_pair_and_its_next_renewal(renew: Renew, tmp_path: Path) -> None:
    folder, seen = tmp_path / "tls", set()
    for _ in range(2):
        renew()
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
        seen.add((folder / "fullchain.pem").read_text())
    assert len(seen) == 2


def test_nobody_else_may_read_it_and_nothing_is_left_beside_it(renew: Renew, tmp_path: Path) -> None:
    renew()
    found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()}
    assert found == {"privkey.pem": 0o400, "fullchain.pem": 0o400}
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
