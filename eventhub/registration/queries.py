"""What a person and the public may ask: how an event takes registrations, and one's own registrations."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, load_only

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import NotFound
from eventhub.kit.sealed import SealKey
from eventhub.kit.tokens import digest
from eventhub.people.affiliations import represents
from eventhub.people.models import Channel, Person
from eventhub.people.queries import consented
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires.definition import Definition
from eventhub.questionnaires.models import AnswerSet, QuestionnaireVersion
from eventhub.registration import categories, latecomers, ways, windows
from eventhub.registration.categories import NO_RULES, Rule, Rules
from eventhub.registration.earlier import HAS_FORMER
from eventhub.registration.models import MOVES, Deadline, Registration, RegistrationSetup, SeatOffer, State
from eventhub.registration.windows import Window, window

TAKING_PART = frozenset(State) - {State.DRAFT, State.WITHDRAWN, State.EXPIRED}
"""States of registrations that were sent and still stand (or were answered)."""

AMENDABLE = frozenset(
    {State.SUBMITTED, State.AWAITING_FOCAL_POINT, State.UNDER_REVIEW, State.INFO_REQUESTED}
    | {State.WAITLISTED, State.OFFERED, State.ACCREDITED}
)

PUBLIC_NAME = func.coalesce(func.nullif(Person.alias, ""), Registration.display_name, Person.name)
"""What others may read, in SQL (shown.name_of)."""

EVENT_COLUMNS = (
    Event.series_id,
    Event.slug,
    Event.code,
    Event.kind,
    Event.mode,
    Event.publication,
    Event.original_language,
    Event.title,
    Event.city,
    Event.venue,
    Event.time_zone,
    Event.first_day,
    Event.last_day,
)
"""What the pages here show of an event: not the long texts."""


NEWEST = (
    select(QuestionnaireVersion.id)
    .where(QuestionnaireVersion.questionnaire_id == RegistrationSetup.questionnaire_id)
    .order_by(QuestionnaireVersion.number.desc())
    .limit(1)
    .correlate(RegistrationSetup)
    .scalar_subquery()
)
"""The version that new answers are given to."""

# Asked twice by everybody who registers: made once.
_INTAKE = (
    select(Event, RegistrationSetup, SealKey, Registration, AnswerSet, NEWEST, categories.AS_JSON, HAS_FORMER)
    .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
    .join(SealKey, SealKey.id == bindparam("seal_key_id"))
    .outerjoin(Registration, and_(Registration.event_id == Event.id, Registration.person_id == bindparam("person_id")))
    .outerjoin(AnswerSet, AnswerSet.id == Registration.answer_set_id)
    .options(load_only(*EVENT_COLUMNS, raiseload=True))
    .where(Event.slug == bindparam("slug"), Event.publication != Publication.DRAFT)
)


_EVENT, _SETUP, _REGISTRATION = table_of(Event), table_of(RegistrationSetup), table_of(Registration)
_OF_EVENT = [_EVENT.c[column.key] for column in EVENT_COLUMNS]
_OF_SETUP = [column for column in _SETUP.c if column.key not in {"event_id", "seats_taken"}]
# Asked by everybody who comes to register: a plain row, made once.
_GLANCE = (
    select(*_OF_EVENT, *_OF_SETUP, _SETUP.c.seats_taken, NEWEST, categories.AS_JSON, _REGISTRATION.c.id, HAS_FORMER)
    .join_from(_EVENT, _SETUP, _SETUP.c.event_id == _EVENT.c.id)
    .outerjoin(
        _REGISTRATION,
        and_(_REGISTRATION.c.event_id == _EVENT.c.id, _REGISTRATION.c.person_id == bindparam("person_id")),
    )
    .where(_EVENT.c.slug == bindparam("slug"), _EVENT.c.publication != Publication.DRAFT)
)


class Room(StrEnum):
    """Whether there is room for one more."""

    FREE = "free"
    WAITING_LIST = "waiting_list"
    FULL = "full"


class Nearness(StrEnum):
    """Why somebody decides nothing about a registration (SAFETY.md property 7)."""

    OWN = "own"
    """One's own."""
    FILED = "filed"
    """Filled in by oneself for somebody else."""
    ORGANISATION = "organisation"
    """From an organization that one represents, or represented within the last two years."""
    FOCAL = "focal"
    """Of a delegation whose focal point one is or was, or nominated by oneself."""


NEAR_BY: list[Callable[[uuid.UUID, Sequence[Registration]], Collection[uuid.UUID]]] = []
"""What features further up know of nearness: each gives the registrations that a person is near to as a focal point."""


@dataclass(frozen=True)
class Intake:
    """An event, how it takes registrations, and one person's own registration with its answers, if there is one.

    ``version_id`` is the questionnaire's version to be answered: the one a registration was begun on, else the newest.
    """

    event: Event
    setup: RegistrationSetup
    key: SealKey
    """The person's key (an unused one where nobody is signed in)."""
    registration: Registration | None = None
    answer_set: AnswerSet | None = None
    newest_version_id: uuid.UUID | None = None
    rules: Rules = NO_RULES
    """Of the event's categories, where it has some of its own, as they stand for this person now."""
    counted_ways: frozenset[str] = frozenset()
    """The ways of taking part that have a limit of their own."""
    has_former: bool = False
    """Whether the person has registered for another event before."""

    def as_asked(self, definition: Definition) -> Definition:
        """A version as the event's rules make it for this person. What was sent stays on offer to whoever sent it."""
        sent = self.registration if self.registration and self.registration.reference else None
        sent_in, gone = (sent.category, {sent.attendance_mode}) if sent else (None, set())
        rule = categories.rule_of(self.rules, sent_in)
        keep = None if rule and rule.is_open else sent_in
        return categories.fitted(definition, self.rules, keep, ways.gone(self.event.mode) - gone)

    @property
    def category(self) -> str | None:
        """The category that somebody sent, or chose so far."""
        return self.registration.category if self.registration else None

    @property
    def rule(self) -> Rule | None:
        """Its rule."""
        return categories.rule_of(self.rules, self.category)

    @property
    def closes_at(self) -> datetime:
        """By when this person sends or changes a registration."""
        return windows.closes(self.setup, self.rule)

    @property
    def must_choose(self) -> bool:
        """Whether this person's way of taking part exists no more."""
        return self.registration is not None and ways.must_choose(self.registration, self.event.mode)

    @property
    def version_id(self) -> uuid.UUID | None:
        """The version to be answered; None where nothing is asked."""
        return self.answer_set.version_id if self.answer_set else self.newest_version_id


@dataclass(frozen=True)
class Glance:
    """An event and how it takes registrations, for somebody who has perhaps not begun. ``facts``: every word of it but
    for the seats that are taken, so that two glances with the same facts show the same.
    """

    row: Any
    """The columns of both by name."""
    facts: str
    newest_version_id: uuid.UUID | None
    rules: Rules
    has_begun: bool
    has_former: bool


def room(setup: RegistrationSetup) -> Room:
    """Whether another person would get a seat. Only a look: the seat itself is taken by seats.take_seat."""
    if setup.capacity is None or setup.seats_taken < setup.capacity:
        return Room.FREE
    return Room.WAITING_LIST if setup.waiting_list or setup.needs_accreditation else Room.FULL


def takes(event: Event, setup: RegistrationSetup, moment: datetime) -> bool:
    """Whether somebody may begin to register now."""
    return event.publication is Publication.PUBLISHED and window(setup, moment) is Window.OPEN


def may_amend(found: Intake, moment: datetime) -> bool:
    """Answers may change until the deadline of the category; whoever was asked for more, or has to choose again how to
    take part, may answer after it too. None to an event that is cancelled.
    """
    registration = found.registration
    if registration is None or found.event.publication is Publication.CANCELLED:
        return False
    if registration.state is State.INFO_REQUESTED:
        return True
    return registration.state in AMENDABLE and (moment < found.closes_at or found.must_choose)


def may_withdraw(registration: Registration) -> bool:
    """Whether the person can still take the registration back."""
    return State.WITHDRAWN in MOVES[registration.state]


def too_near(person_id: uuid.UUID, registrations: Iterable[Registration]) -> dict[uuid.UUID, Nearness]:
    """On which of the registrations a person must not decide, and why. One statement, or none; one more where some
    belong to delegations.
    """
    registrations = list(registrations)
    near = represents(person_id, {one.organisation_id for one in registrations if one.organisation_id})
    found = {one.id: Nearness.ORGANISATION for one in registrations if one.organisation_id in near}
    nominated = [one for one in registrations if one.delegation_id]
    for knows in NEAR_BY if nominated else ():
        found |= dict.fromkeys(knows(person_id, nominated), Nearness.FOCAL)
    found |= {one.id: Nearness.FILED for one in registrations if person_id == one.filed_by_id}
    return found | {one.id: Nearness.OWN for one in registrations if person_id == one.person_id}


def intake(slug: str, person: Person, *, lock: bool = False, seats: bool = False) -> Intake:
    """All that registering needs, in one statement (two with ``lock``, which keeps the registration from changing).

    ``seats``: the registration may give its seat back, so the event's row of seats is locked before it (seats.py).
    Raises NotFound for drafts of events and for events that take no registrations.
    """
    if seats:
        here = select(Event.id).where(Event.slug == slug).scalar_subquery()
        _hold_seats_of(Registration.event_id == here, Registration.person_id == person.id)
    if lock:
        # An outer join cannot be locked as a whole: the registration is, where there is one.
        mine_here = select(Registration.id).join(Event, Event.id == Registration.event_id)
        mine_here = mine_here.where(Event.slug == slug, Registration.person_id == person.id)
        db.session.execute(mine_here.with_for_update(of=Registration))
    asked = {"slug": slug, "person_id": person.id, "seal_key_id": person.seal_key_id}
    found = db.session.execute(_INTAKE, asked, execution_options={"populate_existing": lock}).first()
    if found is None:
        raise NotFound
    *row, has_former = found
    return _for_latecomers(replace(_read(row), has_former=has_former), person)


def _for_latecomers(found: Intake, person: Person) -> Intake:
    """The same for somebody who may still register though it has closed: one statement, where it has."""
    if found.registration is not None and found.registration.state not in {State.DRAFT, State.EXPIRED}:
        return found
    last = latecomers.until(found.event, found.setup, person.id)
    if last is None:
        return found
    setup, rules = latecomers.stretched(found.setup, found.rules, last)
    return replace(found, setup=setup, rules=rules)


def glance(slug: str, person_id: uuid.UUID) -> Glance:
    """What the first page says before somebody begins. Raises NotFound like ``intake``. One statement."""
    row = db.session.execute(_GLANCE, {"slug": slug, "person_id": person_id}).first()
    if row is None:
        raise NotFound
    *facts, _seats, newest, rules, begun, has_former = row
    standing = windows.standing(categories.read(rules), row, now())
    return Glance(row, repr(facts), newest, standing, begun is not None, has_former)


def _read(row: Any) -> Intake:
    *found, rules = row
    return _with_rules(Intake(*found), rules)


def _with_rules(found: Intake, rules: Any) -> Intake:
    mine = found.registration
    begun_at = mine.created_at if mine and mine.state in {State.DRAFT, State.EXPIRED} else None
    standing = windows.standing(categories.read(rules), found.setup, now(), begun_at)
    return replace(found, rules=standing, counted_ways=categories.counted(rules))


def intake_alone(slug: str, person: Person) -> Intake:
    """The same for somebody who has no registration yet and is about to begin one: whoever begins it at the same
    moment, from another window, is waited for. Until the end of the transaction.
    """
    here = func.hashtextextended(f"registration:{slug}:{person.id}", 0)
    db.session.execute(select(func.pg_advisory_xact_lock(here)))
    return intake(slug, person, lock=True)


def open_intake(slug: str) -> Intake:
    """The same for somebody who is not signed in."""
    rows = (
        select(Event, RegistrationSetup, NEWEST, categories.AS_JSON)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Event.slug == slug, Event.publication != Publication.DRAFT)
    )
    found = db.session.execute(rows).first()
    if found is None:
        raise NotFound
    return _with_rules(Intake(found[0], found[1], SealKey(), newest_version_id=found[2]), found[3])


def whole_intake(event: Event, setup: RegistrationSetup) -> Intake:
    """The same of an event that is known already, with rules where a category has its own instants. One statement, or
    none.
    """
    rules: Any = None
    if setup.first_opens_at is not None:
        rules = db.session.scalar(select(categories.AS_JSON).where(RegistrationSetup.event_id == event.id))
    return _with_rules(Intake(event, setup, SealKey()), rules or [None, None])


def own(person: Person, reference: str, *, lock: bool = False, seats: bool = False) -> Intake:
    """A person's registration by its reference (see ``intake``). Raises NotFound for everybody else."""
    if seats:
        _hold_seats_of(Registration.reference == reference, Registration.person_id == person.id)
    if lock:
        row = select(Registration.id).where(Registration.reference == reference, Registration.person_id == person.id)
        db.session.execute(row.with_for_update())
    rows = _mine(person).where(Registration.reference == reference)
    found = db.session.execute(rows.execution_options(populate_existing=lock)).first()
    if found is None:
        raise NotFound
    return _read(found)


def _hold_seats_of(*which: ColumnElement[bool]) -> None:
    # A draft has no seat: whoever sends it holds it and waits for the seats, not the other way round. Whoever waits in
    # line holds them too: another category may have room.
    counted = or_(Registration.has_seat, Registration.state == State.WAITLISTED)
    seated = select(Registration.event_id).where(*which, counted).scalar_subquery()
    row = select(RegistrationSetup.event_id).where(RegistrationSetup.event_id == seated)
    db.session.execute(row.with_for_update())


def mine(person: Person) -> list[Intake]:
    """All registrations of a person, drafts first, then by the event's day. One statement."""
    rows = _mine(person).order_by(Registration.state != State.DRAFT, Event.first_day.desc())
    return [_read(row) for row in db.session.execute(rows)]


def _mine(person: Person) -> Any:
    return (
        select(Event, RegistrationSetup, SealKey, Registration, AnswerSet, categories.AS_JSON)
        .join(Registration, Registration.event_id == Event.id)
        .join(RegistrationSetup, RegistrationSetup.event_id == Event.id)
        .join(SealKey, SealKey.id == person.seal_key_id)
        .outerjoin(AnswerSet, AnswerSet.id == Registration.answer_set_id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(Registration.person_id == person.id)
    )


def setup_of(event_id: uuid.UUID) -> RegistrationSetup | None:
    """How an event takes registrations; None when it does not."""
    return db.session.get(RegistrationSetup, event_id)


def setups(event_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, RegistrationSetup]:
    """The same for several events."""
    if not event_ids:
        return {}
    rows = select(RegistrationSetup).where(RegistrationSetup.event_id.in_(event_ids))
    return {setup.event_id: setup for setup in db.session.scalars(rows)}


def deadlines(event_id: uuid.UUID, category: str | None = None) -> list[Deadline]:
    """Every deadline that was announced, of the event or of one category, the first one first."""
    return [one for one in all_deadlines(event_id) if one.category == category]


def all_deadlines(event_id: uuid.UUID) -> list[Deadline]:
    """Those of the event and of every category. One statement."""
    rows = select(Deadline).where(Deadline.event_id == event_id).order_by(Deadline.announced_at, Deadline.closes_at)
    return list(db.session.scalars(rows))


def versions_of(answer_set_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Which version of a questionnaire each set of answers was given to. One statement."""
    rows = select(AnswerSet.id, AnswerSet.version_id).where(AnswerSet.id.in_(answer_set_ids))
    return {row.id: row.version_id for row in db.session.execute(rows)}


def with_person(registration_id: uuid.UUID) -> Registration | None:
    """A registration with its person and event, for letters."""
    rows = (
        select(Registration)
        .join(Registration.person)
        .join(Registration.event)
        .options(
            contains_eager(Registration.person), contains_eager(Registration.event), joinedload(Registration.answer_set)
        )
        .where(Registration.id == registration_id)
    )
    found: Registration | None = db.session.scalar(rows)
    return found


def person_with(reference: str) -> Person | None:
    """Whose registration this is, for the operator. One statement."""
    rows = select(Person).join(Registration, Registration.person_id == Person.id)
    found: Person | None = db.session.scalar(rows.where(Registration.reference == reference))
    return found


def decision_words(registration: Registration) -> str | None:
    """What staff added to the newest decision, for the person it is about: never what was added to one before it. One
    statement.
    """
    return audit.newest_words(registration, f"registration.{registration.state.value}")


def consent_channels(definition: Definition | None) -> dict[str, Channel]:
    """The questions of a form that ask for a consent, by key."""
    known = {channel.value: channel for channel in Channel}
    return {
        question.key: known[question.purpose]
        for question in (definition.questions() if definition else ())
        if question.kind == "consent" and question.purpose in known
    }


def as_it_stands(
    registration: Registration, definition: Definition | None, answers: Mapping[str, object]
) -> dict[str, object]:
    """Answers with each consent as it stands now: the newest word counts, in the form or on one's own page of consents
    (DOMAIN.md rule 8), so that nobody reads an answer that was taken back.
    """
    asked = {key: channel for key, channel in consent_channels(definition).items() if key in answers}
    if not asked:
        return dict(answers)
    standing = consented(registration.person_id, registration.event_id)
    return dict(answers) | {key: channel in standing for key, channel in asked.items()}


def offer_by_token(token: str) -> tuple[SeatOffer, RegistrationSetup]:
    """The offer with this token, with its registration, person and event. Raises NotFound. One statement."""
    rows = _offers().where(SeatOffer.token_hash == digest(token), Person.erased_at.is_(None))
    found = db.session.execute(rows.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def own_offer(person: Person, reference: str) -> tuple[SeatOffer, RegistrationSetup] | None:
    """The newest offer of a person's own registration, the same way."""
    rows = _offers().where(Registration.reference == reference, Registration.person_id == person.id)
    rows = rows.order_by(SeatOffer.offered_at.desc()).limit(1)
    found = db.session.execute(rows.execution_options(populate_existing=True)).first()
    return (found[0], found[1]) if found else None


def offer_told(offer_id: uuid.UUID) -> tuple[SeatOffer, RegistrationSetup] | None:
    """The same by its id, for letters."""
    found = db.session.execute(_offers().where(SeatOffer.id == offer_id)).first()
    return (found[0], found[1]) if found else None


def newest_offer(registration: Registration) -> SeatOffer | None:
    """The last place that was offered, open or not."""
    rows = select(SeatOffer).where(SeatOffer.registration_id == registration.id)
    newest: SeatOffer | None = db.session.scalar(rows.order_by(SeatOffer.offered_at.desc()).limit(1))
    return newest


def open_offers(registration_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, SeatOffer]:
    """The open offers of registrations. One statement, or none."""
    if not registration_ids:
        return {}
    rows = select(SeatOffer).where(SeatOffer.registration_id.in_(registration_ids), SeatOffer.closed_at.is_(None))
    return {offer.registration_id: offer for offer in db.session.scalars(rows)}


def _offers() -> Any:
    registration = contains_eager(SeatOffer.registration)
    return (
        select(SeatOffer, RegistrationSetup)
        .join(SeatOffer.registration)
        .join(Registration.person)
        .join(Registration.event)
        .join(RegistrationSetup, RegistrationSetup.event_id == Registration.event_id)
        .options(registration.contains_eager(Registration.person), registration.contains_eager(Registration.event))
    )
