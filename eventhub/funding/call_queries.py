"""Calls as they are read: by the public, by staff within their scope, and as scopes of roles."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, String, case, exists, false, func, or_, select, true
from sqlalchemy.orm import joinedload, load_only

from eventhub.funding import access
from eventhub.funding.models import Application, Call, CallDeadline, CallRules, FundKind, Stand, State
from eventhub.funding.rules import Rules, read, whole_digest
from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.people.access import Scope
from eventhub.people.models import Person, Role, RoleGrant
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires.models import Questionnaire

PAGE = 25
MOST_PUBLIC = 100
TEXTS = ("title", "lead", "description")
"""The words of a call that are agreed to with its rules."""
EDITED, LOOKED = "funding.call_edited", "funding.call_looked"
"""What the record says of a page of a draft that was saved: with changes, or without."""
Grants = Iterable[RoleGrant]


@dataclass(frozen=True)
class Wanted:
    """What the list of calls is filtered by; None is everything."""

    words: str = ""
    kind: FundKind | None = None
    stand: Stand | None = None


@dataclass(frozen=True)
class CallPage:
    """One page of the list: rows of (Call, number of applications that were sent), and how many calls in all."""

    rows: list[Row[Call, int]]
    total: int
    page: int


@dataclass(frozen=True)
class Standing:
    """What the console shows of a call: the rules being written, or those proposed, else those that hold.

    ``stamp`` changes with them: a form that was made from another one is too old.
    """

    rules: Rules
    texts: dict[str, dict[str, str]]
    version_id: uuid.UUID | None
    current: CallRules | None
    proposed: CallRules | None
    stamp: str


@dataclass(frozen=True)
class Deed:
    """One line of a call's history: the entry, the public name of who did it, what was written."""

    entry: audit.AuditEntry
    who: str | None
    text: str | None


def public_calls() -> list[Call]:
    """All calls that were ever opened, the latest deadline first. One statement."""
    rows = (
        select(Call)
        .where(Call.stand != Stand.DRAFT)
        .options(
            load_only(Call.slug, Call.kind, Call.stand, Call.title, Call.lead, Call.original_language),
            load_only(Call.opens_at, Call.closes_at, Call.time_zone),
        )
        .order_by(Call.closes_at.desc(), Call.slug)
        .limit(MOST_PUBLIC)
    )
    return list(db.session.scalars(rows))


def calls_to_search() -> list[Call]:
    """The same with all their words."""
    rows = select(Call).where(Call.stand != Stand.DRAFT).order_by(Call.closes_at.desc(), Call.slug).limit(MOST_PUBLIC)
    return list(db.session.scalars(rows))


def public_call(slug: str) -> Call:
    """A call that was opened, with its event. Raises NotFound."""
    rows = select(Call).where(Call.slug == slug, Call.stand != Stand.DRAFT).options(joinedload(Call.event))
    return or_not_found(db.session.scalar(rows))


def calls_of(event_id: uuid.UUID, also: Collection[uuid.UUID] = ()) -> list[Call]:
    """The open calls for people who travel to an event, or take part in it from afar; ``also`` these of its calls."""
    wanted = or_(Call.stand == Stand.OPEN, Call.id.in_(also))
    rows = select(Call).where(Call.event_id == event_id, wanted).order_by(Call.closes_at, Call.slug)
    return list(db.session.scalars(rows))


def calls_taken() -> list[Call]:
    """The calls that are open or will be, the next deadline first: for the home page. One statement."""
    rows = select(Call).where(Call.stand == Stand.OPEN, Call.closes_at > now()).order_by(Call.closes_at, Call.slug)
    return list(db.session.scalars(rows.limit(3)))


def calls_page(grants: Grants, wanted: Wanted, page: int = 1) -> CallPage:
    """The calls in scope that match, newest deadline first; a page beyond the end is the last one. Two statements."""
    matching = select(Call).outerjoin(Event, Event.id == Call.event_id).where(_within(grants, *access.AROUND))
    if wanted.words:
        like = "%" + wanted.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        matching = matching.where(or_(Call.code.ilike(like), Call.title.cast(String).ilike(like)))
    if wanted.kind:
        matching = matching.where(Call.kind == wanted.kind)
    if wanted.stand:
        matching = matching.where(Call.stand == wanted.stand)
    total = db.session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    sent = select(func.count()).where(Application.call_id == Call.id, Application.number.is_not(None))
    # A reviewer or a member of the board must not learn of a file that does not exist for them.
    known = case((_within(grants, Role.FUND_OFFICER), sent.scalar_subquery()))
    rows = matching.add_columns(known).order_by(Call.closes_at.desc(), Call.slug)
    return CallPage(list(db.session.execute(rows.limit(PAGE).offset((page - 1) * PAGE))), total, page)


def calls_to_copy(grants: Grants) -> list[Call]:
    """The calls that somebody may copy: those that the fund's officer may run."""
    rows = (
        select(Call)
        .outerjoin(Event, Event.id == Call.event_id)
        .where(_within(grants, Role.FUND_OFFICER))
        .order_by(Call.closes_at.desc())
        .limit(MOST_PUBLIC)
    )
    return list(db.session.scalars(rows))


def events_for_calls(grants: Grants) -> list[Event]:
    """The events for which somebody may make a call: to come or running, published or not. One statement."""
    series, events, _calls = access.reached(grants, Role.FUND_OFFICER)
    rows = select(Event).where(Event.publication != Publication.CANCELLED).order_by(Event.first_day.desc()).limit(200)
    if series is not None:
        rows = rows.where(or_(Event.series_id.in_(series), Event.id.in_(events)))
    return list(db.session.scalars(rows))


def call_seen(grants: Grants, slug: str) -> Call:
    """A call that stands in somebody's list. Raises NotFound."""
    return _call(slug, _within(grants, *access.AROUND))


def call_to_run(grants: Grants, slug: str) -> Call:
    """A call whose officer somebody is. Raises NotFound."""
    return _call(slug, _within(grants, Role.FUND_OFFICER))


def call_to_agree(grants: Grants, slug: str) -> Call:
    """A call to changes of which somebody may agree. Raises NotFound."""
    return _call(slug, _within(grants, *access.AGREEING))


def hold(call: Call) -> Call:
    """The same call, locked and as it is now: two people cannot do two things to it at once. Raises NotFound."""
    rows = select(Call).where(Call.id == call.id).with_for_update(of=Call).execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(rows))


def standing(call: Call) -> Standing:
    """What of the call's rules a page shows, and from what a change of them begins. One statement, none for a draft."""
    if call.stand is Stand.DRAFT:
        texts = {name: getattr(call, name) for name in TEXTS}
        version = str(call.version_id or "")
        digest = whole_digest(call.rules, texts, version)
        return Standing(read(call.rules), texts, call.version_id, None, None, f"{call.version}-{digest[:16]}")
    history = rules_of(call.id)
    current = next((one for one in history if one.agreed_at), None)
    proposed = next((one for one in history if not one.agreed_at and not one.dropped_at), None)
    shown = proposed or current
    if shown is None:
        raise NotFound
    return Standing(read(shown.rules), shown.texts, shown.version_id, current, proposed, shown.digest)


def rules_of(call_id: uuid.UUID) -> list[CallRules]:
    """The rules and all changes of them, newest first."""
    rows = select(CallRules).where(CallRules.call_id == call_id).order_by(CallRules.number.desc())
    return list(db.session.scalars(rows))


def deadlines_of(call_id: uuid.UUID) -> list[CallDeadline]:
    """The deadlines as they were announced, oldest first."""
    rows = select(CallDeadline).where(CallDeadline.call_id == call_id)
    return list(db.session.scalars(rows.order_by(CallDeadline.announced_at, CallDeadline.closes_at)))


def form_of(call: Call) -> Questionnaire | None:
    """The questionnaire that applicants fill in."""
    return db.session.get(Questionnaire, call.questionnaire_id) if call.questionnaire_id else None


def names_of(ids: Collection[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Public names of people by id."""
    wanted = {one for one in ids if one}
    rows = db.session.scalars(select(Person).where(Person.id.in_(wanted))).all() if wanted else []
    return {one.id: one.public_name for one in rows}


def looked_at(call_id: uuid.UUID) -> set[str]:
    """The pages of a draft that somebody has saved. One statement."""
    part = AuditEntry.detail["part"].astext
    rows = select(part).where(
        AuditEntry.subject_kind == Call.__tablename__,
        AuditEntry.subject_id == call_id,
        AuditEntry.verb.in_([EDITED, LOOKED]),
        part.is_not(None),
    )
    return set(db.session.scalars(rows))


def deeds(call: Call, limit: int = 50) -> list[Deed]:
    """What was done to a call, newest first. Two statements."""
    found = audit.history("fund_call", call.id, limit)
    names = names_of([entry.actor_id for entry, _text in found])
    return [Deed(entry, names.get(entry.actor_id) if entry.actor_id else None, text) for entry, text in found]


def has_awards(call_id: uuid.UUID) -> bool:
    """Whether somebody holds an offer or a grant of this call."""
    states = (
        *(State.OFFERED, State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED),
        *(State.TRAVELLED, State.REPORT_DUE, State.REPORT_OVERDUE),
    )
    held = exists().where(Application.call_id == call_id, Application.state.in_(states))
    return bool(db.session.scalar(select(held)))


def is_decided(call_id: uuid.UUID) -> bool:
    """Whether the board of this call has decided: somebody knows of it, or a slate was recommended. That is said of the
    call, and tells of no file.
    """
    said = (State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED, State.APPROVED)
    known = func.coalesce(Application.outcome_seen, Application.state)
    states = (
        *(State.RESERVE, State.NOT_RECOMMENDED, State.OFFERED, State.LAPSED),
        *(State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED, State.TRAVELLED),
        *(State.REPORT_DUE, State.REPORT_OVERDUE, State.CLOSED, State.DECLINED_BY_APPLICANT, State.CANCELLED),
    )
    is_one = or_(known.in_(states), Application.state.in_(said))
    held = exists().where(Application.call_id == call_id, is_one, Application.erased_at.is_(None))
    return bool(db.session.scalar(select(held)))


def counts(call_id: uuid.UUID) -> tuple[int, int]:
    """How many drafts and how many applications that were sent there are."""
    row = db.session.execute(
        select(
            func.count().filter(Application.state == State.DRAFT),
            func.count().filter(Application.number.is_not(None)),
        ).where(Application.call_id == call_id)
    ).one()
    return row[0], row[1]


def waiting_changes(grants: Grants) -> list[Any]:
    """Proposed changes of rules within reach of those who may agree: slug, title, language, who proposed it, when."""
    rows = (
        select(
            Call.slug, Call.title, Call.original_language, CallRules.proposed_by_id, CallRules.proposed_at, CallRules.id
        )
        .join(CallRules, CallRules.call_id == Call.id)
        .outerjoin(Event, Event.id == Call.event_id)
        .where(CallRules.agreed_at.is_(None), CallRules.dropped_at.is_(None), Call.stand == Stand.OPEN)
        .where(_within(grants, *access.AGREEING))
        .order_by(CallRules.proposed_at)
        .limit(20)
    )
    return list(db.session.execute(rows))


def scopes_of(ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Scope]:
    """Where calls lie, for the features below that know them by id alone. One statement."""
    rows = select(Call.id, Call.event_id, Event.series_id).outerjoin(Event, Event.id == Call.event_id)
    found = db.session.execute(rows.where(Call.id.in_(list(ids)))).all()  # asked always: what exists takes no more SQL
    return {row.id: Scope(series_id=row.series_id, event_id=row.event_id, call_id=row.id) for row in found}


def scopes_to_give(grants: Grants) -> Sequence[Row[Call, uuid.UUID]]:
    """The calls of which somebody is administrator, with the series of each: for the page where roles are given."""
    series, _events, calls = access.reached(grants, Role.ADMIN)
    rows = select(Call, Event.series_id).outerjoin(Event, Event.id == Call.event_id)
    if series is not None:  # a role for one call is given by whoever reaches just that, or everything
        rows = rows.where(Call.id.in_(calls))
    return db.session.execute(rows.order_by(Call.closes_at.desc()).limit(MOST_PUBLIC)).all()


def calls_by_id(ids: Collection[uuid.UUID]) -> list[Call]:
    """Calls by id, where there are such."""
    return list(db.session.scalars(select(Call).where(Call.id.in_(list(ids))))) if ids else []


def _call(slug: str, within: ColumnElement[bool]) -> Call:
    rows = select(Call).outerjoin(Event, Event.id == Call.event_id).where(Call.slug == slug, within)
    return or_not_found(db.session.scalar(rows.options(joinedload(Call.event))))


def _within(grants: Grants, *roles: Role) -> ColumnElement[bool]:
    """A condition on calls joined with their events: those that the roles (admin always counts) reach."""
    series, events, calls = access.reached(grants, *roles)
    if series is None:
        return true()
    reached = [Event.series_id.in_(series)] if series else []
    reached += [Call.event_id.in_(events)] if events else []
    reached += [Call.id.in_(calls)] if calls else []
    return or_(*reached) if reached else false()
