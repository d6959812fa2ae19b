"""What `doctor` says of a listener that guards itself."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme

from auth0_elastic.config.load import load
from auth0_elastic.config.settings import Settings
from auth0_elastic.doctor.certificate import examine_certificate
from auth0_elastic.doctor.listener import examine_listener
from auth0_elastic.secret import Secret

TOKEN = "tok-0123456789-0123456789"


def settings_of(server: Any, certificate: Path, **changes: Any) -> Settings:
    settings = load(Path("/dev/null"), {})
    ssl = replace(settings.listener.ssl, certificate=certificate / "tls.crt", key=certificate / "tls.key")
    given = {"listen_address": "127.0.0.1", "listen_port": server.port, "authorization_token": (Secret(TOKEN),)}
    return replace(settings, listener=replace(settings.listener, ssl=ssl, **{**given, **changes}))


def test_one_that_lets_others_in_only_is_left_alone(serve: Any, certificate: Path) -> None:
    server = serve("listen", listener={"allowed_addresses": ["203.0.113.9"]})
    (finding,) = examine_listener(settings_of(server, certificate, allowed_addresses=("203.0.113.9",)))
    assert (finding.state, finding.text) == ("skipped", "it listens; more it tells only listener.allowed_addresses")
    before = len(server.log())
    (finding,) = examine_listener(settings_of(server, certificate, allowed_addresses=("127.0.0.0/8",)))
    assert finding.state == "problem"
    assert "cut off 127.0.0.1" in server.log()[before:]


def test_one_that_lets_this_machine_in_is_looked_at(serve: Any, certificate: Path) -> None:
    allowed = ["203.0.113.9", "127.0.0.1"]
    server = serve("listen", listener={"allowed_addresses": allowed})
    (finding,) = examine_listener(settings_of(server, certificate, allowed_addresses=tuple(allowed)))
    assert finding.state == "ok"


def test_many_wrong_tokens_from_here_make_no_difference(serve: Any, certificate: Path) -> None:
    server = serve("listen", listener={"failed_tokens_per_minute": 1})
    for _ in range(2):
        (finding,) = examine_listener(settings_of(server, certificate))
        assert finding.state == "ok"


def test_a_certificate_that_is_served_is_that_of_the_file(
    listener: Any, certificate: Path, authority: trustme.CA, tmp_path: Path
) -> None:
    def texts(folder: Path) -> list[str]:
        return [
            finding.text for finding in examine_certificate(settings_of(listener, folder).listener, datetime.now(UTC))
        ]

    other = authority.issue_cert("localhost")
    (tmp_path / "tls.crt").write_bytes(b"".join(blob.bytes() for blob in other.cert_chain_pems))
    (tmp_path / "tls.key").write_bytes(other.private_key_pem.bytes())
    problem = "the listener still serves another one than the file holds"
    assert problem not in texts(certificate)
    assert problem in texts(tmp_path)
