"""Where visas stand: what the person says, what the desk hears, and that the letter was made. Nothing of a passport."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.arrangements import due
from eventhub.arrangements.actions import NoWay, demand_takes_part
from eventhub.arrangements.models import VISA_MOVES, Visa, VisaStatus
from eventhub.arrangements.queries import WANTED_IN
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Forbidden, NotFound, Stale, means
from eventhub.people.models import Person
from eventhub.programme.models import Event, Mode
from eventhub.registration import thread
from eventhub.registration.cancelling import demand_taking_place
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake
from eventhub.registration.thread import kept_until

AT_ONCE = 50
"""Rows on a page of the list."""

IN_PERSON = "in_person"
REFUSED = _l("My visa was refused.")
DAYS = {
    VisaStatus.ASKED: "asked_on",
    VisaStatus.LETTER_SENT: "letter_on",
    VisaStatus.APPLIED: "applied_on",
    VisaStatus.GRANTED: "decided_on",
    VisaStatus.REFUSED: "decided_on",
}
"""Which day each status has."""


class DayAhead(DomainError):
    """A day that has not come."""

    status = 422
    message = _l("This day has not come yet")
    field = "day"


class OwnVisa(Forbidden):
    """What the desk notes of an own visa is a colleague's to note."""

    message = _l("This is your own registration. Say on your own page where your visa stands.")


means("pk_visa", Stale())


@dataclass(frozen=True)
class Row:
    """Somebody who comes in person, and where the visa stands; None where nobody has said anything."""

    registration: Registration
    visa: Visa | None


def of(registration_id: uuid.UUID) -> Visa | None:
    """Where somebody's visa stands. One statement."""
    return db.session.get(Visa, registration_id)


def travels(event: Event, attendance_mode: str | None) -> bool:
    """Whether somebody comes in person, and so may need a visa."""
    return event.mode is not Mode.ONLINE and attendance_mode in {None, IN_PERSON}


def say(actor: Person, found: Intake, status: VisaStatus, day: date | None, words: str) -> Visa:
    """What the person says of the own visa. A refusal opens a message to the desk with ``words``, or with the news
    alone; said again without words it sends nothing more.

    The caller holds the registration. Raises NotTakingPart, Over, NoWay, DayAhead, and what thread.tell raises.
    """
    registration = demand_takes_part(found)
    if status is VisaStatus.LETTER_SENT:
        raise NoWay
    standing = of(registration.id)
    is_news = standing is None or standing.status is not status
    visa = _moved(actor, registration, found.event, status, day)
    if status is VisaStatus.REFUSED and (is_news or words.strip()):
        thread.tell(actor, found, words.strip() or str(REFUSED))
    return visa


def hear(
    actor: Person, event: Event, registration: Registration, status: VisaStatus, day: date | None, *, seen: int
) -> Visa:
    """What the desk heard of somebody's visa; ``seen`` is the version of its row, 0 where there was none.

    Raises OwnVisa, Stale (the person or a colleague said something since), NoWay, DayAhead, NotAnyMore.
    """
    if registration.person_id == actor.id:
        raise OwnVisa
    demand_taking_place(event.id)
    db.session.execute(select(Registration.id).where(Registration.id == registration.id).with_for_update())
    standing = db.session.get(Visa, registration.id, with_for_update=True, populate_existing=True)
    if (standing.version if standing else 0) != seen:
        raise Stale
    return _moved(actor, registration, event, status, day)


def letter_made(registration_id: uuid.UUID) -> bool:
    """The invitation letter was made: whoever needs it has it. Nothing where more is known already."""
    rows = select(Registration, Event).join(Event, Event.id == Registration.event_id)
    found = db.session.execute(rows.where(Registration.id == registration_id).with_for_update(of=Registration)).first()
    if found is None or found[0].state not in WANTED_IN:
        return False
    visa = db.session.get(Visa, registration_id, with_for_update=True, populate_existing=True)
    if visa is not None and VisaStatus.LETTER_SENT not in VISA_MOVES[visa.status]:
        return False
    _moved(None, found[0], found[1], VisaStatus.LETTER_SENT, None)
    return True


def numbers(event: Event) -> dict[VisaStatus | None, int]:
    """How many of those who come in person stand where. One statement."""
    rows = select(Visa.status, func.count()).select_from(Registration)
    rows = rows.outerjoin(Visa, Visa.registration_id == Registration.id).where(*_travelling(event))
    return {row[0]: row[1] for row in db.session.execute(rows.group_by(Visa.status))}


def rows(event: Event, status: VisaStatus | None, page: int, *, unsaid: bool = False) -> list[Row]:
    """Those who come in person, whoever waits longest first; of one status, or of those who said nothing. One
    statement.
    """
    found = _rows(event).order_by(Visa.changed_at.asc().nulls_last(), Registration.submitted_at, Registration.id)
    if unsaid:
        found = found.where(Visa.registration_id.is_(None))
    elif status is not None:
        found = found.where(Visa.status == status)
    found = found.limit(AT_ONCE).offset((page - 1) * AT_ONCE)
    return [Row(*row) for row in db.session.execute(found)]


def row(event: Event, registration_id: uuid.UUID) -> Row:
    """One of them. Raises NotFound."""
    found = db.session.execute(_rows(event).where(Registration.id == registration_id)).first()
    if found is None:
        raise NotFound
    return Row(*found)


def next_of(visa: Visa | None) -> Sequence[VisaStatus]:
    """What may be said next, in the order of the list; what stands may be said again with another day."""
    here = visa.status if visa else None
    return [one for one in VisaStatus if one in VISA_MOVES[here] or one is here]


def _rows(event: Event) -> Select[Registration, Visa]:
    return (
        select(Registration, Visa)
        .join(Registration.person)
        .outerjoin(Visa, Visa.registration_id == Registration.id)
        .options(contains_eager(Registration.person), joinedload(Registration.organisation))
        .where(*_travelling(event))
    )


def _travelling(event: Event) -> tuple[ColumnElement[bool], ...]:
    in_person = or_(Registration.attendance_mode == IN_PERSON, Registration.attendance_mode.is_(None))
    return Registration.event_id == event.id, Registration.state.in_(WANTED_IN), in_person


def _moved(
    actor: Person | None, registration: Registration, event: Event, status: VisaStatus, day: date | None
) -> Visa:
    today, moment = due.today(event), now()
    if day is not None and day > today:
        raise DayAhead
    visa = db.session.get(Visa, registration.id, with_for_update=True, populate_existing=True)
    if status not in next_of(visa):
        raise NoWay
    if visa is None:
        visa = Visa(
            registration_id=registration.id,
            status=status,
            delete_after=kept_until(moment, event.last_day, event.time_zone),
        )
        db.session.add(visa)
    visa.status, visa.changed_at = status, moment
    if status in DAYS:
        setattr(visa, DAYS[status], day or today)
    if status is VisaStatus.APPLIED:  # again, after a refusal
        visa.decided_on = None
    db.session.flush()
    audit.record(f"arrangements.visa_{status.value}", registration, actor=actor, scope_id=event.id)
    return visa
