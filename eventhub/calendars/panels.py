"""What calendars say on the pages where an organiser calls something off: how many people learn of it, and how."""

from eventhub.calendars import news
from eventhub.kit.panels import Panel, Provider
from eventhub.programme.models import Event, Session
from eventhub.registration.cancelling import people_told


def event_cancelling(event: Event) -> Panel:
    """Before an event is cancelled."""
    return Panel("calendars/cancelling.html", {"told": news.told_of_event(event, people_told(event.id))})


def session_cancelling(session: Session) -> Panel:
    """Before a session is cancelled."""
    return Panel("calendars/cancelling.html", {"told": news.told_of_session(session)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("console.event_cancelling", event_cancelling),
    ("console.session_cancelling", session_cancelling),
)
"""What app.py registers."""
