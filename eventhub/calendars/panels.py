"""What calendars say where an organiser calls something off or moves it: how many people learn of it, and how."""

from typing import Any

from flask_babel import ngettext

from eventhub.calendars import invites, news
from eventhub.kit.panels import Panel, Provider
from eventhub.programme.models import Event, Publication, Session
from eventhub.programme.moving import Plan
from eventhub.programme.session_actions import Loss
from eventhub.registration.cancelling import people_told


def event_cancelling(event: Event) -> Panel:
    """Before an event is cancelled."""
    return Panel("calendars/cancelling.html", {"told": news.told_of_event(event, people_told(event.id))})


def session_cancelling(session: Session) -> Panel:
    """Before a session is cancelled."""
    return Panel("calendars/cancelling.html", {"told": news.told_of_session(session)})


def session_moving(session: Session) -> Panel | None:
    """Before a session moves: who has it, and how they learn of it."""
    if {session.publication, session.event.publication} != {Publication.PUBLISHED}:
        return None
    told = news.told_of_session(session)
    return Panel(
        "calendars/session_moving.html",
        {
            "told": told,
            "linkless": news.without_link(session) if told.letters else 0,
            "anybody": bool(told.letters or told.invitations or told.unreachable),
            "heading": "told-t",
        },
    )


def session_losing(loss: Loss) -> Panel | None:
    """Before people lose a session, since it becomes a break or is for others: how many, and how they learn of it."""
    session = loss.session
    if {session.publication, session.event.publication} != {Publication.PUBLISHED}:
        return None
    told, waiting = news.told_of_loss(session, loss.categories)
    number = told.letters + told.invitations + told.unreachable
    return Panel(
        "calendars/session_losing.html",
        {
            "told": told,
            "number": number,
            "waiting": waiting,
            "is_break": loss.categories is None,
            "anybody": bool(number or waiting),
            "heading": "lost-t",
        },
    )


def event_moving(plan: Plan) -> Panel | None:
    """Before an event moves to other days."""
    event = plan.event
    if event.publication is not Publication.PUBLISHED:
        return None
    return Panel("calendars/moving.html", {"told": news.told_of_move(event, people_told(event.id))})


def me_safety(visitor: Any) -> Panel | None:
    """Beside the switch of discreet mode: how many invitations it mails about."""
    number = invites.concerned(visitor.person)
    if not number:
        return None
    after = ngettext(
        "%(num)s email about your invitations is on its way.",
        "%(num)s emails about your invitations are on their way.",
        number,
    )
    return Panel("calendars/me_safety.html", {"number": number, "on": visitor.person.discreet, "after": after})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("console.event_cancelling", event_cancelling),
    ("console.session_cancelling", session_cancelling),
    ("console.session_moving", session_moving),
    ("console.session_losing", session_losing),
    ("console.event_moving", event_moving),
    ("me.safety", me_safety),
)
"""What app.py registers."""
