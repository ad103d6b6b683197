"""Calendar mails through a real mail server: the exact MIME tree, one UID, rising SEQUENCE, equal repeats."""

import email
import email.policy
import re
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
from sqlalchemy import select, update

from eventhub.calendars import actions, feeds, imip, invites, queries
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, Choice, Invite, InviteMail
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import post
from eventhub.kit.outbox import Promise
from eventhub.local.mailsink import Answer, MailSink
from eventhub.people import actions as people
from eventhub.people.models import Person, Role
from eventhub.programme import session_actions
from eventhub.programme.local_time import instant_of
from eventhub.programme.models import Publication, Session, SessionKind
from eventhub.registration.models import Registration, State
from tests import servers
from tests.factories.calendars import make_dialogue, make_room, make_seated
from tests.factories.people import make_person, make_staff
from tests.factories.programme import make_event, make_session

SECRET = "Zweisprachigkeit"
Tasks = Callable[[str], Callable[..., Any]]


@pytest.fixture(scope="module")
def tasks() -> Tasks:
    """The functions of the tasks, by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        # Importing them reads the environment.
        for name in ("workers.calendars", "workers.programme", "workers.people"):
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


def plain_text(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()  # type: ignore[union-attr, no-any-return]


@pytest.mark.parametrize(
    ("why", "taken_back"),
    [
        ("withdrew", False),
        ("withdrew", True),
        ("left out", False),
        ("for others", False),
        ("for others", True),
        ("a break", False),
    ],
)
def test_who_is_taken_off_reads_why(tasks: Tasks, sink: MailSink, why: str, taken_back: bool) -> None:
    """As it was then, also where it was taken back before the mail went out."""
    session, person = make_session(event := make_event()), make_person()
    registration = make_seated(event, person)
    actions.follow_session(session)
    actions.choose(person, session, Choice.GOING)
    invites.invite_chosen(person)
    send_all(tasks)
    if why == "withdrew":
        registration.state, registration.has_seat = State.WITHDRAWN, False
        db.session.flush()
        actions.on_withdrawn(registration)
    elif why == "left out":
        actions.leave_out(person, session.id)
    else:
        if why == "a break":
            session.kind = SessionKind.BREAK
        else:
            session.for_categories = ["member_state"]
        db.session.flush()
        tasks("programme.session_changed")(str(session.id))
    if taken_back:
        registration.state, session.for_categories = State.ACCREDITED, []
        db.session.flush()
    send_all(tasks)
    _, (_, mail) = sent(sink)
    assert problems(parts(mail)[0], kind="cancel") == []
    assert mail["Subject"].startswith("No longer in your calendar: ")
    words = {"withdrew": "You have withdrawn", "left out": "You left this session out", "for others": "for other part"}
    words["a break"] = "This session is a break in the programme now and can no longer be chosen"
    text = plain_text(mail)
    assert [one for one in words.values() if one in text] == [words[why]]
    assert ("Your registration stands." in text) == (why != "withdrew")
    # One mail, not a letter beside it.
    beside = Promise.task.in_(["calendars.place_lost", "calendars.session_cancelled"])
    assert db.session.scalars(select(Promise.id).where(beside)).all() == []


@pytest.mark.parametrize("invited", [True, False])
def test_what_is_limited_and_then_called_off_is_told_as_called_off(tasks: Tasks, sink: MailSink, invited: bool) -> None:
    session, person = make_session(event := make_event()), make_person()
    make_seated(event, person)
    actions.follow_session(session)
    actions.choose(person, session, Choice.GOING)
    if invited:
        invites.invite_chosen(person)
    send_all(tasks)
    before = len(sent(sink))
    [session] = queries.sessions_told(Session.id == session.id)
    session.for_categories = ["member_state"]
    session_actions.cancel_session(make_staff(Role.ADMIN), session, reason={"en": "The speaker is ill"})
    db.session.flush()
    tasks("programme.session_changed")(str(session.id))
    tasks("programme.session_cancelled")(str(session.id))
    send_all(tasks)
    for owed in db.session.scalars(select(Promise.id).where(Promise.task == "calendars.session_cancelled")).all():
        post(owed, tasks("calendars.session_cancelled"))
    [(_, mail)] = sent(sink)[before:]
    assert "The speaker is ill" in plain_text(mail)
    assert "for other part" not in plain_text(mail)


def test_a_change_names_what_the_mail_before_said(tasks: Tasks, sink: MailSink) -> None:
    """Not what an overtaken one would have said: nobody read that."""
    event, session = make_dialogue()
    old, new = make_room(event, name={"en": "Room XX"}), make_room(event, name={"en": "Room XXI"})
    session.room_id = old.id
    db.session.flush()
    actions.follow_session(session)
    actions.on_accredited(make_seated(event))
    send_all(tasks)
    begins, ends = session.starts_local, session.ends_local
    for days in (1, 2):
        session.starts_local, session.ends_local = begins + timedelta(days=days), ends + timedelta(days=days)
        session.starts_at = instant_of(session.starts_local, session.time_zone)
        session.ends_at = instant_of(session.ends_local, session.time_zone)
        db.session.flush()
        actions.follow_session(session)
    send_all(tasks)
    session.room_id = new.id
    db.session.flush()
    actions.follow_session(session)
    send_all(tasks)
    first, moved, relocated = [plain_text(mail) for _, mail in sent(sink)]
    assert "Former" not in first
    line = next(one for one in moved.splitlines() if one.startswith("Former"))
    assert line.startswith(f"Former time: {begins:%A} {begins.day} {begins:%B %Y}, {begins:%H:%M}")
    assert "Former place" not in moved
    assert [one for one in relocated.splitlines() if one.startswith("Former")] == ["Former place: Room XX, Geneva"]


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


TELLING = (SECRET, "EventHub", "Forum", "inorit", "Nation", "localhost", "meet.example", "Geneva")


@pytest.fixture
def neutral(app: Flask, sink: MailSink) -> None:
    """Addresses for discreet mails that name nothing; the sink puts the settings back."""
    told = {"neutral_origin": "http://127.0.0.1", "neutral_mail_from": "Meetings <noreply@meetings.example>"}
    app.extensions["eventhub.settings"] = app.extensions["eventhub.settings"].model_copy(update=told)


def switch(tasks: Tasks, person: Person, *, discreet: bool) -> None:
    """As on My page, with all that follows."""
    people.set_discreet(person, discreet)
    db.session.flush()
    tasks("people.visibility_changed")(person_id=str(person.id))


def vevent(mail: EmailMessage) -> icalendar.Event:
    (found,) = icalendar.Calendar.from_ical(parts(mail)[0]).events
    return found


def feed_of(person: Person) -> tuple[bytes, list[icalendar.Event]]:
    data = feeds.private_file(person, now()).build().body
    return data, list(icalendar.Calendar.from_ical(data).events)


def everything_in(raw: bytes, mail: EmailMessage) -> bytes:
    bodies = [part.get_payload(decode=True) or b"" for part in mail.walk() if not part.is_multipart()]
    return b"".join([raw, *bodies]).lower()  # type: ignore[list-item]


@pytest.mark.parametrize("language", ["en", "ar", "fr"])
def test_going_discreet_takes_the_public_entry_out_and_then_there_is_silence(
    tasks: Tasks, sink: MailSink, neutral: None, language: str
) -> None:
    person = make_person(language=language)
    _, session = accredited(person, title={"en": SECRET}, slug="zweisprachigkeit")
    send_all(tasks)
    switch(tasks, person, discreet=True)
    session.join_link = "https://meet.example.org/1"
    actions.follow_session(session)
    send_all(tasks)
    (_, first), (raw, last) = sent(sink)
    assert problems(parts(last)[0], kind="cancel") == []
    before, after = vevent(first), vevent(last)
    assert str(after["UID"]) == str(before["UID"])
    assert str(after["ORGANIZER"]) == str(before["ORGANIZER"])
    assert (str(after["STATUS"]), int(after["SEQUENCE"])) == ("CANCELLED", int(before["SEQUENCE"]) + 1)
    assert after["DTSTAMP"].dt >= before["DTSTAMP"].dt
    for word in TELLING:
        assert word.lower().encode() not in everything_in(raw, last), word
    switch(tasks, person, discreet=True)
    tasks("people.visibility_changed")(person_id=str(person.id))
    session.publication = Publication.CANCELLED
    actions.follow_session(session)
    send_all(tasks)
    assert len(sent(sink)) == 2


def test_the_feed_goes_discreet_and_comes_back(tasks: Tasks, sink: MailSink, neutral: None) -> None:
    person = make_person()
    accredited(person, title={"en": SECRET})
    send_all(tasks)
    public = str(vevent(sent(sink)[0][1])["UID"])
    (open_bytes, (told,)) = feed_of(person)
    assert str(told["UID"]) == public
    assert SECRET.encode() in open_bytes
    switch(tasks, person, discreet=True)
    (hidden_bytes, (hidden,)) = feed_of(person)
    assert public.encode() not in hidden_bytes
    assert SECRET.encode() not in hidden_bytes
    assert (str(hidden["SUMMARY"]), hidden["DTSTART"].dt) == ("Meeting", told["DTSTART"].dt)
    switch(tasks, person, discreet=False)
    again = feed_of(person)[0]
    assert re.sub(rb"(?m)^(SEQUENCE|DTSTAMP|LAST-MODIFIED):.*\n", b"", again) == re.sub(
        rb"(?m)^(SEQUENCE|DTSTAMP|LAST-MODIFIED):.*\n", b"", open_bytes
    )
    assert int(feed_of(person)[1][0]["SEQUENCE"]) == 2, "as the mails have it"


def test_the_way_back_brings_the_same_entry_with_a_higher_sequence(tasks: Tasks, sink: MailSink, neutral: None) -> None:
    person = make_person()
    _, session = accredited(person, title={"en": SECRET})
    send_all(tasks)
    for discreet in (True, False):
        switch(tasks, person, discreet=discreet)
        send_all(tasks)
    session.starts_local += timedelta(minutes=15)
    session.starts_at = instant_of(session.starts_local, session.time_zone)
    actions.follow_session(session)
    send_all(tasks)
    told = [vevent(mail) for _, mail in sent(sink)]
    assert len({str(event["UID"]) for event in told}) == 1
    assert [(str(event["STATUS"]), int(event["SEQUENCE"])) for event in told] == [
        ("CONFIRMED", 0),
        ("CANCELLED", 1),
        ("CONFIRMED", 2),
        ("CONFIRMED", 3),
    ]
    assert SECRET in str(told[2]["SUMMARY"])
    subjects = [str(mail["Subject"]) for _, mail in sent(sink)]
    assert subjects[2] == "A meeting is back in your calendar", "nothing changed"
    assert subjects[3].startswith("Changed: ")


def test_the_way_back_invites_nobody_who_withdrew_or_was_never_invited(
    tasks: Tasks, sink: MailSink, neutral: None
) -> None:
    left, never = make_person(), make_person(discreet=True)
    registration, session = accredited(left)
    actions.on_accredited(make_seated(db.session.get_one(actions.Event, session.event_id), never))
    send_all(tasks)
    switch(tasks, left, discreet=True)
    registration.state, registration.has_seat = State.WITHDRAWN, False
    db.session.flush()
    actions.on_withdrawn(registration)
    for person in (left, never):
        switch(tasks, person, discreet=False)
    send_all(tasks)
    assert [str(vevent(mail)["STATUS"]) for _, mail in sent(sink)] == ["CONFIRMED", "CANCELLED"]


def test_an_invite_that_still_waits_is_not_sent_to_a_person_gone_discreet(
    tasks: Tasks, sink: MailSink, neutral: None
) -> None:
    """Also when its bytes were written already and the mail server only put them off."""
    sink.rule = lambda _address, before: Answer(451) if before == 0 else Answer()
    person = make_person()
    accredited(person, title={"en": SECRET})
    send_all(tasks)
    person.discreet = True
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        send_all(tasks)
    assert sent(sink) == []


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


def test_the_daily_look_follows_new_rules_of_a_zone(tasks: Tasks, sink: MailSink) -> None:
    _registration, session = accredited()
    right = session.starts_at
    earlier = {"starts_at": Session.starts_at - timedelta(hours=1), "ends_at": Session.ends_at - timedelta(hours=1)}
    db.session.execute(update(Session).values(**earlier))
    db.session.expire_all()
    tasks("calendars.refresh")()
    db.session.expire_all()
    assert db.session.get_one(Session, session.id).starts_at == right
    assert db.session.scalars(select(Promise.task).where(Promise.task == "programme.event_changed")).all()
