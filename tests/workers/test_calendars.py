"""Calendar mails through a real mail server: the exact MIME tree, one UID, rising SEQUENCE, equal repeats."""

import email
import email.policy
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from typing import Any

import icalendar
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from eventhub.calendars import actions, imip
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, Invite, InviteMail
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import post
from eventhub.kit.outbox import Promise
from eventhub.local.mailsink import Answer, MailSink
from eventhub.people.models import Person
from eventhub.programme.local_time import instant_of
from eventhub.programme.models import Publication, Session
from eventhub.registration.models import Registration
from tests import servers
from tests.factories.calendars import make_dialogue, make_seated
from tests.factories.people import make_person

SECRET = "Zweisprachigkeit"
Tasks = Callable[[str], Callable[..., Any]]


@pytest.fixture(scope="module")
def tasks() -> Tasks:
    """The functions of the tasks, by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        # Importing them reads the environment.
        for name in ("workers.calendars", "workers.programme"):
            import_module(name)
        celery = import_module("workers.app").celery
    return lambda name: celery.tasks[name].__wrapped__.__wrapped__


@pytest.fixture
def sink(app: Flask, database: None, tmp_path: Path) -> Iterator[MailSink]:
    settings = app.extensions["eventhub.settings"]
    with MailSink(tmp_path / "mail") as running:
        told = {"smtp_url": running.url(), "mail_from": "The Forum <noreply@forum.example.org>"}
        app.extensions["eventhub.settings"] = settings.model_copy(update=told)
        yield running
        app.extensions["eventhub.settings"] = settings


def send_all(tasks: Tasks) -> None:
    """Do what is owed, in order."""
    db.session.flush()
    with unit_of_work():
        pass
    waiting = (
        select(Promise.id).where(Promise.task == "calendars.invite", Promise.kept_at.is_(None)).order_by(Promise.id)
    )
    for number in db.session.scalars(waiting).all():
        post(number, tasks("calendars.invite"))


def sent(sink: MailSink) -> list[tuple[bytes, EmailMessage]]:
    files = sorted((sink.maildir / "new").iterdir(), key=lambda file: file.stat().st_mtime_ns)
    raw = [file.read_bytes() for file in files]
    return [(one, email.message_from_bytes(one, policy=email.policy.default)) for one in raw]  # type: ignore[misc]


def parts(mail: EmailMessage) -> tuple[bytes, bytes]:
    """The calendar as alternative and as file."""
    alternative = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    file = next(part for part in mail.walk() if part.get_content_type() == "application/ics")
    return alternative.get_payload(decode=True), file.get_payload(decode=True)  # type: ignore[return-value]


def accredited(person: Person | None = None, **given: object) -> tuple[Registration, Session]:
    event, session = make_dialogue(**given)
    registration = make_seated(event, person)
    actions.on_accredited(registration)
    return registration, session


def test_the_confirmation_is_an_invite(tasks: Tasks, sink: MailSink) -> None:
    person = make_person(name="Aïcha Ben Salah", language="en", time_zone="Africa/Nairobi")
    registration, _ = accredited(person, title={"en": SECRET})
    send_all(tasks)
    ((_, mail),) = sent(sink)
    tree = [(part.get_content_type(), part.get_content_disposition()) for part in mail.walk()]
    assert tree == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", None),
        ("application/ics", "attachment"),
    ]
    alternative, file = parts(mail)
    assert alternative == file
    assert problems(alternative, kind="request") == []
    calendar = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert (calendar.get_param("method"), calendar.get_param("charset")) == ("REQUEST", "UTF-8")
    (event,) = icalendar.Calendar.from_ical(alternative).events
    invite = db.session.scalars(select(Invite)).one()
    address = f"rsvp+{imip.invite_token(invite)}@meetings.example"
    assert event["ORGANIZER"] == f"mailto:{address}"
    assert mail["From"].addresses[0].addr_spec == address
    assert len([line for line in alternative.split(b"\r\n") if line.startswith(b"ATTENDEE")]) == 1
    assert event["ATTENDEE"] == f"mailto:{person.email}" == f"mailto:{mail['To']}"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for words in (SECRET, registration.reference, "/en/invites/", "UTC+3"):
        assert words in text
    assert mail["Subject"] == f"Confirmed: {SECRET}"


@pytest.mark.parametrize("language", ["ar", "zh", "fr", "ru", "es"])
def test_it_speaks_the_persons_language(tasks: Tasks, sink: MailSink, language: str) -> None:
    accredited(make_person(language=language))
    send_all(tasks)
    ((_, mail),) = sent(sink)
    assert mail["Content-Language"] == language
    assert f"/{language}/invites/" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_request_update_and_cancel_are_one_meeting_with_rising_sequence(tasks: Tasks, sink: MailSink) -> None:
    _, session = accredited()
    send_all(tasks)
    session.starts_local += timedelta(hours=1)
    session.ends_local += timedelta(hours=1)
    session.starts_at = instant_of(session.starts_local, session.time_zone)
    session.ends_at = instant_of(session.ends_local, session.time_zone)
    actions.follow_session(session)
    send_all(tasks)
    session.publication = Publication.CANCELLED
    actions.follow_session(session)
    send_all(tasks)
    told = []
    for (_, mail), kind in zip(sent(sink), ("request", "request", "cancel"), strict=True):
        data = parts(mail)[0]
        assert problems(data, kind=kind) == []  # type: ignore[arg-type]
        (event,) = icalendar.Calendar.from_ical(data).events
        told.append((str(event["UID"]), str(event["ORGANIZER"]), int(event["SEQUENCE"]), str(event["STATUS"])))
    assert len({(uid, organizer) for uid, organizer, _, _ in told}) == 1
    assert [(sequence, status) for _, _, sequence, status in told] == [
        (0, "CONFIRMED"),
        (1, "CONFIRMED"),
        (2, "CANCELLED"),
    ]


def test_who_withdraws_is_taken_off_alone(tasks: Tasks, sink: MailSink) -> None:
    leaver, session = accredited()
    stays = make_seated(db.session.get_one(actions.Event, session.event_id))
    actions.on_accredited(stays)
    send_all(tasks)
    actions.on_withdrawn(leaver)
    send_all(tasks)
    *_, (_, mail) = sent(sink)
    assert len(sent(sink)) == 3
    assert mail["To"] == db.session.get_one(Person, leaver.person_id).email
    assert problems(parts(mail)[0], kind="cancel") == []
    (event,) = icalendar.Calendar.from_ical(parts(mail)[0]).events
    assert event["SEQUENCE"] == 1
    assert db.session.scalars(select(CalendarEntry.sequence)).all() == [0]


def test_a_revision_overtaken_before_it_was_sent_is_not_sent(tasks: Tasks, sink: MailSink) -> None:
    _, session = accredited()
    session.join_link = "https://meet.example.org/1"
    actions.follow_session(session)
    send_all(tasks)
    ((_, mail),) = sent(sink)
    (event,) = icalendar.Calendar.from_ical(parts(mail)[0]).events
    assert event["SEQUENCE"] == 1
    assert b"meet.example.org" not in parts(mail)[0]
    assert len(db.session.scalars(select(Promise).where(Promise.kept_at.is_not(None))).all()) == 2


def test_a_retry_repeats_every_byte_although_the_words_changed(tasks: Tasks, sink: MailSink) -> None:
    sink.rule = lambda _address, before: Answer(250, hang_up=True) if before == 0 else Answer()
    _, session = accredited()
    send_all(tasks)
    session.title = {"en": "Other words"}
    actions.follow_session(session)
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        send_all(tasks)
    (first, _), (second, _) = sent(sink)
    assert first == second
    assert len(db.session.scalars(select(InviteMail)).all()) == 1


def test_a_person_gone_discreet_gets_neutral_news(tasks: Tasks, sink: MailSink, app: Flask) -> None:
    settings = app.extensions["eventhub.settings"]
    neutral = {"neutral_origin": "http://127.0.0.1", "neutral_mail_from": "Meetings <noreply@meetings.example>"}
    app.extensions["eventhub.settings"] = settings.model_copy(update=neutral)
    person = make_person()
    _, session = accredited(person, title={"en": SECRET}, slug="zweisprachigkeit")
    send_all(tasks)
    person.discreet = True
    session.join_link = "https://meet.example.org/1"
    actions.follow_session(session)
    send_all(tasks)
    (_, first), (raw, mail) = sent(sink)
    app.extensions["eventhub.settings"] = settings
    assert SECRET in str(first["Subject"])
    assert problems(parts(mail)[0], kind="request") == []
    everything = b"".join(
        [raw, *(part.get_payload(decode=True) or b"" for part in mail.walk() if not part.is_multipart())]
    )
    for word in (SECRET, "EventHub", "Forum", "inorit", "Nation", "localhost", "meet.example", "Geneva"):
        assert word.lower().encode() not in everything.lower()
    uids = [str(icalendar.Calendar.from_ical(parts(one)[0]).events[0]["UID"]) for one in (first, mail)]
    assert uids[0] == uids[1]


def test_whoever_was_erased_gets_nothing(tasks: Tasks, sink: MailSink) -> None:
    registration, _ = accredited()
    actions.erase(registration.person_id)
    send_all(tasks)
    assert sent(sink) == []


def test_news_from_the_programme_moves_entries(tasks: Tasks, sink: MailSink) -> None:
    _, session = accredited()
    session.title = {"en": "Other words"}
    db.session.flush()
    tasks("programme.session_changed")(session_id=str(session.id))
    entry = db.session.scalars(select(CalendarEntry)).one()
    db.session.get_one(actions.Event, session.event_id).publication = Publication.CANCELLED
    tasks("programme.event_changed")(event_id=str(session.event_id))
    assert entry.status == "CANCELLED"
    gone = str(entry.id)
    tasks("programme.session_changed")(session_id=gone)
    tasks("programme.event_changed")(event_id=gone)
