"""New rules of a zone take away or double the time of a session: it stays where it was, and an organiser is asked."""

from datetime import UTC, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from eventhub.calendars import actions
from eventhub.calendars.lint import problems
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.programme import copying, session_actions
from eventhub.programme.models import ClockDoubt, Event, Publication, Session
from tests.factories.calendars import make_entry
from tests.factories.people import make_staff, sign_in
from tests.factories.programme import clocks_change, make_event, make_session
from tests.programme.console import error_at, fields_of, text_of

HALF_PAST_TWO = time(2, 30)
TITLE = "Sessions whose time you must decide"


def night_of(month: int) -> datetime:
    """Half past two in the night in which the clocks go forward (3) or back (10)."""
    return datetime.combine(clocks_change(month), HALF_PAST_TWO)


def session_at(wall: datetime, event: Event | None = None) -> Session:
    """A session which calendars know, at a time that the clocks skip or repeat by now, and did not when it was set."""
    event = event or make_event(first_day=wall.date(), last_day=wall.date())
    session = db.session.get_one(Session, make_entry(event, start=time(12), hours=1).session_id)
    instant = wall.replace(tzinfo=UTC) - timedelta(hours=1)
    values = {"starts_local": wall, "ends_local": wall + timedelta(hours=2)}
    values |= {"starts_at": instant, "ends_at": instant + timedelta(hours=2)}
    db.session.execute(update(Session).where(Session.id == session.id).values(**values))
    [entry] = actions.queries.entries_of([session.id])
    for name, value in values.items():
        setattr(entry, name, value)
    db.session.flush()
    db.session.expire_all()
    return session


def renewed(session: Session) -> Session:
    session_actions.renew_instants(now())
    db.session.expire_all()
    return session


@pytest.mark.parametrize("month", [3, 10])
def test_it_stays_at_its_instant_and_is_told_to_whoever_can_decide(client: FlaskClient, month: int) -> None:
    session = session_at(night_of(month))
    event = db.session.get_one(Event, session.event_id)
    before = (session.starts_at, session.ends_at, session.version)
    renewed(session)
    assert session.clock_doubt is ClockDoubt.OPEN
    assert (session.starts_at, session.ends_at, session.version) == before
    for role, here, told in (
        (Role.ORGANISER, event.id, True),
        (Role.ORGANISER, make_event().id, False),
        (Role.RAPPORTEUR, event.id, False),
        (Role.CHECK_IN, event.id, False),
    ):
        sign_in(client, make_staff(role, event_id=here))
        assert (TITLE in text_of(client.get("/en/console"))) is told, role


def test_a_time_that_is_gone_is_given_anew(client: FlaskClient) -> None:
    session = renewed(session_at(night_of(3)))
    event = db.session.get_one(Event, session.event_id)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert "the clocks there skip this time" in text_of(client.get("/en/console"))
    there = f"/en/console/events/{event.slug}/sessions/{session.id}/move"
    page = client.get(there)
    assert "Decide the time of this session" in text_of(page)
    same = client.post(there, data=fields_of(page))
    assert "jump over" in error_at(same, "starts")
    saved = client.post(there, data=fields_of(same) | {"starts": ["03:30"], "ends": ["05:00"]})
    assert saved.status_code == 303
    db.session.expire_all()
    assert session.clock_doubt is None
    assert TITLE not in text_of(client.get("/en/console"))


def test_of_a_time_that_comes_twice_one_must_be_chosen(client: FlaskClient) -> None:
    session = renewed(session_at(night_of(10)))
    assert session.starts_fold == 1, "the second of the two is the instant that was announced"
    event = db.session.get_one(Event, session.event_id)
    sign_in(client, make_staff(Role.ORGANISER, event_id=event.id))
    assert "show this time twice" in text_of(client.get("/en/console"))
    there = f"/en/console/events/{event.slug}/sessions/{session.id}/move"
    unsaid = client.post(there, data=fields_of(client.get(there)))
    assert unsaid.status_code == 422
    assert "comes twice" in error_at(unsaid, "starts_fold")
    assert client.post(there, data=fields_of(unsaid) | {"starts_fold": "1"}).status_code == 303
    db.session.expire_all()
    assert session.clock_doubt is ClockDoubt.SETTLED
    assert TITLE not in text_of(client.get("/en/console"))
    assert renewed(session).clock_doubt is ClockDoubt.SETTLED, "it is not asked again each day"


def test_it_stops_no_other_session_of_its_event_and_its_own_entry_can_still_change(client: FlaskClient) -> None:
    session = session_at(night_of(3))
    event = db.session.get_one(Event, session.event_id)
    other = db.session.get_one(Session, make_entry(event, start=time(15)).session_id)
    renewed(session)
    other.title = {"en": "Another name"}
    db.session.flush()
    assert len(actions.follow_event(event)) == 2, "the one in doubt moved nowhere, and is written in UTC"
    assert actions.follow_event(event) == []
    session.title = {"en": "A vigil"}
    db.session.flush()
    [entry] = actions.follow_event(event)
    assert entry.sequence == 0
    feed = client.get(f"/cal/f/{event.id}.ics").data
    assert problems(feed, kind="feed") == []
    assert f"DTSTART:{clocks_change(3):%Y%m%d}T013000Z".encode() in feed
    session.publication = Publication.CANCELLED
    db.session.flush()
    assert len(actions.follow_event(event)) == 1
    assert problems(client.get(f"/cal/f/{event.id}.ics").data, kind="feed") == []


@pytest.mark.usefixtures("database")
def test_rules_that_change_back_leave_nothing_to_decide() -> None:
    session = make_session(make_event())
    db.session.execute(update(Session).values(clock_doubt=ClockDoubt.OPEN))
    assert renewed(session).clock_doubt is None


@pytest.mark.usefixtures("database")
def test_what_is_over_or_cancelled_is_nobodys_question() -> None:
    over = session_at(datetime(2025, 3, 30, 2, 30))  # noqa: DTZ001
    cancelled = session_at(night_of(3))
    cancelled.publication = Publication.CANCELLED
    db.session.flush()
    assert renewed(over).clock_doubt is None
    assert renewed(cancelled).clock_doubt is None


@pytest.mark.usefixtures("database")
def test_moved_by_days_into_an_hour_that_comes_twice_it_is_asked_about() -> None:
    eve = clocks_change(10) - timedelta(days=1)
    session = make_session(make_event(first_day=eve, last_day=eve), start=HALF_PAST_TWO)
    copying.move(session, days=timedelta(days=1), field="first_day")
    assert session.clock_doubt is ClockDoubt.OPEN
    copying.move(session, days=timedelta(days=1), field="first_day")
    assert session.clock_doubt is None
