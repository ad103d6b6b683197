"""Registrations of people whom a focal point nominated, as far as registration knows of delegations: by an id alone.

A feature above calls this: whoever nominates, and why, is its business.
"""

import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey, new_key
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Organisation, Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.handing import hand_over
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import actions, categories, offers, queries
from eventhub.registration.copies import fill_profile, owe_needs
from eventhub.registration.models import MOVES, TAKES_PART, Registration, State
from eventhub.registration.moves import NotPossible, hold_rows, move
from eventhub.registration.queries import TAKING_PART, Intake
from eventhub.registration.seats import hold_seats

TYPED = "registration.typed"
"""The deed of somebody who fills in what somebody else will answer for."""


class RegisteredAlready(DomainError):
    """Whoever takes over what was filled in has a registration of one's own there."""

    message = _l(
        "You are registered for this event yourself, so you cannot take over a second registration. Sign in with an"
        " address of your own, or ask your focal point."
    )


def begin(actor: Person, person: Person, slug: str, delegation_id: uuid.UUID, category: str | None) -> Registration:
    """Begin the registration of a nominee, or tie the one that was begun to the delegation. ``category`` is answered
    where the form offers it and nothing was answered. Raises what ``actions.start_draft`` raises.
    """
    found = queries.intake_alone(slug, person)
    registration = found.registration
    if registration is None or registration.state not in TAKING_PART:
        found = actions.start_draft(actor, person, found)
        registration = _there(found)
    registration.delegation_id = delegation_id
    if registration.state is State.DRAFT and found.version_id is not None and category:
        definition = found.as_asked(questionnaires.version(found.version_id).definition)
        answered = given.load(found.answer_set) if found.answer_set else {}
        if category in categories.offered(definition, found.rules) and not answered.get(categories.QUESTION):
            actions.save_page(actor, found, {categories.QUESTION: category})
    db.session.flush()
    return registration


def person_without_account(actor: Person, name: str, language: str, time_zone: str) -> Person:
    """Somebody for whom another person fills in the form. Nobody signs in as that person."""
    person = Person(
        id=uuid.uuid4(),
        seal_key_id=new_key().id,
        name=name,
        language=language,
        time_zone=time_zone,
        managed_by_id=actor.id,
    )
    db.session.add(person)
    db.session.flush()
    return person


def note_typed(actor: Person, registration: Registration, questions: list[str]) -> None:
    """Write into the history which questions somebody else answered."""
    if questions:
        audit.record(TYPED, registration, actor=actor, scope_id=registration.event_id, questions=sorted(questions))


def pass_on(actor: Person, registration: Registration, *, cause: str, text: str | None = None) -> Registration:
    """The focal point agreed, or the secretariat goes on without that (``text`` says why, for colleagues): the
    registration is under review. Raises Stale, NotPossible.
    """
    hold_rows([registration])
    if registration.state is not State.AWAITING_FOCAL_POINT:
        raise NotPossible
    move(registration, State.UNDER_REVIEW, actor=actor, cause=cause, text=text)
    db.session.flush()
    return registration


def let_go(actor: Person | None, event_id: uuid.UUID, person_id: uuid.UUID, delegation_id: uuid.UUID) -> None:
    """The person does not come for the delegation any more: what was sent is withdrawn, its seat is the next one's,
    and a mail says so; a draft stays its author's, tied to nobody.
    """
    hold_seats(event_id)
    mine = select(Registration).where(
        Registration.event_id == event_id,
        Registration.person_id == person_id,
        Registration.delegation_id == delegation_id,
    )
    registration = db.session.scalar(mine.with_for_update().execution_options(populate_existing=True))
    if registration is None:
        return
    if registration.state in {State.DRAFT, State.EXPIRED}:
        registration.delegation_id = None
    elif State.WITHDRAWN in MOVES[registration.state]:
        promise("registration.withdrawn", registration_id=registration.id)
        promise("registration.withdrawn_calendar", registration_id=registration.id)
        offers.leave(actor, registration, cause="replaced")
    db.session.flush()


def follow(before: uuid.UUID, after: uuid.UUID) -> None:
    """Two delegations became one."""
    moved = update(Registration).where(Registration.delegation_id == before).values(delegation_id=after)
    db.session.execute(moved.execution_options(synchronize_session=False))


def claim(actor: Person, before: Person, event_id: uuid.UUID) -> Registration | None:
    """What was filled in for a person without an account becomes the actor's: the answers are sealed with the actor's
    key, and the other person is there no more for anybody to sign in as or to look at. Consents are not taken along.

    The caller erases ``before``. Raises RegisteredAlready.
    """
    theirs = Registration.event_id == event_id, Registration.person_id.in_([before.id, actor.id])
    hold_seats(event_id)
    rows = list(db.session.scalars(select(Registration).where(*theirs).order_by(Registration.id).with_for_update()))
    registration = next((one for one in rows if one.person_id == before.id), None)
    if any(one.person_id == actor.id for one in rows):
        raise RegisteredAlready
    if registration is None:
        return None
    keys = {key.id: key for key in db.session.scalars(select(SealKey).where(SealKey.id.in_(_keys_of(before, actor))))}
    answer_set = db.session.get(AnswerSet, registration.answer_set_id) if registration.answer_set_id else None
    if answer_set is not None:
        hand_over(answer_set, keys[before.seal_key_id], keys[actor.seal_key_id], owner_id=actor.id)
        definition = questionnaires.version(answer_set.version_id).definition
        answers = given.load(answer_set)
        fill_profile(actor, definition, answers)
        if registration.submitted_at is not None:
            # What was asked for was sealed with the key that is about to go: it is gathered anew from the answers.
            owe_needs(registration, answers)
    registration.person_id = actor.id
    if registration.organisation_id is not None:
        named = db.session.get_one(Organisation, registration.organisation_id)
        registration.organisation_id = affiliate(actor.id, named.name, country=named.country)
    audit.record("registration.claimed", registration, actor=actor, scope_id=event_id)
    if registration.state in TAKES_PART:
        promise("registration.accredited_calendar", registration_id=registration.id)
        promise("registration.reprinted", registration_id=registration.id)
    db.session.flush()
    return registration


def object_to(actor: Person, registration: Registration, text: str) -> audit.AuditEntry:
    """A State objects: written down for colleagues in the history, and nothing else follows from it by itself."""
    return audit.record("registration.objection", registration, actor=actor, scope_id=registration.event_id, text=text)


def _keys_of(*persons: Person) -> list[uuid.UUID]:
    return [person.seal_key_id for person in persons]


def _there(found: Intake) -> Registration:
    if found.registration is None:
        raise NotPossible
    return found.registration
