"""What everything takes place on: the engine, the installed package and the server, all started."""

import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from auth0_elastic.config.settings import Settings
from auth0_elastic.demo import processes
from auth0_elastic.demo.home import Home, url_of
from auth0_elastic.demo.interrupts import Interrupts
from auth0_elastic.demo.steps import Steps
from auth0_elastic.engine.client import Engine, connect
from auth0_elastic.local_auth0 import LocalAuth0
from auth0_elastic.package_files import load_assets
from auth0_elastic.setup.apply import install


@dataclass(frozen=True)
class Stage:
    """`stream` is the data stream's name; `auth0` is the tenant, where there is one."""

    home: Home
    settings: Settings
    engine: Engine
    server: "subprocess.Popen[bytes]"
    stream: str
    auth0: LocalAuth0 | None


def make_home(interrupts: Interrupts, stack: ExitStack) -> Home:
    """A new folder; `stack` removes it."""
    with interrupts.held():
        home = Home(Path(tempfile.mkdtemp(prefix="auth0-elastic-demo-")))
        stack.callback(shutil.rmtree, home.folder)
    return home


def set_up(home: Home, auth0: LocalAuth0 | None, steps: Steps, interrupts: Interrupts, stack: ExitStack) -> Stage:
    """Starts everything; `stack` stops it."""
    with steps.step("Starting OpenSearch") as step:
        embedded = processes.start_engine(home, interrupts, stack)
        step.note = embedded.url
    settings = home.furnish(embedded.url, auth0)
    engine, assets = connect(settings.elasticsearch), load_assets()
    with steps.step("Installing the package") as step:
        for name in settings.spool.folders:
            install(engine, load_assets(name))
        step.note = f"{assets.name} {assets.version}, and the data stream of Actions"
    with steps.step("Starting the server") as step:
        server = processes.start_server(home, settings, interrupts, stack)
        step.note = url_of(settings)
    return Stage(home, settings, engine, server, f"{assets.name}-{settings.data_stream.namespace}", auth0)
