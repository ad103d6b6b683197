"""What leaves its seal or the house at the fund's desk, each time written down; many times are reported."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, select

from eventhub.funding.models import Application, Call
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import Base, db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import disclosure

REVEALED, FILE_READ, SEARCHED = "funding.revealed", "funding.file_read", "funding.searched"
GRANT_READS = ("awards.report_read", "awards.payee_read", "awards.receipt_read")
READS = (REVEALED, FILE_READ, *GRANT_READS, disclosure.READ, disclosure.BATCH_READ, disclosure.FILE_READ)
"""Deeds that open what is sealed, at whatever desk: the alarm counts them together."""
SEARCHES = (SEARCHED, "registration.searched")


class ReasonNeeded(DomainError):
    """Reading what is sealed needs a reason in words."""

    status = 422
    message = _l("Say why you need to read this")
    field = "reason"


def reveal(
    actor: Person,
    application: Application,
    answer_set: AnswerSet,
    key: SealKey,
    questions: Collection[str],
    reason: str,
) -> dict[str, object]:
    """Open sealed answers for somebody who says why; recorded here, and reported when it happens often. Raises
    ReasonNeeded, AnswerGone.
    """
    if not reason.strip():
        raise ReasonNeeded
    _hold(actor.id)
    entry = audit.record(
        REVEALED, application, actor=actor, scope_id=application.call_id, text=reason, questions=sorted(questions)
    )
    opened = given.opened(answer_set, key)
    _alarm(entry, READS, disclosure.READS_AN_HOUR, "registration.many_reads")
    return {name: value for name, value in opened.items() if name in questions}


def note_file_read(actor: Person, application: Application, reason: str) -> audit.AuditEntry:
    """Somebody saves a file of the exchange or a letter of somebody who vouches, and says why: the person sees that it
    happened. Raises ReasonNeeded.
    """
    if not reason.strip():
        raise ReasonNeeded
    entry = audit.record(FILE_READ, application, actor=_hold(actor.id), scope_id=application.call_id, text=reason)
    _alarm(entry, READS, disclosure.READS_AN_HOUR, "registration.many_reads")
    return entry


def note_grant_read(
    verb: str, actor: Person, subject: Base, call_id: uuid.UUID, reason: str | None = None, **detail: str
) -> audit.AuditEntry:
    """Somebody opened what is sealed about a grant; ``verb`` is one of GRANT_READS."""
    entry = audit.record(verb, subject, actor=_hold(actor.id), scope_id=call_id, text=reason, **detail)
    _alarm(entry, READS, disclosure.READS_AN_HOUR, "registration.many_reads")
    return entry


def note_search(actor_id: uuid.UUID, call_id: uuid.UUID) -> audit.AuditEntry:
    """Somebody searched the list: that it happened, never for whom; reported when it happens often."""
    entry = audit.record(SEARCHED, "fund_list", actor=_hold(actor_id), scope_id=call_id)
    _alarm(entry, SEARCHES, disclosure.SEARCHES_AN_HOUR, "registration.many_searches")
    return entry


def record_export(actor: Person, call: Call, *, reason: str, rows: int, kind: str) -> audit.AuditEntry:
    """Who took the list out of the house, how many rows of it, and why. Raises ReasonNeeded."""
    if not reason.strip():
        raise ReasonNeeded
    return audit.record("funding.exported", call, actor=actor, scope_id=call.id, text=reason, rows=rows, kind=kind)


def _hold(actor_id: uuid.UUID) -> Person:
    # One after the other: two at once would both be counted as the same, and the count could pass over the alarm.
    return db.session.scalars(select(Person).where(Person.id == actor_id).with_for_update(key_share=True)).one()


def _alarm(entry: audit.AuditEntry, verbs: Collection[str], most: int, task: str) -> None:
    db.session.flush()
    batch = func.coalesce(audit.AuditEntry.detail["rows"].as_integer(), 1)
    count = func.sum(case((audit.AuditEntry.verb == disclosure.BATCH_READ, batch), else_=1))
    within = select(count).where(
        audit.AuditEntry.actor_id == entry.actor_id,
        audit.AuditEntry.verb.in_(verbs),
        audit.AuditEntry.at > now() - timedelta(hours=1),
    )
    if db.session.scalar(within) == most + 1:
        promise(task, entry_id=entry.id)
