"""Decisions in two steps: prepared, which changes nothing for anybody, and released, many in one go.

Releasing is deciding: it goes by ``deciding.decide``, with its rules. What does not hold any more stays prepared.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from eventhub.kit import audit, codes
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError, Stale
from eventhub.people.models import Person
from eventhub.registration import line, offers, stages
from eventhub.registration.cancelling import demand_taking_place
from eventhub.registration.categories import rules_of
from eventhub.registration.deciding import REASONS, WrongReason, decide
from eventhub.registration.models import PreparedDecision, Registration, RegistrationSetup, State
from eventhub.registration.moves import NotPossible, can_move, demand_as_seen, demand_distance, hold_rows
from eventhub.registration.prepared import PREPARED, drop, held
from eventhub.registration.queries import Nearness, too_near
from eventhub.registration.seats import have_room, hold_seats, keys, left_by_count

OUTCOMES = (State.ACCREDITED, State.WAITLISTED, State.DECLINED)
"""What can be prepared. To take an accreditation back does not wait: whoever has a reason to does it at once."""

_TABLE = table_of(PreparedDecision)


class Hindrance(StrEnum):
    """Why a prepared decision cannot be released now."""

    MOVED = "moved"
    """Decided otherwise, or withdrawn: there is no way any more."""

    CHANGED = "changed"
    """The registration is not the one on which the decision was made up."""

    OWN = "own"
    """Whoever releases must not decide on this one."""

    SAME_HAND = "same_hand"
    """Whoever prepared it does not release it, where the event is set so."""

    QUOTA = "quota"
    SEATS = "seats"
    TURN = "turn"
    """Others have waited longer."""

    WORD = "word"
    """A focal point has not agreed yet."""

    SECURITY = "security"
    """Security has not said its word."""

    OWN_WORD = "own_word"
    """Whoever releases spoke for security, or went on without it."""


@dataclass(frozen=True)
class Standing:
    """A prepared decision, and whether it can be released now."""

    decision: PreparedDecision
    hindrance: Hindrance | None = None
    near: Nearness | None = None

    @property
    def registration(self) -> Registration:
        """Whom it is about."""
        return self.decision.registration


@dataclass(frozen=True)
class Released:
    """What became of a batch: how many were carried out, how many stay prepared since something hinders them, and how
    many were there no more, dropped or prepared anew by somebody since the page was drawn.
    """

    done: int
    left: int
    gone: int


class NothingHolds(DomainError):
    """All of a batch is hindered."""

    message = _l("None of these decisions can be released now. The page says why.")


class NotThereAnyMore(DomainError):
    """A colleague was first."""

    message = _l("These decisions were released, changed or dropped already. Nothing was done twice.")


def prepare(
    actor: Person,
    registrations: Sequence[Registration],
    outcome: State,
    reason: str,
    text: str | None = None,
    *,
    seen: Mapping[uuid.UUID, int] | None = None,
    stands: Mapping[uuid.UUID, uuid.UUID] | None = None,
) -> int:
    """Keep a decision on registrations of one event until it is released: on all of them or, on any error, on none. How
    many. What was prepared about them before is replaced.

    ``reason`` and ``text`` as in ``deciding.decide``. ``seen``: the versions on the page where the decision was made
    up; ``stands``: what the page showed as prepared, by registration. Raises OwnFile, NotPossible, WrongReason,
    NotAnyMore, and Stale when a registration, or what is prepared about it, is not any more what the page showed.
    Statements: a constant number.
    """
    if outcome not in OUTCOMES:
        raise NotPossible
    if reason not in codes.codes(REASONS):
        raise WrongReason
    if not registrations:
        return 0
    demand_distance(actor, registrations)
    demand_taking_place(registrations[0].event_id)
    hold_rows(registrations)
    demand_as_seen(registrations, seen)
    if not all(can_move(one.state, outcome) for one in registrations):
        raise NotPossible
    if stands is not None and _standing_now(registrations) != {
        one.id: stands[one.id] for one in registrations if one.id in stands
    }:
        raise Stale
    _keep([_row(actor, one, outcome, reason, text) for one in registrations])
    for one in registrations:
        audit.record(PREPARED, one, actor=actor, scope_id=one.event_id, reason=reason, outcome=outcome.value)
    return len(registrations)


def give_up(actor: Person, registrations: Sequence[Registration]) -> int:
    """Drop what is prepared about registrations; how many. Raises OwnFile."""
    demand_distance(actor, registrations)
    if registrations:
        hold_rows(registrations)
    return drop(registrations, actor=actor)


def release(actor: Person, event_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> Released:
    """Carry out the prepared decisions that still hold, all of those or, on any error, none; the others stay prepared.

    ``ids`` are those that somebody has looked at: what was changed since has another id and is left alone. Raises
    NotThereAnyMore, NothingHolds, NotAnyMore, and what ``deciding.decide`` raises. The statements grow with the kinds
    of decisions (outcome, reason and words), not with the people.
    """
    setup = hold_seats(event_id)
    demand_taking_place(event_id)
    found = held(ids, event_id, actor.id)
    if not found:
        raise NotThereAnyMore
    standing = stand(actor, setup, found)
    hold = [one for one in standing if one.hindrance is None]
    if not hold:
        raise NothingHolds
    for run in _runs(hold, _line_order(hold)):
        first = run[0]
        registrations = [one.registration for one in run]
        seen = {one.registration_id: one.version for one in run}
        decide(actor, registrations, first.outcome, first.reason, first.text, seen=seen)
    db.session.execute(delete(PreparedDecision).where(PreparedDecision.id.in_([one.decision.id for one in hold])))
    return Released(len(hold), len(found) - len(hold), len(set(ids)) - len(found))


def stand(actor: Person, setup: RegistrationSetup, found: Sequence[PreparedDecision]) -> list[Standing]:
    """Which of the prepared decisions of an event hold now, and what hinders the others. It is certain for whoever
    holds the event's row of seats and the registrations. A constant number of statements.
    """
    near = too_near(actor.id, [one.registration for one in found])
    accredited = [one.registration for one in found if one.outcome is State.ACCREDITED]
    said = stages.standing(setup, rules_of(setup.event_id), accredited, decides=actor.id) if accredited else {}
    hindered = {one.id: _hindrance(actor, setup, one, near) or _unsaid(one, said) for one in found}
    wanted = [
        one.registration
        for one in found
        if hindered[one.id] is None and one.outcome is State.ACCREDITED and not one.registration.has_seat
    ]
    without = _without_seat(setup, wanted)
    return [
        Standing(one, hindered[one.id] or without.get(one.registration_id), near.get(one.registration_id))
        for one in found
    ]


def _hindrance(
    actor: Person, setup: RegistrationSetup, one: PreparedDecision, near: Mapping[uuid.UUID, Nearness]
) -> Hindrance | None:
    decided = one.registration.decided_at
    if not can_move(one.registration.state, one.outcome) or (decided and decided > one.prepared_at):
        return Hindrance.MOVED
    if one.registration.version != one.version:
        return Hindrance.CHANGED
    if one.registration_id in near:
        return Hindrance.OWN
    if one.outcome is State.ACCREDITED and one.registration.awaits_word:
        return Hindrance.WORD
    if setup.releases_by_another and one.prepared_by_id == actor.id:
        return Hindrance.SAME_HAND
    return None


def _unsaid(one: PreparedDecision, said: Mapping[uuid.UUID, stages.Standing]) -> Hindrance | None:
    lack = said[one.registration_id].lack if one.outcome is State.ACCREDITED else None
    if lack is None:
        return None
    return Hindrance.OWN_WORD if lack is stages.Lack.OWN_WORD else Hindrance.SECURITY


def _without_seat(setup: RegistrationSetup, wanted: Sequence[Registration]) -> dict[uuid.UUID, Hindrance]:
    """For whom there is no seat: those from the waiting list come first, in its order, then the others as they came."""
    if not wanted:
        return {}
    rooms = left_by_count(setup.event_id)
    left = None if setup.capacity is None else setup.capacity - setup.seats_taken
    waiting = {one.id: one for one in wanted if one.state is State.WAITLISTED}
    others = [one for one in wanted if one.id not in waiting and one.state is not State.OFFERED]
    turn = _turn(setup, waiting, rooms, has_limit=left is not None)
    found = {one: Hindrance.TURN for one in waiting if one not in turn}
    if others and setup.seats_at_once and line.somebody_waits(setup.event_id):
        found |= {one.id: Hindrance.TURN for one in others}
        others = []
    for one in [*(waiting[each] for each in turn), *others]:
        counted = keys(one.category, one.attendance_mode)
        if not have_room(rooms, *counted):
            found[one.id] = Hindrance.QUOTA
        elif left is not None and left < 1:
            found[one.id] = Hindrance.SEATS
        else:
            left = None if left is None else left - 1
            rooms |= {key: rooms[key] - 1 for key in counted if key in rooms}
    return found


def _turn(
    setup: RegistrationSetup, waiting: Mapping[uuid.UUID, Registration], rooms: Mapping[str, int], *, has_limit: bool
) -> list[uuid.UUID]:
    """Who of those waiting is not past others, in the order of the line."""
    if not waiting:
        return []
    limited = offers.is_limited(setup, rooms)
    if not has_limit and not rooms:
        return [one for one in line.all_in_line(setup.event_id) if one in waiting]
    return line.in_turn(setup.event_id, waiting, rooms, is_limited=limited)


def _line_order(hold: Sequence[Standing]) -> dict[uuid.UUID, int]:
    """The places of those who come from the waiting list. One statement, or none."""
    waits = [one.registration for one in hold if one.registration.state is State.WAITLISTED]
    if not waits:
        return {}
    return {one: place for place, one in enumerate(line.all_in_line(waits[0].event_id))}


def _runs(hold: Sequence[Standing], places: Mapping[uuid.UUID, int]) -> list[list[PreparedDecision]]:
    """What one call of ``decide`` can do, in an order in which no call disturbs a later one: who waited longest gets a
    place first, and whoever gives one back comes last, since it is offered to the line at once.
    """

    def step(one: PreparedDecision) -> tuple[int, int]:
        registration = one.registration
        if one.outcome is State.ACCREDITED:
            return (0, places[registration.id]) if registration.id in places else (1, 0)
        return (3 if registration.has_seat else 2, 0)

    def words(one: PreparedDecision) -> tuple[str, str, str]:
        return one.outcome.value, one.reason, one.text or ""

    decisions = [one.decision for one in hold]
    ordered = sorted(decisions, key=lambda one: (*step(one), words(one)))
    return [list(run) for _key, run in groupby(ordered, key=lambda one: (step(one)[0], words(one)))]


def _standing_now(registrations: Iterable[Registration]) -> dict[uuid.UUID, uuid.UUID]:
    rows = select(PreparedDecision.registration_id, PreparedDecision.id)
    rows = rows.where(PreparedDecision.registration_id.in_([one.id for one in registrations]))
    return {row.registration_id: row.id for row in db.session.execute(rows)}


def _row(actor: Person, one: Registration, outcome: State, reason: str, text: str | None) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "registration_id": one.id,
        "outcome": outcome,
        "reason": reason,
        "text": text or None,
        "version": one.version,
        "prepared_by_id": actor.id,
        "prepared_at": now(),
    }


def _keep(rows: list[dict[str, Any]]) -> None:
    kept = insert(_TABLE).values(rows)
    changed = {name: kept.excluded[name] for name in rows[0] if name != "registration_id"}
    db.session.execute(kept.on_conflict_do_update(index_elements=["registration_id"], set_=changed))
