"""The world that tests of access share: made once for each module."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.house.world import World, world_of


@pytest.fixture(scope="module")
def world(app: Flask) -> Iterator[World]:
    """See tests/house/world.py."""
    with world_of(app) as made:
        yield made
