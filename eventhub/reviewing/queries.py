"""What pages and workers ask: the call with its rules, a reader's files, a panel with its work, the newest scoring."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload, load_only

from eventhub.funding import rules as rules_of
from eventhub.funding.access import scope_of
from eventhub.funding.models import Application, Call, CallRules, Endorsement, Stand, State, Vouch, Voucher
from eventhub.funding.rules import Rules
from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.people.access import Scope
from eventhub.people.models import Organisation, Person, Role, RoleGrant, ScopeKind
from eventhub.programme.models import Event
from eventhub.reviewing import terms
from eventhub.reviewing.models import DONE, OPEN, STANDS, Draft, Gate, PanelMember, Review, Scoring, Standing, Tie

READ_IN = frozenset({State.ELIGIBLE, State.UNDER_REVIEW})
"""States in which a file gets readers."""
THERE = (
    Application.erased_at.is_(None),
    Application.merged_into_id.is_(None),
    Application.state.not_in([State.WITHDRAWN, State.CANCELLED]),
    Application.person.has(Person.erased_at.is_(None)),
)
"""Files that are still to be read, or were. Whoever is erased is gone at once, before a worker has swept up."""


@dataclass(frozen=True)
class Reading:
    """A call that is read: with the rules that hold, and its scope."""

    call: Call
    rules: Rules
    scope: Scope


def call_of(slug: str) -> Reading:
    """The call with this slug. Raises NotFound, also for one that is a draft."""
    return _reading(Call.slug == slug)


def call_by_id(call_id: uuid.UUID) -> Reading:
    """The call of a review, a gate or a task. Raises NotFound."""
    return _reading(Call.id == call_id)


def readings(call_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Reading]:
    """Many calls at once: one statement."""
    return {one.call.id: one for one in _readings(Call.id.in_(call_ids))}


def _reading(where: Any) -> Reading:
    return or_not_found(next(iter(_readings(where)), None))


def _readings(where: Any) -> list[Reading]:
    newest = (
        select(CallRules.rules)
        .where(CallRules.call_id == Call.id, CallRules.agreed_at.is_not(None))
        .order_by(CallRules.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = select(Call, Event.series_id, newest).outerjoin(Event, Event.id == Call.event_id)
    return [
        Reading(call, rules_of.read(agreed or call.rules), scope_of(call, series_id))
        for call, series_id, agreed in db.session.execute(rows.where(where, Call.stand != Stand.DRAFT))
    ]


def member_of(call_id: uuid.UUID, person_id: uuid.UUID) -> PanelMember | None:
    """Somebody's seat on the panel."""
    rows = select(PanelMember).where(PanelMember.call_id == call_id, PanelMember.person_id == person_id)
    return db.session.scalar(rows.options(joinedload(PanelMember.person)))


@dataclass(frozen=True)
class Seat:
    """Somebody on the panel, and how far this reader's work is. ``has_role``: still has the role over the call."""

    member: PanelMember
    counts: dict[Standing, int]
    has_role: bool

    @property
    def load(self) -> int:
        """Files that count for this reader."""
        return sum(self.counts.get(one, 0) for one in STANDS)

    @property
    def done(self) -> int:
        """Handed in, or abstained from."""
        return sum(self.counts.get(one, 0) for one in DONE)

    @property
    def is_away(self) -> bool:
        """Gets nothing new."""
        return self.member.away_at is not None or not self.has_role


def panel(reading: Reading) -> list[Seat]:
    """Everybody on the panel with the work so far: three statements."""
    rows = select(PanelMember).where(PanelMember.call_id == reading.call.id).options(joinedload(PanelMember.person))
    members = sorted(db.session.scalars(rows), key=lambda one: (one.person.public_name.casefold(), one.id))
    counted: dict[uuid.UUID, dict[Standing, int]] = {}
    per_state = select(Review.person_id, Review.state, func.count()).where(Review.call_id == reading.call.id)
    for person_id, state, number in db.session.execute(per_state.group_by(Review.person_id, Review.state)):
        counted.setdefault(person_id, {})[state] = number
    roles = set(db.session.scalars(_readers(reading.scope)))
    return [Seat(one, counted.get(one.person_id, {}), one.person_id in roles) for one in members]


def could_join(reading: Reading) -> list[Person]:
    """People who have the role of a reviewer over the call, do not work at its desk, and are not on its panel yet."""
    seated = select(PanelMember.person_id).where(PanelMember.call_id == reading.call.id)
    rows = select(Person).where(
        Person.id.in_(_readers(reading.scope)),
        Person.id.not_in(seated),
        Person.erased_at.is_(None),
    )
    return sorted(db.session.scalars(rows), key=lambda one: (one.public_name.casefold(), one.id))


def _readers(scope: Scope) -> Select[Any]:
    """Who has the role of a reader, without those who see names at the desk (access.is_reader)."""
    at_the_desk = _with_role(scope, Role.FUND_OFFICER, Role.ADMIN)
    return _with_role(scope, Role.FUND_REVIEWER).where(RoleGrant.person_id.not_in(at_the_desk))


def _with_role(scope: Scope, *roles: Role) -> Select[Any]:
    reached = RoleGrant.scope_kind == ScopeKind.ALL
    for kind, one in (
        (ScopeKind.SERIES, scope.series_id),
        (ScopeKind.EVENT, scope.event_id),
        (ScopeKind.CALL, scope.call_id),
    ):
        if one is not None:
            reached = reached | ((RoleGrant.scope_kind == kind) & (RoleGrant.scope_id == one))
    return select(RoleGrant.person_id).where(RoleGrant.role.in_(roles), RoleGrant.revoked_at.is_(None), reached)


def files_of(person_id: uuid.UUID) -> list[Any]:
    """Everything in somebody's hands, over all calls: one statement. What stands behind a gate is among it."""
    rows = (
        select(Review, Application, Gate, Call)
        .join(Application, Application.id == Review.application_id)
        .join(Gate, Gate.id == Review.gate_id)
        .join(Call, Call.id == Review.call_id)
    )
    mine = rows.where(Review.person_id == person_id, Review.state.in_(STANDS), *THERE)
    return list(db.session.execute(mine.order_by(Call.closes_at, Application.number)).all())


def own_gate(person_id: uuid.UUID, gate_id: uuid.UUID, *, lock: bool = False) -> Gate:
    """Somebody's gate. Raises NotFound."""
    rows = select(Gate).where(Gate.id == gate_id, Gate.person_id == person_id)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(rows))


@dataclass(frozen=True)
class Behind:
    """What a gate tells of one file: where it comes from, and who stands behind it. Nationality is among
    ``countries``, never ``beside`` a file, since readers do not see it.
    """

    review_id: uuid.UUID
    application_id: uuid.UUID
    countries: tuple[str, ...]
    beside: tuple[str, ...]
    organisations: tuple[tuple[uuid.UUID, str], ...]
    lands: Mapping[uuid.UUID, str] = field(default_factory=dict)
    """Countries of these organizations, as far as they are known."""


def behind(gate: Gate) -> list[Behind]:
    """The files behind a gate: two statements. No name of a person is among it."""
    rows = (
        select(Review.id, Application)
        .join(Application, Application.id == Review.application_id)
        .where(Review.gate_id == gate.id, Review.state.in_(STANDS), *THERE)
        .order_by(Application.number)
    )
    found = db.session.execute(rows).all()
    ids = [one.id for _review, one in found]
    letters = select(Endorsement.application_id, Endorsement.organisation_id).where(
        Endorsement.application_id.in_(ids), Endorsement.withdrawn_at.is_(None)
    )
    wanted: dict[uuid.UUID, set[uuid.UUID]] = {
        one.id: {each for each in (one.organisation_id, one.nominated_by_id) if each} for _review, one in found
    }
    for application_id, organisation_id in db.session.execute(letters):
        if organisation_id:
            wanted[application_id].add(organisation_id)
    every = {one for ids in wanted.values() for one in ids}
    columns = Organisation.id, Organisation.name, Organisation.country
    rows_of = db.session.execute(select(*columns).where(Organisation.id.in_(every))).all()
    names = {row.id: row.name for row in rows_of}
    lands = {row.id: row.country for row in rows_of if row.country}
    return [
        Behind(
            review_id,
            one.id,
            tuple(sorted({each for each in (one.origin, one.residence, one.nationality) if each})),
            tuple(sorted({each for each in (one.origin, one.residence) if each})),
            tuple(sorted(((each, names[each]) for each in wanted[one.id]), key=lambda pair: pair[1])),
            {each: lands[each] for each in wanted[one.id] if each in lands},
        )
        for review_id, one in found
    ]


def own_review(person_id: uuid.UUID, review_id: uuid.UUID, *, lock: bool = False) -> Review:
    """Somebody's review with its file, the applicant's key, and the gate. Raises NotFound, also where the file is not
    in the reader's hands any more.
    """
    return or_not_found(find_own_review(person_id, review_id, lock=lock))


def find_own_review(person_id: uuid.UUID, review_id: uuid.UUID, *, lock: bool = False) -> Review | None:
    """The same; None where there is none."""
    if lock:
        # The application first, as everything that moves it does.
        held = select(Review.application_id).where(Review.id == review_id, Review.person_id == person_id)
        db.session.execute(select(Application.id).where(Application.id.in_(held)).with_for_update())
    rows = (
        select(Review)
        .where(Review.id == review_id, Review.person_id == person_id, Review.state.in_(STANDS))
        .join(Review.application)
        .where(*THERE)
        .options(
            joinedload(Review.gate),
            joinedload(Review.application).options(
                joinedload(Application.person).joinedload(Person.seal_key), joinedload(Application.answer_set)
            ),
        )
    )
    if lock:
        rows = rows.with_for_update(of=Review).execution_options(populate_existing=True)
    return db.session.scalar(rows)


def whole_of(person_id: uuid.UUID, ids: Collection[uuid.UUID]) -> list[Review]:
    """Somebody's reviews whose files are there, each with its file, the applicant's key, and the gate."""
    rows = (
        select(Review)
        .where(Review.person_id == person_id, Review.id.in_(ids))
        .join(Review.application)
        .where(*THERE)
        .options(
            joinedload(Review.gate),
            joinedload(Review.application).joinedload(Application.person).joinedload(Person.seal_key),
        )
    )
    return list(db.session.scalars(rows))


def handed_in(application_id: uuid.UUID, but: uuid.UUID) -> list[Review]:
    """What others handed in on a file, in no order that tells who came first."""
    rows = select(Review).where(
        Review.application_id == application_id, Review.state == Standing.HANDED_IN, Review.person_id != but
    )
    return list(db.session.scalars(rows.order_by(Review.id)))


@dataclass(frozen=True)
class Backing:
    """Who vouched for a file, as reviewers may know it: the kind of organization, and whether a letter was late."""

    kind: str | None
    answered_at: datetime | None
    late: bool
    after_scoring: bool


def backing(application_id: uuid.UUID) -> list[tuple[Voucher, Backing]]:
    """The nominator and the referees who confirmed: one statement, no names."""
    rows = (
        select(Endorsement, Organisation.kind)
        .outerjoin(Organisation, Organisation.id == Endorsement.organisation_id)
        .where(
            Endorsement.application_id == application_id,
            Endorsement.withdrawn_at.is_(None),
            Endorsement.outcome == Vouch.CONFIRMED,
        )
        .order_by(Endorsement.role, Endorsement.place)
    )
    return [
        (one.role, Backing(kind, one.answered_at, one.late, one.after_scoring))
        for one, kind in db.session.execute(rows)
    ]


def came_after(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Of which of these files a letter came after the first review, and when the last one did: one statement."""
    rows = select(Endorsement.application_id, func.max(Endorsement.answered_at)).where(
        Endorsement.application_id.in_(ids),
        Endorsement.after_scoring.is_(True),
        Endorsement.outcome == Vouch.CONFIRMED,
        Endorsement.withdrawn_at.is_(None),
    )
    found = db.session.execute(rows.group_by(Endorsement.application_id))
    return {application_id: at for application_id, at in found if at is not None}


def to_read(call_id: uuid.UUID, *, untold: bool = False) -> list[Application]:
    """Files that get readers, by number; with ``untold`` also those whose decision nobody was told yet."""
    is_read = Application.state.in_(READ_IN)
    rows = select(Application).where(
        Application.call_id == call_id,
        or_(is_read, Application.outcome_seen.is_not(None)) if untold else is_read,
        Application.merged_into_id.is_(None),
        Application.erased_at.is_(None),
    )
    return list(db.session.scalars(rows.order_by(Application.number)))


def standing(call_id: uuid.UUID, *, lock: bool = False) -> list[Review]:
    """All reviews that stand in a call."""
    rows = select(Review).where(Review.call_id == call_id, Review.state.in_(STANDS)).order_by(Review.id)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(rows))


def draft_of(call_id: uuid.UUID, draft_id: uuid.UUID, *, lock: bool = False) -> Draft:
    """One draft of readers. Raises NotFound."""
    rows = select(Draft).where(Draft.call_id == call_id, Draft.id == draft_id)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(rows))


def open_draft(call_id: uuid.UUID) -> Draft | None:
    """The draft that nobody has given out or dropped yet."""
    rows = select(Draft).where(Draft.call_id == call_id, Draft.released_at.is_(None), Draft.dropped_at.is_(None))
    return db.session.scalar(rows)


def newest_scoring(call_id: uuid.UUID) -> Scoring | None:
    """What all reviews say together, as it was reckoned last."""
    return db.session.scalar(
        select(Scoring).where(Scoring.call_id == call_id).order_by(Scoring.at.desc(), Scoring.id).limit(1)
    )


def scores(call_id: uuid.UUID) -> list[terms.Score]:
    """Every score that counts, with abstentions: what a scoring is made from."""
    rows = select(Review.application_id, Review.person_id, Review.points).where(
        Review.call_id == call_id, Review.state.in_(DONE)
    )
    found = db.session.execute(rows.order_by(Review.application_id, Review.person_id))
    return [terms.Score(str(file), str(reader), points) for file, reader, points in found]


def numbers(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int | None]:
    """What reviewers call these files."""
    rows = select(Application.id, Application.number).where(Application.id.in_(ids))
    return {row.id: row.number for row in db.session.execute(rows)}


def names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What the people of the house call these reviewers."""
    rows = select(Person).where(Person.id.in_(ids)).options(load_only(Person.name, Person.alias))
    return {one.id: one.public_name for one in db.session.scalars(rows)}


def waiting_of(person_id: uuid.UUID, call_id: uuid.UUID) -> int:
    """How many files somebody has still to hand in for a call; none that was decided on."""
    rows = select(func.count()).select_from(Review).join(Review.application)
    mine = rows.where(Review.person_id == person_id, Review.call_id == call_id, Review.state.in_(OPEN))
    mine = mine.where(Application.state == State.UNDER_REVIEW)
    return db.session.scalar(mine) or 0


def is_reading(person_id: uuid.UUID, call_id: uuid.UUID) -> bool:
    """Whether somebody has files of a call that were not handed in, decided on or not: who reads files without names
    does not find the names beside their numbers elsewhere.
    """
    mine = Review.person_id == person_id, Review.call_id == call_id, Review.state.in_(OPEN)
    return db.session.scalar(select(Review.id).where(*mine).limit(1)) is not None


def declared(person_id: uuid.UUID) -> Sequence[Tie]:
    """The ties that somebody declared and that stand, newest first."""
    rows = select(Tie).where(Tie.person_id == person_id, Tie.derived.is_(False), Tie.withdrawn_at.is_(None))
    return db.session.scalars(rows.options(joinedload(Tie.organisation)).order_by(Tie.made_at.desc(), Tie.id)).all()


def calls_to_score() -> list[uuid.UUID]:
    """Calls in which something was handed in or voided since the last scoring. Whoever steps back without having given
    a score changes none: nothing would be made of it, and it would be asked for ever.
    """
    newest = select(func.max(Scoring.at)).where(Scoring.call_id == Review.call_id).scalar_subquery()
    scored = Review.state.in_([*DONE, Standing.VOIDED])
    rows = select(Review.call_id).where(scored, newest.is_(None) | (Review.ended_at > newest))
    return list(db.session.scalars(rows.distinct().order_by(Review.call_id)))
