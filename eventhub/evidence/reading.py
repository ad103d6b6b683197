"""What is sealed and opened by staff, each time written down; many times within an hour are reported."""

import uuid
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from eventhub.commitments.models import Commitment
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.registration.disclosure import READS_AN_HOUR

FILE, NAME, PHONE = "evidence.file_read", "evidence.identity_read", "rounds.phone_read"


class ReasonNeeded(DomainError):
    """Reading what is sealed needs a reason in words."""

    status = 422
    message = _l("Say why")
    field = "reason"


def note(actor: Person, commitment: Commitment, verb: str, *, reason: str | None, about: uuid.UUID) -> audit.AuditEntry:
    """Somebody opens what is sealed; ``verb`` is FILE or NAME, ``about`` the evidence or the comment. Reported to an
    administrator above twenty an hour.
    """
    # One after the other: two at once would both be counted as the same, and the count could pass over the alarm.
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    entry = audit.record(verb, commitment, actor=actor, scope_id=commitment.event_id, text=reason, about=about)
    db.session.flush()
    within = select(func.count()).where(
        audit.AuditEntry.actor_id == actor.id,
        audit.AuditEntry.verb.in_((FILE, NAME, PHONE)),
        audit.AuditEntry.at > now() - timedelta(hours=1),
    )
    if db.session.scalar(within) == READS_AN_HOUR + 1:
        promise("registration.many_reads", entry_id=entry.id)
    return entry
