"""How long mailings are kept, the person's copy of what she was sent, and erasure."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.mailings import letters, queries
from eventhub.mailings.models import Mailing, MailingLine, MailPreference
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires.actions import TO_PUT_RIGHT
from eventhub.registration.thread import KEPT, ends

AT_ONCE = 20


def own_data(person: Person) -> dict[str, Any]:
    """What a person was sent, in plain values, and whether she stopped such mails. Two statements."""
    preference = db.session.get(MailPreference, person.id)
    sent = []
    for line in queries.messages(person, limit=None):
        values = letters.values_for(line.mailing, line.registration, person, line.mailing.event, person.language)
        what = letters.said(line.mailing, person.language, values)
        sent.append(
            {
                "event": letters.title_of(line.mailing.event, person.language),
                "subject": what.subject,
                "text": text_of(what),
                "sent": line.sent_at or line.promised_at,
            }
        )
    return {"messages": sent, "mails_stopped": preference.stopped_at if preference else None}


def text_of(what: letters.Said) -> str:
    """A text as one string."""
    return "\n\n".join(
        "\n".join("".join(piece.words for piece in line) for line in paragraph) for paragraph in what.paragraphs
    )


def erase(person_id: uuid.UUID) -> None:
    """Delete what a person was sent, and her link. Safe to repeat."""
    db.session.execute(delete(MailingLine).where(MailingLine.person_id == person_id))
    db.session.execute(delete(MailPreference).where(MailPreference.person_id == person_id))


def follow_days(event_id: uuid.UUID) -> None:
    """The event's days moved: mailings are kept as long after its end as before. What falls due sooner than it did
    stays a week yet. Safe to repeat.
    """
    day, zone = db.session.execute(select(Event.last_day, Event.time_zone).where(Event.id == event_id)).one()
    table = table_of(Mailing)
    sent = func.coalesce(table.c.send_at, table.c.created_at)
    due = func.greatest(sent, ends(day, zone)) + KEPT
    soonest = func.least(table.c.delete_after, now() + TO_PUT_RIGHT)
    renewed = update(table).where(table.c.event_id == event_id).values(delete_after=func.greatest(due, soonest))
    db.session.execute(renewed)
    db.session.expire_all()


def delete_expired(moment: datetime) -> int:
    """Delete mailings whose days are over, with their logs; how many. Each event gets a record of it. Run until 0."""
    rows = select(Mailing.id, Mailing.event_id).where(Mailing.delete_after <= moment).order_by(Mailing.id)
    found = db.session.execute(rows.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    for mailing_id, event_id in found:
        lines = db.session.execute(
            delete(MailingLine).where(MailingLine.mailing_id == mailing_id).returning(MailingLine.id)
        )
        number = len(lines.all())
        event = db.session.get_one(Event, event_id)
        audit.record("mailings.expired", event, actor=None, scope_id=event_id, reason="retention", number=number)
    if found:
        db.session.execute(delete(Mailing).where(Mailing.id.in_([mailing_id for mailing_id, _event_id in found])))
    return len(found)
