"""What the staff pages of mailings share: the blueprint, who comes in, and words for where things stand."""

import uuid
from collections.abc import Iterable

from flask import Blueprint
from flask_babel import gettext as _

from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.mailings import access, letters, queries, wording
from eventhub.mailings.models import Mailing
from eventhub.programme.models import Event
from eventhub.registration import desk
from eventhub.registration.access import Sight

bp = Blueprint("mailings_console", __name__)


def at_desk(slug: str) -> tuple[Event, Sight]:
    """The event whose mailings these are, and what the visitor sees of people. Raises NotFound for everybody else."""
    event, _setup = desk.event_of(slug)
    return event, access.desk(actor().grants, event)


def mailing_at_desk(slug: str, mailing_id: uuid.UUID, *, lock: bool = False) -> tuple[Event, Sight, Mailing]:
    """A mailing of that event. One to first timers exists for those alone who may know them. Raises NotFound."""
    event, seen = at_desk(slug)
    mailing = queries.one(event.id, mailing_id, lock=lock)
    if not is_visible(mailing, event):
        raise NotFound
    return event, seen, mailing


def is_visible(mailing: Mailing, event: Event) -> bool:
    """Whether the visitor may know of a mailing of an event at whose desk she works."""
    return not mailing.audience.get("first_time") or access.knows_first_timers(actor().grants, event)


def visible(rows: Iterable[tuple[Mailing, Event]]) -> list[tuple[Mailing, Event]]:
    """Those of which the visitor may know: asked once for each event, however many of its mailings are there."""
    known: dict[uuid.UUID, bool] = {}
    found = []
    for mailing, event in rows:
        if mailing.audience.get("first_time") and event.id not in known:
            known[event.id] = is_visible(mailing, event)
        if not mailing.audience.get("first_time") or known[event.id]:
            found.append((mailing, event))
    return found


def mailing_to_send(slug: str, mailing_id: uuid.UUID) -> tuple[Event, Mailing]:
    """A mailing, held, for those who may send it. Raises NotFound for those who only draft, whatever is there."""
    event, _seen = at_desk(slug)
    if not access.may_send(actor().grants, event):
        raise NotFound
    event, _seen, mailing = mailing_at_desk(slug, mailing_id, lock=True)
    return event, mailing


def subject_of(mailing: Mailing, event: Event) -> str:
    """What a mailing is called at the desk: its subject in the original language, which names the event."""
    subject = mailing.subject.get(mailing.original_language)
    if not subject:
        return str(_("Without a subject"))
    return wording.filled(subject, {"event": letters.title_of(event, mailing.original_language)})
