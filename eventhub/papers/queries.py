"""What the pages and the printer ask: how papers look, who gets a badge, and orders by their owners."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.papers.models import LAST_HOUR, LIFE, SLOW, Kind, PaperBearer, PaperOrder, PaperSetup, default
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import participants
from eventhub.registration.models import TAKES_PART, BadgeColour, Registration, RegistrationCategory, State

SHOWN = 20
BATCH = 1_000
"""Badges in one file: more than that is printed by category or country."""


@dataclass(frozen=True)
class Bearer:
    """Somebody who gets a badge or stands on the list of participants."""

    registration_id: uuid.UUID
    answer_set_id: uuid.UUID | None
    reference: str
    person_id: uuid.UUID
    name: str
    name_latin: str | None
    alias: str | None
    legal_name: str | None
    display_name: str | None
    organisation: str | None
    organisation_country: str | None
    category: str | None
    country: str | None
    represents: str | None = None

    @property
    def public_name(self) -> str:
        """What others may read: the alias, else the name that was given for being shown, else the profile's."""
        return self.alias or self.display_name or self.name


def event_of(slug: str) -> Event:
    """An event for the console, drafts included. Raises NotFound."""
    found: Event | None = db.session.scalar(select(Event).where(Event.slug == slug))
    if found is None:
        raise NotFound
    return found


def setup_of(event_id: uuid.UUID) -> PaperSetup:
    """How an event's papers look; the usual look where nobody has said."""
    return db.session.get(PaperSetup, event_id) or default(event_id)


def colours_of(event_id: uuid.UUID) -> dict[str, BadgeColour]:
    """The colours that an event chose for its categories, by code. One statement."""
    columns = RegistrationCategory.code, RegistrationCategory.colour
    chosen = RegistrationCategory.event_id == event_id, RegistrationCategory.colour.is_not(None)
    return {code: colour for code, colour in db.session.execute(select(*columns).where(*chosen)) if colour}


def orders_of(owner: Person, event: Event, *, sample: bool = False) -> list[PaperOrder]:
    """What somebody asked for at an event's desk within a day, newest first."""
    return _orders(
        PaperOrder.owner_id == owner.id,
        PaperOrder.event_id == event.id,
        PaperOrder.registration_id.is_(None),
        PaperOrder.is_sample.is_(sample),
        limit=SHOWN if not sample else 6 * len(Kind),
    )


def orders_about(owner: Person, registration: Registration) -> list[PaperOrder]:
    """What somebody asked for with one registration within a day, newest first."""
    return _orders(PaperOrder.owner_id == owner.id, PaperOrder.registration_id == registration.id, limit=SHOWN)


def same_as(order: PaperOrder) -> PaperOrder | None:
    """The paper that somebody has already, or gets in a moment, and that says the same as this order would."""
    found = _orders(
        PaperOrder.owner_id == order.owner_id,
        PaperOrder.registration_id == order.registration_id,
        PaperOrder.kind == order.kind,
        PaperOrder.language == order.language,
        PaperOrder.public_name.is_(order.public_name),
        PaperOrder.with_document.is_(order.with_document),
        PaperOrder.problem.is_(None),
        PaperOrder.asked_at > now() - LIFE + LAST_HOUR,
        PaperOrder.made_at.is_not(None) | (PaperOrder.asked_at > now() - SLOW),
        limit=1,
    )
    if not found:
        return None
    is_unread = found[0].made_at is None and found[0].made_from is None
    return found[0] if is_unread or found[0].made_from == made_from(order) else None


def made_from(order: PaperOrder) -> bytes:
    """A digest of all that one's own paper says: whether it changes tells whether the paper would be another one."""
    facts = (
        *(Registration.state, Registration.reference, Registration.category, Registration.attendance_mode),
        *(Registration.country, Registration.legal_name, Registration.display_name, Organisation.name),
        *(Person.name, Person.name_latin, Person.alias, Person.nationality, AnswerSet.changed_at),
        *(Event.publication, Event.mode, Event.original_language, Event.title, Event.city, Event.venue),
        *(Event.first_day, Event.last_day, Event.time_zone),
        *(PaperSetup.host, PaperSetup.signatory, PaperSetup.signatory_title, PaperSetup.contact),
    )
    row = db.session.execute(
        select(*facts)
        .select_from(Registration)
        .join(Person, Person.id == Registration.person_id)
        .join(Event, Event.id == Registration.event_id)
        .outerjoin(Organisation, Organisation.id == Registration.organisation_id)
        # Nothing else that was answered stands on a paper, but what is said of the travel document.
        .outerjoin(AnswerSet, (AnswerSet.id == Registration.answer_set_id) & order.with_document)
        .outerjoin(PaperSetup, PaperSetup.event_id == Event.id)
        .where(Registration.id == order.registration_id)
    ).one()
    today = now().astimezone(ZoneInfo(row.time_zone)).date()
    return hashlib.sha256(json.dumps([*row, today], sort_keys=True, default=str).encode()).digest()


def open_orders(owner: Person) -> int:
    """How many papers are being made for somebody."""
    return len(
        _orders(PaperOrder.owner_id == owner.id, PaperOrder.made_at.is_(None), PaperOrder.problem.is_(None), limit=99)
    )


def order_of(owner: Person, order_id: uuid.UUID) -> PaperOrder:
    """One order with its file. Raises NotFound for everybody but the owner, and after a day."""
    found = _orders(PaperOrder.id == order_id, PaperOrder.owner_id == owner.id, limit=1)
    if not found:
        raise NotFound
    return found[0]


def to_print(order_id: uuid.UUID) -> PaperOrder | None:
    """An order for the printer, locked, with what it is about, or None when it is gone, made or given up.

    Locked, so that nobody hides between what is read here and the note of whose names were read.
    """
    found: PaperOrder | None = db.session.scalar(
        select(PaperOrder)
        .join(PaperOrder.event)
        .join(PaperOrder.owner)
        .options(
            contains_eager(PaperOrder.event),
            contains_eager(PaperOrder.owner),
            joinedload(PaperOrder.registration).joinedload(Registration.person).joinedload(Person.seal_key),
            joinedload(PaperOrder.registration).joinedload(Registration.organisation),
            joinedload(PaperOrder.registration).joinedload(Registration.answer_set),
            joinedload(PaperOrder.file),
        )
        .where(PaperOrder.id == order_id)
        .with_for_update(of=PaperOrder)
        # It may have been read before by the same worker, and somebody may have hidden since.
        .execution_options(populate_existing=True)
    )
    return found if found is not None and (found.is_open or found.stale_at is not None) else None


def bearers(
    event_id: uuid.UUID,
    filters: Mapping[str, str],
    *,
    limit: int = BATCH,
    listed: bool = False,
    named_in: PaperOrder | None = None,
) -> list[Bearer]:
    """The people who take part, as the filters ask; one more than ``limit`` says that there are too many.

    ``listed``: only those who stand on the list of participants. ``named_in``: only those whom the file of this order
    names already.
    """
    chosen: Any = (
        select(
            Registration.id,
            Registration.answer_set_id,
            Registration.reference,
            Person.id,
            Person.name,
            Person.name_latin,
            Person.alias,
            Registration.legal_name,
            Registration.display_name,
            Organisation.name,
            Organisation.country,
            Registration.category,
            Registration.country,
            Registration.represents,
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Organisation, Organisation.id == Registration.organisation_id)
        .where(
            *(participants.on_the_list(event_id) if listed else participants.takes_part(event_id)),
            Registration.reference.is_not(None),
        )
        .order_by(Registration.reference)
        .limit(limit + 1)
    )
    columns: dict[str, Any] = {
        "category": Registration.category,
        "country": Registration.country,
        "mode": Registration.attendance_mode,
        "reference": Registration.reference,
    }
    for name, column in columns.items():
        if filters.get(name):
            chosen = chosen.where(column == filters[name])
    if named_in is not None:
        theirs = PaperBearer.registration_id == Registration.id
        chosen = chosen.join(PaperBearer, theirs & (PaperBearer.order_id == named_in.id))
    return [Bearer(*row) for row in db.session.execute(chosen)]


def codes_in_use(event_id: uuid.UUID) -> tuple[list[str], list[str]]:
    """Categories and countries among those who take part."""
    rows = (
        select(Registration.category, Registration.country)
        .where(Registration.event_id == event_id, Registration.state.in_(TAKES_PART))
        .distinct()
    )
    found = list(db.session.execute(rows))
    return sorted({row.category for row in found if row.category}), sorted(
        {row.country for row in found if row.country}
    )


def outdated(limit: int = 500) -> list[PaperOrder]:
    """Orders whose day is over, for the sweep."""
    rows = (
        select(PaperOrder)
        .options(joinedload(PaperOrder.file))
        .where(PaperOrder.asked_at <= now() - LIFE)
        .limit(limit)
        .with_for_update(of=PaperOrder, skip_locked=True)
    )
    return list(db.session.scalars(rows))


def to_issue(order: PaperOrder) -> list[Registration]:
    """Those named in a batch who are accredited and have no badge yet. Locked."""
    rows = (
        select(Registration)
        .join(PaperBearer, PaperBearer.registration_id == Registration.id)
        .where(PaperBearer.order_id == order.id, Registration.state == State.ACCREDITED)
        .order_by(Registration.id)
        .with_for_update(of=Registration)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(rows))


def own_papers(person_id: uuid.UUID, registration_id: uuid.UUID | None = None) -> list[PaperOrder]:
    """The papers made for somebody about her own registrations, or about one of them."""
    mine = Registration.person_id == person_id
    if registration_id is not None:
        mine &= Registration.id == registration_id
    return _locked(PaperOrder.registration_id.in_(select(Registration.id).where(mine)))


def of_event(event_id: uuid.UUID) -> list[PaperOrder]:
    """All that was asked for at an event, samples and the list of participants left aside."""
    return _locked(
        PaperOrder.event_id == event_id, PaperOrder.is_sample.is_(False), PaperOrder.kind != Kind.PARTICIPANTS
    )


def everything_of(person_id: uuid.UUID) -> list[PaperOrder]:
    """All that somebody asked for."""
    return _locked(PaperOrder.owner_id == person_id)


def own_data(person_id: uuid.UUID) -> list[dict[str, Any]]:
    """The papers that a person asked for, of one's own and for the desk, in plain values."""
    rows = (
        select(PaperOrder, Event.title, Registration.reference)
        .join(Event, Event.id == PaperOrder.event_id)
        .outerjoin(Registration, Registration.id == PaperOrder.registration_id)
        .where(PaperOrder.owner_id == person_id)
        .order_by(PaperOrder.asked_at, PaperOrder.id)
    )
    return [
        {
            "event": title,
            "reference": reference,
            "kind": order.kind.value,
            "language": order.language,
            "asked": order.asked_at,
            "made": order.made_at,
        }
        for order, title, reference in db.session.execute(rows)
    ]


def naming(person_id: uuid.UUID, registration_id: uuid.UUID | None = None) -> list[PaperOrder]:
    """The desk's files that hold somebody's name, or are about to: what is gathered for them was noted.

    All registrations of the person count, or the one that is given. Locked: whoever gathers anew or keeps what was
    printed is waited for, which takes a moment. What is gathered for the first time this moment is looked at again
    before it is kept (making.py, ``holds``).
    """
    mine = Registration.person_id == person_id
    if registration_id is not None:
        mine &= Registration.id == registration_id
    named = exists().where(PaperBearer.order_id == PaperOrder.id, PaperBearer.registration_id == Registration.id, mine)
    return _locked(PaperOrder.registration_id.is_(None), PaperOrder.is_sample.is_(False), named)


def naming_somebody_gone(limit: int = 100) -> list[PaperOrder]:
    """Files of the desk that name somebody who no longer takes part, and that nobody makes anew yet."""
    gone = exists().where(
        PaperBearer.order_id == PaperOrder.id,
        PaperBearer.registration_id == Registration.id,
        Registration.state.not_in(TAKES_PART),
    )
    return _locked(PaperOrder.made_at.is_not(None), PaperOrder.stale_at.is_(None), gone, limit=limit)


def long_stale(moment: datetime, limit: int = 500) -> list[PaperOrder]:
    """Files that should have been made anew before this moment."""
    return _locked(PaperOrder.stale_at < moment, limit=limit)


def _locked(*where: Any, limit: int | None = None) -> list[PaperOrder]:
    rows = (
        select(PaperOrder)
        .options(joinedload(PaperOrder.file))
        .where(*where)
        .order_by(PaperOrder.id)
        .limit(limit)
        .with_for_update(of=PaperOrder)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(rows))


def _orders(*where: Any, limit: int) -> list[PaperOrder]:
    rows = (
        select(PaperOrder)
        .options(joinedload(PaperOrder.file))
        .where(PaperOrder.asked_at > now() - LIFE, *where)
        .order_by(PaperOrder.asked_at.desc(), PaperOrder.id)
        .limit(limit)
    )
    return list(db.session.scalars(rows))
