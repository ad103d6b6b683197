"""The probe site: EventHub with pages that try what the kit must do or refuse."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from eventhub.kit.db import close_pools
from tests.conftest import HtmlClient
from tests.kit import probe_site


@pytest.fixture(scope="session")
def probe_app(app: Flask) -> Iterator[Flask]:
    """The app with the probe's pages, on this worker's database."""
    made = probe_site.build(app.extensions["eventhub.settings"], PAGE_MEMO=0, TESTING=True, PROPAGATE_BUGS=True)
    made.test_client_class = HtmlClient
    yield made
    with made.app_context():
        close_pools()


@pytest.fixture
def probe(probe_app: Flask) -> Iterator[FlaskClient]:
    """A browser on it; what it writes is undone."""
    with probe_site.undone(probe_app):
        yield probe_app.test_client()
