"""requirements.lock alone must do: what only the developers' lock brings hides a missing dependency."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[3]

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"{name} is not in requirements.lock")

sys.meta_path.insert(0, Refuse())
import gunicorn.workers.ggevent
import auth0_elastic
for module in pkgutil.walk_packages(auth0_elastic.__path__, "auth0_elastic."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def locked(name: str) -> set[str]:
    text = (ROOT / name).read_text()
    return {re.sub(r"[-_.]+", "-", found).lower() for found in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)}


def test_every_module_can_be_imported_with_what_the_runtime_lock_installs() -> None:
    only_for_developers = locked("requirements-dev.lock") - locked("requirements.lock")
    forbidden = {
        module
        for module, distributions in packages_distributions().items()
        if all(re.sub(r"[-_.]+", "-", each).lower() in only_for_developers for each in distributions)
    }
    assert "pytest" in forbidden
    code = f"FORBIDDEN = {forbidden!r}\n{IMPORT_EVERYTHING}"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
