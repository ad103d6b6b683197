"""An event on other days, and places in sessions: who reads what of it, through a real mail server."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm.exc import StaleDataError

from eventhub.calendars import actions as calendars
from eventhub.calendars import places
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, Choice
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.local.mailsink import MailSink
from eventhub.people.models import Person
from eventhub.programme import console_queries, moving, session_actions
from eventhub.programme.models import Event
from eventhub.registration.models import State
from tests.factories import calendars as in_calendars
from tests.factories.people import make_person
from tests.factories.programme import make_session
from tests.factories.registration import make_forum, make_registration, open_registration
from tests.together import at_once
from tests.workers import test_cancelling
from tests.workers.test_cancelling import Tasks, arrived, forget_promises, sent, session_in, text_of, work_off

tasks, sink = test_cancelling.tasks, test_cancelling.sink
WEEK = timedelta(days=7)


def move(event: Event, first_day: date) -> None:
    sessions = console_queries.programme_of(event)
    moving.move_event(make_person(), event, sessions=sessions, first_day=first_day, version=event.version)


@pytest.mark.parametrize("backwards", [False, True])
def test_everybody_reads_once_of_the_new_days_and_of_their_own_sessions(
    tasks: Tasks, sink: MailSink, *, backwards: bool
) -> None:
    event = make_forum()
    mine = [session_in(event, title={"en": f"Panel {number}"}) for number in range(3)]
    chooser, waiting, gone, discreet = (make_person(discreet=number == 3) for number in range(4))
    for person, state in ((chooser, State.ACCREDITED), (waiting, State.WAITLISTED), (gone, State.WITHDRAWN)):
        make_registration(event, person, state=state, has_seat=state is State.ACCREDITED)
    make_registration(event, discreet)
    for session in mine[:2]:
        calendars.choose(chooser, session, Choice.GOING)
    # Close enough for a letter about each change, were it one of a single session.
    db.session.execute(update(CalendarEntry).values(starts_at=now() + timedelta(hours=20)))
    forget_promises()
    before = {entry.session_id: entry.sequence for entry in db.session.scalars(select(CalendarEntry))}
    move(event, event.first_day + WEEK)
    work_off(tasks, backwards=backwards)
    told = sent(sink)
    assert set(told) == {chooser.email, waiting.email, discreet.email}
    words = text_of(told[str(chooser.email)])
    assert told[str(chooser.email)]["Subject"] == f"New dates: {event.title['en']}"
    assert "Panel 0" in words
    assert "Panel 1" in words
    assert "Panel 2" not in words
    assert "Panel" not in text_of(told[str(waiting.email)])
    neutral = told[str(discreet.email)]["Subject"] + text_of(told[str(discreet.email)])
    for word in (event.title["en"], "dates", "forum", event.slug):
        assert word.lower() not in neutral.lower()
    after = {entry.session_id: entry.sequence for entry in db.session.scalars(select(CalendarEntry))}
    assert after == {session_id: number + 1 for session_id, number in before.items()}
    owed = db.session.scalars(select(Promise.task).where(Promise.kept_at.is_(None))).all()
    assert "calendars.sessions_changed" not in owed


def test_an_invitation_says_it_by_its_update(tasks: Tasks, sink: MailSink) -> None:
    event, _session = in_calendars.make_dialogue()
    open_registration(event, needs_accreditation=False)
    invited, waiting = make_person(), make_person()
    calendars.on_accredited(in_calendars.make_seated(event, invited))
    make_registration(event, waiting, state=State.WAITLISTED)
    forget_promises()
    move(event, event.first_day + WEEK)
    work_off(tasks)
    told = sent(sink)
    assert set(told) == {invited.email, waiting.email}
    (calendar,) = [part for part in told[str(invited.email)].walk() if part.get_content_type() == "text/calendar"]
    data = calendar.get_payload(decode=True)
    assert isinstance(data, bytes)
    assert problems(data, kind="request") == []
    assert b"SEQUENCE:1" in data


def test_of_two_moves_the_last_is_told(tasks: Tasks, sink: MailSink) -> None:
    event, person = make_forum(), make_person()
    make_registration(event, person)
    forget_promises()
    move(event, event.first_day + WEEK)
    move(event, event.first_day + WEEK)
    work_off(tasks)
    assert str(event.first_day.day) in text_of(sent(sink)[str(person.email)])
    assert len(arrived(sink)) == 1


@pytest.mark.lane
def test_two_organisers_at_once_move_it_once_and_each_person_is_owed_one_letter(committed: Flask, tasks: Tasks) -> None:
    with committed.test_request_context(), unit_of_work():
        event = make_forum()
        for _ in range(3):
            make_session(event)
        for _ in range(20):
            make_registration(event)
        forget_promises()
        event_id, target, version = event.id, event.first_day + WEEK, event.version

    def press() -> str:
        event = db.session.get_one(Event, event_id)
        sessions = console_queries.programme_of(event)
        try:
            moving.move_event(make_person(), event, sessions=sessions, first_day=target, version=version)
            db.session.flush()
        except StaleDataError:
            db.session.rollback()
            return "Stale"
        return "done"

    def follow() -> str:
        with db.session.no_autoflush:
            owed = db.session.scalars(select(Promise).where(Promise.task == "programme.event_moved")).one()
        tasks["programme.event_moved"].__wrapped__.__wrapped__(**owed.payload)
        return "done"

    assert at_once(committed, [press] * 4) == {"done": 1, "Stale": 3}
    assert at_once(committed, [follow] * 3) == {"done": 3}
    with committed.app_context():
        letters = db.session.scalars(select(Promise.task).where(Promise.task == "calendars.event_moved")).all()
        event = db.session.get_one(Event, event_id)
        days = {one.starts_local.date() for one in console_queries.programme_of(event)}
        db.session.remove()
    assert len(letters) == 20
    assert days == {target}


def test_who_waited_reads_of_the_place_and_a_discreet_person_of_news(tasks: Tasks, sink: MailSink) -> None:
    event = make_forum()
    session = session_in(event, title={"en": "Film evening"}, places=2)
    people = [make_person(discreet=number == 3) for number in range(4)]
    for person in people:
        make_registration(event, person, state=State.ACCREDITED, has_seat=True)
    for person in people[:2]:
        calendars.choose(person, session, Choice.GOING)
    for person in people[2:]:
        places.wait(person, session)
    forget_promises()
    for person in people[:2]:
        calendars.leave_out(db.session.get_one(Person, person.id), session.id)
    work_off(tasks)
    told = sent(sink)
    assert set(told) == {people[2].email, people[3].email}
    assert told[str(people[2].email)]["Subject"] == "You have a place: Film evening"
    assert "/en/me/sessions" in text_of(told[str(people[2].email)])
    neutral = told[str(people[3].email)]["Subject"] + text_of(told[str(people[3].email)])
    for word in ("Film", "place", "session", event.slug):
        assert word.lower() not in neutral.lower().replace("/me/sessions", "")


def test_more_places_and_other_participants_reach_people_by_the_editors_promise(tasks: Tasks, sink: MailSink) -> None:
    event = make_forum()
    session = session_in(event, title={"en": "Film evening"}, places=1)
    holder, waiting = make_person(), make_person()
    for person, category in ((holder, "academic_expert"), (waiting, "member_state")):
        make_registration(event, person, state=State.ACCREDITED, has_seat=True, category=category)
    calendars.choose(holder, session, Choice.GOING)
    places.wait(waiting, session)
    forget_promises()
    edit(session, for_categories=["member_state"])
    work_off(tasks)
    told = sent(sink)
    assert told[str(holder.email)]["Subject"] == "No longer among your sessions: Film evening"
    assert told[str(waiting.email)]["Subject"] == "You have a place: Film evening"


def edit(session: session_actions.Session, **changes: object) -> None:
    facts = {name: getattr(session, name) for name in session_actions.SessionFacts.__dataclass_fields__} | changes
    slot = session_actions.Slot(
        session.starts_local.date(), session.starts_local.time(), session.ends_local.time(), None, None, None
    )
    session_actions.edit_session(
        make_person(), session, facts=session_actions.SessionFacts(**facts), slot=slot, version=session.version
    )
