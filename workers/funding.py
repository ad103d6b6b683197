"""Mails about calls, to applicants and to those who vouch for them, and what happens to drafts by the clock."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from eventhub.awards import rule_budgets
from eventhub.funding import applying, call_letters, notices, opening, own, personal_data, told, vouching
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import Letter
from eventhub.people.models import Person
from workers.app import mails, writes
from workers.upkeep import by_the_clock

Told = tuple[Application, Call, Person]


@writes("funding.rules_changed")
def rules_changed(call_id: str, number: int) -> None:
    """A second person agreed to a change of rules."""
    rule_budgets.follow(uuid.UUID(call_id), number)
    opening.tell_of_rules(uuid.UUID(call_id), number)


@writes("funding.deadline_extended")
def deadline_extended(call_id: str, deadline_id: str) -> None:
    """A later deadline was announced."""
    personal_data.follow_end(uuid.UUID(call_id))
    opening.tell_of_deadline(uuid.UUID(call_id), uuid.UUID(deadline_id))


@writes("funding.call_cancelled")
def call_cancelled(call_id: str) -> None:
    """A call was called off."""
    opening.tell_of_end(uuid.UUID(call_id))


@mails("funding.rules_told")
def rules_told(application_id: str, number: int) -> Letter | None:
    """The rules have changed."""
    return call_letters.rules_told(uuid.UUID(application_id), number)


@mails("funding.extended_told")
def extended_told(application_id: str, deadline_id: str) -> Letter | None:
    """There is more time."""
    return call_letters.extended_told(uuid.UUID(application_id), uuid.UUID(deadline_id))


@mails("funding.cancelled_told")
def cancelled_told(application_id: str) -> Letter | None:
    """The call does not go on."""
    return call_letters.cancelled_told(uuid.UUID(application_id))


@mails("funding.received")
def received(application_id: str) -> Letter | None:
    """We have your application. Nothing once it was withdrawn."""
    found = _application(application_id)
    if found is None or found[0].state is State.WITHDRAWN:
        return None
    call, standing = own.call_of(found[1].slug)
    return notices.received(*found, answered_by=told.answer_day(call, own.rules_of(standing)))


@mails("funding.draft_reminded")
def draft_reminded(application_id: str) -> Letter | None:
    """There is a draft. Nothing when it was sent meanwhile, or the deadline has passed."""
    found = _application(application_id)
    if found is None or found[0].state is not State.DRAFT or found[1].stand is not Stand.OPEN:
        return None
    return notices.draft_reminded(*found) if now() < found[1].closes_at else None


@mails("funding.withdrawn")
def withdrawn(application_id: str) -> Letter | None:
    """It is not considered any more."""
    found = _application(application_id)
    return notices.withdrawn(*found) if found and found[0].state is State.WITHDRAWN else None


@mails("funding.vouch_asked")
def vouch_asked(endorsement_id: str) -> Letter | None:
    """Your word is asked for. Nothing when it was given, refused or is not wanted any more."""
    return _to_voucher(endorsement_id, again=False)


@mails("funding.vouch_reminded")
def vouch_reminded(endorsement_id: str) -> Letter | None:
    """The same once more, shortly before it is due."""
    return _to_voucher(endorsement_id, again=True)


@mails("funding.vouch_answered")
def vouch_answered(endorsement_id: str) -> Letter | None:
    """There is an answer, for the applicant. Nothing when somebody else was named meanwhile."""
    asked = vouching.told(uuid.UUID(endorsement_id))
    if asked is None or asked.endorsement.withdrawn_at is not None or asked.applicant.erased_at is not None:
        return None
    return notices.vouch_answered(asked)


@by_the_clock("funding.expire_drafts", timedelta(minutes=10))
def expire_drafts() -> None:
    """Close drafts whose call takes no more, the time of grace included."""
    while applying.expire_drafts(now()):
        db.session.flush()


@by_the_clock("funding.remind", timedelta(minutes=15))
def remind() -> None:
    """Remind applicants of drafts, and those who vouch of their answer."""
    while applying.remind_drafts(now()):
        db.session.flush()
    while vouching.to_remind(now()):
        db.session.flush()


@by_the_clock("funding.forget_vouchers", timedelta(hours=1))
def forget_vouchers() -> None:
    """Calls that have ended, and names and mailboxes of those who vouched, forgotten thirty days later."""
    personal_data.follow_clock(now())
    db.session.flush()
    while personal_data.forget_vouchers(now()):
        db.session.flush()


def _to_voucher(endorsement_id: str, *, again: bool) -> Letter | None:
    asked = vouching.told(uuid.UUID(endorsement_id))
    if asked is None or not vouching.is_open(asked, now()):
        return None
    asked.endorsement.sent_at = now()
    return notices.vouch_asked(asked, again=again)


def _application(application_id: str) -> Told | None:
    rows = (
        select(Application, Call, Person)
        .join(Call, Call.id == Application.call_id)
        .join(Person, Person.id == Application.person_id)
        .where(Application.id == uuid.UUID(application_id), Application.erased_at.is_(None))
    )
    found = db.session.execute(rows).first()
    return (found[0], found[1], found[2]) if found else None
