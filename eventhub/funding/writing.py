"""Until when somebody may write to the fund without having been asked.

The day follows from the call and its event alone: were it counted from a decision, it would move when one is staged.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from eventhub.funding.models import Application, Call, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.programme.models import Event

HOLDING = frozenset(
    {
        *(State.RESERVE, State.OFFERED, State.ACCEPTED, State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED),
        *(State.TRAVELLED, State.REPORT_DUE, State.REPORT_OVERDUE),
    }
)
"""Whoever holds a grant or waits for one may write at any time."""
OVER = frozenset(
    {
        *(State.INELIGIBLE, State.NOT_RECOMMENDED, State.DECLINED_BY_APPLICANT, State.LAPSED),
        *(State.CANCELLED, State.WITHDRAWN, State.CLOSED),
    }
)
"""Whoever was refused, left, was replaced or came home may write until ``last_day``."""
NEVER_SENT = frozenset({State.DRAFT, State.EXPIRED})
AFTER_EVENT = timedelta(days=90)
AFTER_DEADLINE = timedelta(days=365)
"""Of a call for no event."""


def seen(application: Application) -> State:
    """Where an application stands as far as its applicant knows; that somebody left is no secret."""
    left = application.state is State.WITHDRAWN
    return application.state if left else application.outcome_seen or application.state


def last_day(call: Call) -> date:
    """The last day on which somebody writes whose application is over. One statement at the most."""
    event = db.session.get(Event, call.event_id) if call.event_id else None
    if event is not None:
        return event.last_day + AFTER_EVENT
    return (call.closes_at + AFTER_DEADLINE).astimezone(ZoneInfo(call.time_zone)).date()


def until(application: Application) -> date | None:
    """By when somebody writes whose application is over; None where it is not. Two statements at the most."""
    return last_day(db.session.get_one(Call, application.call_id)) if seen(application) in OVER else None


def has_ended(application: Application, moment: datetime | None = None) -> bool:
    """Whether nothing more is written about an application: it was never sent, or its days are over. Not while one of
    two merged applications goes on.
    """
    if application.merged_into_id is not None:
        return False
    if application.state in NEVER_SENT or application.reference is None:
        return True
    last = until(application)
    if last is None:
        return False
    zone = ZoneInfo(db.session.get_one(Call, application.call_id).time_zone)
    return (moment or now()).astimezone(zone).date() > last


def may_begin(application: Application) -> bool:
    """Whether somebody writes without having been asked, where nothing has ended."""
    return seen(application) in HOLDING | OVER or application.merged_into_id is not None
