"""Migrations: a database that is up to date may be migrated again, as every start does."""

from flask import Flask

from eventhub.kit.db import db
from eventhub.kit.health import ready
from eventhub.kit.migrations import upgrade_database


def test_migrating_again_changes_nothing(app: Flask) -> None:
    with app.app_context():
        upgrade_database()
        assert ready()["migrations"]
        db.session.remove()
