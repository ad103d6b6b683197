"""What is owed after something happened to a registration: a letter, and entries in calendars."""

import uuid
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from eventhub.arrangements import actions as arrangements
from eventhub.calendars import actions as calendars
from eventhub.calendars import invites, places
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import in_language
from eventhub.kit.mail import Letter
from eventhub.papers import actions as papers
from eventhub.people.models import Person, Role, RoleGrant, ScopeKind
from eventhub.programme.models import Event, Mode, Publication
from eventhub.registration import (
    behalf,
    cancelling,
    counts,
    duplicates,
    genders,
    letters,
    offers,
    opening,
    queries,
    stages,
    switching,
    thread,
    ways,
)
from eventhub.registration.models import Deadline, State
from workers.app import mails, writes
from workers.upkeep import by_the_clock

log = structlog.get_logger()

STANDS: dict[str, frozenset[State]] = {
    "submitted": queries.TAKING_PART,
    "waitlisted": frozenset({State.WAITLISTED}),
    "lapsed": frozenset({State.WAITLISTED, State.WITHDRAWN}),
    "place_kept": frozenset({State.UNDER_REVIEW}),
    "accredited": frozenset({State.ACCREDITED, State.BADGE_ISSUED, State.ATTENDED}),
    "declined": frozenset({State.DECLINED}),
    "revoked": frozenset({State.REVOKED}),
    "taken_up": frozenset({State.UNDER_REVIEW, State.INFO_REQUESTED}),
    "withdrawn": frozenset({State.WITHDRAWN}),
    "dropped": frozenset({State.WITHDRAWN}),
    "replaced": frozenset({State.WITHDRAWN}),
    "changed": queries.TAKING_PART,
    "deadline_extended": frozenset({State.DRAFT, State.EXPIRED, State.DECLINED}),
    "way_asked": ways.CONCERNED,
    "way_reminded": ways.CONCERNED,
    # Drafts expire by the clock while their letter waits.
    "event_cancelled": cancelling.TOLD | {State.EXPIRED},
}
"""While the mail waited the registration may have moved on: a letter that is no longer true is not sent."""


OF_CANCELLED = frozenset({"event_cancelled", "declined", "revoked", "withdrawn", "replaced"})
"""All that is still mailed about an event once it is cancelled: that it is, and what ended a registration before."""


@mails("registration.submitted")
def submitted(registration_id: str) -> Letter | None:
    """We have your registration."""
    return _letter("submitted", registration_id)


@mails("registration.waitlisted")
def waitlisted(registration_id: str) -> Letter | None:
    """You are on the waiting list."""
    return _letter("waitlisted", registration_id)


@mails("registration.offered")
def offered(offer_id: str) -> Letter | None:
    """A place is kept for you, until then. Nothing when it was answered meanwhile or its time is over."""
    found = queries.offer_told(uuid.UUID(offer_id))
    if found is None or not offers.is_open(found[0], now()):
        return None
    offer, setup = found
    one = offer.registration
    if one.event.publication is Publication.CANCELLED:
        return None
    return letters.letter("offered", one, one.event, setup, person=one.person, offer=offer)


@mails("registration.lapsed")
def lapsed(registration_id: str) -> Letter | None:
    """There was no answer in time."""
    return _letter("lapsed", registration_id)


@mails("registration.place_kept")
def place_kept(registration_id: str) -> Letter | None:
    """The place is kept while the secretariat looks."""
    return _letter("place_kept", registration_id)


@mails("registration.accredited")
def accredited(registration_id: str) -> Letter | None:
    """You are accredited. At a dialogue the calendar's invite says so, unless the person wants no invites by mail."""
    found = queries.with_person(uuid.UUID(registration_id))
    if found and calendars.is_confirmed_by_invite(found):
        return None
    return _letter("accredited", registration_id)


@mails("registration.declined")
def declined(registration_id: str) -> Letter | None:
    """Why not, and what can be done."""
    return _letter("declined", registration_id)


@mails("registration.revoked")
def revoked(registration_id: str) -> Letter | None:
    """The accreditation is taken back, and why."""
    return _letter("revoked", registration_id)


@mails("registration.taken_up")
def taken_up(registration_id: str) -> Letter | None:
    """Somebody looks at it again."""
    return _letter("taken_up", registration_id)


@mails("registration.asked")
def asked(message_id: str) -> Letter | None:
    """A question of the desk. Nothing when it was answered or a decision was made meanwhile: the page says so."""
    found = thread.question_told(uuid.UUID(message_id))
    if found is None:
        return None
    message, text = found
    registration = queries.with_person(message.registration_id)
    setup = queries.setup_of(registration.event_id) if registration else None
    if registration is None or setup is None or registration.state is not State.INFO_REQUESTED:
        return None
    if registration.event.publication is Publication.CANCELLED:
        return None
    return letters.letter("asked", registration, registration.event, setup, person=registration.person, text=text)


@mails("registration.withdrawn")
def withdrawn(registration_id: str) -> Letter | None:
    """You are not expected any more."""
    return _letter("withdrawn", registration_id)


@mails("registration.dropped")
def dropped(pair_id: str) -> Letter | None:
    """Somebody was registered twice: this one is closed, the other one goes on. Nothing where that was taken back."""
    found = duplicates.told(uuid.UUID(pair_id))
    setup = queries.setup_of(found[0].event_id) if found else None
    if found is None or setup is None or found[0].state not in STANDS["dropped"]:
        return None
    one, kept = found
    return letters.letter("dropped", one, one.event, setup, person=one.person, text=kept.reference)


@mails("registration.replaced")
def replaced(registration_id: str) -> Letter | None:
    """The delegation does not send you any more."""
    return _letter("replaced", registration_id)


@mails("registration.changed")
def changed(registration_id: str) -> Letter | None:
    """Somebody changed your answers, you perhaps."""
    return _letter("changed", registration_id)


@mails("registration.deadline_extended")
def deadline_extended(registration_id: str, deadline_id: str | None = None) -> Letter | None:
    """There is more time: until the deadline that was announced, of the event or of the person's category."""
    announced = db.session.get(Deadline, uuid.UUID(deadline_id)) if deadline_id else None
    return _letter("deadline_extended", registration_id, until=announced.closes_at if announced else None)


@mails("registration.way_asked")
def way_asked(registration_id: str, asked_at: str) -> Letter | None:
    """The way of taking part exists no more: choose again. Nothing when that was done meanwhile, or is not needed."""
    return _way_letter("way_asked", registration_id, asked_at)


@mails("registration.way_reminded")
def way_reminded(registration_id: str, asked_at: str) -> Letter | None:
    """The same once more, before the answer is due."""
    return _way_letter("way_reminded", registration_id, asked_at)


@mails("registration.event_cancelled")
def event_cancelled(registration_id: str) -> Letter | None:
    """The event does not take place, and why."""
    return _letter("event_cancelled", registration_id)


@mails("registration.many_reads")
def many_reads(entry_id: int) -> Letter | None:
    """A second person is told that somebody opens many sealed answers (SAFETY.md property 5)."""
    admin = _second_person(entry_id)
    return letters.many_reads(admin) if admin else None


@mails("registration.many_searches")
def many_searches(entry_id: int) -> Letter | None:
    """A second person is told that somebody searches for many names."""
    admin = _second_person(entry_id)
    return letters.many_searches(admin) if admin else None


@mails("registration.many_refusals")
def many_refusals(entry_id: int) -> Letter | None:
    """A second person is told that somebody scans many badges that let nobody in."""
    admin = _second_person(entry_id)
    return letters.many_refusals(admin) if admin else None


def _second_person(entry_id: int) -> Person | None:
    """An administrator of the event that a deed was about, of its series or of everything, but not who did it. Nobody
    to tell is an error in the log.
    """
    entry = db.session.get(AuditEntry, entry_id)
    if entry is None:
        return None
    series_id = select(Event.series_id).where(Event.id == entry.scope_id).scalar_subquery()
    kind, scope_id = RoleGrant.scope_kind, RoleGrant.scope_id
    reaches_event = (kind == ScopeKind.EVENT) & (scope_id == entry.scope_id)
    reaches_series = (kind == ScopeKind.SERIES) & (scope_id == series_id)
    admin: Person | None = db.session.scalar(
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == Role.ADMIN,
            reaches_event | reaches_series | (kind == ScopeKind.ALL),
            RoleGrant.revoked_at.is_(None),
            Person.id.is_distinct_from(entry.actor_id),
            Person.email.is_not(None),
        )
        # Who administers everything first: further from the desk than those who share it.
        .order_by(kind != ScopeKind.ALL, RoleGrant.granted_at)
        .limit(1)
    )
    if admin is None:
        log.error("alarm.nobody_to_tell", task=entry.verb)
    return admin


@writes("registration.accredited_calendar")
def accredited_calendar(registration_id: str) -> None:
    """The sessions go into the person's calendar."""
    registration = queries.with_person(uuid.UUID(registration_id))
    if registration is not None and registration.state in STANDS["accredited"]:
        calendars.on_accredited(registration)


@writes("registration.withdrawn_calendar")
def withdrawn_calendar(registration_id: str, person_id: str | None = None) -> None:
    """The sessions leave the person's calendar, and the person leaves the papers; not if she is accredited anew.
    ``person_id``: whose it was, where the registration is somebody else's since.
    """
    registration = queries.with_person(uuid.UUID(registration_id))
    if registration is not None and person_id is not None:
        whose = uuid.UUID(person_id)
        if not behalf.takes_part(registration.event_id, whose):
            calendars.on_withdrawn(registration, whose)
        papers.follow_registration(whose, registration.id)
    elif registration is not None and registration.state not in STANDS["accredited"]:
        calendars.on_withdrawn(registration)
        papers.follow_registration(registration.person_id, registration.id)


@writes("registration.reprinted")
def reprinted(registration_id: str) -> None:
    """What papers say of the person was changed: they say what is true now."""
    registration = queries.with_person(uuid.UUID(registration_id))
    if registration is not None:
        papers.follow_registration(registration.person_id, registration.id)
        places.follow_person(registration.person_id, registration.event_id)
        invites.follow_person(registration.person_id, registration.event_id)


@writes("registration.ways_followed")
def ways_followed(event_id: str, mode: str, due_at: str) -> None:
    """Who registered while the event changed how people come together is asked to choose again like everybody else."""
    switching.ask_latecomers(uuid.UUID(event_id), Mode(mode), datetime.fromisoformat(due_at))


@writes("registration.needs_told")
def needs_told(registration_id: str) -> None:
    """The answers say what the person needs: that becomes something to arrange."""
    arrangements.gather(uuid.UUID(registration_id))


@by_the_clock("registration.expire_drafts", timedelta(minutes=10))
def expire_drafts() -> None:
    """Close the drafts of events that take no more."""
    while opening.expire_drafts(now()):
        db.session.flush()


@by_the_clock("registration.find_duplicates", timedelta(minutes=5))
def find_duplicates() -> None:
    """Compare who is new or changed with everybody of the event; what somebody held comes next time."""
    for event_id in duplicates.to_compare(now()):
        duplicates.compare(event_id)


@by_the_clock("registration.forget_duplicates", timedelta(hours=1))
def forget_duplicates() -> None:
    """Digests go with their answers, pairs thirty days after the event."""
    duplicates.forget(now())


@by_the_clock("registration.freeze_counts", timedelta(minutes=30))
def freeze_counts() -> None:
    """Write down what host partners read until the next midnight."""
    counts.freeze(now())


@by_the_clock("registration.freeze_genders", timedelta(days=1))
def freeze_genders() -> None:
    """Count what people say of themselves where a table is a week old, without anybody."""
    genders.freeze(now())


@by_the_clock("registration.forget_messages", timedelta(hours=1))
def forget_messages() -> None:
    """Delete questions and answers whose days are over."""
    while thread.delete_expired(now()):
        db.session.flush()
    stages.delete_old(now())


@by_the_clock("registration.lapse_offers", timedelta(minutes=5))
def lapse_offers() -> None:
    """End the offers that nobody answered; each place goes to the next in line."""
    while offers.lapse(now()):
        db.session.flush()


def _way_letter(kind: str, registration_id: str, asked_at: str) -> Letter | None:
    registration = queries.with_person(uuid.UUID(registration_id))
    choice = switching.awaited(registration, registration.event, asked_at) if registration else None
    return _letter(kind, registration_id, until=choice.due_at) if choice and choice.due_at > now() else None


def _letter(kind: str, registration_id: str, *, until: datetime | None = None) -> Letter | None:
    registration = queries.with_person(uuid.UUID(registration_id))
    setup = queries.setup_of(registration.event_id) if registration else None
    if registration is None or setup is None or registration.state not in STANDS[kind]:
        return None
    event = registration.event
    if event.publication is Publication.CANCELLED and kind not in OF_CANCELLED:
        return None
    words = queries.decision_words(registration) if kind in letters.DECISIONS.values() else None
    if kind == "event_cancelled":
        words = in_language(event.cancelled_reason, registration.person.language, event.original_language).text
    return letters.letter(kind, registration, event, setup, person=registration.person, text=words, until=until)
