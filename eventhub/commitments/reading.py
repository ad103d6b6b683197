"""What is sealed about a commitment and opened by staff, each time written down; many within an hour are reported."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from eventhub.commitments.models import Commitment
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.registration.disclosure import READS_AN_HOUR

REASON, FILE, NAME = "commitments.reason_read", "evidence.file_read", "evidence.identity_read"
"""Why something was withdrawn for safety, evidence that is sealed, who wrote a comment."""


def note(actor: Person, commitment: Commitment, verb: str, *, reason: str | None, **about: Any) -> audit.AuditEntry:
    """Somebody opens what is sealed; ``verb`` is REASON, FILE or NAME, ``about`` goes into the record. Reported to an
    administrator above twenty an hour, all of them together.
    """
    # One after the other: two at once would both be counted as the same, and the count could pass over the alarm.
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    entry = audit.record(verb, commitment, actor=actor, scope_id=commitment.event_id, text=reason, **about)
    db.session.flush()
    within = select(func.count()).where(
        audit.AuditEntry.actor_id == actor.id,
        audit.AuditEntry.verb.in_((REASON, FILE, NAME)),
        audit.AuditEntry.at > now() - timedelta(hours=1),
    )
    if db.session.scalar(within) == READS_AN_HOUR + 1:
        promise("registration.many_reads", entry_id=entry.id)
    return entry
