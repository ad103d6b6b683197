"""Mailings: what the clock hands over each minute, the mail to each person, and when all of it is deleted."""

import uuid
from datetime import timedelta

from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.db import db
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.mail import Letter
from eventhub.mailings import keeping, letters, sending, turns
from eventhub.people.models import Person
from workers.app import flask_app, mails
from workers.upkeep import by_the_clock


@mails(sending.LETTER)
def letter(line_id: str) -> Letter | None:
    """One mail to one person, looked at again just before: whoever was erased, withdrew, or stopped such mails since it
    began gets none.
    """
    line = turns.take(uuid.UUID(line_id))
    return letters.letter(line) if line else None


@mails("mailings.test")
def test(mailing_id: str, person_id: str, language: str) -> Letter | None:
    """The mail as somebody of the desk tries it out. In discreet mode one gets what discreet people get."""
    found = turns.tried(uuid.UUID(mailing_id))
    person = db.session.get(Person, uuid.UUID(person_id))
    if found is None or person is None or person.email is None or language not in LANGUAGES:
        return None
    if person.discreet:
        return letters.neutral(person.email, language, None)
    values = letters.example(found, person, found.event, language)
    return letters.plain(found, person.email, language, values, None, is_test=True)


@by_the_clock("mailings.step", timedelta(minutes=1))
def step() -> None:
    """Begin what is due, hand over as many mails as a minute may hold, write down what became of the others."""
    settings: Settings = flask_app.extensions["eventhub.settings"]
    sending.step(now(), settings.mailings_per_minute)


@by_the_clock("mailings.forget", timedelta(hours=1))
def forget() -> None:
    """Delete mailings and their logs whose days are over."""
    while keeping.delete_expired(now()):
        db.session.flush()
