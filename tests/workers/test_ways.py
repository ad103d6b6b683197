"""The letters that ask somebody to choose again how to take part: true while they wait, neutral for the discreet."""

import html
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.mail import Letter, render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.programme.models import Event, Mode
from eventhub.registration import queries, switching
from eventhub.registration.models import Registration
from tests.factories.people import make_person
from tests.factories.registration import make_forum, register
from tests.workers.test_registration import tasks as tasks

pytestmark = pytest.mark.usefixtures("database")


def asked(**given: Any) -> tuple[Event, Person, Registration]:
    event, person = make_forum(), make_person(**given)
    event.title = dict.fromkeys(LANGUAGES, "Named forum")
    answers = {"attendance_mode": "remote_listening", "category": "member_state", "legal_name": "A"}
    one = register(event, person, **answers)
    switching.switch(make_person(), event, Mode.IN_PERSON, now() + timedelta(days=6), version=event.version)
    db.session.flush()
    return event, person, one


def letter_of(tasks: dict[str, Any], kind: str) -> Letter | None:
    rows = select(Promise).where(Promise.task == f"registration.{kind}").order_by(Promise.id.desc())
    payload = db.session.scalars(rows).first().payload  # type: ignore[union-attr]
    found: Letter | None = tasks[f"registration.{kind}"].__wrapped__.__wrapped__(**payload)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_and_the_reminder(tasks: dict[str, Any], language: str) -> None:
    _event, _person, one = asked(language=language)
    subjects = []
    for kind in ("way_asked", "way_reminded"):
        letter = letter_of(tasks, kind)
        assert letter is not None
        mail = render(letter, "<1@example.org>", now())
        assert f"/{language}/me/registrations/{one.reference}/way" in mail.text
        assert f'lang="{language}"' in html.unescape(mail.html)
        subjects.append(mail.subject)
    assert len(set(subjects)) == 2
    assert all("Named forum" in subject for subject in subjects)


def test_the_discreet_read_that_there_is_news(tasks: dict[str, Any]) -> None:
    asked(discreet=True)
    letter = letter_of(tasks, "way_asked")
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    assert "Named forum" not in mail.subject + mail.text + mail.html
    assert "/way" not in mail.text


def test_nothing_is_mailed_that_is_not_true_any_more(tasks: dict[str, Any]) -> None:
    event, person, one = asked()
    switching.choose_way(person, queries.own(person, one.reference or "", lock=True, seats=True), "in_person")
    db.session.flush()
    assert letter_of(tasks, "way_asked") is None
    assert letter_of(tasks, "way_reminded") is None
    event, _person, _one = asked()
    with time_machine.travel(now() + timedelta(days=7), tick=False):
        assert letter_of(tasks, "way_reminded") is None, "the answer was due before"
    switching.switch(make_person(), event, Mode.HYBRID, now() + timedelta(days=6), version=event.version)
    db.session.flush()
    assert letter_of(tasks, "way_asked") is None
