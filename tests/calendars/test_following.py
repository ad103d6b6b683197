"""What entries follow besides times: words of what is called off, a series' name, a tick set late, rules of a zone."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.calendars import actions, queries
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, ChosenSession, EntryBlob, EntryStatus, InviteMail
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme import actions as programme
from eventhub.programme import session_actions
from eventhub.programme.models import EventKind, Publication, Series, Session
from tests.factories.calendars import make_chooser, make_entry, make_seated
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import make_event, make_series
from tests.programme.console import send


@pytest.fixture(autouse=True)
def _database(database: None) -> None:
    """Every test here writes."""


def session_of(entry: CalendarEntry) -> Session:
    return queries.sessions_told(Session.id == entry.session_id)[0]


def bodies(entry: CalendarEntry) -> bytes:
    rows = select(EntryBlob.body).where(EntryBlob.entry_id == entry.id)
    return b"".join(db.session.scalars(rows)).replace(b"\r\n ", b"")


def test_a_name_taken_out_of_what_was_called_off_leaves_every_calendar() -> None:
    entry = make_entry(make_event(kind=EventKind.FORUM), title={"en": "Talk by Amina Diallo"})
    session, staff = session_of(entry), make_staff(Role.ADMIN)
    session_actions.cancel_session(staff, session, reason={"en": "Ill"})
    db.session.flush()
    actions.follow_session(session)
    stood = entry.sequence, entry.starts_at, entry.dtstamp
    assert b"Amina Diallo" in bodies(entry)
    session.title = {"en": "Talk"}
    session.starts_at, session.ends_at = (at + timedelta(hours=1) for at in (session.starts_at, session.ends_at))
    db.session.flush()
    assert actions.follow_session(session) == [entry]
    assert b"Amina Diallo" not in bodies(entry)
    assert (entry.status, entry.sequence, entry.starts_at) == (EntryStatus.CANCELLED, *stood[:2])
    assert entry.dtstamp > stood[2]
    assert db.session.scalars(select(InviteMail)).all() == []
    assert actions.follow_session(session) == []


def test_a_renamed_series_is_told_to_the_calendars_of_its_public_events() -> None:
    series = make_series()
    public, draft = make_event(series), make_event(series, publication=Publication.DRAFT)
    other = make_event()
    staff = make_staff(Role.ADMIN)
    found = db.session.get_one(Series, series.id)
    words = {"summary": found.summary, "original_language": found.original_language}
    programme.edit_series(staff, found, title=found.title, **(words | {"summary": {"en": "Another summary"}}))
    rows = select(Promise.payload).where(Promise.task == "programme.event_changed")
    assert db.session.scalars(rows).all() == []
    programme.edit_series(staff, found, title={"en": "Another name"}, **words)
    assert db.session.scalars(rows).all() == [{"event_id": str(public.id)}]
    assert draft.id != other.id


def test_a_session_put_into_everybodys_calendar_later_reaches_who_has_a_seat(client: FlaskClient) -> None:
    event = make_event(kind=EventKind.FORUM)
    entry = make_entry(event)
    person_id = make_seated(event).person_id
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    address = f"/en/console/events/{event.slug}/sessions/{entry.session_id}"

    def follow() -> None:
        rows = select(Promise).where(Promise.task == "programme.session_changed", Promise.kept_at.is_(None))
        for row in db.session.scalars(rows.order_by(Promise.id)).all():
            actions.follow_session(session_of(entry), beforehand=row.payload.get("beforehand", False))
            db.session.delete(row)
        db.session.flush()

    assert send(client, address, chosen_beforehand="y").status_code == 303
    follow()
    assert db.session.scalars(select(ChosenSession.person_id)).all() == [person_id]
    # Whoever leaves it out does not get it back with the next change.
    db.session.execute(ChosenSession.__table__.delete())
    assert send(client, address, chosen_beforehand="y", summary_en="More words").status_code == 303
    follow()
    assert db.session.scalars(select(ChosenSession.person_id)).all() == []


def test_copies_in_a_zone_that_lost_its_plain_rules_are_written_in_utc(client: FlaskClient) -> None:
    """As they stood before new tz data: Cairo has no plain yearly rule."""
    event = make_event(kind=EventKind.FORUM, time_zone="Africa/Cairo")
    entry = make_entry(event)
    for blob in db.session.scalars(select(EntryBlob).where(EntryBlob.entry_id == entry.id)):
        assert blob.zone is None
        blob.zone = "Africa/Cairo"
        blob.body = re.sub(rb"(DTSTART|DTEND):(\d{8}T\d{6})Z", rb"\1;TZID=Africa/Cairo:\2", blob.body)
    db.session.flush()
    sequence = entry.sequence
    assert actions.follow_event(event) == [entry]
    assert entry.sequence == sequence
    body = client.get(f"/cal/f/{event.id}.ics").data
    assert b"TZID" not in body
    assert problems(body, kind="feed") == []
    assert actions.follow_event(event) == []


def test_the_file_of_a_session_long_over_is_still_one(client: FlaskClient) -> None:
    entry = make_entry(make_event(kind=EventKind.FORUM))
    with time_machine.travel(entry.ends_at + timedelta(days=200), tick=False):
        answer = client.get(f"/cal/session/{entry.session_id}.ics")
    assert answer.status_code == 200
    assert entry.uid.encode() in answer.data.replace(b"\r\n ", b"")


def test_my_sessions_as_a_file_are_offered_while_there_are_some(client: FlaskClient) -> None:
    entry = make_entry(make_event(kind=EventKind.FORUM))
    person = make_chooser(session_of(entry))
    actions.new_link(person)
    for days, offered in ((89, True), (91, False)):
        with time_machine.travel(entry.ends_at + timedelta(days=days), tick=False):
            sign_in(client, person)
            assert ("sessions.ics" in client.get("/en/me/sessions").text) is offered
            assert (client.get("/en/me/sessions.ics").status_code == 200) is offered
