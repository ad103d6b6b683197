"""Answers that come by mail: what is taken, what an organiser judges, and what is refused and only counted in the log.

An answer is an intention: it makes nobody, registers and admits nobody, and nothing is ever written back.
"""

import json
import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from eventhub.calendars import invites, queries, reply_reader
from eventhub.calendars.models import ArrivedReply, CalendarEntry, Invite, InviteWord, Partstat, Word
from eventhub.calendars.reply_reader import Told
from eventhub.calendars.zones import LocalTimeDoesNotExist, UnknownZone, utc_of
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.kit.tokens import digest
from eventhub.people.models import Person
from eventhub.programme.models import Event

log = structlog.get_logger()

PATIENCE = 10
"""Seconds for the child, which stops itself sooner by its own limit of computing time."""
UNREAD_OF_ONE, UNREAD = 3, 500
"""Mails that may wait to be read: for one invite, and in all."""
KEPT_UNREAD = timedelta(days=7)
AHEAD = timedelta(days=2 * 366)
"""How far ahead another time may be proposed."""
LONGEST = timedelta(hours=24)
ANSWERS = frozenset({Partstat.ACCEPTED, Partstat.DECLINED, Partstat.TENTATIVE})
METHODS = frozenset({"REPLY", "COUNTER"})


class Refusal(StrEnum):
    """Why a mail changes nothing. Nobody is told; the log counts it."""

    UNREADABLE = "no calendar that can be read"
    METHOD = "not a reply, or its two methods differ"
    EVENTS = "not one entry"
    ATTENDEES = "not one attendee"
    UNKNOWN = "no such invite"
    UID = "the entry of another invite"
    SEQUENCE = "a revision that was never sent"
    STALE = "not newer than the last answer"
    PARTSTAT = "no answer that is counted"
    TIMES = "no other time that could be"
    UNPROVEN = "a proposal whose sender is not proven"
    SECOND_STEP = "the mailbox alone does not speak for this person"
    CLOSED = "the invite is closed"
    FULL = "no place is left"


class Refused(Exception):
    """A mail is not taken."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


class TooManyUnread(Exception):
    """More mails arrive than are read: the sender's server is to come again later."""


# --- At the door --------------------------------------------------------------------------------------------------


def addressed(address: str) -> tuple[bool, uuid.UUID | None]:
    """Whether mail to this address is taken at all, and the invite whose secret it holds, if it holds one."""
    settings: Settings = current_app.extensions["eventhub.settings"]
    local, _, domain = address.strip("<>").lower().rpartition("@")
    if domain != settings.calendar_domain.lower():
        return False, None
    name, plus, secret = local.partition("+")
    if name != "rsvp" or not (plus or local == "rsvp"):
        return False, None
    if not plus:
        return True, None
    rows = select(Invite.id).join(Person, Person.id == Invite.person_id)
    found = db.session.scalar(rows.where(Invite.token_hash == digest(secret), Person.erased_at.is_(None)))
    return found is not None, found


def keep(invite_id: uuid.UUID | None, raw: bytes) -> ArrivedReply:
    """Store a mail to be read soon. Raises TooManyUnread, also for the other mails of whoever floods one address."""
    waiting = select(func.count()).select_from(ArrivedReply)
    of_one = db.session.scalar(waiting.where(ArrivedReply.invite_id.is_not_distinct_from(invite_id))) or 0
    limit = UNREAD_OF_ONE if invite_id else UNREAD // 10
    if of_one >= limit or (db.session.scalar(waiting) or 0) >= UNREAD:
        raise TooManyUnread
    arrived = ArrivedReply(id=uuid.uuid4(), invite_id=invite_id, raw=raw)
    db.session.add(arrived)
    db.session.flush()
    promise("calendars.reply", arrived_id=arrived.id)
    return arrived


# --- Reading ------------------------------------------------------------------------------------------------------


def parsed(raw: bytes) -> Told | None:
    """What a mail says, read in a child process with limits. None for whatever holds no calendar."""
    try:
        done = subprocess.run(  # noqa: S603 (our own program, told nothing)
            [sys.executable, "-I", "-S", reply_reader.__file__],
            input=raw[: reply_reader.BIGGEST + 1],
            capture_output=True,
            timeout=PATIENCE,
            check=True,
            env={"PATH": os.defpath},
        )
        return Told(**json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError, TypeError):
        return None


def take(arrived_id: uuid.UUID) -> Refusal | None:
    """Read one stored mail and do what it says; why not, where it is refused. Safe to repeat: a mail is read once."""
    arrived = db.session.scalar(select(ArrivedReply).where(ArrivedReply.id == arrived_id).with_for_update())
    if arrived is None:
        return None
    invite_id, raw = arrived.invite_id, arrived.raw
    db.session.execute(delete(ArrivedReply).where(ArrivedReply.id == arrived_id))
    try:
        told = parsed(raw)
        _take(told, proven=Invite.id == invite_id if invite_id else _by_sender(told))
    except Refused as refused:
        log.info("calendar.reply_refused", problem=refused.why.value)
        return refused.why
    return None


def forget_unread() -> None:
    """Delete mails whose task was given up."""
    db.session.execute(delete(ArrivedReply).where(ArrivedReply.arrived_at < now() - KEPT_UNREAD))


def _take(told: Told | None, *, proven: ColumnElement[bool] | None) -> None:
    if told is None:
        raise Refused(Refusal.UNREADABLE)
    checks = (
        (Refusal.METHOD, told.header == told.method and told.method in METHODS),
        (Refusal.EVENTS, told.events == 1),
        (Refusal.ATTENDEES, told.attendees == 1),
        (Refusal.UNPROVEN, proven is not None or told.method == "REPLY"),
    )
    _demand(*checks)
    invite = _invite(told, proven)
    said_at = _stamp(told.dtstamp)
    stored = invite.answer_dtstamp
    _demand(
        (Refusal.UID, told.uid == invite.entry.uid),
        (Refusal.SEQUENCE, told.sequence <= invite.entry.sequence + invite.raised),
        (Refusal.STALE, said_at is not None and (stored is None or said_at > stored)),
        (Refusal.SECOND_STEP, not invite.person.asks_second_step),
        (Refusal.CLOSED, invites.is_open(invite)),
    )
    at = min(said_at or now(), now())  # a clock that is ahead bars no later word
    if told.method == "COUNTER":
        starts, ends = _proposed(told, invite)
        _leave(invite, Word.COUNTER, at, starts_at=starts, ends_at=ends)
        return
    _demand((Refusal.PARTSTAT, told.partstat in ANSWERS))
    answer = Partstat(told.partstat)
    if proven is None:
        _leave(invite, Word.UNPROVEN, at, partstat=answer)
        return
    _answer(invite, answer, at)


def _by_sender(told: Told | None) -> ColumnElement[bool] | None:
    """The invite that a mail without a secret answers for sure, because the house's own mail server found the sender
    proven (DKIM of the very domain, or DMARC) and the sender is the attendee. None: a person has to judge.
    """
    server = current_app.extensions["eventhub.settings"].replies_authserv_id.lower()
    if told is None or not server or told.sender.lower() != told.attendee.lower():
        return None
    if [server, told.sender.rpartition("@")[2].lower()] not in told.proofs:
        return None
    mine = select(Invite.id).join(CalendarEntry).join(Person, Person.id == Invite.person_id)
    found = mine.where(CalendarEntry.uid == told.uid, func.lower(Person.email) == told.sender.lower())
    invite_id = db.session.scalar(found)
    return Invite.id == invite_id if invite_id else None


def _demand(*checks: tuple[Refusal, bool]) -> None:
    for why, good in checks:
        if not good:
            raise Refused(why)


def _invite(told: Told, proven: ColumnElement[bool] | None) -> Invite:
    """By the secret; else by the entry and the attendee, which anybody may know who forwards a mail."""
    if proven is not None:
        found = queries.find_invite(proven, lock=True)
    else:
        found = queries.find_invite(
            CalendarEntry.uid == told.uid, func.lower(Person.email) == told.attendee.lower(), lock=True
        )
    if found is None:
        raise Refused(Refusal.UNKNOWN)
    return found


def _answer(invite: Invite, answer: Partstat, at: datetime) -> None:
    try:
        with db.session.begin_nested():
            invites.answer(invite, answer, said_at=at)
    except invites.InviteClosed:
        raise Refused(Refusal.CLOSED) from None
    except DomainError:
        raise Refused(Refusal.FULL) from None


def _leave(invite: Invite, kind: Word, at: datetime, **values: object) -> None:
    """Put a word before the organisers, in place of an older one of its kind: a flood of mails is one line."""
    row = {"id": uuid.uuid4(), "invite_id": invite.id, "kind": kind, "dtstamp": at, "received_at": now(), **values}
    fresh = insert(InviteWord).values(row)
    renewed = {name: fresh.excluded[name] for name in row if name not in {"id", "invite_id", "kind"}}
    newer = InviteWord.dtstamp < fresh.excluded.dtstamp
    db.session.execute(fresh.on_conflict_do_update(index_elements=["invite_id", "kind"], set_=renewed, where=newer))


def _proposed(told: Told, invite: Invite) -> tuple[datetime, datetime]:
    """The times that are asked for. Raises Refused: they are unclear, over, too long, or those that stand."""
    entry = invite.entry
    starts = _instant(told.starts)
    moment = now()
    # Looked at before anything is added to it: the last hour of the year 9999 has none after it.
    if starts is None or not moment < starts < moment + AHEAD:
        raise Refused(Refusal.TIMES)
    ends = _instant(told.ends) if told.ends else starts + (entry.ends_at - entry.starts_at)
    if ends is None:
        raise Refused(Refusal.TIMES)
    _demand(
        (Refusal.TIMES, timedelta() < ends - starts <= LONGEST),
        (Refusal.TIMES, (starts, ends) != (entry.starts_at, entry.ends_at)),
    )
    return starts, ends


def _instant(written: list[str]) -> datetime | None:
    """A time in UTC or in a zone that is known by its name here or on Windows; None for any other."""
    if not written:
        return None
    value, zone = written
    if value.endswith("Z"):
        return _stamp(value)
    # Only who answers such a mail needs the table.
    from babel.core import get_global  # noqa: PLC0415

    zone = get_global("windows_zone_mapping").get(zone, zone)
    try:
        return utc_of(datetime.strptime(value, "%Y%m%dT%H%M%S"), zone, 0)  # noqa: DTZ007 (the zone follows)
    except (ValueError, OverflowError, UnknownZone, LocalTimeDoesNotExist):
        return None


def _stamp(value: str) -> datetime | None:
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


# --- What organisers decide ---------------------------------------------------------------------------------------


def words_of(event: Event) -> list[InviteWord]:
    """What waits for the organisers of an event, with invite, person, entry and session; oldest first."""
    return queries.words(CalendarEntry.event_id == event.id)


def count_in(actor: Person, event: Event, word: InviteWord) -> InviteWord:
    """Take an answer whose sender was not proven as the invited person's own.

    Raises InviteClosed, SessionFull, and NotFound when the person answered for sure meanwhile.
    """
    if word.kind is Word.UNPROVEN and word.partstat:
        invite = queries.find_invite(Invite.id == word.invite_id, lock=True)
        if invite is None:
            raise invites.InviteClosed
        if db.session.scalar(select(InviteWord.id).where(InviteWord.id == word.id)) is None:
            raise NotFound
        invites.answer(invite, word.partstat, said_at=word.dtstamp)
    return _decided(actor, event, word, "calendar.word_counted")


def set_aside(actor: Person, event: Event, word: InviteWord) -> InviteWord:
    """Nothing comes of it; the person is not told."""
    return _decided(actor, event, word, "calendar.word_set_aside")


def _decided(actor: Person, event: Event, word: InviteWord, verb: str) -> InviteWord:
    detail = {"kind": word.kind.value, "invite_id": str(word.invite_id)}
    db.session.execute(delete(InviteWord).where(InviteWord.id == word.id))
    audit.record(verb, event, actor=actor, scope_id=event.id, **detail)
    return word
