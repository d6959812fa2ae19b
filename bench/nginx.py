"""nginx with the recipe of deploy/nginx.conf, on free ports and with a certificate of its own."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from auth0_elastic.engine.embedded.ports import HOST, free_port
from auth0_elastic.errors import MissingTool
from bench.served import make_certificate, running

RECIPE = Path(__file__).parents[1] / "deploy" / "nginx.conf"
_LETS_ENCRYPT = "/etc/letsencrypt/live/collector.example.com"
_AROUND = """\
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/recipe.conf;
}}
"""


class Nginx(NamedTuple):
    """A running nginx: where it takes events, its plain port, whom a client must trust, and the folder of its logs."""

    pid: int
    url: str
    plain_port: int
    authority: Path
    logs: Path


@contextmanager
def nginx(folder: Path, upstream_ports: Sequence[int]) -> Iterator[Nginx]:
    """In front of listeners on this machine. Raises MissingTool, or Auth0ElasticError when nginx does not start."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise MissingTool("nginx stands in front of the replicas and is not installed: apt-get install nginx-light")
    folder.mkdir(parents=True, exist_ok=True)
    certificate = make_certificate(folder)
    secure, plain = free_port(), free_port()
    changes = {
        "server 127.0.0.1:8383 fail_timeout=5s;": " ".join(
            f"server {HOST}:{port} fail_timeout=5s;" for port in upstream_ports
        ),
        "listen 80;": f"listen {HOST}:{plain};",
        "listen 443 ssl;": f"listen {HOST}:{secure} ssl;",
        f"{_LETS_ENCRYPT}/fullchain.pem": str(certificate.chain),
        f"{_LETS_ENCRYPT}/privkey.pem": str(certificate.key),
        "/var/log/nginx": str(folder),
        "/var/www/letsencrypt": str(folder),
    }
    (folder / "recipe.conf").write_text(adapted(RECIPE.read_text(), changes))
    user = "user root;" if os.geteuid() == 0 else ""  # the folder is the caller's alone
    (folder / "nginx.conf").write_text(_AROUND.format(user=user, folder=folder))
    command = [program, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with running(command, folder / "nginx.out", secure) as pid:
        yield Nginx(pid, f"https://{HOST}:{secure}", plain, certificate.authority, folder)


def adapted(recipe: str, changes: dict[str, str]) -> str:
    """The recipe with these texts in the place of others; raises ValueError when one is not in it."""
    for old, new in changes.items():
        if old not in recipe:
            raise ValueError(f"{RECIPE.name} no longer has {old!r}")
        recipe = recipe.replace(old, new)
    return recipe
