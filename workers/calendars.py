"""Invites, updates and cancellations by mail, and the daily look at all entries."""

import uuid
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from eventhub.calendars import access, imip, letters, news, queries, reminding, replies
from eventhub.calendars.blobs import place
from eventhub.calendars.models import CalendarEntry, InviteMail, Method
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.i18n import in_language, show_moment, show_span
from eventhub.kit.mail import Letter
from eventhub.kit.outbox import promise
from eventhub.kit.web import absolute
from eventhub.programme import session_actions
from eventhub.programme.models import Publication, SessionKind
from eventhub.registration import cancelling
from eventhub.registration import queries as registrations
from eventhub.registration.models import Registration
from workers.app import mails, writes
from workers.upkeep import by_the_clock


class Occasion(StrEnum):
    """Why a calendar mail is written."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    BACK = "back"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    LEFT_OUT = "left_out"
    FOR_OTHERS = "for_others"
    BREAK = "break"


@mails("calendars.invite")
def invite(invite_mail_id: str) -> Letter | None:
    """One mail to one person. None when the invite is gone, when a later mail tells more, or when the person is in
    discreet mode by now: then nothing is put into the calendar by mail, only taken out.
    """
    mail = db.session.get(InviteMail, uuid.UUID(invite_mail_id))
    told = queries.invite_told(mail.invite_id) if mail else None
    address = told.person.email if told else None
    if mail is None or told is None or address is None or queries.is_overtaken(mail):
        return None
    mail.invite = told
    person, why = told.person, _why(mail)
    neutral = person.discreet
    if neutral and mail.method is Method.REQUEST:
        return None
    context = _context(mail, why)
    if mail.told is None:  # of a mail that is tried again the words stand already
        mail.told = _told(mail)
    return Letter(
        to=address,
        language=person.language,
        subject=partial(_neutral_subject if neutral else _subject, why, _title(mail)),
        template="calendars/neutral" if neutral else "calendars/invite",
        context=context,
        discreet=neutral,
        compose=partial(imip.compose, mail),
    )


@mails("calendars.session_cancelled")
def session_cancelled(session_id: str, person_id: str) -> Letter | None:
    """A session that somebody chose is called off, or a break by now. Nothing for who has left it out or withdrawn
    meanwhile, when the session is back, or when the whole event is off: another letter says that.
    """
    found = news.chooser(uuid.UUID(session_id), uuid.UUID(person_id), breaks=True)
    if found is None or found[0].event.publication is not Publication.PUBLISHED:
        return None
    if queries.is_cancelled(found[0]):
        return letters.cancelled(*found)
    return letters.is_break(*found) if found[0].kind is SessionKind.BREAK else None


@mails("calendars.sessions_changed")
def sessions_changed(event_id: str, person_id: str, since: int) -> Letter | None:
    """Sessions that somebody chose changed shortly before they begin. Nothing when all of them changed again since:
    another letter says so.
    """
    found = news.changed(uuid.UUID(event_id), uuid.UUID(person_id), since)
    if not found:
        return None
    _session, person, registration = found[0]
    return letters.changed([one[0] for one in found], person, registration)


@mails("calendars.place_given")
def place_given(session_id: str, person_id: str) -> Letter | None:
    """Somebody who waited has a place. Nothing for who gave it up again meanwhile, or when it is called off."""
    found = news.chooser(uuid.UUID(session_id), uuid.UUID(person_id), sure=True)
    if found is None or queries.is_cancelled(found[0]):
        return None
    return letters.place_given(*found)


@mails("calendars.place_lost")
def place_lost(session_id: str, person_id: str) -> Letter | None:
    """A session that somebody had chosen is for others now. Nothing for who has it again."""
    found = news.registered_for(uuid.UUID(session_id), uuid.UUID(person_id))
    return letters.place_lost(*found) if found else None


@mails("calendars.place_given_up")
def place_given_up(session_id: str, person_id: str) -> Letter | None:
    """An answer by mail freed somebody's place. Nothing for who has one again."""
    found = news.registered_for(uuid.UUID(session_id), uuid.UUID(person_id), perhaps=True)
    return letters.place_given_up(*found) if found else None


@mails("calendars.no_place")
def no_place(session_id: str, person_id: str) -> Letter | None:
    """A yes by mail found no place. Nothing for who has one meanwhile."""
    found = news.registered_for(uuid.UUID(session_id), uuid.UUID(person_id), perhaps=True)
    return letters.no_place(*found) if found else None


@mails("calendars.event_moved")
def event_moved(registration_id: str, first_day: str, was: list[str]) -> Letter | None:
    """A whole event is on other days. Nothing when it moved again since, which another letter says, or is off."""
    registration = registrations.with_person(uuid.UUID(registration_id))
    if registration is None or registration.state not in cancelling.TOLD:
        return None
    event, person = registration.event, registration.person
    if event.publication is not Publication.PUBLISHED or event.first_day.isoformat() != first_day:
        return None
    former = date.fromisoformat(was[0]), date.fromisoformat(was[1])
    return letters.event_moved(event, registration, person, former, news.sessions_of(person.id, event.id))


@mails("calendars.reminder")
def reminder(session_id: str, person_id: str, begins: int) -> Letter | None:
    """A session begins soon. Nothing where it moved since, which is reminded of at its time, or is off or left out."""
    found = news.chooser(uuid.UUID(session_id), uuid.UUID(person_id))
    if found is None or queries.is_cancelled(found[0]) or not reminding.still_due(found[0], begins):
        return None
    return letters.reminder(*found)


@by_the_clock("calendars.remind", timedelta(minutes=1))
def remind() -> None:
    """Owe the reminders that are due by now."""
    reminding.owe_due(now())


@writes("calendars.reply")
def reply(arrived_id: str) -> None:
    """Read one mail that came to an invite's address."""
    replies.take(uuid.UUID(arrived_id))


@by_the_clock("calendars.refresh", timedelta(days=1))
def refresh() -> None:
    """Look at the sessions and entries of every event to come: the rules of a time zone or our own address may have
    changed.
    """
    replies.forget_unread()
    session_actions.renew_instants(now())
    coming = select(CalendarEntry.event_id).where(CalendarEntry.ends_at > now()).distinct()
    for event_id in db.session.scalars(coming).all():
        promise("programme.event_changed", event_id=event_id)


def _why(mail: InviteMail) -> Occasion:
    if mail.method is Method.CANCEL:
        session = mail.invite.entry.session
        if queries.is_cancelled(session):
            return Occasion.CANCELLED
        if mail.invite.cancelled_at:
            return _why_taken_off(mail)
        return Occasion.BREAK if session.kind is SessionKind.BREAK else Occasion.CANCELLED
    if queries.was_taken_off(mail):
        return Occasion.BACK
    return Occasion.CHANGED if queries.was_told_before(mail) else Occasion.CONFIRMED


def _why_taken_off(mail: InviteMail) -> Occasion:
    """Why an entry leaves the calendar of one person: as it was then, else as it stands now."""
    if mail.why:
        return Occasion(mail.why.value)
    session, registration = mail.invite.entry.session, _registration(mail)
    if registration is None or registration.state not in access.ATTENDING:
        return Occasion.WITHDRAWN
    if session.for_categories and registration.category not in session.for_categories:
        return Occasion.FOR_OTHERS
    return Occasion.LEFT_OUT


def _registration(mail: InviteMail) -> Registration | None:
    event_id, person_id = mail.invite.entry.event_id, mail.invite.person_id
    rows = select(Registration).where(Registration.event_id == event_id, Registration.person_id == person_id)
    found: Registration | None = db.session.scalar(rows)
    return found


def _title(mail: InviteMail) -> str:
    session = mail.invite.entry.session
    return in_language(session.title, mail.invite.person.language, session.event.original_language).text


def _subject(why: Occasion, title: str) -> str:
    subjects = {
        Occasion.CONFIRMED: _("Confirmed: %(title)s", title=title),
        Occasion.CHANGED: _("Changed: %(title)s", title=title),
        # Without the title: it goes to whoever just left discreet mode, too.
        Occasion.BACK: _("A meeting is back in your calendar"),
        Occasion.CANCELLED: _("Cancelled: %(title)s", title=title),
    }
    return str(subjects.get(why) or _("No longer in your calendar: %(title)s", title=title))


def _neutral_subject(why: Occasion, _title: str) -> str:
    if why is Occasion.CANCELLED:
        return str(_("Your meeting is cancelled"))
    return str(_("A meeting is no longer in your calendar"))


def _told(mail: InviteMail) -> dict[str, str | None]:
    """When and where, as this mail says it."""
    entry, lang = mail.invite.entry, mail.invite.person.language
    return {
        "starts_at": entry.starts_at.isoformat(),
        "starts": entry.starts_local.isoformat(),
        "ends": entry.ends_local.isoformat(),
        "zone": entry.time_zone,
        "where": entry.location_digest.hex(),
        "place": place(entry.session, lang),
    }


def _former(mail: InviteMail) -> dict[str, Any]:
    """When and where it was to be by the mail before, as far as this one tells of a change."""
    former: dict[str, Any] = {"when": None, "hours": None, "place": None}
    before, told, lang = queries.told_before(mail), _told(mail), mail.invite.person.language
    if before is None or _why(mail) is not Occasion.CHANGED:
        return former
    if any(before[name] != told[name] for name in ("starts_at", "starts", "ends")):
        begins = show_moment(datetime.fromisoformat(before["starts_at"]), before["zone"], lang)
        span = show_span(datetime.fromisoformat(before["starts"]), datetime.fromisoformat(before["ends"]), lang)
        former["when"], former["hours"] = begins, span
    if before["place"] and before["where"] != told["where"] and before["place"] != told["place"]:
        former["place"] = before["place"]
    return former


def _context(mail: InviteMail, why: Occasion) -> dict[str, Any]:
    entry, person = mail.invite.entry, mail.invite.person
    session = entry.session
    to: dict[str, Any] = {"lang": person.language, "neutral": person.discreet}
    registration = _registration(mail)
    reference = registration.reference if registration else None
    return {
        "neutral": person.discreet,
        "why": why.value,
        "title": _title(mail),
        "when": show_moment(entry.starts_at, entry.time_zone, person.language),
        "hours": show_span(entry.starts_local, entry.ends_local, person.language),
        "own": show_moment(entry.starts_at, person.time_zone, person.language),
        "place": place(session, person.language),
        "former": _former(mail),
        "online": session.join_link is not None,
        "few": session.places is not None,
        "withdraws": session.event.kind in access.INVITING,
        "reference": reference,
        "reason": letters.reason(session, person.language) if why is Occasion.CANCELLED else None,
        "own_url": absolute("registration.mine_one", reference=reference, **to)
        if reference
        else absolute("people.me", **to),
        "reply_url": absolute("calendars.reply", token=imip.invite_token(mail.invite), **to),
        "sessions_url": absolute("calendars.my_sessions", **to),
    }
