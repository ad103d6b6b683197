"""What the fund's desk does with what somebody wrote: answers it, or marks it as read."""

import uuid
from collections.abc import Mapping

from sqlalchemy import select

from eventhub.funding import writing
from eventhub.funding.desk_models import FundMessage
from eventhub.funding.models import Application
from eventhub.funding.moves import NotPossible, demand_as_seen, hold_rows
from eventhub.funding.nearness import demand_distance
from eventhub.funding.thread import ASKED_IN, READ, NobodyToAsk, NothingSaid, Said, add, note, opened
from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.questionnaires.uploads import Upload


def reply(
    actor: Person,
    application: Application,
    text: str,
    *,
    upload: Upload | None = None,
    seen: Mapping[uuid.UUID, int] | None = None,
) -> FundMessage:
    """Write to somebody of whom nothing is asked; what waited to be read is read by that. The application is loaded
    with its person and key. Raises OwnFile, Stale, NotPossible, NobodyToAsk, NothingSaid, and what files.store raises.
    """
    demand_distance(actor, [application])
    hold_rows([application])
    demand_as_seen([application], seen)
    if application.state in ASKED_IN | writing.NEVER_SENT:
        raise NotPossible
    if application.person.email is None:
        raise NobodyToAsk
    if not text.strip() and upload is None:
        raise NothingSaid(field="message")
    message = add(actor, application, application.person.seal_key, text, upload, by_desk=True)
    application.answered_at = None
    note("funding.replied", actor, application)
    promise("funding.replied", message_id=message.id)
    return message


def replied(message_id: uuid.UUID) -> Said | None:
    """What the desk wrote, for the mail about it; None where it is gone."""
    rows = (
        select(FundMessage, SealKey)
        .join(Application, Application.id == FundMessage.application_id)
        .join(Person, Person.id == Application.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .where(FundMessage.id == message_id, FundMessage.by_desk, Application.erased_at.is_(None))
    )
    found = db.session.execute(rows).first()
    if found is None:
        return None
    text, gaps, name = opened(found[0], found[1])
    return Said(found[0], text, gaps, name, None, None) if text is not None else None


def may_reply(application: Application) -> bool:
    """Whether the desk may write to somebody of whom nothing is asked."""
    return application.state not in ASKED_IN | writing.NEVER_SENT and application.person.email is not None


def mark_read(actor: Person, application: Application, *, seen: Mapping[uuid.UUID, int] | None = None) -> Application:
    """An answer that needs nothing more leaves the list of those that wait to be read. Raises OwnFile, Stale,
    NotPossible.
    """
    demand_distance(actor, [application])
    hold_rows([application])
    demand_as_seen([application], seen)
    if application.answered_at is None:
        raise NotPossible
    application.answered_at = None
    note(READ, actor, application)
    return application
