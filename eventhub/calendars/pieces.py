"""What feeds are joined of: the entries in their window, with what a person said of them, and whose address it is."""

import hashlib
import math
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import BindParameter, ColumnElement, DateTime, and_, bindparam, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from eventhub.calendars.access import ATTENDING
from eventhub.calendars.models import (
    Audience,
    CalendarEntry,
    Choice,
    ChosenSession,
    EntryBlob,
    EntryStatus,
    Feed,
    Reminding,
)
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.tokens import digest
from eventhub.people.models import Person
from eventhub.registration.models import Registration

BACK = timedelta(days=90)
"""How long what is over stays in feeds."""

CANCELLED_BACK = timedelta(days=30)
"""How long after its date a cancelled entry stays: an app that looks once a month still learns of it."""


class Piece(NamedTuple):
    """One entry of a feed: its bytes, their digest, the zone they need, and when it leaves the feed."""

    entry_id: uuid.UUID
    zone: str | None
    digest: bytes
    leaves_at: datetime
    body: bytes
    said: "Said | None" = None
    """What the reader said of it, where that changes the bytes."""


class Said(NamedTuple):
    """How a person means to attend, where it is not the plain yes that it was from the beginning."""

    maybe: bool
    raised: int
    at: datetime

    @property
    def stamp(self) -> bytes:
        """Stands for it; made like ``_SAID``."""
        return f"{'maybe' if self.maybe else 'going'}:{self.raised}:{math.floor(self.at.timestamp())}".encode()


class Reader(Protocol):
    """Whose private feed it is, as far as a feed must know."""

    @property
    def id(self) -> uuid.UUID:
        """The person's."""

    @property
    def language(self) -> str:
        """What the feed is written in."""

    @property
    def discreet(self) -> bool:
        """Whether it says "Meeting" and no more."""


class FoundFeed(NamedTuple):
    """A private feed as its address finds it. ``stamp`` stands for the entries that are in it at this moment, and is
    made like ``stamp_of``.
    """

    id: uuid.UUID
    language: str
    discreet: bool
    revoked_at: datetime | None
    stamp: bytes | None
    remind: int | None
    """Minutes before each session at which the app is to remind; None for not at all."""


class Joined(NamedTuple):
    """The entries of a feed that is the same for everybody, one after the other."""

    body: bytes
    zones: frozenset[str]
    entries: int
    leaves_at: datetime | None
    """When the first of them leaves the feed."""


def joined(which: ColumnElement[bool], language: str, audience: Audience, moment: datetime) -> Joined:
    """The entries of a feed at a moment, in the order of their times. Two statements."""
    entry, blob, link = CalendarEntry, EntryBlob, db.session.connection()
    here = which, _in_window(moment)
    # There may be thousands. Put in order before their bytes are there to be carried along, which are then looked up
    # one by one and carried nowhere; apart from the session, all in one value, as text, of which bytes in hexadecimal
    # digits are twice as much.
    row = select(entry.id, entry.starts_at).where(*here).order_by(entry.starts_at, entry.id).offset(0).subquery()
    body_of = (
        select(func.convert_from(blob.body, "UTF8"))
        .where(blob.entry_id == row.c.id, blob.language == language, blob.audience == audience)
        .scalar_subquery()
    )
    # What is joined of an ordered list, with nothing beside it, is joined in its order.
    told = select(body_of.label("body")).select_from(row).offset(0).subquery()
    whole = select(func.string_agg(told.c.body, literal("")), func.count(told.c.body))
    stays = case((entry.status == EntryStatus.CANCELLED, CANCELLED_BACK), else_=BACK)
    about = select(entry.time_zone, func.min(entry.ends_at + stays)).where(*here).group_by(entry.time_zone)
    known: Sequence[Any] = link.execute(about).all()
    body, number = link.execute(whole).one()
    body = body or ""
    # A zone whose times are written in UTC needs no rules.
    zones = frozenset(
        zone for zone, _ in known if any(f"\r\n{end};TZID={zone}:" in body for end in ("DTSTART", "DTEND"))
    )
    return Joined(body.encode(), zones, number, min((leaves_at for _, leaves_at in known), default=None))


def pieces(
    which: ColumnElement[bool], language: str, audience: Audience, moment: datetime, reader: uuid.UUID
) -> list[Piece]:
    """The entries of a reader's feed at a moment, in the order of their times, with what that person said. One
    statement.
    """
    entry, blob = CalendarEntry, EntryBlob
    mine = and_(ChosenSession.session_id == entry.session_id, ChosenSession.person_id == reader)
    rows = (
        select(entry.id, blob.zone, blob.digest, entry.ends_at, entry.status, blob.body)
        .join(blob, blob.entry_id == entry.id)
        .where(which, _in_window(moment), blob.language == language, blob.audience == audience)
        .join(ChosenSession, mine)
        .add_columns(ChosenSession.choice, ChosenSession.raised, _SAID_AT)
        .order_by(entry.starts_at, entry.id)
    )
    found: list[Any] = list(db.session.execute(rows))
    return [
        Piece(
            *(row[0], row[1], row[2], row[3] + stays(cancelled=row[4] is EntryStatus.CANCELLED), row[5]),
            _said(row[6], row[7], row[8]),
        )
        for row in found
    ]


def stamp_of(found: Sequence[Piece]) -> bytes | None:
    """Stands for the entries and their bytes, in order; None for none."""
    parts = [piece.entry_id.bytes + piece.digest + (piece.said.stamp if piece.said else b"") for piece in found]
    return hashlib.sha256(b"".join(parts)).digest() if found else None


def feed_by_token(token: str) -> FoundFeed | None:
    """The private feed with this token, also a revoked one, or None. One statement."""
    found = db.session.connection().execute(_FOUND_FEED, {"token_hash": digest(token), "moment": now()}).first()
    return FoundFeed(*found) if found else None


def _in_window(moment: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return and_(
        CalendarEntry.ends_at > moment - BACK,
        or_(CalendarEntry.status != EntryStatus.CANCELLED, CalendarEntry.ends_at > moment - CANCELLED_BACK),
    )


def _said(choice: Choice, raised: int, at: datetime) -> Said | None:
    return Said(choice is Choice.MAYBE, raised, at) if choice is Choice.MAYBE or raised else None


def stays(*, cancelled: bool) -> timedelta:
    """How long after its end something is found in feeds and files."""
    return CANCELLED_BACK if cancelled else BACK


_SAID_AT = func.coalesce(ChosenSession.changed_at, ChosenSession.at)
_SAID = case(
    (and_(ChosenSession.choice == Choice.GOING, ChosenSession.raised == 0), literal(b"")),
    else_=func.convert_to(
        func.concat_ws(
            ":",
            ChosenSession.choice,
            ChosenSession.raised,
            func.floor(func.extract("epoch", _SAID_AT)),
        ),
        "UTF8",
    ),
)
"""``Said.stamp``, made by the database; nothing for a plain yes."""


def _stamp() -> Any:
    """``stamp_of`` the entries of a person's feed, made by the database, which then need not send them."""
    piece = func.uuid_send(CalendarEntry.id).op("||")(EntryBlob.digest).op("||")(_SAID)
    in_order = aggregate_order_by(literal(b""), CalendarEntry.starts_at, CalendarEntry.id)
    theirs = and_(Registration.event_id == CalendarEntry.event_id, Registration.person_id == ChosenSession.person_id)
    return (
        select(func.sha256(func.string_agg(piece, in_order)))
        .select_from(ChosenSession)
        .join(CalendarEntry, CalendarEntry.session_id == ChosenSession.session_id)
        .join(Registration, theirs)
        .join(EntryBlob, EntryBlob.entry_id == CalendarEntry.id)
        .where(
            ChosenSession.person_id == Person.id,
            Registration.state.in_(ATTENDING),
            _in_window(bindparam("moment", type_=DateTime(timezone=True))),
            EntryBlob.language == Person.language,
            EntryBlob.audience == case((Person.discreet, Audience.NEUTRAL), else_=Audience.PUBLIC),
        )
        .correlate(Person)
        .scalar_subquery()
    )


_FOUND_FEED = (
    select(Person.id, Person.language, Person.discreet, Feed.revoked_at, _stamp(), Reminding.in_calendar)
    .join(Feed, Feed.person_id == Person.id)
    .outerjoin(Reminding, Reminding.person_id == Person.id)
    .where(Feed.token_hash == bindparam("token_hash"), Person.erased_at.is_(None))
)
"""Made once: apps ask for feeds every hour or so, each of them."""
