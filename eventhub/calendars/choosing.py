"""What the pages on which sessions are chosen say: what is offered, what was left out, what can no longer be chosen."""

import uuid
from collections.abc import Collection
from datetime import date
from typing import Any

from flask import g
from flask_babel import gettext
from sqlalchemy import and_, exists, or_, select

from eventhub.calendars import queries
from eventhub.calendars.access import ATTENDING
from eventhub.calendars.models import ChosenSession
from eventhub.calendars.zones import zone_info
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import in_language, show_date, show_span
from eventhub.people.models import Person
from eventhub.programme import shown
from eventhub.programme.models import Event, Publication, Session
from eventhub.registration.models import Registration


def days_to_choose(sessions: list[Session], event: Event, ticked: Collection[uuid.UUID]) -> list[dict[str, Any]]:
    """Options for components/choices.html, one fieldset for each day."""
    days: dict[date, list[dict[str, Any]]] = {}
    for number, session in enumerate(sessions):
        zone = zone_info(session.time_zone)
        start, end = session.starts_at.astimezone(zone), session.ends_at.astimezone(zone)
        title = in_language(session.title, g.lang, event.original_language).text
        room = in_language(session.room.name, g.lang, event.original_language).text if session.room else ""
        hints = show_span(start, end, g.lang), room
        option = {
            "id": f"sessions-{number}",
            "value": session.id,
            "label": title,
            "hint": " · ".join(
                part for part in (*hints, shown.for_whom(session, g.lang), shown.places(session)) if part
            ),
            "checked": session.id in ticked,
        }
        days.setdefault(start.date(), []).append(option)
    return [
        {"id": f"d{day:%Y%m%d}", "legend": show_date(day, g.lang, weekday=True), "options": options}
        for day, options in days.items()
    ]


def left_out(person: Person, session_id: uuid.UUID) -> str:
    """What was left out and the way back, where there is one: a session that is gone cannot be chosen again."""
    try:
        session = queries.session_for_choice(person, session_id)
    except NotFound:
        return str(gettext("It is not among your sessions any more."))
    title = in_language(session.title, g.lang).text
    return str(gettext("Left out: %(title)s. You can choose it again among the sessions of the event.", title=title))


def not_to_be_chosen(
    person: Person, session_ids: Collection[uuid.UUID], *, drafts: bool = False
) -> dict[uuid.UUID, str]:
    """Of these sessions those at events the person is registered for that cannot be chosen any more, and what to say of
    each. What is not public is not named, and is there for whoever chose it alone, or with ``drafts`` for whom a page
    has shown it. One statement, or none.
    """
    if not session_ids:
        return {}
    mine = and_(Registration.event_id == Session.event_id, Registration.person_id == person.id)
    chose = exists().where(ChosenSession.session_id == Session.id, ChosenSession.person_id == person.id)
    rows = (
        select(Session, Event, and_(queries.may_be_chosen(), queries.is_for_category()))
        .join(Event, Event.id == Session.event_id)
        .join(Registration, mine)
        .where(
            Session.id.in_(session_ids), *(() if drafts else (or_(Session.publication != Publication.DRAFT, chose),))
        )
        .where(Event.publication != Publication.DRAFT, Registration.state.in_(ATTENDING))
        .order_by(Session.starts_at, Session.id)
    )
    return {
        session.id: _said(session, event)
        for session, event, open_to_them in db.session.execute(rows)
        if not open_to_them or event.publication is Publication.CANCELLED
    }


def _said(session: Session, event: Event) -> str:
    if session.publication is Publication.DRAFT:
        return str(gettext("A session that you chose can no longer be chosen."))
    title: Any = in_language(session.title, g.lang, event.original_language).text
    if Publication.CANCELLED in {session.publication, event.publication}:
        return str(gettext("This session was cancelled: %(title)s", title=title))
    return str(gettext("This session can no longer be chosen: %(title)s", title=title))
