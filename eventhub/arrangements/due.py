"""By when conference services must be told: working days before the day on which a service is needed."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from eventhub.kit.clock import now
from eventhub.kit.working_days import working_days_before
from eventhub.programme.models import Event, Session


def due_on(event: Event, session: Session | None, lead_days: int) -> date:
    """The last day on which a service can still be ordered; for the whole event it is needed from its first day on."""
    needed = session.starts_local.date() if session is not None else event.first_day
    return working_days_before(needed, lead_days)


def today(event: Event) -> date:
    """The day it is where the event takes place."""
    return local_day(event, now())


def local_day(event: Event, moment: datetime) -> date:
    """The day an instant is where the event takes place."""
    return moment.astimezone(ZoneInfo(event.time_zone)).date()
