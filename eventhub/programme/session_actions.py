"""What organisers do to sessions, to their agenda and panel, and to the rooms they take place in."""

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import DomainError, means
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.people.models import Person
from eventhub.programme.deeds import (
    WrongState,
    assign,
    delete_draft,
    make_public_anew,
    move,
    swap,
    tell_calendars,
    unchanged_since,
)
from eventhub.programme.local_time import LocalTimeMissing, LocalTimeTwice, instant_of, is_missing, is_repeated
from eventhub.programme.models import (
    PREPARATION,
    AgendaItem,
    ClockDoubt,
    Event,
    Panellist,
    Publication,
    Room,
    Session,
    SessionKind,
)

log = structlog.get_logger()
Part = AgendaItem | Panellist

LONGEST = timedelta(hours=24)
"""How long a session lasts at most; one past midnight ends on the next day."""

HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
"""The name of a host in ASCII: two labels or more."""


class DayFarOff(DomainError):
    """A session outside its event's days: a year typed wrong would stand on the public page."""

    status = 422
    message = _l("Choose one of the event’s days, or a day of preparation in the week before")
    field = "day"


class EndsBeforeStart(DomainError):
    """A session ends when it begins, or before."""

    status = 422
    message = _l("The end must be later than the beginning. If it is after midnight, tick “It ends on the next day”.")
    field = "ends"


class TooLong(DomainError):
    """A session lasts longer than a day: a box was ticked that should not be."""

    status = 422
    message = _l("A session lasts at most 24 hours")
    field = "ends"


class LinkUnsafe(DomainError):
    """Not an address people can safely open."""

    status = 422
    message = _l("Give an address that begins with https://")
    field = "join_link"


class PlacesBelowTaken(DomainError):
    """More people have a place than the new number would allow."""

    status = 422
    message = _l("More places are taken already. Choose a larger number, or leave it empty for no limit.")
    field = "places"


class PlacesForAll(DomainError):
    """A session in everybody's calendar is everybody's."""

    status = 422
    message = _l("A session that is in everybody’s calendar beforehand has no places to choose. Take one of the two.")
    field = "places"


class RoomInUse(DomainError):
    """Sessions take place there."""

    message = _l("Sessions take place in this room. Give them another room first.")


means("ck_session_taken_within_places", PlacesBelowTaken())
means("ck_session_places_are_chosen", PlacesForAll())


@dataclass(frozen=True)
class Slot:
    """When and where a session is, in wall-clock time. A fold chooses one of the two readings of a repeated hour."""

    day: date
    starts: time
    ends: time
    starts_fold: int | None
    ends_fold: int | None
    room: Room | None
    ends_next_day: bool = False
    """Whether it goes past midnight; ``day`` is the one on which it begins."""


@dataclass(frozen=True)
class SessionFacts:
    """What a session is."""

    kind: SessionKind
    title: Texts
    summary: Texts
    description: Texts
    join_link: str | None
    interpretation: list[str]
    access_services: list[str]
    chosen_beforehand: bool
    dial_in: str | None = None
    opens_before: int = 15
    places: int | None = None
    for_categories: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Loss:
    """A session that people lose: all of them where it becomes a break (``categories`` is None), else those of other
    categories than these.
    """

    session: Session
    categories: frozenset[str] | None


def add_session(actor: Person, event: Event, *, facts: SessionFacts, slot: Slot) -> Session:
    """A draft session.

    Raises DayFarOff, EndsBeforeStart, TooLong, LocalTimeMissing, LocalTimeTwice, LinkUnsafe and PlacesForAll.
    """
    if event.publication is Publication.CANCELLED:
        raise WrongState
    check_link(facts.join_link)
    check_places(facts.places, chosen_beforehand=facts.chosen_beforehand)
    check_day(event, slot.day)
    session = Session(id=uuid.uuid4(), event_id=event.id, time_zone=event.time_zone, **asdict(facts))
    assign(session, _times(slot, event.time_zone))
    db.session.add(session)
    db.session.flush()
    _record(actor, event, "programme.session_added", session)
    return session


def edit_session(actor: Person, session: Session, *, facts: SessionFacts, slot: Slot, version: int) -> Session:
    """Change a session. Raises Stale, PlacesBelowTaken and what ``add_session`` raises."""
    unchanged_since(session, version)
    check_link(facts.join_link)
    check_places(facts.places, chosen_beforehand=facts.chosen_beforehand)
    check_day(session.event, slot.day, session)
    changed = assign(session, asdict(facts) | _times(slot, session.time_zone))
    if changed:
        _session_changed(actor, session, "programme.session_edited", fields=changed)
    return session


def move_session(actor: Person, session: Session, *, slot: Slot, version: int) -> Session:
    """Give a session another time or room, nothing else. Raises Stale, WrongState where it is called off, and what
    ``add_session`` raises.
    """
    unchanged_since(session, version)
    if session.publication is Publication.CANCELLED:
        raise WrongState
    check_day(session.event, slot.day, session)
    changed = assign(session, _times(slot, session.time_zone))
    if changed:
        _session_changed(actor, session, "programme.session_moved", fields=changed)
    return session


def renew_instants(moment: datetime) -> int:
    """Make the instants of all sessions to come anew from the time on the wall, which is what was agreed: the rules of
    a zone may have changed. How many changed. Calendars look at their own (calendars.refresh). No version rises, for
    nobody edited anything.
    """
    changed = 0
    columns = Session.id, Session.time_zone, Session.starts_local, Session.starts_fold, Session.starts_at
    rows = select(*columns, Session.ends_local, Session.ends_fold, Session.ends_at, Session.clock_doubt)
    rows = rows.where(Session.ends_at > moment, Session.publication != Publication.CANCELLED)
    for row in db.session.execute(rows.with_for_update(key_share=True).order_by(Session.id)).all():
        found = _by_present_rules(row)
        if row.clock_doubt is not ClockDoubt.OPEN and found["clock_doubt"] is ClockDoubt.OPEN:
            log.warning("session.time_in_doubt", session=str(row.id))
        if any(getattr(row, name) != value for name, value in found.items()):
            changed += (found["starts_at"], found["ends_at"]) != (row.starts_at, row.ends_at)
            renewed = update(Session).where(Session.id == row.id).values(**found)
            db.session.execute(renewed.execution_options(synchronize_session="fetch"))
    if changed:
        bump("programme")
    return changed


def _by_present_rules(row: Any) -> dict[str, Any]:
    """The instants of a session by the rules of its zone as they are now. A time that they skip or repeat is for an
    organiser to decide; until then the session stays at the instant it has.
    """
    zone, clocks = row.time_zone, (row.starts_local, row.ends_local)
    if any(is_missing(clock, zone) for clock in clocks):
        return {"starts_at": row.starts_at, "ends_at": row.ends_at, "clock_doubt": ClockDoubt.OPEN}
    twice = any(is_repeated(clock, zone) for clock in clocks)
    settled = row.clock_doubt is ClockDoubt.SETTLED
    folds = {"starts": row.starts_fold, "ends": row.ends_fold}
    if twice and not settled:
        clock = {name: getattr(row, f"{name}_local") for name in folds}
        folds = {
            name: int(is_repeated(wall, zone) and instant_of(wall, zone, 1) == getattr(row, f"{name}_at"))
            for name, wall in clock.items()
        }
    instants = {f"{name}_at": instant_of(getattr(row, f"{name}_local"), zone, fold) for name, fold in folds.items()}
    if instants["starts_at"] >= instants["ends_at"]:  # it lay in an hour that came twice, and comes once by now
        return {"starts_at": row.starts_at, "ends_at": row.ends_at, "clock_doubt": ClockDoubt.OPEN}
    doubt = (ClockDoubt.SETTLED if settled else ClockDoubt.OPEN) if twice else None
    return instants | {f"{name}_fold": fold for name, fold in folds.items()} | {"clock_doubt": doubt}


def publish_session(actor: Person, session: Session) -> Session:
    """Show a session in the public programme (once its event is public). Raises WrongState."""
    if session.event.publication is Publication.CANCELLED:
        raise WrongState
    move(session, Publication.PUBLISHED)
    _session_changed(actor, session, "programme.session_published")
    return session


def publish_all(actor: Person, event: Event, *, sessions: Sequence[Session]) -> list[Session]:
    """Show all draft sessions in the public programme; which they were."""
    drafts = [session for session in sessions if session.publication is Publication.DRAFT]
    if not drafts or event.publication is Publication.CANCELLED:
        return []
    for session in drafts:
        move(session, Publication.PUBLISHED)
        session.changed_at = now()
        tell_calendars(event, session)
    audit.record("programme.sessions_published", event, actor=actor, scope_id=event.id, count=len(drafts))
    make_public_anew(event)
    return drafts


def cancel_session(actor: Person, session: Session, *, reason: Texts) -> Session:
    """Call a public session off: it stays visible, marked, and who chose it is told why. Raises WrongState."""
    move(session, Publication.CANCELLED)
    session.cancelled_reason, session.cancelled_at = reason, now()
    _session_changed(actor, session, "programme.session_cancelled")
    if session.event.publication is Publication.PUBLISHED:
        promise("programme.session_cancelled", session_id=session.id)
    return session


def delete_session(actor: Person, session: Session) -> Event:
    """Remove a session that was never public; its event. Raises OnlyDrafts."""
    event = session.event
    delete_draft(session)
    _record(actor, event, "programme.session_deleted", session)
    return event


def add_item(actor: Person, session: Session, *, title: Texts) -> AgendaItem:
    """A further point of the agenda, at the end."""
    item = AgendaItem(id=uuid.uuid4(), session_id=session.id, position=_next(session.items), title=title)
    db.session.add(item)
    _session_changed(actor, session, "programme.session_edited", fields=["items"])
    return item


def add_panellist(actor: Person, session: Session, *, name: str, function: Texts) -> Panellist:
    """Somebody more on the panel, at the end; ``name`` is the one to be shown in public."""
    position = _next(session.panellists)
    panellist = Panellist(id=uuid.uuid4(), session_id=session.id, position=position, name=name, function=function)
    db.session.add(panellist)
    _session_changed(actor, session, "programme.session_edited", fields=["panellists"])
    return panellist


def edit_part(actor: Person, session: Session, part: Part, **values: Any) -> Part:
    """Change an agenda item (``title``) or a panellist (``name``, ``function``)."""
    if assign(part, values):
        _session_changed(actor, session, "programme.session_edited", fields=[_parts(part)])
    return part


def move_part(actor: Person, session: Session, part: Part, *, up: bool) -> Part:
    """Swap an agenda item or a panellist with the one before or after it."""
    if swap(getattr(session, _parts(part)), part, up=up):
        _session_changed(actor, session, "programme.session_edited", fields=[_parts(part)])
    return part


def remove_part(actor: Person, session: Session, part: Part) -> Session:
    """Take an agenda item or a panellist away."""
    db.session.execute(delete(type(part)).where(type(part).id == part.id))
    _session_changed(actor, session, "programme.session_edited", fields=[_parts(part)])
    return session


def add_room(actor: Person, event: Event, *, name: Texts, capacity: int | None, step_free: bool) -> Room:
    """A room of the event, or an online one."""
    room = Room(id=uuid.uuid4(), event_id=event.id, name=name, capacity=capacity, step_free=step_free)
    db.session.add(room)
    db.session.flush()
    audit.record("programme.room_added", event, actor=actor, scope_id=event.id, room_id=room.id)
    return room


def edit_room(actor: Person, event: Event, room: Room, **values: Any) -> Room:
    """Change ``name``, ``capacity`` or ``step_free``: public sessions there have changed with it."""
    changed = assign(room, values)
    if changed:
        audit.record("programme.room_edited", event, actor=actor, scope_id=event.id, room_id=room.id, fields=changed)
        for session in db.session.scalars(select(Session).where(Session.room_id == room.id)):
            tell_calendars(event, session)
        make_public_anew(event)
    return room


def delete_room(actor: Person, event: Event, room: Room) -> Event:
    """Remove a room where nothing takes place; its event. Raises RoomInUse."""
    used = select(Session.id).where(Session.room_id == room.id).limit(1)
    if db.session.scalar(used) is not None:
        raise RoomInUse
    db.session.execute(delete(Room).where(Room.id == room.id))
    audit.record("programme.room_deleted", event, actor=actor, scope_id=event.id, room_id=room.id)
    return event


def _session_changed(actor: Person, session: Session, verb: str, **detail: Any) -> None:
    session.changed_at = now()
    _record(actor, session.event, verb, session, **detail)
    tell_calendars(session.event, session, beforehand=_is_everybodys_now(session, detail.get("fields", ())))
    if session.publication is not Publication.DRAFT:
        make_public_anew(session.event)


def _is_everybodys_now(session: Session, changed: Collection[str]) -> bool:
    return session.chosen_beforehand and "chosen_beforehand" in changed


def _record(actor: Person, event: Event, verb: str, session: Session, **detail: Any) -> None:
    audit.record(verb, event, actor=actor, scope_id=event.id, session_id=session.id, **detail)


def check_day(event: Event, day: date, session: Session | None = None) -> None:
    """A day of the event or of the week before, or the one on which a session is already. Raises DayFarOff."""
    moved = session is None or day != session.starts_local.date()
    if moved and not event.first_day - PREPARATION <= day <= event.last_day:
        raise DayFarOff


def check_link(link: str | None) -> None:
    """An https address with the name of a host, and without a name and password, which could pass for another host.

    Raises LinkUnsafe.
    """
    if link is None:
        return
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").encode("idna").decode()
        good = parts.scheme == "https" and "@" not in parts.netloc and parts.port != 0 and bool(HOST.fullmatch(host))
    except ValueError:  # UnicodeError too: an empty label, or one too long
        good = False
    if not good or "\\" in link or any(sign.isspace() for sign in link):
        raise LinkUnsafe


def check_places(places: int | None, *, chosen_beforehand: bool) -> None:
    """Places are for who chooses. Raises PlacesForAll."""
    if places is not None and chosen_beforehand:
        raise PlacesForAll


def _times(slot: Slot, zone: str) -> dict[str, Any]:
    """The columns that say when and where. Raises EndsBeforeStart, TooLong, LocalTimeMissing and LocalTimeTwice at a
    field.
    """
    last = slot.day + timedelta(days=slot.ends_next_day)
    local = {"starts": datetime.combine(slot.day, slot.starts), "ends": datetime.combine(last, slot.ends)}
    folds = {"starts": slot.starts_fold, "ends": slot.ends_fold}
    values: dict[str, Any] = {"room_id": slot.room.id if slot.room else None}
    for name, wall in local.items():
        try:
            values[f"{name}_at"] = instant_of(wall, zone, folds[name])
        except (LocalTimeMissing, LocalTimeTwice) as error:
            error.field = name if isinstance(error, LocalTimeMissing) else f"{name}_fold"
            raise
        values[f"{name}_local"] = wall
        values[f"{name}_fold"] = (folds[name] or 0) if is_repeated(wall, zone) else 0
    values["clock_doubt"] = ClockDoubt.SETTLED if any(is_repeated(wall, zone) for wall in local.values()) else None
    if values["ends_at"] <= values["starts_at"]:
        raise EndsBeforeStart
    if values["ends_at"] - values["starts_at"] > LONGEST:
        raise TooLong
    return values


def _parts(part: Part) -> str:
    return "items" if isinstance(part, AgendaItem) else "panellists"


def _next(parts: Sequence[Part]) -> int:
    return max((part.position for part in parts), default=0) + 1
