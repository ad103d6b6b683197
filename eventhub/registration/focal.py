"""Registrations of people whom a focal point nominated, as far as registration knows of delegations: by an id alone.

A feature above calls this: whoever nominates, and why, is its business.
"""

import uuid
from collections.abc import Callable, Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.kit.revisions import bump
from eventhub.kit.sealed import SealKey, new_key
from eventhub.people.affiliations import affiliate
from eventhub.people.models import Organisation, Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.handing import hand_over
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import actions, categories, offers, queries, stages
from eventhub.registration.copies import fill_profile
from eventhub.registration.models import CONFIRMED, MOVES, TAKES_PART, Registration, State
from eventhub.registration.moves import NotPossible, hold_rows, move, note_move, owe, put_right
from eventhub.registration.participants import REVISION
from eventhub.registration.queries import TAKING_PART, Intake
from eventhub.registration.seats import hold_seats

TYPED = "registration.typed"
"""The deed of somebody who fills in what somebody else will answer for."""
AWAITED = "registration.awaits_focal_point"
"""The promise of a mail to the focal point whose word is awaited."""


HANDED_ON: list[Callable[[uuid.UUID, SealKey, SealKey], None]] = []
"""Features further up that keep something sealed with a registrant's key: they seal it anew when somebody takes a
registration over, before the former key is destroyed."""


class WithdrawnBefore(DomainError):
    """A registration that was withdrawn is not taken up again by a link."""

    message = _l(
        "Your registration for this event was withdrawn, by you or with your place in another delegation. No link takes"
        " it up again: please write to the secretariat."
    )


class RegisteredAlready(DomainError):
    """Whoever takes over what was filled in has a registration of one's own there."""

    message = _l(
        "You are registered for this event yourself, so you cannot take over a second registration. Sign in with an"
        " address of your own, or ask your focal point."
    )


def begin(
    actor: Person,
    person: Person,
    slug: str,
    delegation_id: uuid.UUID,
    category: str | None,
    *,
    known: Mapping[str, object] | None = None,
) -> Registration:
    """Begin the registration of a nominee, or tie the one that was begun to the delegation. ``category``, and what is
    ``known`` by the keys of questions, is answered where the form asks for it openly and nothing was answered: the
    person sees and can change it. Whoever does not take part yet awaits the focal point's word. Raises WithdrawnBefore,
    and what ``actions.start_draft`` raises.
    """
    found = queries.intake_alone(slug, person)
    registration = found.registration
    if registration is not None and registration.state is State.WITHDRAWN:
        raise WithdrawnBefore
    if registration is None or registration.state not in TAKING_PART:
        found = actions.start_draft(actor, person, found)
        registration = _there(found)
    registration.delegation_id, registration.awaits_word = delegation_id, registration.state not in CONFIRMED
    if registration.awaits_word and registration.state in TAKING_PART:
        promise(AWAITED, registration_id=registration.id)
    if registration.state is State.DRAFT and found.version_id is not None:
        definition = found.as_asked(questionnaires.version(found.version_id).definition)
        answered = given.load(found.answer_set) if found.answer_set else {}
        openly = {question.key for question in definition.questions() if not question.sealed}
        values = {key: value for key, value in (known or {}).items() if key in openly and not answered.get(key)}
        if category in categories.offered(definition, found.rules) and not answered.get(categories.QUESTION):
            values[categories.QUESTION] = category
        if values:
            actions.save_page(actor, found, values)
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
    registration is under review, or accredited where it has its place and nobody looks at it. One that is elsewhere
    stays there, and nothing keeps it from being accredited any more. Raises Stale, NotPossible.
    """
    setup = hold_seats(registration.event_id)
    hold_rows([registration])
    if not registration.awaits_word:
        raise NotPossible
    registration.awaits_word = False
    if registration.state is State.AWAITING_FOCAL_POINT:
        move(registration, State.UNDER_REVIEW, actor=actor, cause=cause, text=text)
    else:
        audit.record(
            "registration.let_on", registration, actor=actor, scope_id=registration.event_id, cause=cause, text=text
        )
    rule = categories.rule_of(categories.rules_of(registration.event_id), registration.category)
    in_place = registration.state is State.UNDER_REVIEW and registration.has_seat
    if in_place and not categories.is_looked_at(setup, rule):
        move(registration, State.ACCREDITED, actor=actor, reason="complete", cause=cause)
        owe([registration], State.ACCREDITED)
    db.session.flush()
    return registration


def let_go(
    actor: Person | None, event_id: uuid.UUID, person_id: uuid.UUID, delegation_id: uuid.UUID, *, is_own: bool = False
) -> None:
    """The person does not come for the delegation any more: what was sent is withdrawn, its seat is the next one's,
    and a mail says so. A draft stays its author's, tied to nobody, and so does what the person had sent before any
    delegation (``is_own``): the desk looks at it like at anybody's.
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
    if is_own or registration.state in {State.DRAFT, State.EXPIRED}:
        registration.delegation_id, registration.awaits_word = None, False
        if is_own:
            audit.record("registration.untied", registration, actor=actor, scope_id=event_id)
    elif State.WITHDRAWN in MOVES[registration.state]:
        promise("registration.replaced", registration_id=registration.id)
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

    Nobody decides about one person and lets in another: what was accredited is looked at again, its place is kept.
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
        definition = questionnaires.version(answer_set.version_id).definition
        consents = {question.id for question in definition.questions() if question.kind == "consent"}
        hand_over(answer_set, keys[before.seal_key_id], keys[actor.seal_key_id], owner_id=actor.id, without=consents)
        fill_profile(actor, definition, given.load(answer_set))
    for hand_on in HANDED_ON:
        hand_on(registration.id, keys[before.seal_key_id], keys[actor.seal_key_id])
    registration.person_id = actor.id
    if registration.organisation_id is not None:
        named = db.session.get_one(Organisation, registration.organisation_id)
        registration.organisation_id = affiliate(actor.id, named.name, country=named.country)
    audit.record("registration.claimed", registration, actor=actor, scope_id=event_id)
    _look_again(actor, registration)
    # Security looked somebody else up, or was perhaps the one who takes it over.
    stages.lapse(actor, registration, ask_again=True)
    if registration.state in TAKES_PART:
        promise("registration.accredited_calendar", registration_id=registration.id)
        promise("registration.reprinted", registration_id=registration.id)
    db.session.flush()
    return registration


def object_to(actor: Person, registration: Registration, text: str) -> audit.AuditEntry:
    """A State objects: written down for colleagues in the history, and nothing else follows from it by itself."""
    return audit.record("registration.objection", registration, actor=actor, scope_id=registration.event_id, text=text)


def _look_again(actor: Person, registration: Registration) -> None:
    """What was decided was decided about somebody else's words for a person whom nobody had seen. Who came already, or
    registers where nobody is looked at, stays.
    """
    setup, rules = hold_seats(registration.event_id), categories.rules_of(registration.event_id)
    if not categories.is_looked_at(setup, categories.rule_of(rules, registration.category)):
        return
    if registration.state in {State.ACCREDITED, State.BADGE_ISSUED}:
        note_move(registration, State.UNDER_REVIEW, actor=actor, cause="claimed")
        put_right(registration, State.UNDER_REVIEW)
        bump(REVISION)
        promise("registration.place_kept", registration_id=registration.id)
        promise("registration.reprinted", registration_id=registration.id)
    if registration.state in {State.UNDER_REVIEW, State.WAITLISTED, State.OFFERED}:
        registration.reason = registration.decided_at = None


def _keys_of(*persons: Person) -> list[uuid.UUID]:
    return [person.seal_key_id for person in persons]


def _there(found: Intake) -> Registration:
    if found.registration is None:
        raise NotPossible
    return found.registration
