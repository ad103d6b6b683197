"""A first run installs less than the tests do: the processes must start with what its list names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
NOWHERE = {
    "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SMTP_URL": "smtp://127.0.0.1:1",
}
# Hides the packages that are installed without being on the list, then loads what web, worker, relay and clock load.
START = """
import sys
from importlib.abc import MetaPathFinder
from importlib.metadata import packages_distributions

plain = lambda name: name.lower().replace("_", "-").replace(".", "-")
listed = {plain(name) for name in sys.argv[1:]}
hidden = {package for package, names in packages_distributions().items() if listed.isdisjoint(map(plain, names))}

class Hide(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if path is None and name in hidden:
            raise ModuleNotFoundError(f"No module named {name!r} in the list", name=name)

sys.meta_path.insert(0, Hide())
import eventhub.wsgi, workers.relay, workers.schedule
from kombu.transport import get_transport_cls
get_transport_cls("redis")
"""


@pytest.mark.parametrize("wanted", ["run", "production"])
def test_the_list_is_enough_to_start(wanted: str) -> None:
    lines = (REQUIREMENTS / f"{wanted}.txt").read_text(encoding="utf-8").splitlines()
    listed = [line.partition("==")[0].partition("[")[0] for line in lines if "==" in line and not line.startswith(" ")]

    done = subprocess.run(
        [sys.executable, "-c", START, *listed], env=os.environ | NOWHERE, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
