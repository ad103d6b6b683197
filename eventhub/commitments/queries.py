"""Questions about commitments: the list and the page of everybody, staff's lists, links, and who is near to a maker."""

import re
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from eventhub.commitments.access import CAPTURERS, KEEPERS, Grants
from eventhub.commitments.axes import TO_ANSWER, Freshness
from eventhub.commitments.models import (
    FOLLOWED,
    OVER,
    SHOWN,
    Asking,
    Commitment,
    Contact,
    FormerMaker,
    Kin,
    Maker,
    Note,
    Report,
    Review,
    Says,
    State,
    Succession,
    Translation,
    Verdict,
    Version,
    Why,
)
from eventhub.commitments.standing import Earlier, standing_of
from eventhub.commitments.waiting import Waits, waits
from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.kit.normal import plain
from eventhub.kit.tokens import digest
from eventhub.people.models import Role
from eventhub.programme.access import visible_events
from eventhub.programme.models import Event, Publication, Session, SessionKind

PER_PAGE = 20
NEWEST = Commitment.published_at.desc(), Commitment.id.desc()
REFERENCE = re.compile(r"c-([0-9]{4,12})")
"""How somebody types a reference, made plain."""
EVENTS = 200
"""So many events are offered to choose from."""
BEFORE = timedelta(minutes=30)
"""A session counts as the present one from so long before its start to so long after its end."""


@dataclass(frozen=True)
class Wanted:
    """What the public list is asked for; None where it does not matter."""

    words: str = ""
    by: str | None = None
    """The name of a maker, exactly."""
    maker: str | None = None
    country: str | None = None
    theme: str | None = None
    group: str | None = None
    event: str | None = None
    said: Says | None = None
    checked: Verdict | None = None
    freshness: Freshness | None = None
    overdue: bool = False


@dataclass(frozen=True)
class Sought:
    """What staff's list is asked for; None where it does not matter."""

    state: State | None = None
    waits: Waits | None = None
    event: str | None = None
    words: str = ""
    freshness: Freshness | None = None


@dataclass(frozen=True)
class Listed:
    """A page of the list: the commitments with words, makers and event, how many there are in all, and by commitment
    how many milestones are done of how many.
    """

    rows: Sequence[Commitment]
    total: int
    progress: dict[uuid.UUID, tuple[int, int]] = field(default_factory=dict)
    translations: dict[uuid.UUID, Translation] = field(default_factory=dict)
    outdated: dict[uuid.UUID, Earlier] = field(default_factory=dict)


@dataclass(frozen=True)
class Related:
    """A commitment that follows another one (``follows``), or that it follows."""

    commitment: Commitment
    kin: Kin
    follows: bool
    reason: str
    at: datetime


@dataclass(frozen=True)
class Behind:
    """What stands behind a link."""

    asking: Asking
    contact: Contact
    commitment: Commitment


def is_public() -> ColumnElement[bool]:
    """A condition on Commitment: what everybody may know of."""
    return and_(
        Commitment.published_at.is_not(None),
        Commitment.state.in_(SHOWN),
        or_(Commitment.withdrawn_why.is_(None), Commitment.withdrawn_why != Why.SAFETY),
    )


def in_public_event() -> ColumnElement[bool]:
    """A condition on Commitment, where the event is not joined: of an event that is still a draft nobody knows."""
    return exists().where(Event.id == Commitment.event_id, Event.publication != Publication.DRAFT)


def public_list(wanted: Wanted, language: str, *, today: date, page: int = 1) -> Listed:
    """One page of what is public, newest first. Five statements at the most, whatever is asked."""
    total, chosen = _page_of(wanted, today, (page - 1) * PER_PAGE)
    if chosen is None:
        return Listed((), total)
    # Only the rows of this page carry their words along.
    rows = select(Commitment).where(Commitment.id.in_(chosen)).order_by(*NEWEST)
    rows = rows.options(joinedload(Commitment.event), joinedload(Commitment.words), selectinload(Commitment.makers))
    found = db.session.scalars(rows).all()
    ids = [one.id for one in found]
    stands = standing_of(ids)
    return Listed(found, total, stands.progress, translations_of(ids, language), stands.outdated)


def _page_of(wanted: Wanted, today: date, first: int) -> tuple[int, Select[Any] | list[uuid.UUID] | None]:
    """How many there are, and the ids from the ``first`` one on, or a question for them; None where none is so late."""
    if wanted.words:
        # To look for words takes longest, so it is done once: the page comes with the number.
        counted = matching(select(Commitment.id).add_columns(func.count().over()), wanted, today).order_by(*NEWEST)
        found: Sequence[Any] = db.session.execute(counted.limit(PER_PAGE).offset(first)).all()
        if found:
            return found[0][1], [row[0] for row in found]
    total = db.session.scalar(matching(select(func.count(Commitment.id)), wanted, today)) or 0
    if first >= total:
        return total, None
    chosen = matching(select(Commitment.id), wanted, today)
    if first < total // 2:
        chosen = chosen.order_by(*NEWEST).limit(PER_PAGE).offset(first)
    else:
        # A late page is found from the other end.
        last = min(first + PER_PAGE, total)
        chosen = chosen.order_by(Commitment.published_at, Commitment.id).limit(last - first).offset(total - last)
    return total, chosen


def matching(rows: Select[Any], wanted: Wanted, today: date) -> Select[Any]:
    """Rows of Commitment, cut down to what is public and asked for; the event is joined."""
    conditions: list[ColumnElement[bool]] = [is_public(), Event.publication != Publication.DRAFT]
    made = exists().where(Maker.commitment_id == Commitment.id)
    if wanted.words:
        conditions.append(_has_words(wanted.words))
    if wanted.freshness:
        conditions += [Commitment.state.in_(FOLLOWED), _is(wanted.freshness, today)]
    if wanted.overdue:
        conditions.append(_is_overdue(today))
    exact: tuple[tuple[object, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.by, lambda name: made.where(Maker.name == name)),
        (wanted.maker, lambda kind: made.where(Maker.kind == kind)),
        (wanted.country, lambda code: Commitment.countries.contains([code])),
        (wanted.theme, lambda code: Commitment.themes.contains([code])),
        (wanted.group, lambda code: Commitment.groups.contains([code])),
        (wanted.event, lambda slug: Event.slug == slug),
        (wanted.said, lambda says: Commitment.said == says),
        (wanted.checked, lambda verdict: Commitment.checked == verdict),
    )
    conditions += [condition(value) for value, condition in exact if value]
    return _with_event(rows).where(*conditions)


def translations_of(ids: Collection[uuid.UUID], language: str) -> dict[uuid.UUID, Translation]:
    """The newest words in a language, where they were translated into it. One statement."""
    if not ids:
        return {}
    rows = (
        select(Translation)
        .join(Commitment, and_(Commitment.id == Translation.commitment_id, Commitment.newest == Translation.number))
        .where(Commitment.id.in_(ids), Translation.language == language)
    )
    return {one.commitment_id: one for one in db.session.scalars(rows)}


def public_commitment(number: int) -> Commitment:
    """A commitment with its words, makers and event; the rest of its page: whole.py. Raises NotFound, also where it is
    hidden.
    """
    rows = select(Commitment).where(Commitment.number == number, is_public(), in_public_event())
    rows = rows.options(
        joinedload(Commitment.event),
        joinedload(Commitment.session),
        joinedload(Commitment.words),
        joinedload(Commitment.makers),
    )
    return or_not_found(db.session.scalars(rows).unique().one_or_none())


def events_with_commitments() -> list[Event]:
    """The public events at which something public was promised, newest first: for the filter."""
    made = exists().where(Commitment.event_id == Event.id, is_public())
    rows = select(Event).where(Event.publication != Publication.DRAFT, made)
    return list(db.session.scalars(rows.order_by(Event.first_day.desc(), Event.id)))


def reports_of(commitment: Commitment) -> list[Report]:
    """What the maker said, newest first."""
    rows = select(Report).where(Report.commitment_id == commitment.id)
    return list(db.session.scalars(rows.order_by(Report.said_at.desc(), Report.id)))


def reviews_of(commitment: Commitment) -> list[Review]:
    """What was checked, newest first."""
    rows = select(Review).where(Review.commitment_id == commitment.id)
    return list(db.session.scalars(rows.order_by(Review.reviewed_at.desc(), Review.id)))


def kin_of(commitment: Commitment, grants: Grants) -> list[Related]:
    """What stands in its place and in whose place it stands, by number, for staff: what everybody may know of, and what
    is in their reach. One statement.
    """
    known = and_(is_public(), Event.publication != Publication.DRAFT)
    tied: Select[Any] = select(Commitment).add_columns(Succession).join(Succession, is_kin(commitment.id))
    rows = _with_event(tied).where(or_(known, _in_reach(grants))).options(joinedload(Commitment.words))
    return [related(row[0], row[1], commitment.id) for row in db.session.execute(rows.order_by(Commitment.number))]


def is_kin(commitment_id: uuid.UUID) -> ColumnElement[bool]:
    """A condition on Commitment and Succession: tied to this one."""
    return or_(
        and_(Succession.before_id == commitment_id, Succession.after_id == Commitment.id),
        and_(Succession.after_id == commitment_id, Succession.before_id == Commitment.id),
    )


def related(other: Commitment, tie: Succession, commitment_id: uuid.UUID) -> Related:
    """How another one is tied to this one."""
    return Related(other, tie.kin, tie.before_id == commitment_id, tie.reason, tie.at)


def former_makers(commitment: Commitment) -> list[FormerMaker]:
    """Who made it and stands for it no more, the last one first."""
    rows = select(FormerMaker).where(FormerMaker.commitment_id == commitment.id)
    return list(db.session.scalars(rows.order_by(FormerMaker.until.desc(), FormerMaker.id)))


def by_number(number: int) -> Commitment | None:
    """A commitment by its reference, with its event: whether somebody may know of it is asked elsewhere."""
    return db.session.scalar(
        select(Commitment).where(Commitment.number == number).options(joinedload(Commitment.event))
    )


def translations(commitment: Commitment) -> list[Translation]:
    """The words that hold in other languages."""
    rows = select(Translation).where(
        Translation.commitment_id == commitment.id, Translation.number == commitment.newest
    )
    return list(db.session.scalars(rows.order_by(Translation.language)))


def record(commitment_id: uuid.UUID, *, lock: bool = False) -> Commitment:
    """A commitment for staff as it stands now, whole; ``lock`` holds it first. Raises NotFound."""
    if lock:
        held = select(Commitment.id).where(Commitment.id == commitment_id).with_for_update()
        or_not_found(db.session.scalar(held))
    rows = _whole().where(Commitment.id == commitment_id).execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(rows))


def place_of(commitment_id: uuid.UUID) -> tuple[Event, Why | None]:
    """At which event it was said, and why it was withdrawn, if it was: who may come in is judged by this alone, so that
    a record out of reach costs as much as none. Raises NotFound.
    """
    rows = select(Event, Commitment.withdrawn_why).join(Commitment, Commitment.event_id == Event.id)
    event, why = or_not_found(db.session.execute(rows.where(Commitment.id == commitment_id)).first())
    return event, why


def event_of(slug: str) -> Event | None:
    """An event for the console, drafts included."""
    return db.session.scalar(select(Event).where(Event.slug == slug))


def sittings(event: Event) -> list[Session]:
    """The sessions of an event in which something may be said, in their order."""
    rows = select(Session).where(
        Session.event_id == event.id,
        Session.kind != SessionKind.BREAK,
        Session.publication != Publication.CANCELLED,
    )
    return list(db.session.scalars(rows.order_by(Session.starts_at, Session.id)))


def present(sessions: Sequence[Session], moment: datetime) -> Session | None:
    """The session that is on at a moment: the one that began last."""
    on = [one for one in sessions if one.starts_at - BEFORE <= moment <= one.ends_at + BEFORE]
    return max(on, key=lambda one: (one.starts_at <= moment, one.starts_at), default=None)


def captured_since(grants: Grants, event: Event, moment: datetime) -> list[Commitment]:
    """What was written down at an event since a moment and is in reach, newest first, with words, makers, contacts."""
    rows = _with_event(select(Commitment)).where(Commitment.event_id == event.id, Commitment.captured_at >= moment)
    rows = rows.where(_in_reach(grants))
    rows = rows.options(
        joinedload(Commitment.words), selectinload(Commitment.makers), selectinload(Commitment.contacts)
    )
    return list(db.session.scalars(rows.order_by(Commitment.captured_at.desc(), Commitment.id)))


def console_list(grants: Grants, asked: Sought, *, today: date, page: int = 1) -> Listed:
    """Staff's list, newest first. Three statements."""
    conditions = [_in_reach(grants)]
    conditions += [Commitment.state == asked.state] if asked.state else []
    conditions += [waits() == asked.waits.value] if asked.waits else []
    conditions += [Event.slug == asked.event] if asked.event else []
    conditions += [_has_words(asked.words)] if asked.words else []
    conditions += [Commitment.state.in_(FOLLOWED), _is(asked.freshness, today)] if asked.freshness else []
    total = db.session.scalar(_with_event(select(func.count(Commitment.id))).where(*conditions)) or 0
    rows = (
        _with_event(select(Commitment))
        .where(*conditions)
        .options(contains_eager(Commitment.event), joinedload(Commitment.words), selectinload(Commitment.makers))
        .order_by(Commitment.captured_at.desc(), Commitment.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return Listed(db.session.scalars(rows).unique().all(), total)


def counts_by_state(grants: Grants, *roles: Role) -> list[tuple[State, Waits | None, int]]:
    """How many records stand where, and wait for what: of staff's reach, or of what these roles alone reach."""
    rows = select(Commitment.state, waits().label("waits")).join(Event, Event.id == Commitment.event_id)
    each = rows.where(_in_reach(grants), visible_events(grants, *roles) if roles else true()).subquery()
    counts = select(each.c.state, each.c.waits, func.count()).group_by(each.c.state, each.c.waits)
    return [(row[0], Waits(row[1]) if row[1] else None, row[2]) for row in db.session.execute(counts)]


def events_in_reach(grants: Grants, today: date) -> list[Event]:
    """Events at which staff may capture: those of today first, then the nearest, behind or ahead."""
    rows = select(Event).where(visible_events(grants, *CAPTURERS), Event.publication != Publication.CANCELLED)
    away = func.greatest(Event.first_day - today, today - Event.last_day, 0)
    return list(db.session.scalars(rows.order_by(away, Event.first_day, Event.id).limit(EVENTS)))


def notes_of(commitment: Commitment, *, for_maker: bool = False) -> list[Note]:
    """The thread in its order; ``for_maker`` without what staff wrote for themselves."""
    rows = select(Note).where(Note.commitment_id == commitment.id)
    if for_maker:
        rows = rows.where(or_(Note.by_maker, Note.to_maker))
    return list(db.session.scalars(rows.order_by(Note.id)))


def in_the_name_of(email: str, limit: int = 20) -> list[Commitment]:
    """Public commitments for which a mailbox speaks, newest first."""
    speaks = exists().where(Contact.commitment_id == Commitment.id, Contact.email == email)
    rows = select(Commitment).where(is_public(), in_public_event(), speaks).order_by(*NEWEST).limit(limit)
    return list(db.session.scalars(rows.options(joinedload(Commitment.event), joinedload(Commitment.words))))


def askings_of(commitment: Commitment) -> list[Asking]:
    """The links that went out, newest first."""
    rows = select(Asking).where(Asking.commitment_id == commitment.id)
    return list(db.session.scalars(rows.order_by(Asking.asked_at.desc(), Asking.id)))


def open_asking(commitment: Commitment) -> Asking | None:
    """The link that waits for an answer."""
    return db.session.scalar(select(Asking).where(Asking.commitment_id == commitment.id, Asking.closed_at.is_(None)))


def behind(secret: str, *, lock: bool = False) -> Behind | None:
    """What a link is about, whether it is open or not; None for nobody's. ``lock`` holds the commitment first."""
    mine = select(Asking.commitment_id).where(Asking.token_hash == digest(secret)).scalar_subquery()
    if lock:
        db.session.execute(select(Commitment.id).where(Commitment.id == mine).with_for_update())
    rows = (
        select(Asking, Contact)
        .join(Contact, Contact.id == Asking.contact_id)
        .where(Asking.token_hash == digest(secret))
        .execution_options(populate_existing=lock)
    )
    found = db.session.execute(rows).first()
    if found is None:
        return None
    return Behind(found[0], found[1], record(found[0].commitment_id, lock=lock))


def told(asking_id: uuid.UUID) -> Behind | None:
    """An open link for its mail; None when it was closed meanwhile."""
    rows = select(Asking, Contact).join(Contact, Contact.id == Asking.contact_id)
    found = db.session.execute(rows.where(Asking.id == asking_id, Asking.closed_at.is_(None))).first()
    return Behind(found[0], found[1], record(found[0].commitment_id)) if found else None


def _in_reach(grants: Grants) -> ColumnElement[bool]:
    """A condition on Commitment and Event: what was withdrawn for safety is there for those alone who may withdraw."""
    seen_by_all = or_(Commitment.withdrawn_why.is_(None), Commitment.withdrawn_why != Why.SAFETY)
    return and_(visible_events(grants, *CAPTURERS), or_(seen_by_all, visible_events(grants, *KEEPERS)))


def _whole() -> Select[Commitment]:
    return select(Commitment).options(
        joinedload(Commitment.event),
        joinedload(Commitment.session),
        joinedload(Commitment.words),
        selectinload(Commitment.versions),
        selectinload(Commitment.makers),
        selectinload(Commitment.contacts),
        selectinload(Commitment.milestones),
        selectinload(Commitment.indicators),
        selectinload(Commitment.recommendations),
    )


def _with_event(rows: Select[Any]) -> Select[Any]:
    return rows.join(Event, Event.id == Commitment.event_id)


def _is(freshness: Freshness, today: date) -> ColumnElement[bool]:
    """The same as ``axes.freshness``, for the database."""
    silent_from = today - TO_ANSWER
    return {
        Freshness.UP_TO_DATE: Commitment.expected_on > today,
        Freshness.DUE: and_(Commitment.expected_on <= today, Commitment.expected_on > silent_from),
        Freshness.SILENT: Commitment.expected_on <= silent_from,
    }[freshness]


def _is_overdue(today: date) -> ColumnElement[bool]:
    """The same as ``Commitment.is_overdue``, for the database."""
    holds = and_(Version.commitment_id == Commitment.id, Version.number == Commitment.newest)
    is_open = or_(Commitment.said.is_(None), Commitment.said.not_in(OVER))
    return and_(
        Commitment.state.in_(FOLLOWED), is_open, exists().where(holds, Version.due_on < today).correlate(Commitment)
    )


def _has_words(words: str) -> ColumnElement[bool]:
    """Every word somewhere in the words or the makers, in any form of its letters; or the reference."""
    return and_(True, *(_has(part) for part in plain(words).split()[:12]))


def _has(part: str) -> ColumnElement[bool]:
    found = REFERENCE.fullmatch(part)
    within = Commitment.plain.contains(part, autoescape=True)
    return or_(within, Commitment.number == int(found[1])) if found else within


def searched(version: Version, makers: Sequence[Maker]) -> str:
    """What searches look through."""
    return plain(" ".join([version.title, version.wording, *(maker.name for maker in makers)]))
