"""What calendars ask: entries for feeds, a person's sessions, invites and their answers."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.calendars.access import ATTENDING
from eventhub.calendars.models import (
    CalendarEntry,
    Choice,
    ChosenSession,
    EntryStatus,
    Feed,
    Invite,
    InviteMail,
    InviteWord,
    Method,
    Partstat,
    Word,
)
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.tokens import digest
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Room, Series, Session, SessionKind
from eventhub.registration.models import Registration


@dataclass(frozen=True)
class Mine:
    """A session somebody chose, with the registration that makes it theirs."""

    session: Session
    chosen: ChosenSession
    registration: Registration
    cancelled: bool
    invite: Invite | None = None
    """The invitation by mail that stands, when there is one."""

    @property
    def answered(self) -> Invite | None:
        """The invitation, where it was answered."""
        return self.invite if self.invite and self.invite.partstat is not Partstat.NEEDS_ACTION else None


@dataclass(frozen=True)
class HeadCount:
    """How the invited answered for one session. An intention, not an attendance."""

    entry: CalendarEntry
    accepted: int
    declined: int
    tentative: int
    silent: int

    @property
    def invited(self) -> int:
        """How many have an invitation that stands."""
        return self.accepted + self.declined + self.tentative + self.silent


# --- Feeds --------------------------------------------------------------------------------------------------------


def of_event(event: Event) -> ColumnElement[bool]:
    """A condition: the entries of one event."""
    return CalendarEntry.event_id == event.id


def of_series(series: Series) -> ColumnElement[bool]:
    """A condition: the entries of all events of a series."""
    return CalendarEntry.event_id.in_(select(Event.id).where(Event.series_id == series.id))


def of_session(session_id: uuid.UUID) -> ColumnElement[bool]:
    """A condition: the newest entry of one session."""
    newest = (
        select(CalendarEntry.id)
        .where(CalendarEntry.session_id == session_id)
        .order_by(CalendarEntry.created.desc(), CalendarEntry.id)
        .limit(1)
    )
    return CalendarEntry.id == newest.scalar_subquery()


def of_person(person_id: uuid.UUID) -> ColumnElement[bool]:
    """A condition: the sessions that a person chose, as long as a registration of theirs stands."""
    chosen = select(ChosenSession.session_id).where(ChosenSession.person_id == person_id)
    events = select(Registration.event_id).where(Registration.person_id == person_id, Registration.state.in_(ATTENDING))
    return and_(CalendarEntry.session_id.in_(chosen), CalendarEntry.event_id.in_(events))


def event_for_feed(event_id: uuid.UUID) -> Event:
    """A public event. Raises NotFound for a draft."""
    event = db.session.get(Event, event_id)
    if event is None or event.publication is Publication.DRAFT:
        raise NotFound
    return event


def series_for_feed(slug: str) -> Series:
    """A series that has a public event. Raises NotFound."""
    public = select(Event.id).where(Event.series_id == Series.id, Event.publication != Publication.DRAFT)
    series = db.session.scalar(select(Series).where(Series.slug == slug, public.exists()))
    if series is None:
        raise NotFound
    return series


def live_feed(person: Person) -> Feed | None:
    """A person's present feed address, if there is one."""
    feed: Feed | None = db.session.scalar(select(Feed).where(Feed.person_id == person.id, Feed.revoked_at.is_(None)))
    return feed


# --- A person's sessions ------------------------------------------------------------------------------------------


def my_sessions(person: Person, *, since: datetime | None = None, limit: int = 500) -> list[Mine]:
    """The sessions a person chose in events where a registration of theirs stands, in order, with what the person
    answered to an invite. One statement.
    """
    rows = (
        select(Session, ChosenSession, Registration, Invite)
        .join(ChosenSession, ChosenSession.session_id == Session.id)
        .join(Session.event)
        .outerjoin(Session.room)
        .join(
            Registration,
            and_(Registration.event_id == Session.event_id, Registration.person_id == ChosenSession.person_id),
        )
        .outerjoin(
            CalendarEntry,
            and_(CalendarEntry.session_id == Session.id, CalendarEntry.status != EntryStatus.CANCELLED),
        )
        .outerjoin(
            Invite,
            and_(
                Invite.entry_id == CalendarEntry.id,
                Invite.person_id == ChosenSession.person_id,
                Invite.cancelled_at.is_(None),
            ),
        )
        .options(contains_eager(Session.event), contains_eager(Session.room))
        .where(
            ChosenSession.person_id == person.id,
            Registration.state.in_(ATTENDING),
            Session.publication != Publication.DRAFT,
            Session.kind != SessionKind.BREAK,
            Event.publication != Publication.DRAFT,
        )
        .order_by(Session.starts_at, Session.id)
        .limit(limit)
    )
    if since is not None:
        rows = rows.where(Session.ends_at > since)
    return [
        Mine(session, chosen, registration, is_cancelled(session), invite)
        for session, chosen, registration, invite in db.session.execute(rows)
    ]


def is_cancelled(session: Session) -> bool:
    """Whether a session, or its whole event, will not take place."""
    return Publication.CANCELLED in (session.publication, session.event.publication)


def has_chosen(person: Person, event: Event) -> bool:
    """Whether the person chose any session of the event."""
    chosen = select(ChosenSession.session_id).join(Session, Session.id == ChosenSession.session_id)
    mine = chosen.where(ChosenSession.person_id == person.id, Session.event_id == event.id)
    return db.session.scalar(mine.limit(1)) is not None


def my_events(person: Person, moment: datetime) -> list[Event]:
    """Public events, not over, for which a registration of the person stands: those whose sessions may be chosen."""
    rows = (
        select(Event)
        .join(Registration, Registration.event_id == Event.id)
        .where(
            Registration.person_id == person.id,
            Registration.state.in_(ATTENDING),
            Event.publication == Publication.PUBLISHED,
            Event.last_day >= (moment - timedelta(days=1)).date(),
        )
        .order_by(Event.first_day, Event.code)
        .limit(50)
    )
    return list(db.session.scalars(rows))


def my_event(person: Person, slug: str) -> tuple[Event, list[Session], dict[uuid.UUID, ChosenSession]]:
    """An event with the sessions that a person may choose and has chosen. Raises NotFound. Three statements."""
    event = db.session.scalar(
        select(Event)
        .join(Registration, Registration.event_id == Event.id)
        .where(
            Event.slug == slug,
            Event.publication == Publication.PUBLISHED,
            Registration.person_id == person.id,
            Registration.state.in_(ATTENDING),
        )
    )
    if event is None:
        raise NotFound
    rows = (
        select(Session)
        .options(joinedload(Session.room))
        .join(Registration, and_(Registration.event_id == Session.event_id, Registration.person_id == person.id))
        .where(Session.event_id == event.id, may_be_chosen(), is_for_category())
        .order_by(Session.starts_at, Session.id)
    )
    sessions = list(db.session.scalars(rows))
    mine = select(ChosenSession).where(
        ChosenSession.person_id == person.id, ChosenSession.session_id.in_([session.id for session in sessions])
    )
    return event, sessions, {row.session_id: row for row in db.session.scalars(mine)}


def may_be_chosen() -> ColumnElement[bool]:
    """A condition on Session: published and not a break."""
    return and_(Session.publication == Publication.PUBLISHED, Session.kind != SessionKind.BREAK)


def is_for_category() -> ColumnElement[bool]:
    """A condition on Session and Registration: it is for everybody, or for the category of that registration."""
    everybody = func.jsonb_array_length(Session.for_categories) == 0
    return or_(everybody, Session.for_categories.op("?")(Registration.category))


def with_room() -> Any:
    """Sessions with the room that was joined."""
    return contains_eager(Session.room)


def session_for_choice(person: Person, session_id: uuid.UUID) -> Session:
    """A session that the person may choose. Raises NotFound."""
    session = db.session.scalar(
        select(Session)
        .join(Session.event)
        .join(Registration, and_(Registration.event_id == Session.event_id, Registration.person_id == person.id))
        .where(
            Session.id == session_id,
            may_be_chosen(),
            is_for_category(),
            Event.publication == Publication.PUBLISHED,
            Registration.state.in_(ATTENDING),
        )
    )
    if session is None:
        raise NotFound
    return session


# --- Sessions and their entries -----------------------------------------------------------------------------------


def sessions_told(which: ColumnElement[bool]) -> list[Session]:
    """Sessions with everything that their entries say, read afresh. One statement."""
    rows = (
        select(Session)
        .join(Session.event)
        .join(Event.series)
        .outerjoin(Session.room)
        .options(
            contains_eager(Session.event).contains_eager(Event.series),
            contains_eager(Session.room),
        )
        .where(which)
        .order_by(Session.starts_at, Session.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(rows))


def entries_of(session_ids: list[uuid.UUID]) -> list[CalendarEntry]:
    """All entries of sessions, read afresh, oldest first."""
    rows = (
        select(CalendarEntry)
        .where(CalendarEntry.session_id.in_(session_ids))
        .order_by(CalendarEntry.created, CalendarEntry.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(rows))


def first_uid(event: Event, *, of_series: bool) -> str | None:
    """The UID of the first entry ever made for an event, or for its series."""
    rows = select(CalendarEntry.uid).where(CalendarEntry.related_uid.is_(None))
    rows = rows.order_by(CalendarEntry.created, CalendarEntry.id).limit(1)
    if of_series:
        rows = rows.join(Event, Event.id == CalendarEntry.event_id).where(Event.series_id == event.series_id)
    else:
        rows = rows.where(CalendarEntry.event_id == event.id)
    uid: str | None = db.session.scalar(rows)
    return uid


def live_entries(event_id: uuid.UUID, moment: datetime, person_id: uuid.UUID) -> list[CalendarEntry]:
    """The entries of an event, neither cancelled nor over, of sessions that somebody registered is invited to: for the
    person's category, and without places to choose.
    """
    rows = (
        select(CalendarEntry)
        .join(Session, Session.id == CalendarEntry.session_id)
        .join(Registration, Registration.event_id == CalendarEntry.event_id)
        .where(
            CalendarEntry.event_id == event_id,
            CalendarEntry.status != EntryStatus.CANCELLED,
            CalendarEntry.ends_at > moment,
            Registration.person_id == person_id,
            Session.places.is_(None),
            is_for_category(),
        )
    )
    return list(db.session.scalars(rows.order_by(CalendarEntry.starts_at, CalendarEntry.id)))


# --- Invites ------------------------------------------------------------------------------------------------------


def invite_by_token(token: str, *, lock: bool = False) -> Invite:
    """The invite with this token, with its person, entry and what that says. Raises NotFound. One statement; with
    ``lock`` two: the session is held before the invite, as whoever moves it does.
    """
    invite = find_invite(Invite.token_hash == digest(token), lock=lock)
    if invite is None:
        raise NotFound
    return invite


def find_invite(*which: ColumnElement[bool], lock: bool = False) -> Invite | None:
    """The one invite of these conditions on Invite, CalendarEntry and Person, as ``invite_by_token`` finds it."""
    rows = _with_entry(select(Invite)).where(*which, Person.erased_at.is_(None))
    if lock:
        held = select(Session.id).join(CalendarEntry, CalendarEntry.session_id == Session.id)
        held = held.join(Invite, Invite.entry_id == CalendarEntry.id).join(Person, Person.id == Invite.person_id)
        db.session.execute(held.where(*which).with_for_update(key_share=True, of=Session))
        rows = rows.with_for_update(of=Invite).execution_options(populate_existing=True)
    invite: Invite | None = db.session.scalar(rows)
    return invite


def invite_told(invite_id: uuid.UUID) -> Invite | None:
    """An invite with its person, entry and what that says."""
    invite: Invite | None = db.session.scalar(_with_entry(select(Invite)).where(Invite.id == invite_id))
    return invite


def is_overtaken(mail: InviteMail) -> bool:
    """Whether a later revision is owed to the same person anyway."""
    later = select(InviteMail.id).where(InviteMail.invite_id == mail.invite_id, InviteMail.sequence > mail.sequence)
    return db.session.scalar(select(later.exists())) or False


def was_told_before(mail: InviteMail) -> bool:
    """Whether the person got an earlier mail about this entry."""
    earlier = select(InviteMail.id).where(InviteMail.invite_id == mail.invite_id, InviteMail.sequence < mail.sequence)
    return db.session.scalar(select(earlier.exists())) or False


def told_before(mail: InviteMail) -> dict[str, Any] | None:
    """When and where the last mail before this one said that it is."""
    earlier = select(InviteMail.told).where(
        InviteMail.invite_id == mail.invite_id, InviteMail.sequence < mail.sequence, InviteMail.told.is_not(None)
    )
    found: dict[str, Any] | None = db.session.scalar(earlier.order_by(InviteMail.sequence.desc()).limit(1))
    return found


def was_taken_off(mail: InviteMail) -> bool:
    """Whether the mail before took the person off, so that this one puts the same entry back."""
    earlier = (
        select(InviteMail.method)
        .where(InviteMail.invite_id == mail.invite_id, InviteMail.sequence < mail.sequence)
        .order_by(InviteMail.sequence.desc())
        .limit(1)
    )
    return db.session.scalar(earlier) is Method.CANCEL


def _with_entry(rows: Select[Any]) -> Select[Any]:
    session = contains_eager(Invite.entry).contains_eager(CalendarEntry.session)
    return (
        rows.join(Invite.person)
        .join(Invite.entry)
        .join(CalendarEntry.session)
        .join(Session.event)
        .join(Event.series)
        .outerjoin(Room, Room.id == Session.room_id)
        .options(
            contains_eager(Invite.person),
            session.contains_eager(Session.event).contains_eager(Event.series),
            session.contains_eager(Session.room),
        )
    )


def words(*which: ColumnElement[bool]) -> list[InviteWord]:
    """Words that wait for an organiser, with invite, person, entry and session; oldest first. One statement."""
    rows = (
        select(InviteWord)
        .join(InviteWord.invite)
        .join(Invite.person)
        .join(Invite.entry)
        .join(CalendarEntry.session)
        .options(
            contains_eager(InviteWord.invite).contains_eager(Invite.person),
            contains_eager(InviteWord.invite).contains_eager(Invite.entry).contains_eager(CalendarEntry.session),
        )
        .where(*which, Invite.cancelled_at.is_(None), or_(InviteWord.kind != Word.FULL, _finds_no_place()))
        .order_by(InviteWord.received_at, InviteWord.id)
        .limit(200)
    )
    return list(db.session.scalars(rows))


def _finds_no_place() -> ColumnElement[bool]:
    """Of a yes to a full session: nothing else was answered since, and no place was got in another way."""
    has_one = exists().where(
        ChosenSession.session_id == CalendarEntry.session_id,
        ChosenSession.person_id == Invite.person_id,
        ChosenSession.choice == Choice.GOING,
    )
    return and_(or_(Invite.answered_at.is_(None), Invite.answered_at < InviteWord.received_at), ~has_one)


def word_of(event: Event, word_id: uuid.UUID) -> InviteWord:
    """A word that waits for the organisers of this event. Raises NotFound, also for what was decided meanwhile."""
    found = words(InviteWord.id == word_id, CalendarEntry.event_id == event.id)
    if not found:
        raise NotFound
    return found[0]


def head_counts(event: Event) -> list[HeadCount]:
    """How the invited answered, for each session of an event that has not been cancelled. One statement."""

    def how_many(*answers: Partstat) -> ColumnElement[int]:
        return func.count(Invite.id).filter(Invite.partstat.in_(answers))

    rows = (
        select(
            CalendarEntry,
            how_many(Partstat.ACCEPTED).label("accepted"),
            how_many(Partstat.DECLINED).label("declined"),
            how_many(Partstat.TENTATIVE).label("tentative"),
            how_many(Partstat.NEEDS_ACTION).label("silent"),
        )
        .join(CalendarEntry.session)
        .outerjoin(Invite, and_(Invite.entry_id == CalendarEntry.id, Invite.cancelled_at.is_(None)))
        .options(contains_eager(CalendarEntry.session))
        .where(CalendarEntry.event_id == event.id, CalendarEntry.status != EntryStatus.CANCELLED)
        .group_by(CalendarEntry.id, Session.id)
        .order_by(CalendarEntry.starts_at, CalendarEntry.id)
    )
    return [
        HeadCount(row.CalendarEntry, row.accepted, row.declined, row.tentative, row.silent)
        for row in db.session.execute(rows)
    ]


def event_for_console(slug: str) -> Event:
    """An event by its address. Raises NotFound."""
    event = db.session.scalar(select(Event).where(Event.slug == slug))
    if event is None:
        raise NotFound
    return event


def session_of(event: Event, session_id: uuid.UUID) -> Session:
    """A session of this event. Raises NotFound."""
    session = db.session.get(Session, session_id)
    if session is None or session.event_id != event.id:
        raise NotFound
    return session
