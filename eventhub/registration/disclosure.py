"""What leaves its seal or the house, each time written down: sealed answers and files, the list as a file."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, select

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.files import StoredFile
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.definition import Question
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake

READS_AN_HOUR = 20
"""More sealed answers than this an hour are reported to the administrators (SAFETY.md property 5)."""

READ, BATCH_READ, FILE_READ = "registration.revealed", "registration.batch_read", "registration.message_file"
"""Deeds that open what is sealed: answers of one registration, those of many at once (``rows`` says how many), a file
of the exchange with the desk.
"""

SEARCHES_AN_HOUR = 50
"""More searches for names than this an hour are reported likewise."""

REFUSALS_AN_HOUR = 50
"""More badges than this that one person scanned within an hour and nobody let in are reported likewise."""


class ReasonNeeded(DomainError):
    """Reading what is sealed needs a reason in words."""

    status = 422
    message = _l("Say why you need to read this")
    field = "reason"


def reveal(
    actor: Person, registration: Registration, answer_set: AnswerSet, key: Any, questions: Collection[str], reason: str
) -> dict[str, object]:
    """Open sealed answers for somebody who says why; recorded here, and reported when it happens often."""
    if not reason.strip():
        raise ReasonNeeded
    definition = questionnaires.version(answer_set.version_id).definition
    # One after the other: two at once would both be counted as the same, and the count could pass over the alarm.
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    entry = audit.record(
        READ,
        registration,
        actor=actor,
        scope_id=registration.event_id,
        text=reason,
        questions=sorted(questions),
    )
    opened = given.opened(answer_set, key)
    if _reads_within_an_hour(entry) == READS_AN_HOUR + 1:
        promise("registration.many_reads", entry_id=entry.id)
    sealed = {question.key for question in definition.questions() if question.sealed}
    return {name: value for name, value in opened.items() if name in sealed and name in questions}


def note_batch(
    actor: Person | None, event: Event, *, number: int, question: str, reason: str, order: uuid.UUID
) -> audit.AuditEntry:
    """One deed opened so many sealed answers (a batch of badges with photographs): one record, which the alarm counts
    as that many. Without an actor the house did it by itself, and nobody is reported; it stands in no history of the
    event then, for there it would tell that somebody has just hidden.
    """
    if actor is not None:
        db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    entry = audit.record(
        BATCH_READ,
        event if actor is not None else "paper_order",
        actor=actor,
        scope_id=event.id,
        reason=reason,
        rows=number,
        questions=[question],
        order=order,
    )
    if actor is not None and 0 <= _reads_within_an_hour(entry) - READS_AN_HOUR - 1 < number:
        promise("registration.many_reads", entry_id=entry.id)
    return entry


def note_reads(
    actor: Person, event: Event, registrations: Collection[Registration], *, questions: Collection[str], reason: str
) -> list[audit.AuditEntry]:
    """What several people had sealed is about to be opened for one reason: a record with each of them, which each one
    finds among the own data; the alarm counts them all. Raises ReasonNeeded.
    """
    if not reason.strip():
        raise ReasonNeeded
    db.session.execute(select(Person.id).where(Person.id == actor.id).with_for_update(key_share=True))
    entries = [
        audit.record(READ, one, actor=actor, scope_id=event.id, questions=sorted(questions)) for one in registrations
    ]
    if entries:
        audit.say(entries, reason)
        if 0 <= _reads_within_an_hour(entries[-1]) - READS_AN_HOUR - 1 < len(entries):
            promise("registration.many_reads", entry_id=entries[-1].id)
    return entries


def note_file_read(actor_id: uuid.UUID, registration_id: uuid.UUID, event_id: uuid.UUID) -> audit.AuditEntry:
    """Somebody of the desk saved a file that a registrant sent: the person sees that it happened; reported when it
    happens often.
    """
    registration = db.session.get_one(Registration, registration_id)
    actor = db.session.scalars(select(Person).where(Person.id == actor_id).with_for_update(key_share=True)).one()
    entry = audit.record(FILE_READ, registration, actor=actor, scope_id=event_id)
    if _reads_within_an_hour(entry) == READS_AN_HOUR + 1:
        promise("registration.many_reads", entry_id=entry.id)
    return entry


def note_search(actor_id: uuid.UUID, event_id: uuid.UUID) -> audit.AuditEntry:
    """Somebody searched the list for a name: that it happened, never for whom; reported when it happens often."""
    actor = db.session.scalars(select(Person).where(Person.id == actor_id).with_for_update(key_share=True)).one()
    entry = audit.record("registration.searched", "registration_list", actor=actor, scope_id=event_id)
    if _within_an_hour(entry) == SEARCHES_AN_HOUR + 1:
        promise("registration.many_searches", entry_id=entry.id)
    return entry


def note_refusals(actor_id: uuid.UUID, event: Event, *, number: int, since: datetime) -> audit.AuditEntry | None:
    """Somebody scanned so many badges that let nobody in: written down and reported, once since that moment."""
    verb = "registration.many_refusals"
    told = select(audit.AuditEntry.id).where(
        audit.AuditEntry.actor_id == actor_id,
        audit.AuditEntry.verb == verb,
        audit.AuditEntry.scope_id == event.id,
        audit.AuditEntry.at > since,
    )
    if db.session.scalar(told.limit(1)) is not None:
        return None
    actor = db.session.get_one(Person, actor_id)
    entry = audit.record(verb, event, actor=actor, scope_id=event.id, rows=number)
    db.session.flush()
    promise(verb, entry_id=entry.id)
    return entry


def _reads_within_an_hour(entry: audit.AuditEntry) -> int:
    """How many sealed answers the same person opened, those of this time included. The caller has locked the person."""
    db.session.flush()
    rows = func.coalesce(audit.AuditEntry.detail["rows"].as_integer(), 1)
    read = select(func.sum(case((audit.AuditEntry.verb == BATCH_READ, rows), else_=1))).where(
        audit.AuditEntry.actor_id == entry.actor_id,
        audit.AuditEntry.verb.in_((READ, BATCH_READ, FILE_READ)),
        audit.AuditEntry.at > now() - timedelta(hours=1),
    )
    return db.session.scalar(read) or 0


def _within_an_hour(entry: audit.AuditEntry) -> int:
    """How often the same person did the same, this time included. The caller has locked the person."""
    db.session.flush()
    done = select(func.count()).select_from(audit.AuditEntry)
    done = done.where(
        audit.AuditEntry.actor_id == entry.actor_id,
        audit.AuditEntry.verb == entry.verb,
        audit.AuditEntry.at > now() - timedelta(hours=1),
    )
    return db.session.scalar(done) or 0


def open_own_file(person: Person, intake: Intake, question: Question) -> tuple[StoredFile, str]:
    """A sealed file for the one who gave it, and what it was called; written down, so that she sees when somebody else
    did it in her name.
    """
    if intake.answer_set is None or intake.registration is None:
        raise NotFound
    value = given.opened(intake.answer_set, intake.key).get(question.key)
    file = given.stored_file(intake.answer_set, value)
    audit.record(
        "registration.own_file",
        intake.registration,
        actor=person,
        scope_id=intake.event.id,
        questions=[question.key],
    )
    return file, given.file_name(value)


def open_own_answers(person: Person, intake: Intake) -> list[tuple[Question, object]]:
    """The sealed answers of somebody's own registration, in the order of the form; written down like a sealed file.
    After a takeover this is how somebody reads what another person has filled in. Files stand on the page of all.
    """
    if intake.answer_set is None or intake.registration is None:
        raise NotFound
    known = given.opened(intake.answer_set, intake.key)
    definition = intake.as_asked(questionnaires.version(intake.answer_set.version_id).definition)
    sealed = [one for one in definition.questions() if one.sealed and one.kind != "file"]
    found = [(one, known[one.key]) for one in sealed if known.get(one.key) is not None]
    audit.record(
        "registration.own_read",
        intake.registration,
        actor=person,
        scope_id=intake.event.id,
        questions=[one.key for one, _value in found],
    )
    return found


def record_export(actor: Person, event: Event, *, reason: str, rows: int, kind: str, sight: Sight) -> audit.AuditEntry:
    """Who took the list out of the house, how many rows of it, and why (SAFETY.md property 6)."""
    if not reason.strip():
        raise ReasonNeeded
    return audit.record(
        "registration.exported",
        event,
        actor=actor,
        scope_id=event.id,
        text=reason,
        rows=rows,
        kind=kind,
        sight=sight.value,
    )
