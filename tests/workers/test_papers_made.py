"""Files that somebody asked for, made by the tasks themselves: each once, and nothing where there is nothing to say."""

from importlib import import_module

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.commitments.models import Says, Why
from eventhub.commitments.verifying import withdraw
from eventhub.kit.db import db
from eventhub.kit.files import read
from eventhub.kit.outbox import Promise
from eventhub.programme.models import Event
from eventhub.rounds import answering, copies
from eventhub.rounds.answering import Said
from eventhub.tracker import reports
from eventhub.tracker.reports import Of, Subject
from tests import servers
from tests.factories.commitments import new_address, published
from tests.factories.people import make_person
from tests.factories.programme import make_event
from tests.factories.rounds import event_of_months_ago, followed, item_of, link_of, opened, secret

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def here(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks work in the database of the test."""
    monkeypatch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
    monkeypatch.setattr(import_module("workers.papers_made"), "flask_app", app)


def kept(module: str, task: str, name: str) -> None:
    """Every promise of that name is kept, the same one twice."""
    db.session.flush()
    owed = select(Promise.id).where(Promise.task == name, Promise.kept_at.is_(None))
    for promise_id in [*db.session.scalars(owed)] * 2:
        getattr(import_module(module), task)(promise_id)
    db.session.expire_all()
    assert db.session.scalars(owed).all() == []


def test_a_copy_of_answers() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    answering.answer(secret(box), item_of(made).id, Said(Says.PLANNING), seen=1)
    copies.ask(link_of(box), "fr")
    kept("workers.rounds", "make_copy", copies.NAME)
    assert read(copies.fetch(link_of(box), "fr")).startswith(b"%PDF")


def subject_of(event: Event) -> Subject:
    return reports.about(Of.EVENT, event.slug)


def test_a_report_for_the_next_session_and_none_of_what_is_hidden_since() -> None:
    event = make_event()
    commitment = published(event)
    subject = subject_of(event)
    reports.ask(subject, "es")
    kept("workers.tracker", "make_report", reports.NAME)
    assert read(reports.fetch(subject, "es")).startswith(b"%PDF")
    reports.ask(subject, "ru")
    withdraw(make_person(), commitment, Why.SAFETY, reason="Somebody was threatened")
    kept("workers.tracker", "make_report", reports.NAME)
    assert reports.stages(subject)["ru"] != "made"
