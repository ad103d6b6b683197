"""A house for each module of journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with web server, worker and relay."""
    folder: Path = tmp_path_factory.mktemp("house")
    with House(folder) as built:
        built.web()
        built.worker()
        built.relay()
        yield built
