"""The desk's questions: lists that filter, sort and page in the database, whatever their length.

What somebody may not see takes no part: an organiser's search and order go by public names alone (SAFETY.md
property 2).
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal, literal_column, null, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.people.models import Organisation, Person, RoleGrant
from eventhub.programme.models import Event
from eventhub.registration import access, line, stages
from eventhub.registration.access import Sight
from eventhub.registration.models import (
    Approval,
    PreparedDecision,
    Registration,
    RegistrationCategory,
    RegistrationSetup,
    SeatOffer,
    State,
    Word,
)
from eventhub.registration.prepared import seen_by
from eventhub.registration.queries import PUBLIC_NAME
from eventhub.registration.reference import GAPS, read_reference

SIZES = (25, 50)
SORTS = ("waiting", "newest", "name", "country")
BULK_LIMIT = 200
LINE_SIZE = 50

CHIPS: dict[str, frozenset[State]] = {
    "decide": frozenset({State.SUBMITTED, State.UNDER_REVIEW}),
    "info": frozenset({State.INFO_REQUESTED}),
    "focal": frozenset({State.AWAITING_FOCAL_POINT}),
    "accredited": frozenset({State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED, State.NO_SHOW}),
    "waiting": frozenset({State.WAITLISTED, State.OFFERED}),
    "declined": frozenset({State.DECLINED, State.REVOKED}),
    "withdrawn": frozenset({State.WITHDRAWN}),
    "answered": frozenset(State) - {State.WITHDRAWN},
    "prepared": frozenset(State) - {State.WITHDRAWN},
    "security": stages.OPEN,
    "objected": stages.OPEN,
    "all": frozenset(State),
}
"""Ready-made views of the list. Drafts are nobody's business but their authors'."""

ANSWERED = "answered"
"""The view of those whose answer waits to be read, in whatever state."""

PREPARED = "prepared"
"""The view of those about whom a decision is prepared, in whatever state."""

SECURITY: Any = case(
    (Approval.id.is_(None), None),
    (Approval.passed_at.is_not(None), "passed"),
    (Approval.outcome.is_(None), "waits"),
    (Approval.outcome == Word.OBJECTION, "objected"),
    else_="clear",
)
"""What security has said about a registration joined with it, in a word; NULL where it was not asked."""

OF_SECURITY = {"security": "waits", "objected": "objected"}
"""The views of those about whom security says this."""

LEGAL = func.coalesce(Registration.legal_name, func.nullif(Person.name, ""), Registration.display_name, "")
"""The name for badges, in SQL."""


@dataclass(frozen=True)
class Filters:
    """What the desk shows to a ``viewer``. Codes that are not in the lists fall back to everything."""

    viewer: uuid.UUID
    chip: str = "decide"
    q: str = ""
    category: str = ""
    mode: str = ""
    country: str = ""
    late: bool = False
    delegation: str = ""
    sort: str = "waiting"
    page: int = 1
    size: int = SIZES[0]


@dataclass(frozen=True)
class Row:
    """One line of the list. ``name`` is what this reader may see; ``alias`` is set where it is not the public one."""

    id: uuid.UUID
    reference: str
    state: State
    late: bool
    category: str | None
    mode: str | None
    country: str | None
    submitted_at: datetime
    decided_at: datetime | None
    reason: str | None
    name: str
    alias: str | None
    discreet: bool
    organisation: str | None
    answer_set_id: uuid.UUID | None
    answered_at: datetime | None
    prepared: State | None
    """The outcome of a decision that is prepared."""
    delegation_id: uuid.UUID | None
    security: str | None
    """What security has said (SECURITY)."""


@dataclass(frozen=True)
class Overview:
    """All registrations of an event, counted once by everything that the filters offer."""

    chips: dict[str, int]
    categories: list[str]
    modes: list[str]
    countries: list[str]
    delegations: list[str]
    """Ids; what they are called, a feature above knows."""
    total: int
    cells: list[tuple[Any, ...]]
    """State, category, mode, country, late, answered, prepared, delegation, security, number."""

    def matching(self, filters: Filters) -> int:
        """How many the filters leave, the search left aside."""
        return sum(
            number
            for state, category, mode, country, late, answered, prepared, delegation, security, number in self.cells
            if _is_in(filters.chip, state, answered, prepared, security)
            and filters.category in {"", category}
            and filters.mode in {"", mode}
            and filters.country in {"", country}
            and filters.delegation in {"", str(delegation)}
            and (late or not filters.late)
        )


def event_of(slug: str) -> tuple[Event, RegistrationSetup | None]:
    """An event for the console, drafts included, and how it takes registrations. Raises NotFound."""
    rows = select(Event, RegistrationSetup).outerjoin(RegistrationSetup, RegistrationSetup.event_id == Event.id)
    found = db.session.execute(rows.where(Event.slug == slug)).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def event_with_categories(slug: str) -> tuple[Event, RegistrationSetup | None, dict[str, RegistrationCategory]]:
    """The same with the rules of its categories, by code: one statement, since the list has many others."""
    # Without the instants, which would come as text.
    row = func.to_jsonb(literal_column(RegistrationCategory.__tablename__))
    rules = select(func.jsonb_agg(row.op("-")(literal_column("'{opens_at,closes_at}'::text[]"))))
    rules = rules.select_from(RegistrationCategory).where(RegistrationCategory.event_id == Event.id).correlate(Event)
    rows = select(Event, RegistrationSetup, rules.scalar_subquery())
    rows = rows.outerjoin(RegistrationSetup, RegistrationSetup.event_id == Event.id)
    found = db.session.execute(rows.where(Event.slug == slug)).first()
    if found is None:
        raise NotFound
    return found[0], found[1], {row["code"]: RegistrationCategory(**row) for row in found[2] or ()}


def overview(event_id: uuid.UUID, viewer: uuid.UUID) -> Overview:
    """One statement. ``viewer``: what is prepared about somebody is not counted for that person (prepared.py)."""
    columns = (
        Registration.state,
        Registration.category,
        Registration.attendance_mode,
        Registration.country,
        Registration.late,
        Registration.answered_at.is_not(None),
        PreparedDecision.id.is_not(None),
        Registration.delegation_id,
        SECURITY.label("security"),
    )
    rows = select(*columns, func.count()).outerjoin(PreparedDecision, seen_by(viewer))
    rows = rows.outerjoin(Approval, stages.joined(viewer))
    # By place: the same words with other parameters are another expression to the database.
    rows = rows.where(*_at_desk(event_id)).group_by(*(literal_column(str(one + 1)) for one in range(len(columns))))
    cells: list[tuple[Any, ...]] = [tuple(row) for row in db.session.execute(rows)]
    chips = {name: sum(cell[9] for cell in cells if _is_in(name, cell[0], cell[5], cell[6], cell[8])) for name in CHIPS}
    categories, modes, countries = (sorted({cell[place] for cell in cells if cell[place]}) for place in (1, 2, 3))
    delegations = sorted({str(cell[7]) for cell in cells if cell[7]})
    return Overview(chips, categories, modes, countries, delegations, chips["all"], cells)


def rows(event_id: uuid.UUID, filters: Filters, seen: Sight, *, whole: bool = False) -> list[Row]:
    """One page of the list, or with ``whole`` all of it. One statement."""
    name: Any = LEGAL if seen is Sight.BADGES else PUBLIC_NAME
    found: Any = (
        select(
            Registration.id,
            Registration.reference,
            Registration.state,
            Registration.late,
            Registration.category,
            Registration.attendance_mode,
            Registration.country,
            Registration.submitted_at,
            Registration.decided_at,
            Registration.reason,
            name.label("name"),
            Person.alias if seen is Sight.BADGES else null().label("alias"),
            Person.discreet,
            Organisation.name.label("organisation"),
            Registration.answer_set_id,
            Registration.answered_at,
            PreparedDecision.outcome,
            Registration.delegation_id,
            SECURITY.label("security"),
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Organisation, Organisation.id == Registration.organisation_id)
        .outerjoin(PreparedDecision, seen_by(filters.viewer))
        .outerjoin(Approval, stages.joined(filters.viewer))
        .where(*_where(event_id, filters, seen))
        .order_by(*_order(filters, name))
    )
    if not whole:
        found = _one_page(found, event_id, filters, seen)
    return [Row(*row) for row in db.session.execute(found)]


def number(event_id: uuid.UUID, filters: Filters, seen: Sight, known: Overview) -> int:
    """How many rows the filters leave: from the overview, or with a search by one more statement."""
    if not filters.q:
        return known.matching(filters)
    found = (
        select(func.count())
        .select_from(Registration)
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Organisation, Organisation.id == Registration.organisation_id)
        .where(*_where(event_id, filters, seen))
    )
    return db.session.scalar(found) or 0


@dataclass(frozen=True)
class InLine:
    """Somebody who waits, or to whom a place is offered: ``place`` in line from 1, or ``until`` of the offer."""

    id: uuid.UUID
    reference: str
    version: int
    name: str
    organisation: str | None
    since: datetime
    waited_before: bool
    place: int
    until: datetime | None


def waiting_line(event_id: uuid.UUID, seen: Sight, *, page: int = 1, size: int = LINE_SIZE) -> tuple[list[InLine], int]:
    """One page of an event's waiting list in its order, and how many wait in all. Two statements."""
    place = func.row_number().over(order_by=line.ORDER).label("place")
    found = _line(seen, null(), place).where(*line.in_line(event_id)).order_by(*line.ORDER)
    total = db.session.scalar(select(func.count()).where(*line.in_line(event_id))) or 0
    page_of = found.limit(size).offset((page - 1) * size)
    return [InLine(*row) for row in db.session.execute(page_of)], total


def offered(event_id: uuid.UUID, seen: Sight) -> list[InLine]:
    """Whose answer is awaited, the next to end first. One statement."""
    found = _line(seen, SeatOffer.until, literal(0))
    found = found.join(SeatOffer, SeatOffer.registration_id == Registration.id).where(
        Registration.event_id == event_id, Registration.state == State.OFFERED, SeatOffer.closed_at.is_(None)
    )
    rows = found.order_by(SeatOffer.until, Registration.id).limit(BULK_LIMIT)
    return [InLine(*row) for row in db.session.execute(rows)]


def _line(seen: Sight, until: Any, place: Any) -> Any:
    name: Any = LEGAL if seen is Sight.BADGES else PUBLIC_NAME
    return (
        select(
            Registration.id,
            Registration.reference,
            Registration.version,
            name.label("name"),
            Organisation.name.label("organisation"),
            line.SINCE.label("since"),
            Registration.waits_from.is_not(None),
            place,
            until,
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Organisation, Organisation.id == Registration.organisation_id)
    )


def chosen(event_id: uuid.UUID, ids: Collection[uuid.UUID]) -> list[Registration]:
    """Registrations of one event with their persons, in the order of arrival. What is elsewhere is left out."""
    found = (
        select(Registration)
        .join(Registration.person)
        .options(contains_eager(Registration.person), joinedload(Registration.organisation))
        .where(Registration.id.in_(list(ids)[:BULK_LIMIT]), *_at_desk(event_id))
        .order_by(Registration.submitted_at, Registration.id)
    )
    return list(db.session.scalars(found))


def record(event_id: uuid.UUID, registration_id: uuid.UUID) -> Registration:
    """One registration with person, key, organization and answers. Raises NotFound."""
    found = (
        select(Registration)
        .join(Registration.person)
        .join(Person.seal_key)
        .options(
            contains_eager(Registration.person).contains_eager(Person.seal_key),
            joinedload(Registration.organisation),
            joinedload(Registration.answer_set),
        )
        .where(Registration.id == registration_id, *_at_desk(event_id))
    )
    registration: Registration | None = db.session.scalar(found)
    if registration is None:
        raise NotFound
    return registration


DEEDS = (
    "revealed",
    "message_file",
    "own_file",
    "note",
    "prepared",
    "prepared_dropped",
    "typed_read",
    "own_read",
    "objection",
    "held_apart",
)
READINGS = [f"registration.{deed}" for deed in DEEDS]
"""Deeds that leave a registration as it was."""


def last_hands(registration_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Who last changed each registration, by the public name; who only read is not meant. Without those whom nobody
    changed. One statement, none for nothing.
    """
    if not registration_ids:
        return {}
    given = case((Registration.person_id == Person.id, Registration.display_name))
    newest = (
        select(AuditEntry.subject_id, func.coalesce(func.nullif(Person.alias, ""), given, Person.name).label("who"))
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .outerjoin(Registration, Registration.id == AuditEntry.subject_id)
        .where(
            AuditEntry.subject_kind == Registration.__tablename__,
            AuditEntry.subject_id.in_(registration_ids),
            AuditEntry.verb.not_in(READINGS),
        )
        .ext(distinct_on(AuditEntry.subject_id))
        .order_by(AuditEntry.subject_id, AuditEntry.id.desc())
    )
    return {row.subject_id: row.who for row in db.session.execute(newest) if row.who}


def may_work(grants: Iterable[RoleGrant], event: Event) -> bool:
    """Whether the event's desk exists for these roles."""
    try:
        access.desk_sight(grants, event)
    except NotFound:
        return False
    return True


def _is_in(chip: str, state: State, answered: bool, prepared: bool, security: str | None) -> bool:
    """Whether a view shows such a registration."""
    return (
        state in CHIPS[chip]
        and (answered or chip != ANSWERED)
        and (prepared or chip != PREPARED)
        and OF_SECURITY.get(chip) in {None, security}
    )


def _at_desk(event_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Registration.event_id == event_id,
        Registration.reference.is_not(None),
        Registration.erased_at.is_(None),
        Registration.state.not_in([State.DRAFT, State.EXPIRED]),
    )


def _one_page(found: Any, event_id: uuid.UUID, filters: Filters, seen: Sight) -> Any:
    """The rows of one page. Unless names decide which those are, persons are looked up for them alone."""
    first = (filters.page - 1) * filters.size
    if filters.q or filters.sort == "name":
        return found.limit(filters.size).offset(first)
    page = select(Registration.id).where(*_where(event_id, filters, seen)).order_by(*_order(filters, None))
    return found.where(Registration.id.in_(page.limit(filters.size).offset(first)))


def _where(event_id: uuid.UUID, filters: Filters, seen: Sight) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [*_at_desk(event_id)]
    if read_reference(filters.q) is not None:
        # A whole reference means one registration: it is found whatever view or filter stands.
        return [*found, _search(filters.q, seen)]
    if filters.chip != "all":
        found.append(Registration.state.in_(CHIPS[filters.chip]))
    if filters.chip == ANSWERED:
        found.append(Registration.answered_at.is_not(None))
    if filters.chip == PREPARED:
        found.append(exists().where(seen_by(filters.viewer)).correlate(Registration))
    if filters.chip in OF_SECURITY:
        said = stages.waits if filters.chip == "security" else stages.objects
        found.append(said(filters.viewer))
    columns = Registration.category, Registration.attendance_mode, Registration.country
    chosen = zip(columns, (filters.category, filters.mode, filters.country), strict=True)
    found += [column == wanted for column, wanted in chosen if wanted]
    if filters.delegation:
        found.append(Registration.delegation_id == uuid.UUID(filters.delegation))
    if filters.late:
        found.append(Registration.late.is_(True))
    if filters.q:
        found.append(_search(filters.q, seen))
    return found


def _search(q: str, seen: Sight) -> ColumnElement[bool]:
    if (reference := read_reference(q)) is not None:
        return Registration.reference == reference
    names: list[Any] = [PUBLIC_NAME, Organisation.name]
    if seen is Sight.BADGES:
        names += [LEGAL, Person.name, Person.name_latin]
    parts: list[ColumnElement[bool]] = [name.icontains(q, autoescape=True) for name in names]
    signs = func.replace(Registration.reference, "-", "")  # read out in part: with gaps, without dashes
    return or_(*parts, signs.icontains(GAPS.sub("", q), autoescape=True))


def _order(filters: Filters, name: Any) -> tuple[Any, ...]:
    # Among the answers, whoever has waited longest since answering comes first.
    since = Registration.answered_at if filters.chip == ANSWERED else Registration.submitted_at
    last = (since, Registration.id)
    if filters.sort == "newest":
        return (since.desc(), Registration.id)
    if filters.sort == "name":
        return (func.lower(name), *last)
    if filters.sort == "country":
        return (Registration.country.asc().nulls_last(), *last)
    return last
