"""Filling the form in for somebody else: what is kept, what is opened again for whoever typed it, what is not asked.

Who may do that for whom is the business of the feature above that calls this.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select

from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.definition import Definition, Question
from eventhub.questionnaires.handing import hand_over
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import actions, categories, duplicates, focal, offers, stages
from eventhub.registration.models import MOVES, TAKES_PART, Approval, Registration, RegistrationSetup, State, Word
from eventhub.registration.queries import Intake
from eventhub.registration.seats import hold_seats


def open_typed(actor: Person, found: Intake) -> dict[str, object]:
    """The answers as they were typed, the sealed ones opened, for whoever typed them; written into the history."""
    if found.answer_set is None or found.registration is None:
        raise NotFound
    opened = given.opened(found.answer_set, found.key)
    audit.record(
        "registration.typed_read",
        found.registration,
        actor=actor,
        scope_id=found.event.id,
        questions=sorted(opened),
    )
    return opened


def keep(actor: Person, found: Intake, values: Mapping[str, object], *, typed_in: UUID | None = None) -> Registration:
    """Keep what somebody typed for another person; the history says who typed, and which questions."""
    kept = actions.save_page(actor, found, values, typed_in=typed_in)
    focal.note_typed(actor, kept, [name for name, value in values.items() if value is not None])
    return kept


def withdraw(actor: Person | None, person: Person, event_id: UUID, *, cause: str = "taken_back") -> Registration | None:
    """Take back what was begun or sent for a person without an account; a seat is the next one's. None where there is
    nothing, or where it has gone its way.
    """
    hold_seats(event_id)
    theirs = select(Registration).where(Registration.event_id == event_id, Registration.person_id == person.id)
    registration = db.session.scalar(theirs.with_for_update().execution_options(populate_existing=True))
    if registration is None or State.WITHDRAWN not in MOVES[registration.state]:
        return None
    offers.leave(actor, registration, cause=cause)
    return registration


def takes_part(event_id: UUID, person_id: UUID) -> bool:
    """Whether somebody is let in at an event by any registration."""
    theirs = Registration.event_id == event_id, Registration.person_id == person_id
    return db.session.scalar(select(Registration.id).where(*theirs, Registration.state.in_(TAKES_PART))) is not None


def is_kept(person: Person, event_id: UUID) -> bool:
    """Whether a decision, or an objection of colleagues, stands in what was filled in for a person without an account,
    so that the person is not erased with it.
    """
    objected = exists().where(Approval.registration_id == Registration.id, Approval.outcome == Word.OBJECTION)
    decided = Registration.state.not_in([State.DRAFT, State.EXPIRED, State.WITHDRAWN])
    theirs = Registration.event_id == event_id, Registration.person_id == person.id
    return db.session.scalar(select(Registration.id).where(*theirs, decided | objected)) is not None


class OwnStays(DomainError):
    """What somebody registered herself was decided on, and is not exchanged for something else."""

    message = _l("Your own registration has gone too far to be exchanged, so it is the one that stays.")
    field = "keep"


EXCHANGED = frozenset(
    {
        State.DRAFT,
        State.EXPIRED,
        State.SUBMITTED,
        State.UNDER_REVIEW,
        State.INFO_REQUESTED,
        State.WAITLISTED,
        State.OFFERED,
    }
)
"""States of one's own registration that may give way to one that somebody else had filled in."""


def both(actor: Person, before: Person, event_id: UUID) -> tuple[Registration | None, Registration | None]:
    """The actor's own registration for an event and the one that was filled in, both locked after the seats."""
    hold_seats(event_id)
    rows = select(Registration).where(
        Registration.event_id == event_id, Registration.person_id.in_([before.id, actor.id])
    )
    found = db.session.scalars(
        rows.order_by(Registration.id).with_for_update().execution_options(populate_existing=True)
    ).all()
    by_person = {one.person_id: one for one in found}
    return by_person.get(actor.id), by_person.get(before.id)


def may_give_way(own: Registration, theirs: Registration) -> bool:
    """Whether one's own registration may be exchanged: not when it was decided on, or belongs to a delegation. Where
    everybody is accredited at once it may, for another accredited one. What was withdrawn stays so: perhaps the desk
    had spoken before.
    """
    if own.delegation_id is not None:
        return False
    if own.state is State.ACCREDITED and theirs.state in TAKES_PART:
        setup, rules = db.session.get_one(RegistrationSetup, own.event_id), categories.rules_of(own.event_id)
        return not categories.are_looked_at(setup, rules, own.category, theirs.category)
    return own.state in EXCHANGED


def set_aside(actor: Person, own: Registration, theirs: Registration) -> Person:
    """One's own registration gives way: withdrawn, its seat the next one's, and from here on nobody's. What colleagues
    said of it goes over to the one that stays. Returns the person without a name whose it is now; the caller erases
    that person.
    """
    stages.hand_on(own, theirs)
    duplicates.hand_on(own, theirs)
    if State.WITHDRAWN in MOVES[own.state]:
        offers.leave(actor, own, cause="exchanged")
    nobody = focal.person_without_account(actor, "", actor.language, actor.time_zone)
    nobody.managed_by_id = None
    answer_set = db.session.get(AnswerSet, own.answer_set_id) if own.answer_set_id else None
    if answer_set is not None:
        before, after = (db.session.get_one(SealKey, one.seal_key_id) for one in (actor, nobody))
        hand_over(answer_set, before, after, owner_id=nobody.id)
    own.person_id = nobody.id
    # By then the registration is nobody's: whose calendar it was is named.
    promise("registration.withdrawn_calendar", registration_id=own.id, person_id=actor.id)
    audit.record("registration.exchanged", own, actor=actor, scope_id=own.event_id)
    db.session.flush()
    return nobody


def keep_own(actor: Person, own: Registration, theirs: Registration) -> None:
    """One's own registration stays; what was filled in is withdrawn, and what colleagues said of it stays known."""
    stages.hand_on(theirs, own)
    duplicates.hand_on(theirs, own)
    if State.WITHDRAWN in MOVES[theirs.state]:
        offers.leave(actor, theirs, cause="exchanged")


def without_consents(definition: Definition) -> Definition:
    """The form without consents, required or not: nobody agrees for somebody else. The person is asked on the own
    page.
    """
    pages = [
        replace(page, questions=tuple(one for one in page.questions if _is_asked(one))) for page in definition.pages
    ]
    return Definition(tuple(page for page in pages if page.questions), definition.language)


def _is_asked(question: Question) -> bool:
    return question.kind != "consent"
