"""The day before this year's Forum: a briefing for some participants, and a workshop that is full."""

import uuid
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from eventhub.calendars import actions as calendars
from eventhub.calendars import places
from eventhub.calendars.models import Choice
from eventhub.demo.documents import text
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Room, Session, SessionKind
from eventhub.registration.models import CONFIRMED, Registration

SIDE_EVENT_PLACES = 60
WAITING = 4


def make_preparatory_day(event: Event) -> list[Session]:
    """Its sessions, in the smaller room; the side events of the Forum get places."""
    day = event.first_day - timedelta(days=1)
    room = db.session.scalars(select(Room).where(Room.event_id == event.id).order_by(Room.capacity, Room.id)).first()
    made = []
    for source in text("preparatory")["sessions"]:
        starts, ends = (datetime.combine(day, time.fromisoformat(source[name])) for name in ("starts", "ends"))
        session = Session(
            id=uuid.uuid4(),
            event_id=event.id,
            room_id=room.id if room else None,
            kind=SessionKind.BRIEFING,
            publication=Publication.PUBLISHED,
            title=source["title"],
            summary=source["summary"],
            starts_local=starts,
            ends_local=ends,
            time_zone=event.time_zone,
            starts_at=starts.replace(tzinfo=ZoneInfo(event.time_zone)).astimezone(UTC),
            ends_at=ends.replace(tzinfo=ZoneInfo(event.time_zone)).astimezone(UTC),
            interpretation=event.interpretation,
            access_services=["international_sign", "realtime_captioning"],
            for_categories=source["for"],
            places=source["places"],
        )
        db.session.add(session)
        made.append(session)
    for one in db.session.scalars(
        select(Session).where(Session.event_id == event.id, Session.kind == SessionKind.SIDE_EVENT)
    ):
        one.places = SIDE_EVENT_PLACES
    db.session.flush()
    return made


def fill_preparatory_day(sessions: list[Session], participant: Person) -> None:
    """The workshop is full, and some wait; the participant of the demo goes to the briefing and waits for the other."""
    for session in sessions:
        rows = (
            select(Person)
            .join(Registration, Registration.person_id == Person.id)
            .where(
                Registration.event_id == session.event_id,
                Registration.state.in_(CONFIRMED),
                Registration.category.in_(session.for_categories),
                Person.id != participant.id,
            )
            .order_by(Registration.submitted_at, Registration.id)
            .limit((session.places or 20) + WAITING)
        )
        for person in db.session.scalars(rows).all():
            if session.places is None:
                calendars.choose(person, session, Choice.GOING)
            else:
                places.wait(person, session)
        if session.places is None:
            calendars.choose(participant, session, Choice.GOING)
        else:
            places.wait(participant, session)
    db.session.flush()
