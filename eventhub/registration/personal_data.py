"""What registration keeps about a person: the person's copy, and erasure."""

import uuid
from typing import Any

from sqlalchemy import delete, select, update

from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.actions import erase_answers, retain_anew
from eventhub.registration import duplicates, queries, stages, thread
from eventhub.registration.copies import let_go
from eventhub.registration.models import MOVES, PreparedDecision, Registration, State
from eventhub.registration.offers import forget_reasons, leave
from eventhub.registration.seats import hold_seats


def own_data(person: Person) -> list[dict[str, Any]]:
    """Every registration of a person with its answers, the sealed ones opened, in plain values."""
    found = []
    for one in queries.mine(person):
        registration = one.registration
        assert registration is not None  # noqa: S101 (queries.mine gives none without)
        found.append(
            {
                "event": one.event.title,
                "reference": registration.reference,
                "state": registration.state.value,
                "reason": _told_reason(registration.reason),
                "late": registration.late,
                "begun": registration.created_at,
                "sent": registration.submitted_at,
                "decided": registration.decided_at,
                "questions": thread.own_data(registration, one.key),
                "answers": given.opened(one.answer_set, one.key) if one.answer_set else {},
                "opened_by_staff": [
                    {"at": entry.at, "questions": entry.detail.get("questions", [])}
                    for entry, _text in audit.history(Registration.__tablename__, registration.id)
                    if entry.verb == "registration.revealed"
                ],
            }
        )
    return found


def follow_days(event_id: uuid.UUID) -> None:
    """The days of an event moved: whatever is deleted so long after its end is so after the new one. Safe to repeat."""
    thread.follow_days(event_id)
    duplicates.follow_days(event_id)
    day, zone = db.session.execute(select(Event.last_day, Event.time_zone).where(Event.id == event_id)).one()
    sets = select(Registration.answer_set_id).where(
        Registration.event_id == event_id, Registration.answer_set_id.is_not(None)
    )
    retain_anew(sets, thread.ends(day, zone))


def _told_reason(reason: str | None) -> str | None:
    """The code as the person may know it: an objection is told like any other refusal, here too."""
    return "other" if reason == "security_objection_recorded" else reason


def erase(person: Person) -> int:
    """Take a person out of all registrations; how many. Seats go to whoever waits, answers and words are deleted.

    The rows stay as counts without a name. Safe to repeat.
    """
    erase_answers(person)
    # The rows of seats before registrations, and those of several events in one order (seats.py).
    seated = select(Registration.event_id).where(Registration.person_id == person.id, Registration.has_seat)
    for event_id in db.session.scalars(seated.order_by(Registration.event_id)).all():
        hold_seats(event_id)
    mine = list(db.session.scalars(select(Registration).where(Registration.person_id == person.id).with_for_update()))
    ids = [registration.id for registration in mine]
    about = select(AuditEntry.id).where(
        AuditEntry.subject_kind == Registration.__tablename__, AuditEntry.subject_id.in_(ids)
    )
    db.session.execute(delete(AuditText).where(AuditText.entry_id.in_(about)))
    forget_reasons(mine)
    thread.erase(ids)
    duplicates.erase(ids)
    stages.erase(ids)
    db.session.execute(delete(PreparedDecision).where(PreparedDecision.registration_id.in_(ids)))
    db.session.execute(update(Registration).where(Registration.filed_by_id == person.id).values(filed_by_id=None))
    organisations = {registration.organisation_id for registration in mine if registration.organisation_id}
    for registration in mine:
        if State.WITHDRAWN in MOVES[registration.state]:
            leave(None, registration, reason="erased")
        registration.organisation_id = registration.country = registration.represents = registration.category = None
        registration.legal_name = registration.display_name = registration.answered_at = None
        registration.erased_at = registration.erased_at or now()
    db.session.flush()
    let_go(organisations)
    return len(mine)
