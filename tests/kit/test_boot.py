"""The house starts."""

from flask import Flask

from eventhub.kit.db import db


def test_starts(app: Flask, database: None) -> None:
    assert db.session.execute(db.text("select count(*) from person")).scalar() == 0
