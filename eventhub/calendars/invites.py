"""Invites by mail: who gets one, who is taken off, who is back, what was answered, and the mails that are owed.

The caller of ``owe`` holds a lock on the invite or on its session's row, so that each SEQUENCE is owed once.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from eventhub.calendars import blobs, imip, places, queries
from eventhub.calendars.access import ATTENDING, INVITING
from eventhub.calendars.models import (
    CalendarEntry,
    Choice,
    ChosenSession,
    EntryStatus,
    Invite,
    InviteMail,
    InviteWord,
    Method,
    Partstat,
    TakenOff,
    Word,
)
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import Promise, paced, promise
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Person
from eventhub.programme.models import Event, Session
from eventhub.registration.models import CONFIRMED, Registration

MEANS = {Partstat.ACCEPTED: Choice.GOING, Partstat.TENTATIVE: Choice.MAYBE}
"""What an answer says of a place that is not taken yet; any other gives it back."""


class InviteClosed(DomainError):
    """The meeting was cancelled, is over, or the person is no longer expected."""

    status = 410
    message = _l(
        "The meeting was cancelled or is over, or the invitation has ended: you have withdrawn or left it out, it is"
        " for others now, or you no longer get invitations by mail."
    )


def invite(registration: Registration) -> list[Invite]:
    """Invite the person by mail to the event's sessions that are still to come; those whose mail goes out now.

    None for a discreet person, who gets no calendar mail unasked, and none for somebody invited already.
    """
    person = db.session.get_one(Person, registration.person_id)
    if person.discreet or person.email is None:
        return []
    return _invite_to(person, queries.live_entries(registration.event_id, now(), person.id))


def _invite_to(person: Person, entries: Sequence[CalendarEntry]) -> list[Invite]:
    mine = select(Invite).where(Invite.person_id == person.id, Invite.entry_id.in_([entry.id for entry in entries]))
    known = {row.entry_id: row for row in db.session.scalars(mine)}
    sent = []
    for entry in entries:
        row = known.get(entry.id)
        if row is None:
            row = _new_invite(entry, person.id)
            db.session.flush()
            owe(entry, Method.REQUEST, blobs.stamp(now()), Invite.id == row.id)
        elif row.cancelled_at is None:
            continue
        else:
            _request_again(row, entry)
        sent.append(row)
    return sent


def invite_chosen(person: Person, *which: ColumnElement[bool]) -> list[Invite]:
    """Invite a person by mail, who asks for it, to sessions they chose that are still to come (``which``: conditions on
    Session); those whose mail goes out now. None to who is invited already, and none to the discreet.
    """
    if person.discreet or person.email is None:
        return []
    mine = (
        select(CalendarEntry)
        .join(Session, Session.id == CalendarEntry.session_id)
        .join(ChosenSession, ChosenSession.session_id == Session.id)
        .join(Registration, Registration.event_id == CalendarEntry.event_id)
        .where(
            ChosenSession.person_id == person.id,
            Registration.person_id == person.id,
            Registration.state.in_(ATTENDING),
            CalendarEntry.status != EntryStatus.CANCELLED,
            CalendarEntry.ends_at > now(),
            queries.is_for_category(),
            *which,
        )
    )
    held = mine.with_only_columns(Session.id).order_by(Session.id).with_for_update(key_share=True, of=Session)
    db.session.execute(held).all()
    entries = list(db.session.scalars(mine.order_by(CalendarEntry.starts_at, CalendarEntry.id)))
    return _invite_to(person, entries)


def leave(person_id: uuid.UUID, session_ids: Collection[uuid.UUID]) -> list[Invite]:
    """Take off whoever leaves sessions out. Not at a dialogue: its invite is the confirmation, and is answered."""
    if not session_ids:
        return []
    mine = CalendarEntry.session_id.in_(session_ids), CalendarEntry.event_id.not_in(_dialogues())
    return _take_off(Invite.person_id == person_id, *mine, why=TakenOff.LEFT_OUT)


def _dialogues() -> Select[uuid.UUID]:
    return select(Event.id).where(Event.kind.in_(INVITING))


def uninvite(registration: Registration, person_id: uuid.UUID | None = None) -> list[Invite]:
    """Take one person off: a CANCEL to that person alone, for whatever is not over."""
    return _take_off(
        Invite.person_id == (person_id or registration.person_id),
        CalendarEntry.event_id == registration.event_id,
        why=TakenOff.WITHDRAWN,
    )


def follow_visibility(person_id: uuid.UUID) -> list[Invite]:
    """What a person's discreet mode means for invites that went out; those that a mail is owed about. Repeatable.

    Switched on: the public entry leaves the person's calendar, by a CANCEL in neutral words, and no other mail comes,
    since discreet persons get no invites; their feed holds entries of their own. Switched off: what was taken off comes
    back as it was, as far as the person still has a seat. Nobody is invited who never was.
    """
    person = db.session.get(Person, person_id)
    if person is None or person.email is None:
        return []
    if person.discreet:
        return _take_off(Invite.person_id == person.id)
    return _put_back(person)


def leave_to_others(*which: ColumnElement[bool]) -> list[Invite]:
    """Take off who is of another category than the session is for now. The caller holds the sessions; ``which`` are
    conditions on Invite and CalendarEntry.
    """
    of_session = Session.id == CalendarEntry.session_id, func.jsonb_array_length(Session.for_categories) > 0
    others = (
        select(Registration.id)
        .join(Session, Session.event_id == Registration.event_id)
        .where(
            *of_session,
            Registration.person_id == Invite.person_id,
            or_(Registration.category.is_(None), ~queries.is_for_category()),
        )
        .correlate(Invite, CalendarEntry)
    )
    return _take_off(*which, others.exists(), why=TakenOff.FOR_OTHERS)


def follow_person(person_id: uuid.UUID, event_id: uuid.UUID) -> list[Invite]:
    """Somebody's category changed: invitations to sessions of the event that are for others end."""
    return leave_to_others(Invite.person_id == person_id, CalendarEntry.event_id == event_id)


def _take_off(*which: ColumnElement[bool], why: TakenOff | None = None) -> list[Invite]:
    standing = select(CalendarEntry.session_id).join(Invite, Invite.entry_id == CalendarEntry.id)
    _hold_sessions(standing.where(*which, Invite.cancelled_at.is_(None)))
    mine = (
        select(Invite, CalendarEntry)
        .join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
        .where(*which, Invite.cancelled_at.is_(None))
        .with_for_update(of=Invite)
        .execution_options(populate_existing=True)
    )
    taken = []
    for row, entry in db.session.execute(mine).all():
        row.cancelled_at, row.raised = now(), row.raised + 1
        db.session.flush()
        if is_live(entry) and entry.ends_at > now():
            owe(entry, Method.CANCEL, max(blobs.stamp(now()), entry.dtstamp), Invite.id == row.id, why)
            taken.append(row)
    return taken


def _hold_sessions(ids: Select[uuid.UUID]) -> None:
    """The sessions before the invites, as whoever moves one does: else both would owe a mail of the same SEQUENCE, or
    somebody put back at this moment would hear of the former time alone.
    """
    held = select(Session.id).where(Session.id.in_(ids)).order_by(Session.id)
    db.session.execute(held.with_for_update(key_share=True)).all()


def concerned(person: Person) -> int:
    """How many invitations the switch of discreet mode would mail about: those that would leave the person's calendar,
    or come back.
    """
    if person.email is None:
        return 0
    rows = _to_put_back(person)
    if not person.discreet:
        rows = select(Invite, CalendarEntry).join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
        rows = rows.where(Invite.person_id == person.id, Invite.cancelled_at.is_(None))
        rows = rows.where(CalendarEntry.status != EntryStatus.CANCELLED, CalendarEntry.ends_at > now())
    return db.session.scalar(rows.with_only_columns(func.count())) or 0


def _to_put_back(person: Person) -> Select[Invite, CalendarEntry]:
    seat = and_(Registration.event_id == CalendarEntry.event_id, Registration.person_id == Invite.person_id)
    # What was left out since, at an event whose sessions are chosen, stays out.
    chosen = exists().where(
        ChosenSession.person_id == Invite.person_id, ChosenSession.session_id == CalendarEntry.session_id
    )
    return (
        select(Invite, CalendarEntry)
        .join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
        .join(Registration, seat)
        .where(
            Invite.person_id == person.id,
            Invite.cancelled_at.is_not(None),
            Registration.has_seat,
            Registration.state.in_(CONFIRMED),
            CalendarEntry.status != EntryStatus.CANCELLED,
            CalendarEntry.ends_at > now(),
            or_(chosen, CalendarEntry.event_id.in_(_dialogues())),
        )
    )


def _put_back(person: Person) -> list[Invite]:
    gone = select(CalendarEntry.session_id).join(Invite, Invite.entry_id == CalendarEntry.id)
    _hold_sessions(gone.where(Invite.person_id == person.id, Invite.cancelled_at.is_not(None)))
    given, rows = [], _to_put_back(person).with_for_update(of=Invite).execution_options(populate_existing=True)
    for row, entry in db.session.execute(rows).all():
        _request_again(row, entry)
        given.append(row)
    return given


def _request_again(row: Invite, entry: CalendarEntry) -> None:
    """The same UID once more, with a SEQUENCE above that of its CANCEL."""
    row.raised, row.cancelled_at, row.partstat = row.raised + 1, None, Partstat.NEEDS_ACTION
    db.session.flush()
    owe(entry, Method.REQUEST, max(blobs.stamp(now()), entry.dtstamp), Invite.id == row.id)


def answer(row: Invite, partstat: Partstat, *, said_at: datetime | None = None) -> Invite:
    """What the invited person says: an intention, which neither registers nor admits. Where the session has places, a
    yes takes one, a maybe keeps it, and a no gives it back. Raises InviteClosed, SessionFull. ``said_at``: when a mail
    says it was answered; a clock that is ahead bars no later answer. A place that a mail gave back is written about.

    The invite comes locked, with its entry and, before it, its session (queries.invite_by_token).
    """
    if not is_open(row) or not _is_expected(row):
        raise InviteClosed
    for one in places.hold(Session.id == row.entry.session_id, Session.places.is_not(None)).values():
        has_place = has_a_place(row)
        if has_place and partstat is Partstat.TENTATIVE:
            continue
        places.say(row.person_id, one, MEANS.get(partstat))
        if has_place and said_at and partstat is Partstat.DECLINED:
            promise("calendars.place_given_up", session_id=one.id, person_id=row.person_id)
    row.partstat = partstat
    row.answered_at = moment = now()
    row.answer_dtstamp = min(said_at or moment, moment)
    forget_unproven(InviteWord.invite_id == row.id)
    return row


def forget_unproven(*which: ColumnElement[bool]) -> None:
    """Answers without proof that wait for an organizer and have been settled meanwhile: the person said so for sure, or
    the session they were given to is at another time now.
    """
    db.session.execute(delete(InviteWord).where(InviteWord.kind == Word.UNPROVEN, *which))


def has_a_place(row: Invite) -> bool:
    """Whether the person has one of the few places of the session. The invite comes with its entry and session."""
    session_id = row.entry.session_id
    return row.entry.session.places is not None and bool(places.going(row.person_id, [session_id]))


def is_open(row: Invite) -> bool:
    """Whether the invite may still be answered."""
    return row.cancelled_at is None and is_live(row.entry) and row.entry.ends_at > now()


def has_standing(person: Person) -> bool:
    """Whether somebody has an invite to what is still to come."""
    rows = (
        select(Invite.id)
        .join(CalendarEntry, CalendarEntry.id == Invite.entry_id)
        .where(
            Invite.person_id == person.id,
            Invite.cancelled_at.is_(None),
            CalendarEntry.status != EntryStatus.CANCELLED,
            CalendarEntry.ends_at > now(),
        )
    )
    return db.session.scalar(select(rows.exists())) or False


def _is_expected(row: Invite) -> bool:
    """Whether the person still means to come, and the session is for the person's category."""
    rows = (
        select(Registration.id)
        .join(Session, Session.event_id == Registration.event_id)
        .where(
            Session.id == row.entry.session_id,
            Registration.person_id == row.person_id,
            Registration.state.in_(ATTENDING),
            queries.is_for_category(),
        )
    )
    return db.session.scalar(select(rows.exists())) or False


def renew_links(person_id: uuid.UUID) -> int:
    """Give a person's invites that may still be answered new secrets: those mailed before open nothing. How many."""
    rows = select(Invite).where(Invite.person_id == person_id, Invite.cancelled_at.is_(None)).with_for_update()
    renewed = list(db.session.scalars(rows.order_by(Invite.id)))
    for row in renewed:
        row.salt = new_salt()
        row.token_hash = digest(imip.invite_token(row))
    return len(renewed)


def _new_invite(entry: CalendarEntry, person_id: uuid.UUID) -> Invite:
    row = Invite(id=uuid.uuid4(), entry_id=entry.id, person_id=person_id, salt=new_salt(), raised=0)
    row.token_hash = digest(imip.invite_token(row))
    db.session.add(row)
    return row


def invite_seated(entry: CalendarEntry) -> None:
    """Everybody who has a seat when a dialogue's session appears, or comes back; not those in discreet mode."""
    seated = (
        select(Registration.person_id)
        .join(Person, Person.id == Registration.person_id)
        .join(Session, Session.id == entry.session_id)
        .where(
            Registration.event_id == entry.event_id,
            Session.places.is_(None),
            queries.is_for_category(),
            Registration.has_seat,
            Registration.state.in_(CONFIRMED),
            Person.discreet.is_(False),
            Person.email.is_not(None),
            Person.erased_at.is_(None),
        )
    )
    for person_id in db.session.scalars(seated).all():
        _new_invite(entry, person_id)
    db.session.flush()


def owe(
    entry: CalendarEntry,
    method: Method,
    dtstamp: datetime,
    which: ColumnElement[bool],
    why: TakenOff | None = None,
) -> None:
    """Write the mails and their promises in one statement, however many are invited; so many are due in a minute."""
    moment = now()
    rows = select(
        func.gen_random_uuid(),
        Invite.id,
        literal(entry.sequence) + Invite.raised,
        literal(dtstamp),
        literal(method.value),
        literal(moment),
        literal(why, InviteMail.why.type),
    ).where(which)
    columns = ["id", "invite_id", "sequence", "dtstamp", "method", "created_at", "why"]
    fresh = insert(InviteMail).from_select(columns, rows)
    mails = fresh.on_conflict_do_nothing().returning(InviteMail.id).cte("mails")
    owed = select(
        literal("calendars.invite"),
        func.jsonb_build_object("invite_mail_id", mails.c.id),
        literal(moment),
        paced(moment),
        literal(0),
        literal(0),
    )
    columns = ["task", "payload", "created_at", "not_before", "tries", "refusals"]
    db.session.flush()
    db.session.execute(insert(Promise).from_select(columns, owed))


def is_live(entry: CalendarEntry) -> bool:
    return entry.status is not EntryStatus.CANCELLED
