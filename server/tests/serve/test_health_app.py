"""What /readyz says while the shipper's ledger is not there, or is being made."""

from dataclasses import replace
from pathlib import Path

from auth0_elastic.config.load import load
from auth0_elastic.serve.health import create_health_app
from auth0_elastic.spool.ledger import LEDGER


def test_without_a_whole_ledger_the_server_is_ready(tmp_path: Path) -> None:
    settings = load(Path("/dev/null"), {})
    settings = replace(settings, spool=replace(settings.spool, path=tmp_path))
    client = create_health_app(settings, lambda: True).test_client()
    for make in (lambda: None, (tmp_path / LEDGER).touch):
        make()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.get_json()["engine"]) == (200, "not yet tried")
