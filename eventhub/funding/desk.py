"""The fund desk's questions: a call's applications, filtered, sorted and paged in the database, whatever their number.

Names are public ones: an alias stands in place of a name in every list, search and order.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select, union_all
from sqlalchemy.orm import aliased, contains_eager, joinedload

from eventhub.funding import debts
from eventhub.funding import rules as rules_of
from eventhub.funding.access import scope_of
from eventhub.funding.file_check import Gap, gaps
from eventhub.funding.models import Application, Call, CallRules, Debt, Endorsement, Stand, State, Vouch
from eventhub.funding.nearness import waits_near
from eventhub.funding.rules import Rules
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.people.access import Scope
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration.reference import GAPS, read_reference

SIZES = (25, 50)
SORTS = ("waiting", "newest", "name", "number")
BULK_LIMIT = 200
PUBLIC_NAME = func.coalesce(func.nullif(Person.alias, ""), Person.name)
LISTED_NAME = case(
    (and_(Person.discreet, func.coalesce(Person.alias, "") == ""), Application.reference), else_=PUBLIC_NAME
)
"""What lists and exports call an applicant: Application.listed_name."""
"""What others may read, in SQL."""

CHIPS: dict[str, frozenset[State]] = {
    "decide": frozenset({State.SUBMITTED}),
    "answered": frozenset(State),
    "info": frozenset({State.INFO_REQUESTED}),
    "silent": frozenset({State.INFO_REQUESTED}),
    "eligible": frozenset({State.ELIGIBLE}),
    "ineligible": frozenset({State.INELIGIBLE}),
    "further": frozenset(State)
    - {
        *(State.DRAFT, State.EXPIRED, State.SUBMITTED, State.INFO_REQUESTED),
        *(State.ELIGIBLE, State.INELIGIBLE, State.WITHDRAWN),
    },
    "open": frozenset({State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE, State.UNDER_REVIEW}),
    "withdrawn": frozenset({State.WITHDRAWN}),
    "all": frozenset(State),
}
"""Ready-made views of the list. ``silent``: the day by which something was asked for is past. ``open``: nobody decided
on it; the task after a release leads there, and the list itself does not offer it. Drafts are nobody's
business but their authors'.
"""

NOMINATING = aliased(Organisation, name="nominating")


@dataclass(frozen=True)
class Desk:
    """A call as its desk has it: with the rules in force and the scope of roles. For ``visitor``, who reads the list,
    an own file is not in it, and files in ``near`` stand where their applicants see them until the release: all that
    are decided on, where the visitor is near to one that waits for word, since the places are known.
    """

    call: Call
    rules: Rules
    scope: Scope
    event: Event | None
    visitor: Person | None = None
    near: frozenset[uuid.UUID] = frozenset()

    def for_visitor(self, person: Person) -> "Desk":
        """The desk as somebody sees it. One statement, and three more while decisions wait for a release."""
        staged = select(Application.id).where(
            Application.call_id == self.call.id, Application.outcome_seen.is_not(None)
        )
        waiting = frozenset(db.session.scalars(staged))
        is_near = bool(waiting) and waits_near(person, self.call.id)
        return replace(self, visitor=person, near=waiting if is_near else frozenset())

    @property
    def state(self) -> ColumnElement[State]:
        """Where a file stands, as the visitor may know."""
        if not self.near:
            return cast("ColumnElement[State]", Application.state)
        return func.coalesce(Application.outcome_seen, Application.state)

    def seen(self, application: Application) -> State:
        """The same of one file."""
        return (application.id in self.near and application.outcome_seen) or application.state


@dataclass(frozen=True)
class Filters:
    """What the list shows. Codes that are not offered fall back to everything. ``vouched``: yes or no."""

    chip: str = "decide"
    q: str = ""
    region: str = ""
    organisation: str = ""
    late: bool = False
    vouched: str = ""
    lacking: str = ""
    sort: str = "waiting"
    page: int = 1
    size: int = SIZES[0]

    @property
    def are_set(self) -> bool:
        """Whether anything but the view narrows the list."""
        return bool(self.q or self.region or self.organisation or self.late or self.vouched or self.lacking)


@dataclass(frozen=True)
class Row:
    """One line of the list; ``name`` is the public one."""

    id: uuid.UUID
    number: int
    reference: str
    state: State
    late: bool
    region: str | None
    residence: str | None
    name: str
    discreet: bool
    organisation: str | None
    nominated_by: str | None
    vouched: int
    """How many have vouched."""
    support: str | None
    first_time: bool | None
    language: str
    asked_amount: int | None
    cost: int | None
    reason: str | None
    submitted_at: datetime
    answered_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None
    answer_set_id: uuid.UUID | None
    version_id: uuid.UUID | None
    outcome_seen: State | None
    """What the applicant knows of, until the release."""


@dataclass(frozen=True)
class Overview:
    """All files of a call, counted once by what the filters offer."""

    chips: dict[str, int]
    states: dict[State, int]
    regions: list[str]
    organisations: dict[str, tuple[str, str | None]]
    """Names and countries by id."""
    total: int
    cells: list[tuple[Any, ...]]
    """State, answered, silent, region, late, organization, name, nominating one, name, both countries, number."""


def desk_of(slug: str) -> Desk:
    """A call that was opened, for its desk. Raises NotFound for drafts: they have no files. One statement."""
    newest = (
        select(CallRules.rules)
        .where(CallRules.call_id == Call.id, CallRules.agreed_at.is_not(None))
        .order_by(CallRules.number.desc())
        .limit(1)
        .correlate(Call)
        .scalar_subquery()
    )
    rows = select(Call, Event, newest).outerjoin(Event, Event.id == Call.event_id)
    row = db.session.execute(rows.where(Call.slug == slug)).first()
    if row is None or row[0].stand is Stand.DRAFT or row[2] is None:
        raise NotFound
    call, event, in_force = row
    return Desk(call, rules_of.read(in_force), scope_of(call, event.series_id if event else None), event)


def overview(desk: Desk) -> Overview:
    """One statement, two where organizations without a country share a name."""
    columns = (
        desk.state,
        is_answered(),
        _is_silent(),
        Application.region,
        Application.late,
        Application.organisation_id,
        Organisation.name,
        Application.nominated_by_id,
        NOMINATING.name,
        Organisation.country,
        NOMINATING.country,
    )
    rows = (
        select(*columns, func.count())
        .outerjoin(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(NOMINATING, NOMINATING.id == Application.nominated_by_id)
        .where(*at_desk(desk.call.id, desk.visitor))
        .group_by(*(literal_column(str(one + 1)) for one in range(len(columns))))
    )
    cells = [tuple(row) for row in db.session.execute(rows)]
    chips = {name: sum(cell[-1] for cell in cells if _is_in(name, *cell[:3])) for name in CHIPS}
    states: dict[State, int] = {}
    for cell in cells:
        states[cell[0]] = states.get(cell[0], 0) + cell[-1]
    named = {str(cell[at]): (cell[at + 1], cell[land]) for cell in cells for at, land in ((5, 9), (7, 10)) if cell[at]}
    named |= _lands(desk, named)
    return Overview(chips, states, sorted({cell[3] for cell in cells if cell[3]}), named, chips["all"], cells)


def _lands(desk: Desk, named: Mapping[str, tuple[str, str | None]]) -> dict[str, tuple[str, str | None]]:
    """Of organizations that share a name and have no country: the country of those who named each."""
    names = Counter(name for name, _land in named.values())
    ids = [uuid.UUID(key) for key, (name, land) in named.items() if land is None and names[name] > 1]
    if not ids:
        return {}
    of_files = (
        select(column.label("organisation"), func.min(Application.residence).label("land"))
        .where(column.in_(ids), *at_desk(desk.call.id, desk.visitor))
        .group_by(column)
        for column in (Application.organisation_id, Application.nominated_by_id)
    )
    found = db.session.execute(union_all(*of_files))
    return {str(row.organisation): (named[str(row.organisation)][0], row.land) for row in found if row.land}


def rows(desk: Desk, filters: Filters, *, ids: Collection[uuid.UUID] | None = None, whole: bool = False) -> list[Row]:
    """One page of the list, or with ``whole`` all of it; ``ids``: of these alone. One statement. Files that the visitor
    is near to are as their applicants see them.
    """
    found: Any = (
        select(
            *(Application.id, Application.number, Application.reference, desk.state, Application.late),
            *(Application.region, Application.residence, LISTED_NAME, Person.discreet),
            *(Organisation.name, NOMINATING.name, _vouched(), Application.support, Application.first_time),
            *(Application.language, Application.asked_amount, Application.cost, Application.reason),
            *(Application.submitted_at, Application.answered_at, Application.due_at, Application.decided_at),
            *(Application.answer_set_id, AnswerSet.version_id, Application.outcome_seen),
        )
        .join(Person, Person.id == Application.person_id)
        .outerjoin(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(NOMINATING, NOMINATING.id == Application.nominated_by_id)
        .outerjoin(AnswerSet, AnswerSet.id == Application.answer_set_id)
        .where(*_where(desk, filters))
        .order_by(*_order(filters))
    )
    if ids is not None:
        found = found.where(Application.id.in_(ids))
    if not whole:
        found = found.limit(filters.size).offset((filters.page - 1) * filters.size)
    listed = [Row(*row) for row in db.session.execute(found)]
    return [replace(row, reason=None) if row.id in desk.near else row for row in listed]


def number(desk: Desk, filters: Filters, *, ids: Collection[uuid.UUID] | None = None) -> int:
    """How many rows the filters leave. One statement."""
    found = (
        select(func.count())
        .select_from(Application)
        .join(Person, Person.id == Application.person_id)
        .outerjoin(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(NOMINATING, NOMINATING.id == Application.nominated_by_id)
        .where(*_where(desk, filters))
    )
    if ids is not None:
        found = found.where(Application.id.in_(ids))
    return db.session.scalar(found) or 0


def lacking(desk: Desk, filters: Filters) -> set[uuid.UUID]:
    """Which of the files that the other filters leave have gaps (``lacking`` yes), or have none (no). Three statements
    whatever their number.
    """
    found = rows(desk, filters, whole=True)
    known = gaps_of(desk, found)
    return {one.id for one in found if bool(known[one.id]) is (filters.lacking == "yes")}


def gaps_of(desk: Desk, found: Sequence[Row]) -> dict[uuid.UUID, list[Gap]]:
    """What is missing in each of these files. Two statements."""
    if not found:
        return {}
    versions = {one.answer_set_id: one.version_id for one in found if one.answer_set_id and one.version_id}
    answers = given.load_many(versions) if versions else {}
    vouchers = endorsements([one.id for one in found]) if _asks_vouchers(desk.rules) else {}
    return {
        one.id: gaps(
            questionnaires.version(one.version_id).definition if one.version_id else None,
            answers.get(one.answer_set_id, {}) if one.answer_set_id else {},
            desk.rules.vouching,
            vouchers.get(one.id, ()),
        )
        for one in found
    }


def endorsements(application_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Endorsement]]:
    """Who was asked to vouch for each and still stands, nominators first. One statement."""
    asked = (
        select(Endorsement)
        .where(Endorsement.application_id.in_(application_ids), Endorsement.withdrawn_at.is_(None))
        .options(joinedload(Endorsement.organisation), joinedload(Endorsement.file))
        .order_by(Endorsement.role, Endorsement.place)
    )
    found: dict[uuid.UUID, list[Endorsement]] = {}
    for one in db.session.scalars(asked):
        found.setdefault(one.application_id, []).append(one)
    return found


def chosen(call_id: uuid.UUID, ids: Collection[uuid.UUID]) -> list[Application]:
    """Files of one call with their persons, in the order of arrival. What is elsewhere is left out. One statement."""
    found = (
        select(Application)
        .join(Application.person)
        .options(contains_eager(Application.person), joinedload(Application.organisation))
        .where(Application.id.in_(list(ids)[:BULK_LIMIT]), *at_desk(call_id))
        .order_by(Application.submitted_at, Application.id)
    )
    return list(db.session.scalars(found))


def record(call_id: uuid.UUID, application_id: uuid.UUID) -> Application:
    """One file with person, key, organizations and answers. Raises NotFound. One statement."""
    found = (
        select(Application)
        .join(Application.person)
        .join(Person.seal_key)
        .options(
            contains_eager(Application.person).contains_eager(Person.seal_key),
            joinedload(Application.organisation),
            joinedload(Application.nominated_by),
            joinedload(Application.answer_set),
        )
        .where(Application.id == application_id, *at_desk(call_id))
    )
    application: Application | None = db.session.scalar(found)
    if application is None:
        raise NotFound
    return application


def debts_about(application: Application) -> list[Debt]:
    """What the person or one of the organizations of a file owes now, or why they are not considered. One statement."""
    organisations = [one for one in (application.organisation_id, application.nominated_by_id) if one]
    rows = debts.about([application.person_id], organisations, now()).order_by(Debt.since)
    return list(db.session.scalars(rows))


def with_person(application_id: uuid.UUID) -> Application | None:
    """An application with person and call, for letters. One statement."""
    rows = select(Application).where(Application.id == application_id)
    found: Application | None = db.session.scalar(
        rows.options(joinedload(Application.person), joinedload(Application.call))
    )
    return found


def at_desk(call_id: uuid.UUID, visitor: Person | None = None) -> tuple[ColumnElement[bool], ...]:
    """The applications that a desk has: sent, and of somebody who is not erased; not the visitor's own."""
    return (
        *([Application.person_id != visitor.id] if visitor else []),
        Application.call_id == call_id,
        Application.number.is_not(None),
        Application.submitted_at.is_not(None),
        Application.erased_at.is_(None),
        Application.state.not_in([State.DRAFT, State.EXPIRED]),
    )


def needed_vouchers(rules: Rules) -> int:
    """How many people must vouch."""
    return int(rules.vouching.nominator) + rules.vouching.referees


def _asks_vouchers(rules: Rules) -> bool:
    return needed_vouchers(rules) > 0


def _is_in(chip: str, state: State, answered: bool, silent: bool) -> bool:
    return state in CHIPS[chip] and (answered or chip != "answered") and (silent or chip != "silent")


def is_answered() -> ColumnElement[bool]:
    """Whether something waits to be read."""
    return Application.answered_at.is_not(None)


def _is_silent() -> ColumnElement[bool]:
    return func.coalesce(
        and_(
            Application.state == State.INFO_REQUESTED,
            Application.due_at < now(),
            Application.answered_at.is_(None),
        ),
        False,
    )


def _vouched() -> Any:
    confirmed = select(func.count()).where(
        Endorsement.application_id == Application.id,
        Endorsement.withdrawn_at.is_(None),
        Endorsement.outcome == Vouch.CONFIRMED,
    )
    return confirmed.correlate(Application).scalar_subquery()


def _where(desk: Desk, filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [*at_desk(desk.call.id, desk.visitor)]
    if read_reference(filters.q) is not None or filters.q.lstrip("#").isdigit():
        # A whole reference or a number means one file: it is found whatever view or filter stands.
        return [*found, _search(filters.q)]
    found += _view(desk, filters.chip)
    if filters.region:
        found.append(Application.region == filters.region)
    if filters.organisation:
        wanted = uuid.UUID(filters.organisation)
        found.append(or_(Application.organisation_id == wanted, Application.nominated_by_id == wanted))
    if filters.late:
        found.append(Application.late.is_(True))
    if filters.vouched:
        all_did = _vouched() >= needed_vouchers(desk.rules)
        found.append(all_did if filters.vouched == "yes" else ~all_did)
    if filters.q:
        found.append(_search(filters.q))
    return found


def _view(desk: Desk, chip: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [desk.state.in_(CHIPS[chip])] if chip != "all" else []
    if chip == "answered":
        found.append(is_answered())
    if chip == "silent":
        found.append(_is_silent())
    return found


def _search(q: str) -> ColumnElement[bool]:
    if (reference := read_reference(q)) is not None:
        return Application.reference == reference
    if (digits := q.lstrip("#")).isdigit() and digits.isascii():
        return Application.number == (int(digits) if len(digits) < 9 else -1)
    parts = [name.icontains(q, autoescape=True) for name in (PUBLIC_NAME, Organisation.name, NOMINATING.name)]
    signs = func.replace(Application.reference, "-", "")  # read out in part: with gaps, without dashes
    return or_(*parts, signs.icontains(GAPS.sub("", q), autoescape=True))


def _order(filters: Filters) -> tuple[Any, ...]:
    since: Any = Application.answered_at if filters.chip == "answered" else Application.submitted_at
    if filters.sort == "newest":
        return since.desc(), Application.id
    if filters.sort == "name":
        return func.lower(LISTED_NAME), Application.id
    if filters.sort == "number":
        return Application.number, Application.id
    if filters.chip in {"info", "silent"}:
        return Application.due_at.asc().nulls_last(), Application.id
    return since, Application.id
