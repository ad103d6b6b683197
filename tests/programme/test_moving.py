"""A whole event on other days: the page before it, what moves in one go, what is refused."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.checkin.models import GateRule
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.programme import console_queries, copying, moving
from eventhub.programme.copying import EndsFirst, MovedIntoGap
from eventhub.programme.deeds import WrongState
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration.models import Outcome, RegistrationSetup, SeatOffer, State
from eventhub.registration.offers import follow_days
from tests.factories.people import make_person, make_staff, sign_in
from tests.factories.programme import make_event, make_session
from tests.factories.registration import make_registration, open_registration
from tests.programme.console import error_at, fields_of, text_of

WEEK = timedelta(days=7)


def move(event: Event, first_day: date, version: int | None = None) -> Event:
    sessions = console_queries.programme_of(event)
    return moving.move_event(
        make_person(), event, sessions=sessions, first_day=first_day, version=version or event.version
    )


def test_all_move_together_and_keep_their_time_of_day_across_the_clock_change(database: None) -> None:
    first = date(now().year + 1, 10, 25)
    event = make_event(first_day=first, last_day=first)
    session = make_session(event, start=time(10))
    prepared = make_session(event, start=time(9), day=-1)
    off = make_session(event, publication=Publication.CANCELLED)
    for day, capacity in ((first, 5), (first + timedelta(days=1), 6)):
        db.session.add(GateRule(event_id=event.id, day=day, capacity=capacity))
    db.session.add(GateRule(event_id=event.id, session_id=session.id, capacity=7))
    db.session.flush()
    offset = session.starts_at
    move(event, first + WEEK)
    assert (event.first_day, event.last_day) == (first + WEEK, first + WEEK)
    assert session.starts_local == datetime.combine(first + WEEK, time(10))
    assert session.starts_at == offset + WEEK + timedelta(hours=1)  # summer time ends in between
    assert prepared.starts_local.date() == off.starts_local.date() - timedelta(days=1) == event.first_day - timedelta(1)
    rules = dict(db.session.execute(select(GateRule.capacity, GateRule.day)).all())
    assert rules == {5: first + WEEK, 6: first + WEEK + timedelta(days=1), 7: None}
    move(event, event.first_day + timedelta(days=1))  # by one day, over its own former day
    rules = dict(db.session.execute(select(GateRule.capacity, GateRule.day)).all())
    assert rules[5] == first + WEEK + timedelta(days=1)


def test_the_history_keeps_where_it_was_and_one_promise_tells_it(client: FlaskClient) -> None:
    event = make_event()
    for hour in (9, 10, 11):
        make_session(event, start=time(hour))
    former = event.first_day
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    address = f"/en/console/events/{event.slug}/move"
    look = client.get(f"{address}?first_day={former + WEEK}")
    assert "What stays" in look.text
    assert "Nobody has to be told by mail yet" in look.text
    assert event.first_day == former
    fields = fields_of(look, action=str(former + WEEK))
    assert client.post(address, data=fields).status_code == 303
    db.session.refresh(event)
    assert event.first_day == former + WEEK
    owed = [one.task for one in db.session.scalars(select(Promise)) if one.task.startswith("programme.")]
    assert sorted(owed) == ["programme.days_moved", "programme.event_moved"]
    page = text_of(client.get(f"/en/console/events/{event.slug}"))
    assert "Event moved to other days" in page
    assert f"Before: {former.day}" in page
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "programme.event_moved")).one()
    assert entry.detail["was"][0] == former.isoformat()


def test_of_two_organizers_the_second_is_told(client: FlaskClient) -> None:
    event = make_event()
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    address = f"/en/console/events/{event.slug}/move"
    day = str(event.first_day + WEEK)
    mine = fields_of(client.get(f"{address}?first_day={day}"), action=day)
    move(event, event.first_day + timedelta(days=3))
    db.session.flush()
    answer = client.post(address, data=mine)
    assert answer.status_code in {409, 422}
    assert "Somebody else changed this" in answer.text
    with pytest.raises(Stale):
        move(event, event.first_day + WEEK, version=event.version - 1)


def test_what_cannot_be_is_refused_at_the_day(client: FlaskClient) -> None:
    event = make_event()
    make_session(event, day=-2, title={"en": "Briefing for newcomers"})
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    address = f"/en/console/events/{event.slug}/move"
    today = now().astimezone(ZoneInfo(event.time_zone)).date()
    for day, said in (
        (event.first_day, "begins on this day already"),
        (today - WEEK, "is over, or is today"),
        (today + timedelta(days=1), "“Briefing for newcomers” would have begun already"),
        ("26/11/2026", "Give the day as a date"),
    ):
        assert said in error_at(client.get(f"{address}?first_day={day}"), "first_day")
    day = str(event.first_day + WEEK)
    fields = fields_of(client.get(f"{address}?first_day={day}"), action=day)
    refused = client.post(address, data=fields | {"first_day": str(today)})
    assert "is over, or is today" in error_at(refused, "first_day")
    evening = datetime.combine(event.first_day - timedelta(days=2), time(20), UTC)
    with time_machine.travel(evening, tick=False), pytest.raises(moving.HasBegun):
        move(event, event.first_day + WEEK)
    event.publication = Publication.CANCELLED
    with pytest.raises(WrongState):
        move(event, event.first_day + WEEK)


def test_a_time_that_the_clocks_jump_over_is_named(database: None) -> None:
    gap = date(2027, 3, 28)
    with time_machine.travel(datetime(2027, 1, 5, 12, tzinfo=UTC), tick=False):
        event = make_event(first_day=gap - WEEK, last_day=gap - WEEK)
        session = make_session(event, start=time(2, 30))
        with pytest.raises(MovedIntoGap):
            move(event, gap)
        assert db.session.get_one(Session, session.id).starts_local.date() == gap - WEEK


def test_a_session_in_an_hour_that_came_twice_is_not_moved_to_where_it_would_end_first(database: None) -> None:
    """From 02:45 to the second 02:15."""
    twice = date(2027, 10, 31)
    with time_machine.travel(datetime(2027, 1, 5, 12, tzinfo=UTC), tick=False):
        event = make_event(first_day=twice, last_day=twice)
        session = make_session(event, start=time(2, 45), hours=0.5)
        session.ends_local, session.ends_fold = datetime.combine(twice, time(2, 15)), 1
        session.starts_at = datetime(2027, 10, 31, 0, 45, tzinfo=UTC)
        session.ends_at = session.starts_at + timedelta(minutes=30)
        db.session.flush()
        with pytest.raises(EndsFirst):
            move(event, twice + WEEK)
        with pytest.raises(EndsFirst), db.session.no_autoflush:
            copying.move(session, days=WEEK, field="first_day")


def test_no_offer_of_a_place_stands_beyond_the_new_beginning(database: None) -> None:
    event = make_event()
    open_registration(event)
    make_session(event)
    one = make_registration(event, state=State.OFFERED, has_seat=True)
    until = now() + timedelta(days=20)
    offer = SeatOffer(registration_id=one.id, salt=b"s", token_hash=b"t", offered_at=now(), until=until)
    db.session.add(offer)
    db.session.flush()
    move(event, event.first_day + WEEK)
    follow_days(event.id)
    db.session.refresh(offer)
    assert offer.until == until
    move(event, event.first_day - WEEK - timedelta(days=20))
    follow_days(event.id)
    db.session.refresh(offer)
    (session,) = console_queries.programme_of(event)
    assert offer.until == session.starts_at
    assert offer.outcome is not Outcome.LAPSED


def test_the_page_names_what_stays(client: FlaskClient) -> None:
    event = make_event()
    setup = open_registration(event)
    sign_in(client, make_staff(Role.ADMIN))
    page = text_of(client.get(f"/ar/console/events/{event.slug}/move?first_day={event.first_day + WEEK}"))
    assert str(setup.closes_at.year) in page
    before = db.session.get_one(RegistrationSetup, event.id).closes_at
    move(event, event.first_day + WEEK)
    assert db.session.get_one(RegistrationSetup, event.id).closes_at == before
