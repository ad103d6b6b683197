"""Bad days of calendars: two organisers at once, gaps in the clock, thousands of people, new rules of a zone, apps that
ask each second, odd words.
"""

import uuid
from datetime import UTC, datetime, time, timedelta
from functools import partial

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm.exc import StaleDataError

from eventhub.calendars import actions, feeds, imip, invites, queries
from eventhub.calendars.lint import problems
from eventhub.calendars.models import CalendarEntry, EntryStatus, Invite, InviteMail, Method
from eventhub.calendars.zones import zone_info
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import PER_MINUTE, Promise, offer_due
from eventhub.people.models import Person, Role
from eventhub.programme import session_actions
from eventhub.programme.models import ClockDoubt, Event, EventKind, Session
from eventhub.registration.models import Registration
from tests.benchmarks.scene import people_in
from tests.factories.calendars import make_chooser, make_dialogue, make_entry, make_room, make_seated
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import clocks_change, coming, make_event, make_session
from tests.programme.console import error_at, fields_of
from tests.together import at_once, meanwhile


def entry_of(session: Session) -> CalendarEntry:
    """The newest entry of a session, read afresh."""
    rows = select(CalendarEntry).where(CalendarEntry.session_id == session.id).execution_options(populate_existing=True)
    return db.session.scalars(rows.order_by(CalendarEntry.created.desc())).one()


# --- Two at once --------------------------------------------------------------------------------------------------


@pytest.mark.lane
def test_one_organiser_moves_what_another_cancels(committed: Flask) -> None:
    """Either the move came first and the cancellation tells its times, or it is refused as made from an old page; the
    last that anybody hears is the cancellation.
    """
    with committed.test_request_context(), unit_of_work():
        event, session = make_dialogue()
        for _ in range(5):
            actions.on_accredited(make_seated(event))
        room, staff = make_room(event), make_staff(Role.ADMIN)
        ids = session.id, staff.id, room.id

    def slot() -> session_actions.Slot:
        found = db.session.get_one(Session, ids[0])
        room = db.session.get_one(type(found).room.property.mapper.class_, ids[2])
        return session_actions.Slot(found.starts_local.date(), time(16), time(17), None, None, room)

    def loaded() -> tuple[Person, Session]:
        found = queries.sessions_told(Session.id == ids[0])[0]
        return db.session.get_one(Person, ids[1]), found

    def move() -> str:
        staff, found = loaded()
        try:
            session_actions.move_session(staff, found, slot=slot(), version=1)
            db.session.flush()
        except StaleDataError:
            db.session.rollback()
            return "Stale"
        actions.follow_session(found)
        return "moved"

    def cancel() -> str:
        staff, found = loaded()
        try:
            session_actions.cancel_session(staff, found, reason={"en": "Ill"})
            db.session.flush()
        except StaleDataError:
            db.session.rollback()
            return "Stale"
        actions.follow_session(found)
        return "cancelled"

    ended = at_once(committed, [move, cancel])
    assert sum(ended.values()) == 2
    # Whoever was told that the page was old presses again.
    if "cancelled" not in ended:
        assert at_once(committed, [cancel]) == {"cancelled": 1}
    with committed.app_context():
        entry = db.session.scalars(select(CalendarEntry)).one()
        assert entry.status is EntryStatus.CANCELLED
        sent = db.session.execute(select(InviteMail.invite_id, InviteMail.sequence, InviteMail.method)).all()
        for invite_id in {row.invite_id for row in sent}:
            mine = sorted((row.sequence, row.method) for row in sent if row.invite_id == invite_id)
            assert [row[0] for row in mine] == list(range(entry.sequence + 1)), "each number once"
            assert [row[1] for row in mine][-1] is Method.CANCEL
            assert [row[1] for row in mine].count(Method.CANCEL) == 1
        db.session.remove()


def an_hour_later(session_id: uuid.UUID) -> None:
    """An organizer moves a session, and calendars follow."""
    found = db.session.get_one(Session, session_id)
    for name in ("starts_local", "ends_local", "starts_at", "ends_at"):
        setattr(found, name, getattr(found, name) + timedelta(hours=1))
    db.session.flush()
    actions.follow_session(found)


@pytest.mark.lane
def test_who_leaves_discreet_mode_while_the_session_moves_hears_of_the_new_time(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, session = make_dialogue()
        person = db.session.get_one(Person, make_seated(event).person_id)
        actions.on_accredited(db.session.scalars(select(Registration)).one())
        person.discreet = True
        invites.follow_visibility(person.id)
        ids = session.id, person.id

    def come_back() -> None:
        db.session.get_one(Person, ids[1]).discreet = False
        db.session.flush()
        invites.follow_visibility(ids[1])

    meanwhile(committed, partial(an_hour_later, ids[0]), come_back)
    with committed.app_context():
        last = db.session.scalars(select(InviteMail).order_by(InviteMail.sequence.desc())).first()
        invite, entry = (db.session.scalars(select(table)).one() for table in (Invite, CalendarEntry))
        assert last
        assert (last.method, last.sequence) == (Method.REQUEST, entry.sequence + invite.raised)
        db.session.remove()


@pytest.mark.lane
def test_who_withdraws_while_the_session_moves_is_taken_off_last(committed: Flask) -> None:
    """Somebody left the session of a dialogue out, so nothing but the invite ties them to it."""
    with committed.test_request_context(), unit_of_work():
        event, session = make_dialogue()
        registration = make_seated(event)
        actions.on_accredited(registration)
        actions.leave_out(db.session.get_one(Person, registration.person_id), session.id)
        ids = session.id, registration.id

    def withdraw() -> None:
        actions.on_withdrawn(db.session.get_one(Registration, ids[1]))

    meanwhile(committed, partial(an_hour_later, ids[0]), withdraw)
    with committed.app_context():
        rows = select(InviteMail.sequence, InviteMail.method).order_by(InviteMail.sequence)
        sent = [tuple(row) for row in db.session.execute(rows)]
        assert sent == [(0, Method.REQUEST), (1, Method.REQUEST), (2, Method.CANCEL)]
        db.session.remove()


# --- Clocks -------------------------------------------------------------------------------------------------------


def test_a_move_into_the_gap_is_refused_at_its_field_and_nothing_moves(client: FlaskClient) -> None:
    night = clocks_change(3)
    event = make_event(first_day=night, last_day=night)
    entry = make_entry(event)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    there = f"/en/console/events/{event.slug}/sessions/{entry.session_id}/move"
    refused = client.post(there, data=fields_of(client.get(there)) | {"starts": "02:30", "ends": "04:00"})
    assert refused.status_code == 422
    assert "jump over" in error_at(refused, "starts")
    assert fields_of(refused)["starts"] == ["02:30"]
    assert (entry_of(db.session.get_one(Session, entry.session_id)).sequence, entry.sequence) == (0, 0)


@pytest.mark.parametrize(
    ("zone", "start", "hours", "begins"),
    [
        ("Europe/Zurich", time(23), 3, timedelta(hours=22)),
        ("Pacific/Kiritimati", time(1), 2, timedelta(hours=-13)),
        ("Pacific/Pago_Pago", time(22), 4, timedelta(hours=33)),
    ],
)
def test_across_midnight_and_the_date_line(
    client: FlaskClient, zone: str, start: time, hours: float, begins: timedelta
) -> None:
    day = coming(11, 26)
    event = make_event(time_zone=zone, first_day=day, last_day=day + timedelta(days=1))
    entry = make_entry(event, start=start, hours=hours)
    body = client.get(f"/cal/f/{event.id}.ics").data
    assert problems(body, kind="feed") == []
    [read] = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert read["DTSTART"].dt.astimezone(UTC) == entry.starts_at == datetime.combine(day, time(), UTC) + begins
    assert read["DTEND"].dt - read["DTSTART"].dt == timedelta(hours=hours)
    # Somebody on the other side of the date line reads it on their own day.
    person = make_chooser(db.session.get_one(Session, entry.session_id), time_zone="Pacific/Auckland")
    sign_in(client, person)
    page = client.get("/en/me/sessions?time=own")
    assert page.status_code == 200
    assert f"{entry.starts_at.astimezone(zone_info('Pacific/Auckland')):%H:%M}–" in page.get_data(as_text=True)


@pytest.mark.usefixtures("database")
def test_new_rules_of_a_zone_move_sessions_entries_and_the_invited_and_no_version() -> None:
    event, session = make_dialogue()
    actions.on_accredited(make_seated(event))
    right, version = session.starts_at, session.version
    # As it was worked out by the rules of before: an hour off.
    for table in (Session, CalendarEntry):
        hour = timedelta(hours=1)
        shifted = {"starts_at": table.starts_at - hour, "ends_at": table.ends_at - hour}
        db.session.execute(update(table).values(**shifted))
    db.session.expire_all()
    assert session_actions.renew_instants(now()) == 1
    actions.follow_event(event)
    db.session.refresh(session)
    entry = entry_of(session)
    assert session.starts_at == entry.starts_at == right
    assert (session.version, entry.sequence) == (version, 1)
    sent = db.session.scalars(select(InviteMail.sequence).order_by(InviteMail.sequence)).all()
    assert sent == [0, 1]
    assert session_actions.renew_instants(now()) == 0
    assert actions.follow_event(event) == []


@pytest.mark.usefixtures("database")
def test_a_time_that_new_rules_take_away_stops_nothing_else() -> None:
    gone = make_session(make_event())
    other = make_session(make_event())
    night = clocks_change(3)
    gap = datetime.combine(night, time(2, 30))
    instants = {
        "starts_at": datetime.combine(night, time(1, 30), UTC),
        "ends_at": datetime.combine(night, time(3), UTC),
    }
    walls = {"starts_local": gap, "ends_local": datetime.combine(night, time(4))}
    db.session.execute(update(Session).where(Session.id == gone.id).values(**walls, **instants))
    db.session.execute(
        update(Session).where(Session.id == other.id).values(starts_at=Session.starts_at - timedelta(hours=1))
    )
    assert session_actions.renew_instants(now()) == 1


@pytest.mark.usefixtures("database")
def test_new_rules_that_would_end_a_session_before_it_begins_stop_nothing_else() -> None:
    """From 02:45 to 02:15 of an hour that came twice, in a zone that gives up summer time."""
    odd, other = make_session(make_event()), make_session(make_event())
    night = clocks_change(10)
    begins = datetime.combine(night, time(0, 45), UTC)
    walls = {"starts_local": datetime.combine(night, time(2, 45)), "ends_local": datetime.combine(night, time(2, 15))}
    instants = {"starts_at": begins, "ends_at": begins + timedelta(minutes=30)}
    moved = {**walls, **instants, "ends_fold": 1, "time_zone": "Africa/Tunis"}
    db.session.execute(update(Session).where(Session.id == odd.id).values(**moved))
    late = Session.starts_at - timedelta(hours=1)
    db.session.execute(update(Session).where(Session.id == other.id).values(starts_at=late))
    assert session_actions.renew_instants(now()) == 1
    db.session.refresh(odd)
    assert (odd.starts_at, odd.clock_doubt) == (begins, ClockDoubt.OPEN)


# --- Many ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
def test_five_thousand_hear_of_another_room_once_at_a_pace_and_others_do_not_wait(statements: list[str]) -> None:
    event, session = make_dialogue()
    entry = entry_of(session)
    begins = now() + timedelta(hours=1)
    people = people_in(event, 5_000)
    rows = [{"entry_id": entry.id, "person_id": one, "salt": one.bytes, "token_hash": one.bytes} for one in people]
    db.session.execute(insert(Invite), rows)
    session.room_id = make_room(event).id
    # An hour before, whatever the calendar says today.
    session.time_zone, session.starts_at, session.ends_at = "Etc/UTC", begins, begins + timedelta(hours=1)
    session.starts_local = begins.replace(tzinfo=None)
    session.ends_local = session.starts_local + timedelta(hours=1)
    db.session.flush()
    db.session.execute(update(Promise).values(kept_at=now()))
    statements.clear()
    actions.follow_session(session)
    assert len([one for one in statements if "invite_mail" in one]) == 1
    assert actions.follow_session(session) == []
    owed = select(Promise).where(Promise.task == "calendars.invite", Promise.kept_at.is_(None))
    told = db.session.scalars(owed).all()
    assert len(told) == len({one.payload["invite_mail_id"] for one in told}) == 5_000
    mails = db.session.execute(
        select(func.count(), func.count(InviteMail.invite_id.distinct())).select_from(InviteMail)
    )
    assert mails.one() == (5_000, 5_000)
    minutes: dict[datetime, int] = {}
    for one in told:
        minutes[one.not_before] = minutes.get(one.not_before, 0) + 1
    assert max(minutes.values()) == PER_MINUTE
    assert max(minutes) - min(minutes) < timedelta(minutes=10), "all of them long before it begins"
    # What somebody else is owed now comes right after the first minute's.
    db.session.add(Promise(task="people.sign_in", payload={}, not_before=now()))
    db.session.flush()
    assert "people.sign_in" in {task for _, task in offer_due(PER_MINUTE + 1)}


def test_an_app_that_asks_each_second_costs_one_statement_and_no_body(
    client: FlaskClient, statements: list[str]
) -> None:
    entry = make_entry(make_event(kind=EventKind.FORUM))
    person = make_chooser(db.session.get_one(Session, entry.session_id))
    address = f"/cal/{feeds.feed_token(actions.new_link(person))}.ics"
    first = client.get(address)
    statements.clear()
    for _ in range(60):
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    asked = [one for one in statements if one.lstrip().upper().startswith("SELECT")]
    assert len(asked) == 60
    assert not any("entry_blob.body" in one for one in asked)


# --- Odd words ----------------------------------------------------------------------------------------------------


def test_a_title_with_emoji_arabic_and_a_newline_stays_one_line(client: FlaskClient) -> None:
    title = "Opening 👩🏽‍🦽🏳️‍🌈\nالجلسة الافتتاحية\r\nATTENDEE:mailto:evil@example.org"
    event, session = make_dialogue(title={"en": title})
    assert db.session.get_one(Event, event.id).title["en"] == title
    actions.on_accredited(make_seated(event))
    for lang in ("", ".ar"):
        body = client.get(f"/cal/f/{event.id}{lang}.ics").data
        assert problems(body, kind="feed") == []
        assert b"\nATTENDEE" not in body
        [read] = icalendar.Calendar.from_ical(body).walk("VEVENT")
        assert "👩🏽‍🦽🏳️‍🌈" in read["SUMMARY"]
        assert "الجلسة الافتتاحية" in read["SUMMARY"]
    mail = db.session.scalars(select(InviteMail)).one()
    found = queries.invite_told(mail.invite_id)
    assert found
    mail.invite = found
    assert problems(imip.calendar_of(mail, sender="Meetings <x@example.org>"), kind="request") == []
    assert session.title["en"] == title
