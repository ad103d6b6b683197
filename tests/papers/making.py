"""The worker's task, run here on the test's own database, and what is on the paper it made."""

import io
from collections.abc import Callable
from importlib import import_module

import pypdf
import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.kit import files
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.papers.models import PaperOrder
from tests import servers

Make = Callable[[], list[PaperOrder]]


@pytest.fixture
def make(app: Flask, database: None, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Keep every promise of a paper, as a worker does; the orders, oldest first."""
    # Importing the workers reads the environment; their own app is not used.
    monkeypatch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
    task = import_module("workers.papers")
    monkeypatch.setattr(task, "flask_app", app)

    def run() -> list[PaperOrder]:
        db.session.flush()
        owed = select(Promise.id).where(Promise.task == task.NAME, Promise.kept_at.is_(None)).order_by(Promise.id)
        # Twice: what went out of date while it was printed owes the next edition.
        for promise_id in [*db.session.scalars(owed)]:
            task.make(promise_id)
        for promise_id in [*db.session.scalars(owed)]:
            task.make(promise_id)
        db.session.expire_all()
        assert db.session.scalars(owed).all() == []
        return list(db.session.scalars(select(PaperOrder).order_by(PaperOrder.asked_at)))

    return run


def content(order: PaperOrder) -> bytes:
    """The stored bytes of a paper."""
    assert order.file_id is not None, (order.kind, order.problem)
    return files.read(db.session.get_one(files.StoredFile, order.file_id))


def read(body: bytes) -> str:
    """What a reader finds in a PDF: the text of all pages, in which letters of any script have their own codes."""
    pages = pypdf.PdfReader(io.BytesIO(body)).pages
    return "\n".join(page.extract_text() for page in pages)


def letters(text: str) -> str:
    """Only the letters and digits, so that order of lines and spaces between runs of two directions do not matter."""
    return "".join(sorted(sign for sign in text if sign.isalnum()))


def has(text: str, words: str) -> bool:
    """Whether words stand in a text read back from a PDF, in whatever order the lines and the runs came out."""
    return all(part in text for part in words.replace("/", " ").split())
