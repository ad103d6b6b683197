"""When people want to be reminded of their sessions: by their calendar app, by a mail, or not at all.

A reminder by mail is owed when it is due, by the times and the choice that stand then: it follows a session that moved
and a mind that changed. A feed has another ETag with another choice. An invite in a calendar keeps the reminder it came
with until its next update: there it is the attendee's own, to be changed where it is (RFC 5546 lets a REQUEST carry
one, RFC 6638 lets attendees change theirs), and a mail for each invite would ask for all answers anew.
"""

import uuid
from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import BigInteger, Interval, String, cast, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from eventhub.calendars.access import ATTENDING
from eventhub.calendars.ics import alarm_bytes
from eventhub.calendars.models import ChosenSession, Reminding
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import LOCALES
from eventhub.kit.outbox import promise_all
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration.models import Registration

OFFSETS = (15, 60, 1440)
"""Minutes before a session of which one may be chosen."""

LATE = timedelta(minutes=30)
"""So much later a mail is still owed, where the clock stood still; who chooses a session after that is not reminded."""


def reminding_of(person: Person) -> Reminding:
    """What a person chose; nothing yet is no reminder at all."""
    return db.session.get(Reminding, person.id) or Reminding(person_id=person.id, in_calendar=None, by_mail=None)


def choose(person: Person, *, in_calendar: int | None, by_mail: int | None) -> Person:
    """Minutes before each session, one of ``OFFSETS`` each; None for not at all."""
    chosen = {"in_calendar": in_calendar, "by_mail": by_mail}
    fresh = insert(Reminding).values(person_id=person.id, **chosen)
    db.session.execute(fresh.on_conflict_do_update(index_elements=["person_id"], set_=chosen))
    return person


def alarm(minutes: int | None, language: str) -> bytes:
    """The VALARM of a person's entries, which says no more than that it is a reminder; nothing where none is wanted."""
    if minutes is None:
        return b""
    with force_locale(LOCALES[language]):
        return alarm_bytes(minutes, _("Reminder"), language)


def owe_due(moment: datetime) -> None:
    """Owe a mail to everybody whose reminder is due: once for each session at each of its times, and for each choice of
    how long before. One statement.
    """
    before = Reminding.by_mail * literal(timedelta(minutes=1), Interval())
    begins = cast(func.floor(func.extract("epoch", Session.starts_at)), BigInteger)
    person = cast(Reminding.person_id, String)
    rows = (
        select(
            func.concat_ws(":", literal("reminder"), cast(Session.id, String), begins, person, Reminding.by_mail),
            func.jsonb_build_object("session_id", Session.id, "person_id", Reminding.person_id, "begins", begins),
        )
        .select_from(Reminding)
        .join(ChosenSession, ChosenSession.person_id == Reminding.person_id)
        .join(Session, Session.id == ChosenSession.session_id)
        .join(Event, Event.id == Session.event_id)
        .join(
            Registration,
            (Registration.event_id == Session.event_id) & (Registration.person_id == Reminding.person_id),
        )
        .join(Person, Person.id == Reminding.person_id)
        .where(
            Reminding.by_mail.is_not(None),
            Session.starts_at > moment,
            Session.starts_at <= moment + timedelta(minutes=max(OFFSETS)),
            Session.starts_at - before <= moment,
            Session.starts_at - before > moment - LATE,
            Session.publication == Publication.PUBLISHED,
            Event.publication == Publication.PUBLISHED,
            Registration.state.in_(ATTENDING),
            Person.email.is_not(None),
            Person.erased_at.is_(None),
        )
    )
    promise_all("calendars.reminder", rows)


def still_due(session: Session, begins: int) -> bool:
    """Whether a session still begins at that second since 1970, and has not begun."""
    return session.starts_at > now() and int(session.starts_at.timestamp()) == begins


def forget(person_id: uuid.UUID) -> None:
    """What a person had chosen."""
    db.session.execute(delete(Reminding).where(Reminding.person_id == person_id))
