"""What is called off reaches everybody concerned by one mail, through a real mail server: events, sessions, moves."""

import email
import email.policy
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm.exc import StaleDataError

from eventhub.calendars import actions as calendars
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, Choice, ChosenSession
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.mail import post
from eventhub.kit.outbox import Promise
from eventhub.local.mailsink import MailSink
from eventhub.people.models import Person
from eventhub.programme import actions as programme
from eventhub.programme import console_queries, session_actions
from eventhub.programme.deeds import WrongState
from eventhub.programme.local_time import instant_of
from eventhub.programme.models import Event, Publication, Session, SessionKind
from eventhub.programme.session_actions import Slot
from eventhub.registration import cancelling, deciding
from eventhub.registration.models import Registration, State
from tests import servers
from tests.factories import calendars as in_calendars
from tests.factories.people import make_person
from tests.factories.programme import make_session
from tests.factories.registration import make_forum, make_registration, open_registration
from tests.together import at_once

REASON = {"en": "The hall burned down", "fr": "La salle a brûlé", "ar": "احترقت القاعة"}
Tasks = dict[str, Any]


@pytest.fixture(scope="module")
def tasks() -> Tasks:
    """All tasks by name; the worker's own app is told of a database that it does not need here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
        # Importing them reads the environment.
        for name in ("workers.calendars", "workers.programme", "workers.people", "workers.registration"):
            import_module(name)
        celery = import_module("workers.app").celery
    return dict(celery.tasks)


@pytest.fixture
def sink(app: Flask, database: None, tmp_path: Path) -> Iterator[MailSink]:
    settings = app.extensions["eventhub.settings"]
    with MailSink(tmp_path / "mail") as running:
        told = {"smtp_url": running.url(), "mail_from": "The Forum <noreply@forum.example.org>"}
        told |= {"neutral_mail_from": "Meetings <noreply@meetings.example>", "neutral_origin": "http://127.0.0.1"}
        app.extensions["eventhub.settings"] = settings.model_copy(update=told)
        yield running
        app.extensions["eventhub.settings"] = settings


def work_off(tasks: Tasks, *, backwards: bool = False) -> None:
    """Do what is owed and due, and what that makes due, in either order."""
    db.session.flush()
    while True:
        due = select(Promise).where(Promise.kept_at.is_(None), Promise.not_before <= now())
        waiting = list(db.session.scalars(due.order_by(Promise.id.desc() if backwards else Promise.id)))
        if not waiting:
            return
        for one in waiting:
            deed = tasks[one.task].__wrapped__.__wrapped__
            if one.task.startswith(("programme.", "people.")) or one.task.endswith("_calendar"):
                deed(**one.payload)
                one.kept_at = now()
                db.session.flush()
            else:
                with unit_of_work():
                    pass
                post(one.id, deed)


def forget_promises() -> None:
    """What the scene was made of is told already."""
    db.session.flush()
    db.session.execute(delete(Promise))


def sent(sink: MailSink) -> dict[str, EmailMessage]:
    """The mails by address. Nobody has two."""
    found = [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in arrived(sink)]
    assert Counter(str(mail["To"]) for mail in found).most_common(1)[0][1] == 1 if found else True
    return {str(mail["To"]): mail for mail in found}  # type: ignore[misc]


def arrived(sink: MailSink) -> list[Path]:
    return sorted((sink.maildir / "new").iterdir(), key=lambda file: file.stat().st_mtime_ns)


def text_of(mail: EmailMessage) -> str:
    """The words of a mail."""
    return str(mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")  # type: ignore[union-attr]


def cancel(event: Event, reason: dict[str, str] = REASON) -> None:
    sessions = console_queries.programme_of(event)
    programme.cancel_event(make_person(), event, sessions=sessions, reason=reason)


def session_in(event: Event, **given: Any) -> Session:
    """A public session that calendars know, with its event."""
    made = make_session(event, **given)
    calendars.follow_session(made)
    return console_queries.session_of(event, made.id)


# --- A whole event ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backwards", [False, True])
def test_everybody_concerned_reads_once_that_a_forum_is_off_and_why(
    tasks: Tasks, sink: MailSink, *, backwards: bool
) -> None:
    event = make_forum()
    session_in(event)
    people = {state: make_person(name=state.value) for state in State}
    for state, person in people.items():
        given: dict[str, Any] = {"reference": None, "submitted_at": None} if state is State.DRAFT else {}
        make_registration(event, person, state=state, has_seat=state in cancelling.TOLD, **given)
    forget_promises()
    cancel(event)
    work_off(tasks, backwards=backwards)
    told = sent(sink)
    untold = {State.DECLINED, State.REVOKED, State.WITHDRAWN, State.EXPIRED}
    assert set(told) == {person.email for state, person in people.items() if state not in untold}
    mail = told[str(people[State.WAITLISTED].email)]
    assert mail["Subject"] == f"Cancelled: {event.title['en']}"
    assert REASON["en"] in text_of(mail)
    assert "/en/me/registrations/" in text_of(mail)
    draft = text_of(told[str(people[State.DRAFT].email)])
    assert "/en/me\n" in draft
    assert "/register" not in draft
    with pytest.raises(WrongState):
        cancel(event)
    for _ in range(2):  # a worker that died after the work was done does it again
        tasks["programme.event_cancelled"].__wrapped__.__wrapped__(event_id=str(event.id))
    work_off(tasks)
    assert len(arrived(sink)) == len(told)


@pytest.mark.parametrize("language", ["fr", "ar", "zh"])
def test_it_is_said_in_the_persons_language(tasks: Tasks, sink: MailSink, language: str) -> None:
    event, person = make_forum(), make_person(language=language)
    make_registration(event, person)
    forget_promises()
    cancel(event)
    work_off(tasks)
    mail = sent(sink)[str(person.email)]
    assert mail["Content-Language"] == language
    assert REASON.get(language, REASON["en"]) in text_of(mail)
    assert f"/{language}/me/registrations/" in text_of(mail)


def test_a_discreet_person_reads_that_there_is_news(tasks: Tasks, sink: MailSink) -> None:
    event, person = make_forum(), make_person(discreet=True)
    make_registration(event, person)
    forget_promises()
    cancel(event)
    work_off(tasks)
    mail = sent(sink)[str(person.email)]
    whole = (mail["Subject"] + mail["From"] + text_of(mail)).lower()
    for word in (REASON["en"], "cancel", "forum", event.slug, event.title["en"]):
        assert word.lower() not in whole
    assert "http://127.0.0.1/en/me" in whole


@pytest.mark.parametrize("backwards", [False, True])
def test_an_invitation_says_it_all_in_one_mail(tasks: Tasks, sink: MailSink, *, backwards: bool) -> None:
    event, _session = in_calendars.make_dialogue()
    open_registration(event, needs_accreditation=False)
    invited, discreet, waiting = make_person(language="fr"), make_person(discreet=True), make_person()
    for person in (invited, discreet):
        calendars.on_accredited(in_calendars.make_seated(event, person))
    make_registration(event, waiting, state=State.WAITLISTED)
    forget_promises()
    cancel(event)
    work_off(tasks, backwards=backwards)
    told = sent(sink)
    assert set(told) == {invited.email, discreet.email, waiting.email}
    mail = told[str(invited.email)]
    (calendar,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    data = calendar.get_payload(decode=True)
    assert isinstance(data, bytes)
    assert problems(data, kind="cancel") == []
    assert REASON["fr"] in text_of(mail)
    assert "/fr/me/registrations/" in text_of(mail)
    assert not [part for part in told[str(waiting.email)].walk() if part.get_content_type() == "text/calendar"]


def test_who_heard_of_the_session_alone_hears_of_the_event_too(tasks: Tasks, sink: MailSink) -> None:
    event, session = in_calendars.make_dialogue()
    open_registration(event, needs_accreditation=False)
    person = make_person()
    calendars.on_accredited(in_calendars.make_seated(event, person))
    forget_promises()
    session = console_queries.session_of(event, session.id)
    session_actions.cancel_session(make_person(), session, reason={"en": "The link broke"})
    work_off(tasks)
    (first,) = arrived(sink)
    assert "The link broke" in text_of(sent(sink)[str(person.email)])
    cancel(event)
    work_off(tasks)
    first.unlink()
    mail = sent(sink)[str(person.email)]
    assert mail["Subject"] == f"Cancelled: {event.title['en']}"
    assert REASON["en"] in text_of(mail)


@pytest.mark.parametrize("number", [1, 40])
def test_statements_do_not_grow_with_the_people(tasks: Tasks, statements: list[str], number: int) -> None:
    event = make_forum()
    session = session_in(event)
    for _ in range(number):
        person = make_person()
        make_registration(event, person, state=State.ACCREDITED, has_seat=True)
        calendars.choose(person, session, Choice.GOING)
    forget_promises()
    statements.clear()
    cancel(event)
    db.session.flush()
    pressed = len(statements)
    statements.clear()
    tasks["programme.event_cancelled"].__wrapped__.__wrapped__(event_id=str(event.id))
    db.session.flush()
    assert (pressed, len(statements)) == (PRESSED, QUEUED)
    queued = select(Promise).where(Promise.task == "registration.event_cancelled")
    assert len(db.session.scalars(queued).all()) == number


PRESSED, QUEUED = 15, 12
"""Statements for an event with one session, however many are told."""


@pytest.mark.lane
def test_two_organisers_and_two_workers_at_once_tell_everybody_once(committed: Flask, tasks: Tasks) -> None:
    with committed.test_request_context(), unit_of_work():
        event, actor = make_forum(), make_person()
        session_in(event)
        for _ in range(20):
            make_registration(event)
        forget_promises()
        event_id, actor_id = event.id, actor.id

    def press() -> str:
        event = db.session.get_one(Event, event_id)
        sessions = console_queries.programme_of(event)
        try:
            programme.cancel_event(db.session.get_one(Person, actor_id), event, sessions=sessions, reason=REASON)
            db.session.flush()
        except StaleDataError:  # as the page says it, by the version it was looked at
            db.session.rollback()
            return "stale"
        return "done"

    def follow() -> str:
        tasks["programme.event_cancelled"].__wrapped__.__wrapped__(event_id=str(event_id))
        return "done"

    ended = at_once(committed, [press] * 4)
    assert ended.pop("done") == 1
    assert set(ended) <= {"stale", WrongState.__name__}
    assert at_once(committed, [follow] * 4) == {"done": 4}
    with committed.app_context():
        owed = Counter(db.session.scalars(select(Promise.task)))
        db.session.remove()
    assert owed["programme.event_cancelled"] == 1
    assert owed["registration.event_cancelled"] == 20


@pytest.mark.lane
def test_a_decision_beside_a_cancellation_waits_for_it_and_is_refused(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, actor = make_forum(), make_person()
        one = make_registration(event)
        ids = event.id, actor.id, one.id
    cancelled = threading.Event()

    def off() -> str:
        event = db.session.get_one(Event, ids[0])
        programme.cancel_event(db.session.get_one(Person, ids[1]), event, sessions=[], reason=REASON)
        db.session.flush()
        cancelled.set()
        time.sleep(0.5)  # it is committed only after this
        return "cancelled"

    def decide() -> str:
        assert cancelled.wait(30)
        one = db.session.get_one(Registration, ids[2])
        deciding.decide(db.session.get_one(Person, ids[1]), [one], State.ACCREDITED, "complete")
        return "accredited"

    assert at_once(committed, [off, decide]) == {"cancelled": 1, "NotAnyMore": 1}


def test_what_is_over_is_told_to_nobody(tasks: Tasks, sink: MailSink) -> None:
    event, person = make_forum(), make_person()
    session = session_in(event)
    make_registration(event, person, state=State.ACCREDITED, has_seat=True)
    calendars.choose(person, session, Choice.GOING)
    forget_promises()
    with time_machine.travel(session.ends_at + timedelta(days=3), tick=False):
        session_actions.cancel_session(make_person(), session, reason=REASON)
        cancel(event)
        work_off(tasks)
    assert arrived(sink) == []


# --- A session ----------------------------------------------------------------------------------------------------


def test_who_chose_a_session_reads_that_it_is_off(tasks: Tasks, sink: MailSink) -> None:
    event = make_forum()
    session, other = session_in(event, title={"en": "On schools"}), session_in(event)
    sure, unsure, elsewhere = (make_person(name=name) for name in ("Sure", "Unsure", "Elsewhere"))
    discreet, gone = make_person(discreet=True), make_person()
    for person in (sure, unsure, elsewhere, discreet, gone):
        registration = make_registration(event, person, state=State.ACCREDITED, has_seat=True)
        calendars.choose(person, other if person is elsewhere else session, Choice.GOING)
        if person is gone:
            registration.state, registration.has_seat = State.WITHDRAWN, False
    calendars.choose(unsure, session, Choice.MAYBE)
    forget_promises()
    session_actions.cancel_session(make_person(), session, reason=REASON)
    with pytest.raises(WrongState):
        session_actions.cancel_session(make_person(), session, reason=REASON)
    work_off(tasks)
    tasks["programme.session_cancelled"].__wrapped__.__wrapped__(session_id=str(session.id))
    work_off(tasks)
    told = sent(sink)
    assert set(told) == {sure.email, unsure.email, discreet.email}
    mail = told[str(sure.email)]
    assert mail["Subject"] == "Cancelled: On schools"
    for words in (REASON["en"], "/en/me/sessions", "10:00–11:00"):
        assert words in text_of(mail)
    neutral = told[str(discreet.email)]
    assert "school" not in (neutral["Subject"] + text_of(neutral)).lower()


@pytest.mark.parametrize("back", [False, True])
def test_a_session_that_is_a_break_now_is_told_to_who_chose_it(tasks: Tasks, sink: MailSink, back: bool) -> None:
    event = make_forum()
    session = session_in(event, title={"en": "On schools"})
    sure, unsure, discreet = make_person(), make_person(), make_person(discreet=True)
    for person in (sure, unsure, discreet):
        make_registration(event, person, state=State.ACCREDITED, has_seat=True)
        calendars.choose(person, session, Choice.MAYBE if person is unsure else Choice.GOING)
    forget_promises()
    kind, session.kind = session.kind, SessionKind.BREAK
    db.session.flush()
    for _ in range(2):
        tasks["programme.session_changed"].__wrapped__.__wrapped__(session_id=str(session.id))
    if back:
        session.kind = kind
        db.session.flush()
    work_off(tasks)
    told = sent(sink)
    assert set(told) == (set() if back else {sure.email, unsure.email, discreet.email})
    if not back:
        mail = told[str(sure.email)]
        assert mail["Subject"] == "No longer among your sessions: On schools"
        assert "can no longer be chosen, so it is no longer among yours" in " ".join(text_of(mail).split())
        neutral = told[str(discreet.email)]
        assert "school" not in (neutral["Subject"] + text_of(neutral)).lower()


def test_an_event_called_off_with_its_sessions_is_one_mail(tasks: Tasks, sink: MailSink) -> None:
    event, person = make_forum(), make_person()
    session, other = session_in(event), session_in(event)
    make_registration(event, person, state=State.ACCREDITED, has_seat=True)
    for one in (session, other):
        calendars.choose(person, one, Choice.GOING)
    forget_promises()
    session_actions.cancel_session(make_person(), session, reason={"en": "Too small"})
    cancel(event)
    work_off(tasks)
    assert sent(sink)[str(person.email)]["Subject"] == f"Cancelled: {event.title['en']}"


def moved(session: Session, hours: int) -> None:
    """Some hours later, as the console does it."""
    starts, ends = session.starts_local + timedelta(hours=hours), session.ends_local + timedelta(hours=hours)
    slot = Slot(starts.date(), starts.time(), ends.time(), None, None, None)
    session_actions.move_session(make_person(), session, slot=slot, version=session.version)
    assert session.starts_at == instant_of(starts, session.time_zone)


def test_moves_shortly_before_are_one_mail(tasks: Tasks, sink: MailSink) -> None:
    event, person, stranger = make_forum(), make_person(), make_person()
    first, second = session_in(event, title={"en": "First"}), session_in(event, title={"en": "Second"})
    for one in (person, stranger):
        make_registration(event, one, state=State.ACCREDITED, has_seat=True)
    for session in (first, second):
        calendars.choose(person, session, Choice.MAYBE)
    forget_promises()
    with time_machine.travel(first.starts_at - timedelta(hours=30), tick=False):
        moved(first, 2)
        moved(second, 3)
        work_off(tasks)
        moved(second, 1)
        work_off(tasks)
        assert arrived(sink) == []
    with time_machine.travel(first.starts_at - timedelta(hours=29), tick=False):
        work_off(tasks)
    mail = sent(sink)[str(person.email)]
    assert len(arrived(sink)) == 1
    assert mail["Subject"] == f"Changed: {event.title['en']}"
    for words in ("First:", "12:00–13:00", "Second:", "14:00–15:00"):
        assert words in text_of(mail)


def test_a_move_long_before_is_left_to_the_feed(tasks: Tasks, sink: MailSink) -> None:
    event, person = make_forum(), make_person()
    session = session_in(event)
    make_registration(event, person, state=State.ACCREDITED, has_seat=True)
    calendars.choose(person, session, Choice.GOING)
    forget_promises()
    with time_machine.travel(session.starts_at - timedelta(hours=80), tick=False):
        moved(session, 2)
        work_off(tasks)
    entry = db.session.scalars(select(CalendarEntry)).one()
    with time_machine.travel(session.starts_at - timedelta(hours=1), tick=False):
        work_off(tasks)
    assert entry.sequence == 1
    assert arrived(sink) == []


def test_what_was_left_out_meanwhile_is_not_told(tasks: Tasks, sink: MailSink) -> None:
    event, person = make_forum(), make_person()
    session = session_in(event)
    make_registration(event, person, state=State.ACCREDITED, has_seat=True)
    calendars.choose(person, session, Choice.GOING)
    forget_promises()
    session_actions.cancel_session(make_person(), session, reason=REASON)
    tasks["programme.session_cancelled"].__wrapped__.__wrapped__(session_id=str(session.id))
    db.session.execute(delete(ChosenSession))
    work_off(tasks)
    assert arrived(sink) == []
    assert session.publication is Publication.CANCELLED
