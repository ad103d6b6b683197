"""Places offered to the waiting list: made when a seat is freed or by hand, accepted, given back, lapsed.

An offer holds its seat, so that accepting one takes nothing from anybody. Whoever frees seats or changes the line holds
the event's row of seats first (seats.hold_seats) and locks registrations after it: the line then stands still, nobody
in it is passed over, and nobody waits in a circle.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm.attributes import set_committed_value

from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, means
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration import line, prepared, stages
from eventhub.registration.cancelling import demand_taking_place
from eventhub.registration.categories import is_looked_at, rule_of, rules_of
from eventhub.registration.models import Outcome, Registration, RegistrationSetup, SeatOffer, State
from eventhub.registration.moves import (
    NotEnoughSeats,
    NotPossible,
    demand_as_seen,
    demand_distance,
    hold_rows,
    move,
    move_all,
    owe,
)
from eventhub.registration.seats import CATEGORY, WAY, free_seats, hold_seats, keys, left_by_count, take_seats

PASSED_OVER = "registration.passed_over"
"""Some came before others who wait: a deed on the line of an event (``note_passed_over``)."""


@dataclass(frozen=True)
class Line:
    """The waiting list of an event, as the record names it; its id is the event's."""

    __tablename__: ClassVar[str] = "registration_line"
    id: uuid.UUID


class OfferClosed(DomainError):
    """Too late, or answered already."""

    status = 410
    message = _l("This offer is not open any more. The page shows what became of it.")


class OutOfTurn(DomainError):
    """Somebody else waits longer."""

    message = _l(
        "Others have waited longer. Choose those who are first in line, or offer the places on the page of the waiting "
        "list with a reason, where places are offered by hand."
    )


class ReasonNeeded(DomainError):
    """Whoever passes people over says why."""

    status = 422
    message = _l("Others have waited longer. Say why these people come first; the reason is kept in the history.")
    field = "text"


class TooLate(DomainError):
    """The event has begun or is cancelled."""

    message = _l("No place can be offered any more: the event has begun or is cancelled.")


class OfferedAlready(DomainError):
    """Two officers at once."""

    message = _l("A place was offered to one of these people already. Look at the list again.")


class QuotaFull(DomainError):
    """A category has fewer seats left than people of it want one."""

    message = _l("All places of this category are taken. Choose another one, or the waiting list.")


class WayFull(DomainError):
    """A way of taking part has fewer seats left than people want one."""

    message = _l("All places for this way of taking part are taken. Choose another way, or the waiting list.")


means("ix_seat_offer_open", OfferedAlready())
means("ck_registration_category_seats_within_quota", QuotaFull())
means("ck_registration_mode_seats_within_quota", WayFull())


def offer_token(offer: SeatOffer) -> str:
    """The secret in the mailed link: good for this one offer and nothing else."""
    return token("registration.offer", offer.id, offer.salt)


def renew_links(person_id: uuid.UUID) -> int:
    """Give the open offers of a person new secrets and mail them again: the links mailed before open nothing. How
    many.
    """
    rows = select(SeatOffer).join(Registration, Registration.id == SeatOffer.registration_id)
    rows = rows.where(Registration.person_id == person_id, SeatOffer.closed_at.is_(None))
    renewed = list(db.session.scalars(rows.order_by(SeatOffer.id).with_for_update(of=SeatOffer)))
    for offer in renewed:
        offer.salt = new_salt()
        offer.token_hash = digest(offer_token(offer))
        promise("registration.offered", offer_id=offer.id)
    return len(renewed)


def is_open(offer: SeatOffer, moment: datetime) -> bool:
    """Whether the offer may still be answered. The instant at which it ends is already too late."""
    return offer.closed_at is None and moment < offer.until


def give_back_seats(event_id: uuid.UUID, number: int) -> int:
    """Free so many seats and offer them to the first in line, where that goes by itself; how many got an offer.

    Every deed that frees seats ends here, with what it did to the registrations flushed.
    """
    if number < 1:
        return 0
    free_seats(event_id, number)
    return fill(event_id, number)


def fill(event_id: uuid.UUID, freed: int | None, *, moved_from: str | None = None) -> int:
    """Offer free seats to the first in line; how many. Nothing where offers are made by hand, or the event has begun.

    Where a seat is taken at once, all free ones belong to whoever waits. Where it is taken at accreditation, free seats
    are also for those under review: then no more than those that were ``freed`` (None: all of them). ``moved_from``:
    what the seats counted under (seats.keys), when their holders keep a seat elsewhere: then only places of its quota
    are free.
    """
    setup = hold_seats(event_id)
    left = None if setup.capacity is None else setup.capacity - setup.seats_taken
    if not setup.seats_at_once and freed is not None:
        left = freed if left is None else min(left, freed)
    until = None if setup.offers_by_hand or left == 0 else _until(setup)
    if until is None:
        return 0
    rooms = left_by_count(event_id)
    only = moved_from if not setup.seats_at_once else None
    if only is not None and only not in rooms:
        return 0
    first = line.first_in_line(event_id, left, rooms, only=only)
    if first:
        take_seats(event_id, len(first))
        _offer(first, until, actor=None)
    return len(first)


def offer_by_hand(
    actor: Person,
    event_id: uuid.UUID,
    registrations: Sequence[Registration],
    text: str | None = None,
    *,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> int:
    """Offer places to chosen people of one event's line: all of them or, on any error, none. How many.

    ``text`` says why where others have waited longer; it stands in the histories of those who got a place, and those
    of the ones passed over show that it happened.
    Raises OwnFile, NotPossible, Stale, TooLate, NotAnyMore, OutOfTurn (the line goes by itself),
    ReasonNeeded, NotEnoughSeats, OwnWord.
    """
    demand_distance(actor, registrations)
    setup = hold_seats(event_id)
    demand_taking_place(event_id)
    hold_rows(registrations)
    if not registrations or any(one.state is not State.WAITLISTED for one in registrations):
        raise NotPossible
    demand_as_seen(registrations, seen)
    stages.demand_other_hands(actor, setup, registrations)
    until = _until(setup)
    if until is None:
        raise TooLate
    rooms = left_by_count(event_id)
    skipped = line.passed_over(event_id, [one.id for one in registrations], rooms, is_limited=is_limited(setup, rooms))
    if skipped and not setup.offers_by_hand:
        raise OutOfTurn
    if skipped and not text:
        raise ReasonNeeded
    take_all(event_id, registrations, rooms)
    note_passed_over(actor, event_id, registrations, skipped, text)
    _offer(registrations, until, actor=actor)
    return len(registrations)


def demand_turn(setup: RegistrationSetup, registrations: Sequence[Registration]) -> None:
    """Nobody comes to a place past others who wait for one, neither from the line nor from a refusal that is looked at
    again where seats are taken on sending. Raises OutOfTurn.
    """
    without = [one for one in registrations if not one.has_seat and one.state not in {State.WAITLISTED, State.OFFERED}]
    if without and setup.seats_at_once and line.somebody_waits(setup.event_id):
        raise OutOfTurn
    waiting = [one.id for one in registrations if one.state is State.WAITLISTED]
    rooms = left_by_count(setup.event_id) if waiting else {}
    if not waiting or (setup.capacity is None and not rooms):
        return
    if line.passed_over(setup.event_id, waiting, rooms, is_limited=is_limited(setup, rooms)):
        raise OutOfTurn


def is_limited(setup: RegistrationSetup, rooms: Mapping[str, int]) -> bool:
    """Whether everybody in line waits for the same places; without a limit of the event it is each category's own."""
    return setup.capacity is not None or not rooms


def take_all(event_id: uuid.UUID, registrations: Sequence[Registration], rooms: Mapping[str, int]) -> None:
    """Take a seat for each, within the quotas of their categories and ways. Raises NotEnoughSeats, QuotaFull, WayFull.

    The caller holds the event's row of seats.
    """
    wanted = Counter(key for one in registrations for key in keys(one.category, one.attendance_mode))
    short = {key for key, number in wanted.items() if number > rooms.get(key, number)}
    if any(key.startswith(CATEGORY) for key in short):
        raise QuotaFull
    if any(key.startswith(WAY) for key in short):
        raise WayFull
    got = take_seats(event_id, len(registrations))
    if got < len(registrations):
        raise NotEnoughSeats(got)


def note_passed_over(
    actor: Person,
    event_id: uuid.UUID,
    first: Sequence[Registration],
    skipped: Collection[uuid.UUID],
    text: str | None,
) -> None:
    """Write down that some came before others who wait, and why: once for the deed, however many wait. ``behind`` says
    by category since when they waited who were passed over; the histories are made from it (histories.deeds).
    """
    if not skipped:
        return
    last = select(Registration.category, func.max(line.SINCE)).where(Registration.id.in_(skipped))
    behind = {category or "": since for category, since in db.session.execute(last.group_by(Registration.category))}
    audit.record(
        PASSED_OVER,
        Line(event_id),
        actor=actor,
        scope_id=event_id,
        text=text,
        number=len(skipped),
        first=[str(one.id) for one in first],
        behind={category: since.isoformat() for category, since in behind.items() if since},
    )


def forget_reasons(registrations: Sequence[Registration]) -> None:
    """Delete the reasons why these people came before others: the words are about them."""
    mine = {str(one.id) for one in registrations}
    entries = select(AuditEntry.id, AuditEntry.detail).where(
        AuditEntry.subject_kind == Line.__tablename__,
        AuditEntry.subject_id.in_({one.event_id for one in registrations}),
        AuditEntry.verb == PASSED_OVER,
    )
    ids = [row.id for row in db.session.execute(entries) if mine & set(row.detail.get("first", ()))]
    db.session.execute(delete(AuditText).where(AuditText.entry_id.in_(ids)))


def accept(actor: Person, offer: SeatOffer, **detail: Any) -> Registration:
    """Take the place: accredited, or under review where nobody has looked at the registration yet, a focal point's word
    is awaited, or security's word is missing or came from whoever put the person here (the seat is kept, and the person
    reads nothing of the latter).

    Accepting twice is accepting once. Raises OfferClosed.
    """
    setup, registration = _held(offer)
    if offer.outcome is Outcome.ACCEPTED:
        return registration
    _demand_open(offer, registration)
    looked_at = registration.reason is not None
    rule = rule_of(rules_of(setup.event_id), registration.category)
    unseen = is_looked_at(setup, rule) and not looked_at
    if registration.awaits_word or unseen or not stages.is_approved(setup, registration, by=_hands(offer)):
        move(registration, State.UNDER_REVIEW, actor=actor, cause="accepted", **detail)
        promise("registration.place_kept", registration_id=registration.id)
    else:
        move(registration, State.ACCREDITED, actor=actor, reason="complete", cause="accepted", **detail)
        owe([registration], State.ACCREDITED)
    close_offers([registration.id], Outcome.ACCEPTED)
    db.session.flush()
    return registration


def give_back(actor: Person, offer: SeatOffer, **detail: Any) -> Registration:
    """Do without the place and leave the line; the next one gets it. Twice is once. Raises OfferClosed."""
    _setup, registration = _held(offer)
    if offer.outcome is Outcome.GIVEN_BACK:
        return registration
    _demand_open(offer, registration)
    leave(actor, registration, cause="given_back", **detail)
    promise("registration.withdrawn", registration_id=registration.id)
    promise("registration.withdrawn_calendar", registration_id=registration.id)
    return registration


def leave(actor: Person | None, registration: Registration, reason: str | None = None, **detail: Any) -> None:
    """Withdraw a registration; its offer ends, what is prepared about it goes, and its seat is the first's in line."""
    had_seat, was_offered = registration.has_seat, registration.state is State.OFFERED
    if registration.state is not State.DRAFT:
        prepared.drop([registration], actor=actor)
    move(registration, State.WITHDRAWN, actor=actor, reason=reason, **detail)
    registration.has_seat, registration.answered_at = False, None
    if was_offered:
        close_offers([registration.id], Outcome.GIVEN_BACK)
    db.session.flush()
    give_back_seats(registration.event_id, int(had_seat))


def lapse(moment: datetime, limit: int = 500) -> int:
    """End the offers whose time is over; how many. Each seat goes to the next in line. Safe to repeat. Those of a
    cancelled event are left as they are: nobody can answer them, and nobody is told of their end.

    Whoever let an offer lapse waits anew at the end of the line, or has left it where the event is set so.
    """
    over = SeatOffer.closed_at.is_(None), SeatOffer.until <= moment
    events = (
        select(Registration.event_id)
        .join(SeatOffer, SeatOffer.registration_id == Registration.id)
        .join(Event, Event.id == Registration.event_id)
        .where(*over, Event.publication != Publication.CANCELLED)
        .distinct()
        .order_by(Registration.event_id)
    )
    count = 0
    for event_id in list(db.session.scalars(events)):
        count += _lapse_of(event_id, moment, limit - count)
        if count >= limit:
            break
    return count


def close_offers(registration_ids: Collection[uuid.UUID], outcome: Outcome) -> None:
    """End the open offers of these registrations. One statement, or none."""
    if not registration_ids:
        return
    db.session.execute(
        update(SeatOffer)
        .where(SeatOffer.registration_id.in_(registration_ids), SeatOffer.closed_at.is_(None))
        .values(closed_at=now(), outcome=outcome)
        .execution_options(synchronize_session="fetch")
    )


def wait_anew(registrations: Sequence[Registration]) -> None:
    """Whoever had a seat and lost it waits behind everybody who waits now."""
    moment, ids = now(), [one.id for one in registrations]
    if ids:
        later = update(Registration).where(Registration.id.in_(ids)).values(waits_from=moment)
        db.session.execute(later.execution_options(synchronize_session=False))
    for one in registrations:
        set_committed_value(one, "waits_from", moment)


def _lapse_of(event_id: uuid.UUID, moment: datetime, limit: int) -> int:
    setup = hold_seats(event_id)
    rows = (
        select(Registration)
        .join(SeatOffer, SeatOffer.registration_id == Registration.id)
        .where(
            Registration.event_id == event_id,
            Registration.state == State.OFFERED,
            SeatOffer.closed_at.is_(None),
            SeatOffer.until <= moment,
        )
        .order_by(SeatOffer.offered_at, Registration.id)
        .limit(limit)
        .with_for_update()
    )
    late = list(db.session.scalars(rows.execution_options(populate_existing=True)))
    target = State.WITHDRAWN if setup.leaves_on_lapse else State.WAITLISTED
    if target is State.WITHDRAWN:
        prepared.drop(late, actor=None)
    for one in late:
        reason = one.reason
        move(one, target, actor=None, cause="lapsed")
        one.has_seat, one.reason, one.waits_from = False, reason, now()
        promise("registration.lapsed", registration_id=one.id)
        if target is State.WITHDRAWN:
            promise("registration.withdrawn_calendar", registration_id=one.id)
    close_offers([one.id for one in late], Outcome.LAPSED)
    db.session.flush()
    give_back_seats(event_id, len(late))
    return len(late)


def _offer(
    registrations: Sequence[Registration],
    until: datetime,
    *,
    actor: Person | None,
    **detail: Any,
) -> None:
    """The seats are taken, the rows are locked."""
    moment = now()
    move_all(registrations, State.OFFERED, actor=actor, has_seat=True, until=until.isoformat(), **detail)
    for one in registrations:
        made = SeatOffer(
            id=uuid.uuid4(),
            registration_id=one.id,
            salt=new_salt(),
            offered_at=moment,
            offered_by_id=actor.id if actor else None,
            until=until,
        )
        made.token_hash = digest(offer_token(made))
        db.session.add(made)
        promise("registration.offered", offer_id=made.id)
    db.session.flush()


def _held(offer: SeatOffer) -> tuple[RegistrationSetup, Registration]:
    """Seats, registration and offer, locked in this order and as they are now."""
    event_id = db.session.scalar(select(Registration.event_id).where(Registration.id == offer.registration_id))
    if event_id is None:
        raise OfferClosed
    setup = hold_seats(event_id)
    mine = select(Registration).where(Registration.id == offer.registration_id).with_for_update()
    registration = db.session.scalars(mine.execution_options(populate_existing=True)).one()
    this = select(SeatOffer).where(SeatOffer.id == offer.id).with_for_update()
    db.session.scalars(this.execution_options(populate_existing=True)).one()
    return setup, registration


def _hands(offer: SeatOffer) -> set[uuid.UUID]:
    """Who put the person on the list by a decision, and who made the offer: their hands accredit."""
    decided = select(AuditEntry.actor_id).where(
        AuditEntry.subject_kind == Registration.__tablename__,
        AuditEntry.subject_id == offer.registration_id,
        AuditEntry.verb == f"registration.{State.WAITLISTED.value}",
    )
    return {who for who in (offer.offered_by_id, *db.session.scalars(decided)) if who is not None}


def _demand_open(offer: SeatOffer, registration: Registration) -> None:
    begins = line.begins(registration.event_id)
    if begins is None or begins <= now() or registration.state is not State.OFFERED or not is_open(offer, now()):
        raise OfferClosed


def follow_days(event_id: uuid.UUID) -> None:
    """The event moved: no open offer stands beyond its new beginning. Safe to repeat."""
    begins = line.begins(event_id)
    if begins is None or begins <= now():
        return
    mine = select(Registration.id).where(Registration.event_id == event_id)
    db.session.execute(
        update(SeatOffer)
        .where(SeatOffer.registration_id.in_(mine), SeatOffer.closed_at.is_(None), SeatOffer.until > begins)
        .values(until=begins)
        .execution_options(synchronize_session=False)
    )


def _until(setup: RegistrationSetup) -> datetime | None:
    """Until when an offer made now stands: never beyond the beginning of the event. None: too late for any."""
    moment, begins = now(), line.begins(setup.event_id)
    if begins is None or begins <= moment:
        return None
    return min(moment + timedelta(hours=setup.offer_hours), begins)
