"""Places in sessions: who has one, who waits for one, and who gets the next.

A sure choice takes a place, a maybe does not; a trigger counts and a CHECK bounds. Whoever writes choices of a session
with places holds the session's row first, sessions in the order of their ids: what is read after ``hold`` is true until
the transaction ends. Whoever frees a place gives it to the first in line before anybody else can take it.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, func, or_, select, union
from sqlalchemy.dialects.postgresql import insert

from eventhub.calendars import queries
from eventhub.calendars.access import ATTENDING
from eventhub.calendars.models import CalendarEntry, Choice, ChosenSession, EntryStatus, Invite, SessionWait
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session, SessionKind
from eventhub.registration.models import Registration

REVISION = "places"
"""What public pages say of places: that a session is full, and no number that would move with a person."""


class SessionFull(DomainError):
    """All places are taken, or belong to those who wait."""

    status = 422
    field = "sessions"
    message = _l("All places in this session are taken. You can join its waiting list under “Choose sessions”.")


@dataclass(frozen=True)
class Held:
    """A session whose row is locked, as it was then."""

    id: uuid.UUID
    places: int | None
    taken: int

    @property
    def left(self) -> int | None:
        """How many places are free; None for no limit."""
        return None if self.places is None else max(0, self.places - self.taken)


@dataclass(frozen=True)
class Filling:
    """How many mean to come to a session, and how many wait."""

    session: Session
    going: int
    maybe: int
    waiting: int


def hold(*which: ColumnElement[bool]) -> dict[uuid.UUID, Held]:
    """Lock sessions until the transaction ends: how they stand, whatever others do. One statement."""
    rows = select(Session.id, Session.places, Session.places_taken).where(*which).order_by(Session.id)
    found = db.session.execute(rows.with_for_update(key_share=True, of=Session)).all()
    return {row.id: Held(*row) for row in found}


def hand_on(held: Collection[Held]) -> int:
    """Give what is free in these sessions to the first in line, each a place, a calendar entry and a letter; how many
    got one. Then say on public pages whether a session is full, where that changed.
    """
    before = {one.id: one for one in held if one.places is not None}
    given = 0
    for row in _current(_with_a_line([one.id for one in held])):
        free = None if row.places is None else max(0, row.places - row.places_taken)
        for person_id in _first_in_line(row.id, free):
            _give(row.id, person_id)
            given += 1
    for row in _current(before) if before else ():
        former = before[row.id]
        if (former.left == 0) != (row.places is not None and row.places_taken >= row.places):
            bump(REVISION)
            break
    return given


def choose(person: Person, session: Session, choice: Choice) -> Session:
    """Put a session into "My sessions", or say anew how sure it is. The caller found it by session_for_choice.

    Raises SessionFull, and NotFound when the person does not come any more.
    """
    one = hold(Session.id == session.id)[session.id]
    demand_expected(person.id, [one.id])
    say(person.id, one, choice)
    return session


def leave_out(person: Person, session_id: uuid.UUID) -> uuid.UUID:
    """Take a session out of "My sessions"; nothing happens when it is not there. A place goes to whoever waits."""
    for one in hold(Session.id == session_id).values():
        say(person.id, one, None)
    return session_id


def say(person_id: uuid.UUID, one: Held, choice: Choice | None) -> None:
    """How somebody means to come to a session that is held; None for not at all. Raises SessionFull."""
    if choice is None:
        mine = ChosenSession.person_id == person_id, ChosenSession.session_id == one.id
        db.session.execute(delete(ChosenSession).where(*mine))
    elif choice is Choice.GOING:
        demand_place(person_id, one)
        _give(one.id, person_id, told=False)
    else:
        _choose(person_id, one.id, choice)
    hand_on([one])


def demand_expected(person_id: uuid.UUID, session_ids: Collection[uuid.UUID]) -> None:
    """Whether somebody may still choose these sessions, which are held: while that was waited for, a withdrawal may
    have been followed to its end. From here on it waits for this transaction. Raises NotFound.
    """
    rows = (
        select(Session.id)
        .join(Registration, Registration.event_id == Session.event_id)
        .where(
            Session.id.in_(session_ids),
            Registration.person_id == person_id,
            Registration.state.in_(ATTENDING),
            queries.is_for_category(),
        )
    )
    found = set(db.session.scalars(rows.with_for_update(read=True, of=Registration)))
    if found != set(session_ids):
        raise NotFound


def demand_place(person_id: uuid.UUID, one: Held) -> None:
    """Whether somebody may take a place now: one is free, and nobody else waits for it. Raises SessionFull."""
    if one.places is None or one.id in going(person_id, [one.id]):
        return
    others = _in_line(one.id).where(SessionWait.person_id != person_id).with_only_columns(func.count())
    if (one.left or 0) <= (db.session.scalar(others.order_by(None)) or 0):
        raise SessionFull


def going(person_id: uuid.UUID, session_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """To which of these sessions somebody surely comes."""
    mine = select(ChosenSession.session_id).where(
        ChosenSession.person_id == person_id,
        ChosenSession.session_id.in_(session_ids),
        ChosenSession.choice == Choice.GOING,
    )
    return set(db.session.scalars(mine))


def wait(person: Person, session: Session) -> bool:
    """Wait for a place in a session, or have one at once where one is free; whether there was one. Asking twice is
    asking once. The caller found the session by session_for_choice. Raises NotFound as ``choose``.
    """
    one = hold(Session.id == session.id)[session.id]
    demand_expected(person.id, [one.id])
    try:
        demand_place(person.id, one)
    except SessionFull:
        row = insert(SessionWait).values(session_id=session.id, person_id=person.id, asked_at=now())
        db.session.execute(row.on_conflict_do_nothing())
        hand_on([one])
        return session.id in going(person.id, [session.id])
    _give(session.id, person.id, told=False)
    hand_on([one])
    return True


def stop_waiting(person: Person, session_id: uuid.UUID) -> uuid.UUID:
    """Leave the line; nothing happens for who is not in it."""
    db.session.execute(
        delete(SessionWait).where(SessionWait.person_id == person.id, SessionWait.session_id == session_id)
    )
    return session_id


def follow_session(session_id: uuid.UUID) -> None:
    """A session was edited: who is of another category than those it is for now loses the choice and the place in
    line, and is told; what became free goes to the line. Safe to repeat.
    """
    for one in hold(Session.id == session_id).values():
        _leave_to_others(ChosenSession.session_id == one.id, SessionWait.session_id == one.id)
        hand_on([one])


def follow_person(person_id: uuid.UUID, event_id: uuid.UUID) -> None:
    """Somebody's category changed: sessions of the event that are for others leave the choice."""
    limited = select(Session.id).where(
        Session.event_id == event_id, func.jsonb_array_length(Session.for_categories) > 0
    )
    held = hold(Session.id.in_(limited))
    _leave_to_others(
        and_(ChosenSession.person_id == person_id, ChosenSession.session_id.in_(list(held))),
        and_(SessionWait.person_id == person_id, SessionWait.session_id.in_(list(held))),
    )
    hand_on(held.values())


def forget(person_id: uuid.UUID, sessions: Select[uuid.UUID]) -> None:
    """Take somebody out of sessions and their lines; what was theirs goes to whoever waits.

    Held is also what they wait for, since somebody may be giving them a place there at this moment, and what they are
    invited to, so that whoever takes them off the invitations afterwards holds nothing out of order.
    """
    mine = select(ChosenSession.session_id).where(ChosenSession.person_id == person_id)
    awaited = select(SessionWait.session_id).where(SessionWait.person_id == person_id)
    invited = select(CalendarEntry.session_id).join(Invite, Invite.entry_id == CalendarEntry.id)
    concerned = union(mine, awaited, invited.where(Invite.person_id == person_id))
    held = hold(Session.id.in_(concerned), Session.id.in_(sessions))
    for table in (ChosenSession, SessionWait):
        db.session.execute(delete(table).where(table.person_id == person_id, table.session_id.in_(sessions)))
    hand_on(held.values())


def waits_for(person: Person) -> list[Session]:
    """The sessions to come that somebody waits for, with their events, in the order of their times. One statement."""
    return queries.sessions_told(
        Session.id.in_(
            select(SessionWait.session_id)
            .join(Registration, Registration.person_id == SessionWait.person_id)
            .where(
                SessionWait.person_id == person.id,
                Registration.event_id == Session.event_id,
                Registration.state.in_(ATTENDING),
            )
        )
        & (Session.starts_at > now())
        & (Session.publication == Publication.PUBLISHED)
        & (Event.publication == Publication.PUBLISHED)
    )


def fillings(event: Event) -> list[Filling]:
    """How each published session of an event stands. One statement."""

    def count(rows: Select[int]) -> ColumnElement[int]:
        return rows.scalar_subquery()

    def chosen(choice: Choice) -> ColumnElement[int]:
        mine = ChosenSession.session_id == Session.id, ChosenSession.choice == choice
        return count(select(func.count()).select_from(ChosenSession).where(*mine).correlate(Session))

    line = select(func.count()).select_from(SessionWait).where(SessionWait.session_id == Session.id)
    rows = (
        select(Session, chosen(Choice.GOING), chosen(Choice.MAYBE), count(line.correlate(Session)))
        .outerjoin(Session.room)
        .options(queries.with_room())
        .where(
            Session.event_id == event.id,
            Session.publication == Publication.PUBLISHED,
            Session.kind != SessionKind.BREAK,
        )
        .order_by(Session.starts_at, Session.id)
    )
    return [Filling(*row) for row in db.session.execute(rows)]


def _with_a_line(session_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    rows = select(SessionWait.session_id).where(SessionWait.session_id.in_(session_ids)).distinct()
    return list(db.session.scalars(rows)) if session_ids else []


def _current(session_ids: Collection[uuid.UUID]) -> list[Row[uuid.UUID, int | None, int]]:
    rows = select(Session.id, Session.places, Session.places_taken).where(Session.id.in_(session_ids))
    return list(db.session.execute(rows.order_by(Session.id)).all()) if session_ids else []


def _first_in_line(session_id: uuid.UUID, free: int | None) -> list[uuid.UUID]:
    if free == 0:
        return []
    rows = _in_line(session_id).with_only_columns(SessionWait.person_id)
    return list(db.session.scalars(rows.limit(free) if free is not None else rows))


def _in_line(session_id: uuid.UUID) -> Select[SessionWait]:
    """Who waits and still could come, the first one first; nobody once the session has begun or is off."""
    return (
        select(SessionWait)
        .join(Session, Session.id == SessionWait.session_id)
        .join(Event, Event.id == Session.event_id)
        .join(
            Registration,
            and_(Registration.event_id == Session.event_id, Registration.person_id == SessionWait.person_id),
        )
        .join(Person, Person.id == SessionWait.person_id)
        .where(
            SessionWait.session_id == session_id,
            Session.starts_at > now(),
            queries.may_be_chosen(),
            queries.is_for_category(),
            Event.publication == Publication.PUBLISHED,
            Registration.state.in_(ATTENDING),
            Person.erased_at.is_(None),
        )
        .order_by(SessionWait.asked_at, SessionWait.person_id)
    )


def _give(session_id: uuid.UUID, person_id: uuid.UUID, *, told: bool = True) -> None:
    """A place, and with it an entry in the person's calendar. The caller holds the session."""
    _choose(person_id, session_id, Choice.GOING)
    gone = delete(SessionWait).where(SessionWait.session_id == session_id, SessionWait.person_id == person_id)
    db.session.execute(gone)
    if told:
        promise("calendars.place_given", session_id=session_id, person_id=person_id)


def _choose(person_id: uuid.UUID, session_id: uuid.UUID, choice: Choice) -> None:
    row = insert(ChosenSession).values(person_id=person_id, session_id=session_id, choice=choice, at=now())
    said = {"choice": choice, "raised": ChosenSession.raised + 1, "changed_at": now()}
    mine = ["person_id", "session_id"]
    db.session.execute(row.on_conflict_do_update(index_elements=mine, set_=said, where=ChosenSession.choice != choice))


def _leave_to_others(chosen: ColumnElement[bool], waiting: ColumnElement[bool]) -> None:
    """Take out who is of another category than the session is for. Who had chosen it is told."""
    theirs = (
        Registration.event_id == Session.event_id,
        or_(Registration.category.is_(None), ~queries.is_for_category()),
        func.jsonb_array_length(Session.for_categories) > 0,
    )
    lost = delete(ChosenSession).where(
        chosen, ChosenSession.session_id == Session.id, Registration.person_id == ChosenSession.person_id, *theirs
    )
    # Whom an invitation tells (invites.leave_to_others, right after this) gets no letter beside it.
    invited = exists().where(
        Invite.entry_id == CalendarEntry.id,
        Invite.person_id == ChosenSession.person_id,
        Invite.cancelled_at.is_(None),
        CalendarEntry.session_id == ChosenSession.session_id,
        CalendarEntry.status != EntryStatus.CANCELLED,
        CalendarEntry.ends_at > now(),
    )
    told = lost.returning(ChosenSession.person_id, ChosenSession.session_id, invited.label("invited"))
    found = db.session.execute(told, execution_options={"synchronize_session": False}).all()
    for person_id, session_id in [row[:2] for row in found if not row.invited]:
        promise("calendars.place_lost", session_id=session_id, person_id=person_id)
    gone = delete(SessionWait).where(
        waiting, SessionWait.session_id == Session.id, Registration.person_id == SessionWait.person_id, *theirs
    )
    db.session.execute(gone, execution_options={"synchronize_session": False})
