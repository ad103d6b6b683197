"""What changes calendars: entries follow their sessions, people choose, links are made, invites go out.

Every change of an entry happens behind a lock on its session's row, so that SEQUENCE and DTSTAMP rise strictly however
many edits come at once. What is read for the entry is read after the lock.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from eventhub.calendars import blobs, feeds, invites, news, places, queries, reminding
from eventhub.calendars.access import INVITING
from eventhub.calendars.models import (
    CalendarEntry,
    Choice,
    ChosenSession,
    EntryBlob,
    EntryStatus,
    Feed,
    Invite,
    InviteWord,
    Method,
    Partstat,
)
from eventhub.calendars.zones import LocalTimeDoesNotExist, utc_of
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.revisions import bump
from eventhub.kit.tokens import digest, new_salt
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication, Session, SessionKind
from eventhub.registration.models import CONFIRMED, Registration

REVISION = "calendars"
SECOND = timedelta(seconds=1)


class News(StrEnum):
    """What the invited must hear of a change."""

    NOTHING = "nothing"
    NEW = "new"
    CHANGED = "changed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Change:
    """An entry that changed, the session it follows, and what that means for the invited. ``soon``: it was about to
    begin, or is, so that calendar apps may look too late.
    """

    entry: CalendarEntry
    session: Session
    news: News
    soon: bool = False


# --- Entries follow sessions --------------------------------------------------------------------------------------


def follow_session(session: Session, *, beforehand: bool = False) -> list[CalendarEntry]:
    """Let a session's entry say what the session says now; the entries that changed, none when nothing did. Whose
    category it is not for any more loses the place, the choice and the invitation. ``beforehand``: it was put into
    everybody's calendar just now, so that those who have a seat get it; not again with a later change, for they may
    leave it out.
    """
    changed = _follow(Session.id == session.id)
    if not queries.is_cancelled(session):
        # What is called off is told to everybody who had it, with the reason: nobody loses it before.
        places.follow_session(session.id)
        invites.leave_to_others(CalendarEntry.session_id == session.id)
    if beforehand:
        _choose_for_seated(Session.id == session.id, Session.chosen_beforehand.is_(True), queries.may_be_chosen())
    return changed


def follow_event(event: Event) -> list[CalendarEntry]:
    """The same for all sessions of an event, whose title, places and series stand in their entries."""
    return _follow(Session.event_id == event.id)


def follow_move(event: Event) -> list[CalendarEntry]:
    """The same after the whole event moved, which one letter to each person says (news.owe_event_moved): the invited
    get their updates, and nobody a letter about single sessions.
    """
    return _follow(Session.event_id == event.id, gathered=True)


def follow_all(events: Iterable[Event]) -> int:
    """The entries of whole events that were loaded into the database, without a mail to anybody; how many."""
    return sum(len(_follow(Session.event_id == event.id, quiet=True)) for event in events)


def push_as_update(actor: Person, session: Session) -> CalendarEntry:
    """Send everybody a change that is only of words, as if the session had moved. Raises NotFound without an entry."""
    _lock(Session.id == session.id)
    told = queries.sessions_told(Session.id == session.id)[0]
    entry = _live(queries.entries_of([session.id]))
    if entry is None:
        raise NotFound
    _raise(entry)
    entry.text_digest = blobs.words_digest(entry, told)
    _write([Change(entry, told, News.CHANGED)])
    _tell(Change(entry, told, News.CHANGED))
    audit.record("calendar.pushed", session, actor=actor, scope_id=session.event_id, sequence=entry.sequence)
    return entry


def _follow(which: ColumnElement[bool], *, quiet: bool = False, gathered: bool = False) -> list[CalendarEntry]:
    _lock(which)
    sessions = queries.sessions_told(which)
    known: dict[uuid.UUID, list[CalendarEntry]] = {session.id: [] for session in sessions}
    for entry in queries.entries_of(list(known)):
        known[entry.session_id].append(entry)
    changes = [change for session in sessions for change in _follow_one(session, known[session.id])]
    if changes:
        _write(changes)
    for change in changes:
        if not quiet:
            _tell(change, gathered=gathered)
    return [change.entry for change in changes]


def _lock(which: ColumnElement[bool]) -> None:
    # A statement of its own: what is read after it is at least as new as the lock.
    db.session.execute(select(Session.id).where(which).order_by(Session.id).with_for_update(key_share=True)).all()


def _follow_one(session: Session, entries: Sequence[CalendarEntry]) -> list[Change]:
    live = _live(entries)
    if not _is_public(session) or session.kind is SessionKind.BREAK:
        change = _cancel(live, session) if live else None
    else:
        change = _revise(live, session) if live else _begin(session, again=bool(entries))
    reworded = [_reword(entry, session) for entry in entries if entry is not live]
    return [one for one in (*reworded, change) if one]


def _reword(entry: CalendarEntry, session: Session) -> Change | None:
    """What was called off stays so, at the times it had; but calendars still read it, and a name that was taken out of
    its words must leave them too.
    """
    words = blobs.words_digest(entry, session)
    if words == entry.text_digest and not _is_outdated(entry):
        return None
    entry.text_digest = words
    _stamp(entry)
    return Change(entry, session, News.NOTHING)


def _is_outdated(entry: CalendarEntry) -> bool:
    """Whether its bytes are written in a zone whose rules lost their plain form since, by newer tz data."""
    if not blobs.is_in_utc(entry):
        return False
    in_zone = select(EntryBlob.entry_id).where(EntryBlob.entry_id == entry.id, EntryBlob.zone.is_not(None))
    return db.session.scalar(in_zone.limit(1)) is not None


def _begin(session: Session, *, again: bool) -> Change:
    """A new entry; also for a session brought back, since a UID that was cancelled stays so in calendars."""
    event, moment = session.event, blobs.stamp(now())
    entry = CalendarEntry(
        id=uuid.uuid4(),
        session_id=session.id,
        event_id=event.id,
        uid=blobs.new_uid(),
        related_uid=queries.first_uid(event, of_series=event.kind in INVITING),
        sequence=0,
        dtstamp=moment,
        created=moment,
        last_modified=moment,
        status=EntryStatus.CONFIRMED,
        location_digest=blobs.place_digest(session),
        text_digest=b"",
    )
    _take_times(entry, session)
    entry.text_digest = blobs.words_digest(entry, session)
    db.session.add(entry)
    db.session.flush()
    if not again and session.places is None and (session.chosen_beforehand or event.kind in INVITING):
        _choose_for_seated(Session.id == session.id)
    return Change(entry, session, News.NEW)


def _revise(entry: CalendarEntry, session: Session) -> Change | None:
    """What changed, if anything. SEQUENCE rises with the times, the place or the join link."""
    before = entry.starts_at
    moved = _take_times(entry, session)
    place = blobs.place_digest(session)
    relocated = place != entry.location_digest
    words = blobs.words_digest(entry, session)
    if not (moved or relocated or words != entry.text_digest or _is_outdated(entry)):
        return None
    entry.location_digest, entry.text_digest = place, words
    if not (moved or relocated):
        _stamp(entry)
        return Change(entry, session, News.NOTHING)
    _raise(entry)
    if moved:
        # What was answered was answered to another time.
        unanswered = {"partstat": Partstat.NEEDS_ACTION}
        db.session.execute(update(Invite).where(Invite.entry_id == entry.id).values(**unanswered))
        invites.forget_unproven(InviteWord.invite_id.in_(select(Invite.id).where(Invite.entry_id == entry.id)))
    return Change(entry, session, News.CHANGED, soon=min(before, entry.starts_at) < now() + news.SOON)


def _cancel(entry: CalendarEntry, session: Session) -> Change:
    """Called off, at the times it had."""
    entry.status = EntryStatus.CANCELLED
    entry.text_digest = blobs.words_digest(entry, session)
    _raise(entry)
    return Change(entry, session, News.CANCELLED)


def _take_times(entry: CalendarEntry, session: Session) -> bool:
    """Whether the times changed. The instants are made anew, since the rules of a zone may have changed too; where they
    skip the time by now, what was announced stands until an organiser decides.
    """
    try:
        starts_at = utc_of(session.starts_local, session.time_zone, session.starts_fold)
        ends_at = utc_of(session.ends_local, session.time_zone, session.ends_fold)
    except LocalTimeDoesNotExist:
        starts_at, ends_at = session.starts_at, session.ends_at
    values = {
        "starts_local": session.starts_local,
        "ends_local": session.ends_local,
        "time_zone": session.time_zone,
        "starts_fold": session.starts_fold,
        "ends_fold": session.ends_fold,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }
    changed = [name for name, value in values.items() if getattr(entry, name) != value]
    for name in changed:
        setattr(entry, name, values[name])
    return bool(changed)


def _raise(entry: CalendarEntry) -> None:
    entry.sequence += 1
    entry.raised_at = now()
    _stamp(entry)


def _stamp(entry: CalendarEntry) -> None:
    """The time of this revision: whole seconds, always later than the one before."""
    entry.dtstamp = entry.last_modified = max(blobs.stamp(now()), entry.dtstamp + SECOND)


def _write(changes: Iterable[Change]) -> None:
    """Store the bytes of entries and make every feed built before stale."""
    rows = [row for change in changes for row in blobs.blobs_of(change.entry, change.session)]
    fresh = insert(EntryBlob)
    renewed = {name: fresh.excluded[name] for name in ("zone", "digest", "body")}
    db.session.execute(
        fresh.on_conflict_do_update(index_elements=["entry_id", "language", "audience"], set_=renewed), rows
    )
    db.session.flush()
    bump(REVISION)


def _is_public(session: Session) -> bool:
    return {session.publication, session.event.publication} == {Publication.PUBLISHED}


def _live(entries: Sequence[CalendarEntry]) -> CalendarEntry | None:
    return next((entry for entry in entries if invites.is_live(entry)), None)


def _tell(change: Change, *, gathered: bool = False) -> None:
    """Owe the invited a mail about this revision, unless it is over."""
    entry = change.entry
    if change.news is News.NOTHING or entry.ends_at <= now():
        return
    if change.news is News.NEW:
        if change.session.event.kind not in INVITING:
            return
        invites.invite_seated(entry)
    method = Method.CANCEL if change.news is News.CANCELLED else Method.REQUEST
    invites.owe(entry, method, entry.dtstamp, and_(Invite.entry_id == entry.id, Invite.cancelled_at.is_(None)))
    if change.news is News.CANCELLED and change.session.kind is SessionKind.BREAK and _is_public(change.session):
        news.owe_break(entry)
    if change.soon and not gathered:
        news.owe_moved(entry)


# --- A person's sessions ------------------------------------------------------------------------------------------


choose = places.choose


def leave_out(person: Person, session_id: uuid.UUID) -> uuid.UUID:
    """Take a session out of "My sessions", and with it the invite by mail that the person had asked for."""
    places.leave_out(person, session_id)
    invites.leave(person.id, [session_id])
    return session_id


def choose_among(person: Person, offered: Collection[Session], wanted: Collection[uuid.UUID]) -> int:
    """Let exactly the wanted ones of these sessions be chosen; how many. A maybe that stays is still a maybe; one at a
    full session stays: the page has no box for it. Nothing is chosen when one of them is full. Raises SessionFull,
    NotFound as ``choose``.
    """
    ids = {session.id for session in offered}
    keep = ids & set(wanted)
    mine = ChosenSession.person_id == person.id
    held = places.hold(Session.id.in_(ids))
    rows = select(ChosenSession.session_id, ChosenSession.choice).where(mine, ChosenSession.session_id.in_(ids))
    before = {row.session_id: row.choice for row in db.session.execute(rows)}
    boxless = {one for one, choice in before.items() if choice is Choice.MAYBE and held[one].left == 0}
    places.demand_expected(person.id, keep - set(before))
    for session_id in keep - set(before):
        places.demand_place(person.id, held[session_id])
    db.session.execute(delete(ChosenSession).where(mine, ChosenSession.session_id.in_(ids - keep - boxless)))
    if keep:
        chosen = [{"person_id": person.id, "session_id": one, "choice": Choice.GOING, "at": now()} for one in keep]
        db.session.execute(insert(ChosenSession).on_conflict_do_nothing(), chosen)
    for session_id in keep - set(before):
        places.stop_waiting(person, session_id)
    places.hand_on(held.values())
    invites.leave(person.id, set(before) - keep - boxless)
    return len(keep)


def new_link(person: Person) -> Feed:
    """A private feed address; the one before stops working at once."""
    moment = now()
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    db.session.execute(
        update(Feed).where(Feed.person_id == person.id, Feed.revoked_at.is_(None)).values(revoked_at=moment)
    )
    feed = Feed(id=uuid.uuid4(), person_id=person.id, salt=new_salt(), created_at=moment)
    feed.token_hash = digest(feeds.feed_token(feed))
    db.session.add(feed)
    db.session.flush()
    return feed


# --- Registrations ------------------------------------------------------------------------------------------------


def on_accredited(registration: Registration) -> bool:
    """What accreditation means here: sessions chosen beforehand, a private feed, and for a dialogue the invite.

    Returns whether an invite goes out: it is then the confirmation mail, and no other is needed.
    """
    person = db.session.get_one(Person, registration.person_id)
    event = db.session.get_one(Event, registration.event_id)
    # Whoever chose already knows best.
    if event.kind in INVITING or not queries.has_chosen(person, event):
        choose_for_all(event, [person.id])
    if queries.live_feed(person) is None:
        new_link(person)
    return event.kind in INVITING and bool(invites.invite(registration))


def is_confirmed_by_invite(registration: Registration) -> bool:
    """Whether the invite is this registration's confirmation mail, so that no other one is needed."""
    person = db.session.get_one(Person, registration.person_id)
    event = db.session.get_one(Event, registration.event_id)
    if event.kind not in INVITING or person.discreet or person.email is None:
        return False
    return bool(queries.live_entries(event.id, now(), person.id))


def on_withdrawn(registration: Registration, person_id: uuid.UUID | None = None) -> None:
    """The person does not come (withdrew, was declined, revoked): the sessions leave the calendar, invites end.
    ``person_id``: whose registration it was, where it is somebody else's since.
    """
    whose = person_id or registration.person_id
    places.forget(whose, select(Session.id).where(Session.event_id == registration.event_id))
    invites.uninvite(registration, whose)


def erase(person_id: uuid.UUID) -> None:
    """Forget a person: choices, private feeds, invites and answers."""
    places.forget(person_id, select(Session.id))
    reminding.forget(person_id)
    for table in (Feed, Invite):
        db.session.execute(delete(table).where(table.person_id == person_id))


def choose_for_all(event: Event, person_ids: Collection[uuid.UUID]) -> None:
    """The sessions of an event that are chosen beforehand, for many people at once; a dialogue's whole."""
    wanted = (
        select(Registration.person_id, Session.id, literal(Choice.GOING.value), literal(now()))
        .join(Session, Session.event_id == Registration.event_id)
        .where(
            Registration.event_id == event.id,
            Registration.person_id.in_(person_ids),
            Session.places.is_(None),
            queries.may_be_chosen(),
            queries.is_for_category(),
        )
    )
    if event.kind not in INVITING:
        wanted = wanted.where(Session.chosen_beforehand)
    # Held, in the order in which everybody holds them: nobody counts a session's places while it becomes everybody's.
    _choose_from(wanted.order_by(Session.id).with_for_update(read=True, of=Session))


def _choose_for_seated(*which: ColumnElement[bool]) -> None:
    """A session published late, or put into everybody's calendar late, is put before those who already have a seat;
    ``which``: conditions on Session.
    """
    _choose_from(
        select(Registration.person_id, Session.id, literal(Choice.GOING.value), literal(now()))
        .join(Session, Session.event_id == Registration.event_id)
        .where(
            *which,
            queries.is_for_category(),
            Registration.has_seat,
            Registration.state.in_(CONFIRMED),
        )
    )


def _choose_from(rows: Select[*tuple[Any, ...]]) -> None:
    fresh = insert(ChosenSession).from_select(["person_id", "session_id", "choice", "at"], rows)
    db.session.execute(fresh.on_conflict_do_nothing())
