"""Sessions whose entries exist already, and people who are in them."""

from datetime import time

from eventhub.calendars import actions
from eventhub.calendars.models import CalendarEntry, Choice
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event, EventKind, Room, Session
from eventhub.registration.models import Registration, State
from tests.factories.people import make_person
from tests.factories.programme import make_event, make_session
from tests.factories.registration import make_registration


def make_entry(event: Event | None = None, **given: object) -> CalendarEntry:
    """A published session that calendars know."""
    session = make_session(event or make_event(), **given)  # type: ignore[arg-type]
    (entry,) = actions.follow_session(session)
    return entry


def make_room(event: Event, **given: object) -> Room:
    """A room of the event."""
    values: dict[str, object] = {"name": {"en": "Room XX", "ar": "القاعة XX"}}
    room = Room(event_id=event.id, **(values | given))
    db.session.add(room)
    db.session.flush()
    return room


def make_seated(event: Event, person: Person | None = None, **given: object) -> Registration:
    """A registration with a seat."""
    values: dict[str, object] = {"state": State.ACCREDITED, "has_seat": True}
    return make_registration(event, person, **(values | given))


def make_dialogue(**given: object) -> tuple[Event, Session]:
    """A dialogue of one session, which calendars know."""
    event = make_event(kind=EventKind.DIALOGUE, **given)
    session = make_session(event, start=time(14), hours=1.5, title=event.title)
    actions.follow_session(session)
    return event, session


def make_chooser(*sessions: Session, **given: object) -> Person:
    """A person with a seat who chose these sessions of one event."""
    person = make_person(**given)
    make_seated(db.session.get_one(Event, sessions[0].event_id), person)
    for session in sessions:
        actions.choose(person, session, Choice.GOING)
    db.session.flush()
    return person
