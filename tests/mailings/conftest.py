"""The mail server of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from eventhub.local.mailsink import MailSink


@pytest.fixture
def sink(app: Flask, database: None, tmp_path: Path) -> Iterator[MailSink]:
    """A mail server that does as it is told, and the app that knows it."""
    settings = app.extensions["eventhub.settings"]
    with MailSink(tmp_path / "mail") as running:
        app.extensions["eventhub.settings"] = settings.model_copy(update={"smtp_url": running.url()})
        yield running
        app.extensions["eventhub.settings"] = settings
