"""The commands to try next, ready to be copied: no line of them is broken by the terminal's width."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from auth0_elastic.config.settings import Settings
from auth0_elastic.demo.home import Home, url_of

_IDENTITY = "my-first-event"


def show_commands(console: Console, home: Home, settings: Settings, stream: str, now: datetime) -> None:
    """Prints what to type into another terminal; the token stays in its file."""
    for title, command in (*commands(home, settings, stream, now), *tenant_commands(home, settings)):
        console.print(Text(f"\n# {title}", "dim"), soft_wrap=True)
        console.print(Text(command), soft_wrap=True)


def commands(home: Home, settings: Settings, stream: str, now: datetime) -> Iterator[tuple[str, str]]:
    """A title and a shell command each."""
    url, search = url_of(settings), f"{settings.elasticsearch.hosts[0]}/{stream}/_search"
    ca, header, token = (shlex.quote(str(path)) for path in (home.ca, home.header, home.token))
    yield (
        "Post an event, as Auth0 would",
        f"curl --cacert {ca} -H @{header} \\\n  {url} \\\n  -d '{_event(now)}'",
    )
    yield "Find it, a second later, in ECS", f"curl -s '{search}?q=event.id:{_IDENTITY}&pretty'"
    yield (
        "Who had most failed logins?",
        f"curl -s '{search}?size=0&pretty' \\\n  -H 'Content-Type: application/json' -d '\n"
        '  {"query": {"term": {"auth0.signal.name": "auth.login_failed"}},\n'
        '   "aggs": {"users": {"terms": {"field": "user.name", "size": 5}}}}\'',
    )
    yield (
        "Post another day",
        f"{_program()} send --generate 10000 --seed 2 --content-format mixed \\\n"
        f"  --ca {ca} --token-file {token} \\\n  --url {url}",
    )
    yield "What the server says of itself", f"curl -s http://127.0.0.1:{settings.monitoring.listen_port}/readyz"


def tenant_commands(home: Home, settings: Settings) -> Iterator[tuple[str, str]]:
    """As above, of the tenant's Auth0; none where there is no tenant."""
    if not settings.tenants:
        return
    config, ca = f"--config {shlex.quote(str(home.settings))}", shlex.quote(str(home.ca))
    yield "How Auth0's log stream is", f"{_program()} stream status {config}"
    yield "Follow a marked event until it is found", f"{_program()} stream test {config} --ca {ca}"
    yield "Give the log stream a new token", f"{_program()} stream rotate-token {config}"
    yield "Whether anything is missing", f"{_program()} reconcile --since 2d {config}"


def show_files(console: Console, home: Home) -> None:
    """Where everything is, while it lasts."""
    files = {"settings": home.settings, "server's log": home.server_log, "engine's log": home.engine / "engine.log"}
    for name, path in files.items():
        console.print(Text.assemble((f"{name:14}", "dim"), str(path)), soft_wrap=True)


def _event(now: datetime) -> str:
    date = f"{now:%Y-%m-%dT%H:%M:%S}.000Z"
    return (
        f'{{"log_id":"{_IDENTITY}","data":{{"type":"fp","date":"{date}",\n'
        '      "user_name":"me@example.com","ip":"81.2.69.143"}}'
    )


def _program() -> str:
    """How this program was called, so that it can be called again."""
    called = Path(sys.argv[0])
    if shutil.which(called.name) or called.name != "auth0-elastic":
        return "auth0-elastic"
    return shlex.quote(str(called.absolute()))
