"""Mailings of an event, their logs, and what one person was sent."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, Uuid, cast, func, literal, null, or_, select, true, union_all
from sqlalchemy.orm import contains_eager, joinedload, load_only

from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.kit.mail import Mail
from eventhub.kit.outbox import Promise
from eventhub.kit.tokens import digest
from eventhub.mailings.models import NOT_REACHED, Mailing, MailingLine, MailPreference, Outcome, Why
from eventhub.mailings.sending import KEY, LETTER, NOW, with_promises
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.desk import LEGAL
from eventhub.registration.models import Message, Registration, SeatOffer
from eventhub.registration.queries import EVENT_COLUMNS, PUBLIC_NAME

LINES = 50
SHOWN = 100
"""At most so many messages on one page."""

UNREACHED = 200

NOT_MAILS = frozenset(
    {
        "registration.accredited_calendar",
        "registration.withdrawn_calendar",
        "registration.reprinted",
        "registration.needs_told",
    }
)
"""What is promised about a registration beside mails."""


@dataclass(frozen=True)
class Line:
    """One person in the log, by the name that the reader may see. ``problem``: what a mail server said, as a code."""

    id: uuid.UUID
    registration_id: uuid.UUID
    name: str
    reference: str | None
    state: Outcome
    why: Why | None
    problem: str | None
    at: datetime


@dataclass(frozen=True)
class Posted:
    """A mail to the person of a registration, as the outbox knows it. ``line_id`` where it belongs to a mailing."""

    task: str
    created_at: datetime
    sent_at: datetime | None
    state: Outcome
    problem: str | None
    line_id: uuid.UUID | None


def of_event(event_id: uuid.UUID) -> list[Mailing]:
    """All mailings of an event, the newest first."""
    rows = select(Mailing).where(Mailing.event_id == event_id).order_by(Mailing.created_at.desc(), Mailing.id)
    return list(db.session.scalars(rows))


def one(event_id: uuid.UUID, mailing_id: uuid.UUID, *, lock: bool = False) -> Mailing:
    """A mailing of this event. Raises NotFound."""
    rows = select(Mailing).where(Mailing.id == mailing_id, Mailing.event_id == event_id)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(rows))


def former(event: Event, event_ids: Collection[uuid.UUID]) -> list[tuple[Mailing, Event]]:
    """What can be copied: mailings of this event and of others of the series that are in reach, the newest first."""
    rows = (
        select(Mailing, Event)
        .join(Event, Event.id == Mailing.event_id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Event.series_id == event.series_id, Mailing.event_id.in_([event.id, *event_ids]))
        .order_by(Mailing.created_at.desc(), Mailing.id)
        .limit(SHOWN)
    )
    return [(mailing, of) for mailing, of in db.session.execute(rows)]


def tallies(mailing_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Counter[Outcome]]:
    """How many lines stand where. One statement, or none."""
    found: dict[uuid.UUID, Counter[Outcome]] = {one: Counter() for one in mailing_ids}
    if found:
        rows = with_promises(select(MailingLine.mailing_id, NOW, func.count()))
        rows = rows.where(MailingLine.mailing_id.in_(list(found))).group_by(MailingLine.mailing_id, NOW)
        for mailing_id, state, number in db.session.execute(rows):
            found[mailing_id][Outcome(state)] = number
    return found


def skipped(mailing_id: uuid.UUID) -> Counter[Why]:
    """Why people got no mail. One statement."""
    rows = select(MailingLine.why, func.count()).where(
        MailingLine.mailing_id == mailing_id, MailingLine.why.is_not(None)
    )
    return Counter({why: number for why, number in db.session.execute(rows.group_by(MailingLine.why)) if why})


def log(mailing_id: uuid.UUID, seen: Sight, state: Outcome | None, *, page: int) -> tuple[list[Line], int]:
    """One page of a log by name, and how many lines there are. Registrations that were not sent are in no list: whose
    they are is nobody's business. Two statements.
    """
    name: Any = LEGAL if seen is Sight.BADGES else PUBLIC_NAME
    mine = [MailingLine.mailing_id == mailing_id, *([state.value == NOW] if state else [])]
    mine.append(MailingLine.registration_id.in_(select(Registration.id).where(Registration.reference.is_not(None))))
    columns = (
        MailingLine.id,
        MailingLine.registration_id,
        name,
        Registration.reference,
        NOW,
        MailingLine.why,
        func.coalesce(Mail.bounce, Promise.problem),
        func.coalesce(Mail.bounced_at, Mail.sent_at, MailingLine.sent_at, MailingLine.moved_at),
    )
    rows = with_promises(select(*columns)).join(Registration, Registration.id == MailingLine.registration_id)
    rows = rows.join(Person, Person.id == MailingLine.person_id).where(*mine)
    rows = rows.order_by(func.lower(name), MailingLine.id).limit(LINES).offset((page - 1) * LINES)
    found = []
    for line_id, registration_id, who, reference, where, why, problem, at in db.session.execute(rows):
        outcome = Outcome(where)
        reason = why or (Why.NOTHING if outcome is Outcome.SKIPPED else None)
        found.append(Line(line_id, registration_id, who, reference, outcome, reason, problem, at))
    total = db.session.scalar(with_promises(select(func.count())).where(*mine)) or 0
    return found, total


def line_told(line_id: uuid.UUID) -> MailingLine | None:
    """A line with all that its letter says, held until the letter is written: whoever stops the mailing waits, or is
    heard.
    """
    rows = (
        select(MailingLine)
        .join(MailingLine.mailing)
        .join(Mailing.event)
        .join(MailingLine.person)
        .join(MailingLine.registration)
        .options(
            contains_eager(MailingLine.mailing).contains_eager(Mailing.event),
            contains_eager(MailingLine.person),
            contains_eager(MailingLine.registration).contains_eager(Registration.person),
        )
        .where(MailingLine.id == line_id)
        .with_for_update(of=MailingLine)
        .execution_options(populate_existing=True)
    )
    found: MailingLine | None = db.session.scalar(rows)
    return found


def messages(person: Person, limit: int | None = SHOWN) -> list[MailingLine]:
    """What a person was sent, the newest first; all of it without a limit. One statement."""
    return list(db.session.scalars(_mine(person).limit(limit)))


def message(person: Person, line_id: uuid.UUID) -> MailingLine:
    """One of them. Raises NotFound for everybody else's."""
    found: MailingLine | None = db.session.scalar(_mine(person).where(MailingLine.id == line_id))
    return or_not_found(found)


def _mine(person: Person) -> Any:
    """Lines whose mail was handed over: also where it did not arrive, so that it can be read here."""
    return (
        select(MailingLine)
        .join(MailingLine.mailing)
        .options(
            contains_eager(MailingLine.mailing).joinedload(Mailing.event).load_only(*EVENT_COLUMNS, raiseload=True),
            joinedload(MailingLine.registration),
        )
        .where(
            MailingLine.person_id == person.id,
            MailingLine.promised_at.is_not(None),
            MailingLine.state != Outcome.SKIPPED,
        )
        .order_by(MailingLine.promised_at.desc(), MailingLine.id)
    )


def preference(person_id: uuid.UUID) -> MailPreference | None:
    """What a person said of mails that may be stopped, if anything."""
    return db.session.get(MailPreference, person_id)


def preference_by_token(token: str, *, lock: bool = False) -> MailPreference:
    """Whose link this is. Raises NotFound."""
    rows = select(MailPreference).where(MailPreference.token_hash == digest(token))
    if lock:
        rows = rows.with_for_update()
    return or_not_found(db.session.scalar(rows))


def posted(registration_id: uuid.UUID, *, first_timers: bool) -> list[Posted]:
    """Every mail to the person about one registration that is known, the newest first: the outbox keeps what was sent
    for 90 days, a mailing longer. ``first_timers``: whether the reader may know who comes for the first time, which a
    mailing to these alone would tell. Three statements.
    """
    may_see = MailingLine.id.is_not(None) if first_timers else _not_to_first_timers()
    ids = union_all(
        *(
            select(literal(name), cast(model.id, Text)).where(model.registration_id == registration_id, which)
            for name, model, which in (
                ("offer_id", SeatOffer, true()),
                ("message_id", Message, true()),
                ("line_id", MailingLine, may_see),
            )
        )
    )
    payloads = [{"registration_id": str(registration_id)}]
    payloads += [{name: one} for name, one in db.session.execute(ids)]
    rows = (
        select(Promise, Mail.sent_at, Mail.bounced_at, Mail.bounce)
        .outerjoin(Mail, Mail.promise_id == Promise.id)
        .where(or_(*(Promise.payload.contains(payload) for payload in payloads)), Promise.task.not_in(NOT_MAILS))
        .order_by(Promise.created_at.desc(), Promise.id.desc())
        .limit(SHOWN)
    )
    found = [_posted(*row) for row in db.session.execute(rows)]
    known = {one.line_id for one in found}
    lines = select(MailingLine).where(
        MailingLine.registration_id == registration_id, MailingLine.promised_at.is_not(None), may_see
    )
    found += [
        Posted(LETTER, line.promised_at or line.moved_at, line.sent_at, line.state, None, line.id)
        for line in db.session.scalars(lines)
        if line.id not in known
    ]
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def _not_to_first_timers() -> ColumnElement[bool]:
    """Lines of mailings that tell nobody who comes for the first time."""
    theirs = select(Mailing.id).where(Mailing.audience["first_time"].astext == "true")
    return MailingLine.mailing_id.not_in(theirs)


def _posted(promise: Promise, sent_at: datetime | None, bounced_at: datetime | None, bounce: str | None) -> Posted:
    if bounced_at:
        state = Outcome.BOUNCED
    elif sent_at:
        state = Outcome.SENT
    elif promise.parked_at:
        state = Outcome.REFUSED if (promise.problem or "").startswith("SMTP 5") else Outcome.GIVEN_UP
    elif promise.kept_at:
        state = Outcome.SKIPPED
    else:
        state = Outcome.PUT_OFF if promise.refusals else Outcome.WAITING
    line = promise.payload.get("line_id") if promise.task == LETTER else None
    at = promise.created_at
    return Posted(promise.task, at, sent_at, state, bounce or promise.problem, uuid.UUID(line) if line else None)


@dataclass(frozen=True)
class Unreached:
    """Somebody whom a mail about an event did not reach: ``problem`` is what a mail server said, as a code."""

    registration_id: uuid.UUID
    name: str
    reference: str | None
    problem: str | None
    at: datetime


def unreached(event_id: uuid.UUID, seen: Sight, *, first_timers: bool) -> list[Unreached]:
    """Whom any mail about an event did not reach, letters of the desk included: of each the newest one, the newest
    first; then what the logs of mailings know beyond what the outbox keeps. Nobody stands here for a registration that
    was not sent, nor for a mailing to first timers before who may not know them. Two statements.
    """
    may_see = true() if first_timers else or_(MailingLine.id.is_(None), _not_to_first_timers())
    named = Registration.event_id == event_id, Registration.erased_at.is_(None), Registration.reference.is_not(None)
    name: Any = LEGAL if seen is Sight.BADGES else PUBLIC_NAME
    about = cast(Promise.payload["registration_id"].astext, Uuid)
    at = func.coalesce(Mail.bounced_at, Promise.parked_at)
    given_up = select(Promise.id).where(Promise.parked_at.is_not(None), Promise.task.not_in(NOT_MAILS))
    meant = select(Mail.promise_id).where(Mail.bounced_at.is_not(None)).union(given_up)
    rows = (
        select(Registration.id, name, Registration.reference, func.coalesce(Mail.bounce, Promise.problem), at)
        .select_from(Promise)
        .outerjoin(Mail, Mail.promise_id == Promise.id)
        .outerjoin(MailingLine, Promise.key == KEY)
        .join(Registration, Registration.id == func.coalesce(MailingLine.registration_id, about))
        .join(Person, Person.id == Registration.person_id)
        .where(*named, may_see)
        .where(Promise.id.in_(meant))
        .order_by(at.desc(), Promise.id.desc())
    )
    lines = (
        select(Registration.id, name, Registration.reference, null(), MailingLine.moved_at)
        .join(MailingLine, MailingLine.registration_id == Registration.id)
        .join(Person, Person.id == Registration.person_id)
        .where(*named, may_see)
        .where(MailingLine.state.in_(list(NOT_REACHED)))
        .order_by(MailingLine.moved_at.desc(), MailingLine.id)
    )
    found: dict[uuid.UUID, Unreached] = {}
    for row in (*db.session.execute(rows), *db.session.execute(lines)):
        found.setdefault(row[0], Unreached(*row))
    return list(found.values())[:UNREACHED]
