"""A house for the journeys of one process, and one for each module that goes through all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import House


@contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """A house with web server, worker and relay."""
    with House(folder) as built:
        built.web()
        built.worker()
        built.relay()
        yield built


@pytest.fixture(scope="session")
def common_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house of this process."""
    with furnished(tmp_path_factory.mktemp("house")) as built:
        yield built


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house of this process: each journey brings its own people and events, and leaves those of others alone. A
    module that looks at everything in a house says OWN_HOUSE.
    """
    if not getattr(request.module, "OWN_HOUSE", False):
        yield request.getfixturevalue("common_house")
        return
    with furnished(tmp_path_factory.mktemp("house")) as built:
        yield built
