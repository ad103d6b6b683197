"""What people hear by mail of sessions they chose: called off, or changed shortly before they begin.

An invitation says it by itself: whoever has one gets no letter beside it. Others have the session in a feed, which
calendar apps read once in a day, or in no calendar at all.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import contains_eager

from eventhub.calendars.access import ATTENDING
from eventhub.calendars.models import (
    CalendarEntry,
    Choice,
    ChosenSession,
    EntryStatus,
    Feed,
    Invite,
    InviteMail,
    Method,
    SessionWait,
)
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import promise_all
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session, SessionKind
from eventhub.programme.queries import ends
from eventhub.registration.models import Registration

SOON = timedelta(hours=48)
"""Changes that close to the beginning go by mail as well (CALENDAR.md, feeds)."""

GATHERED = timedelta(minutes=10)
"""Changes within so long are one mail: a programme is rarely moved by a single session."""


@dataclass(frozen=True)
class Told:
    """How many people a cancellation is mailed to: by letter, by the cancellation of their invitation; and how many it
    cannot be mailed to.
    """

    letters: int
    invitations: int
    unreachable: int


def owe_cancelled(session: Session) -> None:
    """Owe the letter about a session called off to everybody who chose it or waits for a place, and to whom no
    invitation says it. One statement, however many; whoever is owed one already gets no second one.
    """
    if session.ends_at <= now():
        return
    told = select(Invite.person_id).select_from(Invite).join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
    told = _called_off(told).where(CalendarEntry.session_id == session.id)
    promise_all(
        "calendars.session_cancelled",
        _choosers(session.id)
        .where(Registration.person_id.not_in(told))
        .with_only_columns(
            literal(f"session_cancelled:{session.id}:") + cast(Registration.person_id, String),
            func.jsonb_build_object("session_id", str(session.id), "person_id", Registration.person_id),
        ),
    )


def owe_break(entry: CalendarEntry) -> None:
    """The same about a session that is a break now, whose entry left the calendars. Once for each such entry."""
    told = select(Invite.person_id).select_from(Invite).join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
    told = _called_off(told).where(CalendarEntry.id == entry.id)
    session_id = entry.session_id
    promise_all(
        "calendars.session_cancelled",
        _choosers(session_id, breaks=True)
        .where(Registration.person_id.not_in(told))
        .with_only_columns(
            literal(f"session_break:{entry.id}:") + cast(Registration.person_id, String),
            func.jsonb_build_object("session_id", str(session_id), "person_id", Registration.person_id),
        ),
    )


def owe_moved(entry: CalendarEntry) -> None:
    """Owe those who chose the session or wait for it, and whom no invitation tells, one letter about all that changes
    at the event within ``GATHERED``. One statement.
    """
    raised_at = entry.raised_at or now()
    seconds = int(GATHERED.total_seconds())
    since = int(raised_at.timestamp()) // seconds * seconds
    invited = select(Invite.person_id).where(Invite.entry_id == entry.id, Invite.cancelled_at.is_(None))
    promise_all(
        "calendars.sessions_changed",
        _choosers(entry.session_id)
        .where(Registration.person_id.not_in(invited))
        .with_only_columns(
            literal(f"sessions_changed:{entry.event_id}:{since}:") + cast(Registration.person_id, String),
            func.jsonb_build_object(
                "event_id", str(entry.event_id), "person_id", Registration.person_id, "since", since
            ),
        ),
        not_before=datetime.fromtimestamp(since + seconds, UTC),
    )


def owe_event_moved(event: Event, move: str, was: Sequence[str], registered: Select[Any]) -> None:
    """Owe everybody who is registered one letter about an event on other days, but those to whom the updates of their
    invitations say it. One statement, and once for each move. ``was``: the former first and last day.
    """
    if ends(event) <= now():
        return
    told = (
        select(Invite.person_id)
        .select_from(Invite)
        .join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
        .where(
            CalendarEntry.event_id == event.id,
            CalendarEntry.status != EntryStatus.CANCELLED,
            Invite.cancelled_at.is_(None),
            _last_mail(Method.REQUEST),
        )
    )
    promise_all(
        "calendars.event_moved",
        registered.where(Registration.person_id.not_in(told)).with_only_columns(
            literal(f"event_moved:{move}:") + cast(Registration.id, String),
            func.jsonb_build_object(
                *("registration_id", Registration.id, "first_day", event.first_day.isoformat()),
                *("was", func.jsonb_build_array(*was)),
            ),
        ),
    )


def told_of_move(event: Event, registered: Select[uuid.UUID]) -> Told:
    """Whom a move of the whole event would be mailed to. One statement."""
    invited = invited_to(CalendarEntry.event_id == event.id)
    return _counted(Person.id.in_(registered) | Person.id.in_(invited), invited)


def sessions_of(person_id: uuid.UUID, event_id: uuid.UUID) -> list[Session]:
    """The sessions somebody chose at an event that are still to come, with event and room. One statement."""
    rows = _chosen(person_id).where(
        Session.event_id == event_id, Session.publication == Publication.PUBLISHED, Session.ends_at > now()
    )
    return [row[0] for row in db.session.execute(rows.order_by(Session.starts_at, Session.id))]


def told_by_invite(event: Event) -> Select[uuid.UUID]:
    """The people to whom the cancellation of an invitation says that the whole event is called off, as a condition for
    others to leave them out. A session that was called off before, by itself, says less.
    """
    rows = (
        select(Invite.person_id)
        .select_from(Invite)
        .join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
        .join(Session, Session.id == CalendarEntry.session_id)
    )
    return _called_off(rows).where(
        CalendarEntry.event_id == event.id, Session.cancelled_at == literal(event.cancelled_at)
    )


def invited_to(which: ColumnElement[bool]) -> Select[uuid.UUID]:
    """The people whose invitation would be cancelled with these entries (a condition on CalendarEntry)."""
    return (
        select(Invite.person_id)
        .join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
        .where(
            which,
            Invite.cancelled_at.is_(None),
            CalendarEntry.status != EntryStatus.CANCELLED,
            CalendarEntry.ends_at > now(),
        )
    )


def told_of_session(session: Session) -> Told:
    """Whom the cancellation of a session would be mailed to: nobody once it is over. One statement, or none."""
    if session.ends_at <= now():
        return Told(0, 0, 0)
    people = _choosers(session.id).with_only_columns(Registration.person_id)
    invited = invited_to(CalendarEntry.session_id == session.id)
    return _counted(Person.id.in_(people) | Person.id.in_(invited), invited)


def told_of_loss(session: Session, categories: Collection[str] | None) -> tuple[Told, int]:
    """Who loses a session that becomes a break (None), or is for these categories alone, by how it is mailed to them;
    and how many leave the line without a mail. Nobody once it is over. Two statements, or none.
    """
    if session.ends_at <= now():
        return Told(0, 0, 0), 0
    people, invited = _choosers(session.id, breaks=True), invited_to(CalendarEntry.session_id == session.id)
    waiting = 0
    if categories is not None:
        of_others = or_(Registration.category.is_(None), Registration.category.not_in(categories))
        others = select(Registration.person_id).where(Registration.event_id == session.event_id, of_others)
        chose = exists().where(
            ChosenSession.session_id == session.id, ChosenSession.person_id == Registration.person_id
        )
        waits = people.where(of_others, ~chose).with_only_columns(func.count())
        waiting = db.session.scalar(waits) or 0
        people, invited = people.where(of_others, chose), invited.where(Invite.person_id.in_(others))
    lost = people.with_only_columns(Registration.person_id)
    return _counted(Person.id.in_(lost) | Person.id.in_(invited), invited), waiting


def without_link(session: Session) -> int:
    """How many chose a session or wait for it, and have neither an invitation nor a calendar link. One statement."""
    linked = exists().where(Feed.person_id == Person.id, Feed.revoked_at.is_(None))
    rows = (
        select(func.count())
        .select_from(Person)
        .where(
            Person.id.in_(_choosers(session.id).with_only_columns(Registration.person_id)),
            Person.id.not_in(invited_to(CalendarEntry.session_id == session.id)),
            Person.email.is_not(None),
            Person.erased_at.is_(None),
            ~linked,
        )
    )
    return db.session.scalar(rows) or 0


def told_of_event(event: Event, registered: Select[uuid.UUID]) -> Told:
    """Whom the cancellation of an event would be mailed to: nobody once it is over; ``registered``: the people who are
    told of it. One statement, or none.
    """
    if ends(event) <= now():
        return Told(0, 0, 0)
    invited = invited_to(CalendarEntry.event_id == event.id)
    return _counted(Person.id.in_(registered) | Person.id.in_(invited), invited)


def chooser(
    session_id: uuid.UUID, person_id: uuid.UUID, *, sure: bool = False, breaks: bool = False
) -> tuple[Session, Person, Registration] | None:
    """A session somebody chose or waits for and still means to come to, with its event and room; ``sure``: not perhaps;
    ``breaks``: also one that is a break by now. One statement.
    """
    found = _chosen(person_id, breaks=breaks).where(Session.id == session_id)
    if sure:
        mine = ChosenSession.session_id == session_id, ChosenSession.person_id == person_id
        found = found.where(exists().where(*mine, ChosenSession.choice == Choice.GOING))
    row = db.session.execute(found).first()
    return (row[0], row[1], row[2]) if row else None


def registered_for(
    session_id: uuid.UUID, person_id: uuid.UUID, *, perhaps: bool = False
) -> tuple[Session, Person, Registration] | None:
    """A public session that is still to come, with its event and room, and somebody registered for it who did not
    choose it; ``perhaps``: or chose it as a maybe. One statement.
    """
    chosen = exists().where(ChosenSession.session_id == session_id, ChosenSession.person_id == person_id)
    if perhaps:
        chosen = chosen.where(ChosenSession.choice == Choice.GOING)
    rows = (
        select(Session, Person, Registration)
        .join(Session.event)
        .outerjoin(Session.room)
        .join(Registration, and_(Registration.event_id == Session.event_id, Registration.person_id == person_id))
        .join(Person, Person.id == Registration.person_id)
        .options(contains_eager(Session.event), contains_eager(Session.room))
        .where(
            Session.id == session_id,
            Session.publication == Publication.PUBLISHED,
            Event.publication == Publication.PUBLISHED,
            Session.starts_at > now(),
            Registration.state.in_(ATTENDING),
            Person.erased_at.is_(None),
            ~chosen,
        )
    )
    row = db.session.execute(rows).first()
    return (row[0], row[1], row[2]) if row else None


def changed(event_id: uuid.UUID, person_id: uuid.UUID, since: int) -> list[tuple[Session, Person, Registration]]:
    """The sessions somebody chose at an event that changed within ``GATHERED`` from an instant, in seconds since 1970,
    and not since; those that are still to come. One statement.
    """
    begins = datetime.fromtimestamp(since, UTC)
    rows = (
        _chosen(person_id)
        .join(CalendarEntry, CalendarEntry.session_id == Session.id)
        .where(
            Session.event_id == event_id,
            Event.publication == Publication.PUBLISHED,
            CalendarEntry.status != EntryStatus.CANCELLED,
            CalendarEntry.raised_at >= begins,
            CalendarEntry.raised_at < begins + GATHERED,
            CalendarEntry.ends_at > now(),
            ~exists().where(
                Invite.entry_id == CalendarEntry.id, Invite.person_id == person_id, Invite.cancelled_at.is_(None)
            ),
        )
        .order_by(Session.starts_at, Session.id)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def _chosen(person_id: uuid.UUID, *, breaks: bool = False) -> Select[Session, Person, Registration]:
    return (
        select(Session, Person, Registration)
        .join(Session.event)
        .outerjoin(Session.room)
        .join(Registration, and_(Registration.event_id == Session.event_id, Registration.person_id == person_id))
        .join(Person, Person.id == Registration.person_id)
        .options(contains_eager(Session.event), contains_eager(Session.room))
        .where(_looks_forward(person_id))
        .where(Registration.state.in_(ATTENDING), Person.erased_at.is_(None))
        .where(*(() if breaks else (Session.kind != SessionKind.BREAK,)))
    )


def _choosers(session_id: uuid.UUID, *, breaks: bool = False) -> Select[Any]:
    """Who chose a session, surely or perhaps, or waits for a place in it, and is registered; of what is a break by now
    only with ``breaks``.
    """
    return (
        select(Registration)
        .join(Session, Session.event_id == Registration.event_id)
        .where(
            Session.id == session_id,
            _looks_forward(Registration.person_id),
            Registration.state.in_(ATTENDING),
            *(() if breaks else (Session.kind != SessionKind.BREAK,)),
        )
    )


def _looks_forward(person_id: Any) -> ColumnElement[bool]:
    """A condition on Session: somebody chose it, or waits for a place in it."""
    chose = exists().where(ChosenSession.session_id == Session.id, ChosenSession.person_id == person_id)
    waits = exists().where(SessionWait.session_id == Session.id, SessionWait.person_id == person_id)
    return chose | waits


def _called_off(rows: Select[uuid.UUID]) -> Select[uuid.UUID]:
    """The invitations whose last mail is the cancellation of the entry, for everybody who has it."""
    return rows.where(
        CalendarEntry.status == EntryStatus.CANCELLED, Invite.cancelled_at.is_(None), _last_mail(Method.CANCEL)
    )


def _last_mail(method: Method) -> ColumnElement[bool]:
    """A condition on Invite and CalendarEntry: a mail about its newest revision is owed, or was."""
    last = and_(
        InviteMail.invite_id == Invite.id,
        InviteMail.method == method,
        InviteMail.sequence == CalendarEntry.sequence + Invite.raised,
    )
    return select(InviteMail.id).where(last).exists()


def _counted(who: ColumnElement[bool], invited: Select[uuid.UUID]) -> Told:
    has_invite, has_address = Person.id.in_(invited), Person.email.is_not(None)
    row = db.session.execute(
        select(
            func.count().filter(has_address, ~has_invite),
            func.count().filter(has_address, has_invite),
            func.count().filter(~has_address),
        )
        .select_from(Person)
        .where(who, Person.erased_at.is_(None))
    ).one()
    return Told(*row)
