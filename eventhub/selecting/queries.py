"""What the board's pages ask: the meeting, who stands aside, slates with their answers, who the people are."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import defer, joinedload, load_only

from eventhub.funding.access import scope_of
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.people.access import Scope
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.reviewing import ties
from eventhub.reviewing.queries import Reading
from eventhub.selecting.models import Board, Pin, Presence, Recusal, Run, Slate, SlateState

HEAVY = (Slate.snapshot, Slate.people, Slate.balance, Slate.reserves, Slate.result)
STANDING = (SlateState.RECOMMENDED, SlateState.APPROVED)


@dataclass(frozen=True)
class Known:
    """What a board sees of one file. ``name``: the alias where one is set; the number alone where names are masked, or
    where a person in discreet mode has no alias.
    """

    id: uuid.UUID
    number: int
    name: str | None
    region: str | None
    first_time: bool | None


def open_board(call_id: uuid.UUID, *, lock: bool = False) -> Board | None:
    """The meeting that is going on."""
    rows = select(Board).where(Board.call_id == call_id, Board.closed_at.is_(None))
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(rows)


def present(board_id: uuid.UUID) -> list[Presence]:
    """Who is there, in the order of coming."""
    rows = select(Presence).where(Presence.board_id == board_id, Presence.left_at.is_(None))
    return list(db.session.scalars(rows.options(joinedload(Presence.person)).order_by(Presence.came_at, Presence.id)))


def aside(reading: Reading, people: Collection[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """For which files each of these people stands aside, declared or derived: two statements. What somebody declared
    for this call counts on when it was taken back: nobody decides alone to be near no more.
    """
    found: dict[uuid.UUID, set[uuid.UUID]] = {one: set() for one in people}
    for application_id, person_id in ties.conflicts([reading], people, ever=True):
        found[person_id].add(application_id)
    rows = select(Recusal.person_id, Recusal.application_id).where(
        Recusal.call_id == reading.call.id, Recusal.person_id.in_(people)
    )
    for person_id, application_id in db.session.execute(rows):
        found[person_id].add(application_id)
    return found


def slates(call_id: uuid.UUID) -> list[Slate]:
    """Every slate, the newest first, without what is long."""
    rows = select(Slate).where(Slate.call_id == call_id).options(*(defer(one, raiseload=True) for one in HEAVY))
    return list(db.session.scalars(rows.order_by(Slate.number.desc())))


def slate(call_id: uuid.UUID, number: int | None = None, *, lock: bool = False) -> Slate | None:
    """One slate, or the newest; never its snapshot."""
    rows = select(Slate).where(Slate.call_id == call_id).options(defer(Slate.snapshot, raiseload=True))
    rows = rows.where(Slate.number == number) if number is not None else rows.order_by(Slate.number.desc()).limit(1)
    if lock:
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(rows)


def standing(call_id: uuid.UUID) -> Slate | None:
    """The slate that was recommended or approved and holds."""
    rows = select(Slate).where(Slate.call_id == call_id, Slate.state.in_(STANDING))
    return db.session.scalar(rows.options(defer(Slate.snapshot, raiseload=True)))


def replaced(slate: Slate) -> Slate | None:
    """The approved slate whose place this one took, by its recommendation. Locked."""
    rows = select(Slate).where(Slate.call_id == slate.call_id, Slate.state == SlateState.SUPERSEDED)
    rows = rows.where(Slate.approved_at.is_not(None), Slate.approved_at <= slate.recommended_at)
    rows = rows.order_by(Slate.approved_at.desc()).limit(1).options(defer(Slate.snapshot, raiseload=True))
    return db.session.scalar(rows.with_for_update().execution_options(populate_existing=True))


def never_approved(call_id: uuid.UUID, former: Slate | None) -> list[Slate]:
    """Slates recommended after the approved one, where there is one, and replaced before anybody approved them; the
    last first.
    """
    rows = select(Slate).where(Slate.call_id == call_id, Slate.state == SlateState.SUPERSEDED)
    rows = rows.where(Slate.approved_at.is_(None))
    if former is not None:
        rows = rows.where(Slate.recommended_at > former.approved_at)
    rows = rows.order_by(Slate.recommended_at.desc()).options(defer(Slate.snapshot, raiseload=True))
    return list(db.session.scalars(rows))


def last_signature(call_id: uuid.UUID) -> str | None:
    """The signature of the newest slate that was recommended, on which the next one stands."""
    rows = select(Slate.signature).where(Slate.call_id == call_id, Slate.signature.is_not(None))
    return db.session.scalar(rows.order_by(Slate.recommended_at.desc()).limit(1))


def runs(call_id: uuid.UUID, slate_id: uuid.UUID | None, limit: int = 60) -> list[Run]:
    """Questions about a slate and about none, the newest first."""
    rows = select(Run).where(Run.call_id == call_id, (Run.slate_id == slate_id) | Run.slate_id.is_(None))
    return list(db.session.scalars(rows.order_by(Run.asked_at.desc(), Run.id).limit(limit)))


def run(call_id: uuid.UUID, run_id: uuid.UUID) -> Run:
    """One question. Raises NotFound."""
    return or_not_found(db.session.scalar(select(Run).where(Run.id == run_id, Run.call_id == call_id)))


def names(reading: Reading, ids: Iterable[uuid.UUID], *, masked: bool) -> dict[uuid.UUID, Known]:
    """What the board sees of these files: one statement."""
    rows = (
        select(Application)
        .where(Application.id.in_(list(ids)), Application.call_id == reading.call.id)
        .options(
            load_only(Application.number, Application.region, Application.first_time, raiseload=True),
            joinedload(Application.person).load_only(Person.name, Person.alias, Person.discreet, raiseload=True),
        )
    )
    return {
        one.id: Known(one.id, one.number or 0, None if masked else _shown(one.person), one.region, one.first_time)
        for one in db.session.scalars(rows)
    }


def _shown(person: Person) -> str | None:
    return None if person.discreet and not person.alias else person.public_name


def file(reading: Reading, application_id: uuid.UUID) -> Application:
    """One file with the applicant's key. Raises NotFound."""
    rows = select(Application).where(Application.id == application_id, Application.call_id == reading.call.id)
    rows = rows.options(joinedload(Application.person).joinedload(Person.seal_key))
    return or_not_found(db.session.scalar(rows))


def pin(call_id: uuid.UUID, application_id: uuid.UUID) -> Pin | None:
    """The pin that stands for a file."""
    rows = select(Pin).where(Pin.call_id == call_id, Pin.application_id == application_id, Pin.dropped_at.is_(None))
    return db.session.scalar(rows)


def pins(call_id: uuid.UUID) -> list[Pin]:
    """Pins that stand, with what opens their reasons: one statement."""
    rows = select(Pin).where(Pin.call_id == call_id, Pin.dropped_at.is_(None)).order_by(Pin.at, Pin.id)
    follow = joinedload(Pin.application).load_only(Application.person_id, raiseload=True)
    person = follow.joinedload(Application.person).load_only(Person.id, raiseload=True)
    return list(db.session.scalars(rows.options(person.joinedload(Person.seal_key))))


def waiting(call_id: uuid.UUID) -> int:
    """How many files wait for a choice of the board."""
    rows = select(func.count()).select_from(Application)
    return db.session.scalar(rows.where(Application.call_id == call_id, Application.state == State.UNDER_REVIEW)) or 0


def undecided(call_id: uuid.UUID, but: uuid.UUID) -> int:
    """How many files the fund's desk has not decided about yet, without those of the person ``but``, who asks."""
    early = (State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE)
    rows = select(func.count()).where(
        Application.call_id == call_id, Application.state.in_(early), Application.person_id != but
    )
    return db.session.scalar(rows) or 0


def gone(slate: Slate, without: Collection[uuid.UUID]) -> int:
    """How many of the chosen have left since the board recommended a slate; those in ``without`` are not counted."""
    chosen = {uuid.UUID(one["id"]) for one in slate.people if one["chosen"]} - set(without)
    left = or_(Application.state == State.WITHDRAWN, Application.erased_at.is_not(None))
    rows = select(func.count()).select_from(Application).where(Application.id.in_(chosen), left)
    return db.session.scalar(rows) or 0


@dataclass(frozen=True)
class AtWork:
    """A call whose board has something to choose, and its slate that stands."""

    slug: str
    title: dict[str, str]
    original_language: str
    scope: Scope
    meets: bool
    number: int | None
    state: SlateState | None


def at_work() -> list[AtWork]:
    """Public calls where files wait for a board, a board meets, or a slate was recommended: one statement."""
    waits = select(Application.id).where(Application.call_id == Call.id, Application.state == State.UNDER_REVIEW)
    rows = (
        select(Call, Event.series_id, Board.id, Slate.number, Slate.state)
        .outerjoin(Event, Event.id == Call.event_id)
        .outerjoin(Board, and_(Board.call_id == Call.id, Board.closed_at.is_(None)))
        .outerjoin(Slate, and_(Slate.call_id == Call.id, Slate.state == SlateState.RECOMMENDED))
        .where(Call.stand == Stand.OPEN, or_(Board.id.is_not(None), Slate.id.is_not(None), waits.exists()))
        .order_by(Call.closes_at, Call.id)
    )
    return [
        AtWork(
            call.slug, call.title, call.original_language, scope_of(call, series_id), board is not None, number, state
        )
        for call, series_id, board, number, state in db.session.execute(rows)
    ]
