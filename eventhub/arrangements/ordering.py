"""What the desk does: say how far a wish or a service is, cancel orders, set how early things are ordered."""

import uuid
from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.arrangements import queries, wishes
from eventhub.arrangements.actions import NoWay, move
from eventhub.arrangements.models import BY_DESK, MOVES, ArrangementSetup, Need, SessionService, Status
from eventhub.arrangements.sheet import INTERPRETATION
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Forbidden, NotFound, Stale, means
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey, Unreadable
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration.cancelling import demand_taking_place

TOLD = frozenset({Status.CONFIRMED, Status.NOT_POSSIBLE})
"""What the person is written about."""


class NobodyChosen(DomainError):
    """No row is marked."""

    status = 422
    message = _l("Choose at least one row first.")


class OwnWish(Forbidden):
    """Nobody decides on an own wish."""

    message = _l("One of these is your own wish. A colleague decides on it.")


class AnswerNeeded(DomainError):
    """A wish is refused without a word."""

    status = 422
    message = _l("Say why it is not possible, and what you can offer instead. The person reads it.")
    field = "answer"


means("uq_session_service_session_id_code", Stale())


def move_needs(
    actor: Person,
    event: Event,
    need_ids: Sequence[uuid.UUID],
    target: Status,
    *,
    answer: str = "",
    seen: Mapping[uuid.UUID, int],
) -> int:
    """Move wishes of one event, all of them or on any error none; how many. ``answer`` is what their owners read where
    it is not possible. Whoever's wish is confirmed or not possible gets a mail.

    Raises NobodyChosen, NotFound, Stale (a colleague moved one since ``seen``, or its owner took it back), OwnWish,
    AnswerNeeded, NoWay, NotAnyMore.
    """
    if not need_ids:
        raise NobodyChosen
    if target not in BY_DESK:
        raise NoWay
    words = answer.strip()
    if target is Status.NOT_POSSIBLE and not words:
        raise AnswerNeeded
    demand_taking_place(event.id)
    held = queries.held(event.id, need_ids)
    _demand_seen({need.id: need.version for need, _registration, _key in held}, seen)
    if any(registration.person_id == actor.id for _need, registration, _key in held):
        raise OwnWish
    for need, _registration, key in held:
        move(need, target, actor=actor, event_id=event.id)
        need.answer = _sealed(key, need, words) if target is Status.NOT_POSSIBLE else None
    if target in TOLD:
        for registration_id in {registration.id for _need, registration, _key in held}:
            promise(f"arrangements.{target.value}", registration_id=registration_id)
    return len(held)


def cancel_orders(actor: Person, event: Event, need_ids: Sequence[uuid.UUID], *, seen: Mapping[uuid.UUID, int]) -> int:
    """Say that orders which nobody needs any more are cancelled; how many. Raises NobodyChosen, NotFound, Stale."""
    if not need_ids:
        raise NobodyChosen
    held = queries.held(event.id, need_ids)
    _demand_seen({need.id: need.version for need, _registration, _key in held}, seen)
    is_cancelled = event.publication is Publication.CANCELLED
    for need, registration, _key in held:
        session = db.session.get(Session, need.session_id) if need.session_id else None
        is_off = is_cancelled or (session is not None and session.publication is Publication.CANCELLED)
        if not is_off and need.status is not Status.TAKEN_BACK and registration.state in queries.WANTED_IN:
            raise NoWay
        need.ordered_at = None
        audit.record("arrangements.order_cancelled", need, actor=actor, scope_id=event.id)
    return len(held)


def move_service(
    actor: Person, event: Event, session_id: uuid.UUID, code: str, target: Status, *, seen: int
) -> SessionService:
    """Say how far a service of the programme is; ``seen`` is the version of its row, 0 where there was none. Taken back
    once the programme does not name it any more, or the session is cancelled. Raises NotFound, Stale, NoWay, and
    NotAnyMore for all but taking back once the event is cancelled.
    """
    if target is not Status.TAKEN_BACK:
        demand_taking_place(event.id)
    session = db.session.scalar(select(Session).where(Session.id == session_id, Session.event_id == event.id))
    if session is None:
        raise NotFound
    interpreted = code == INTERPRETATION and bool(session.interpretation)
    is_off = Publication.CANCELLED in {session.publication, event.publication}
    named = not is_off and (code in session.access_services or interpreted)
    row = db.session.scalar(
        select(SessionService)
        .where(SessionService.session_id == session.id, SessionService.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if (row.version if row else 0) != seen:
        raise Stale
    if row is None and not named:
        raise NotFound
    if row is None:
        row = SessionService(id=uuid.uuid4(), session_id=session.id, code=code, status=Status.ASKED, languages=[])
        db.session.add(row)
    _step(row, target, named=named)
    if target in {Status.ORDERED, Status.CONFIRMED}:
        row.ordered_at = row.ordered_at or now()
        row.languages = list(session.interpretation) if code == INTERPRETATION else []
    elif target is not Status.DELIVERED:
        row.ordered_at = None
    db.session.flush()
    audit.record(
        f"arrangements.service_{target.value}", row, actor=actor, scope_id=event.id, session=session.id, code=code
    )
    return row


def set_lead_days(actor: Person, event: Event, days: int) -> ArrangementSetup:
    """Say how many working days before it is needed a service must be ordered (0 to 60)."""
    row = db.session.get(ArrangementSetup, event.id)
    if row is None:
        row = ArrangementSetup(event_id=event.id, lead_days=days)
        db.session.add(row)
    row.lead_days = days
    audit.record("arrangements.set_up", event, actor=actor, scope_id=event.id, lead_days=days)
    return row


def _step(row: SessionService, target: Status, *, named: bool) -> None:
    again = target is Status.ORDERED and row.status in {Status.ORDERED, Status.CONFIRMED}  # in other languages
    allowed = MOVES[row.status] if named else frozenset({Status.TAKEN_BACK})
    if row.status is Status.TAKEN_BACK and named:
        allowed = MOVES[Status.ASKED]
    if not (named and again) and target not in allowed:
        raise NoWay
    row.status, row.moved_at = target, now()


def _sealed(key: SealKey, need: Need, words: str) -> bytes | None:
    try:
        return wishes.sealed_answer(key, need.id, words)
    except Unreadable:  # the person is being erased
        return None


def _demand_seen(versions: Mapping[uuid.UUID, int], seen: Mapping[uuid.UUID, int]) -> None:
    if any(seen.get(one) != version for one, version in versions.items()):
        raise Stale
