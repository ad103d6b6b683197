"""What people ask for: on their own page or with the answers of their registration; changed and taken back in time."""

import uuid
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from eventhub.arrangements import due, queries, wishes
from eventhub.arrangements.models import MOVES, OPEN, Need, Status
from eventhub.arrangements.queries import DEED, WANTED_IN, Known
from eventhub.arrangements.wishes import Wish
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Event, Session
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import cancelling
from eventhub.registration.copies import NEEDS
from eventhub.registration.focal import HANDED_ON
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake
from eventhub.registration.thread import kept_until

AT_MOST = 20
"""So many wishes may stand open for one registration."""


class NotTakingPart(DomainError):
    """The registration was not sent, or has ended."""

    message = _l("Nothing can be asked for with this registration now.")


class Over(DomainError):
    """The event is over."""

    message = _l("This event is over, so nothing can be arranged any more.")


class TooLate(DomainError):
    """The day by which it must be ordered has passed."""

    message = _l("It is too late to change this here: it has been ordered, or will be today. Please write to us.")


class AskedAlready(DomainError):
    """The very same wish stands open."""

    status = 422
    message = _l("You have asked for this already. You find it in the list above.")
    field = "kind"


class TooManyWishes(DomainError):
    """More than anybody needs."""

    message = _l("You have asked for many things. Please describe the rest in words in one of them, or write to us.")


class NoWay(DomainError):
    """The status does not follow on the one that stands."""

    message = _l("This step is not possible from where it stands now.")


def ask(actor: Person, found: Intake, wish: Wish, session: Session | None) -> Need:
    """Ask for something. After its due day it is still taken, and the desk sees that it came late.

    The caller holds the registration. Raises NotTakingPart, Over, AskedAlready, TooManyWishes.
    """
    registration = demand_takes_part(found)
    standing = [one for one in queries.of_registration(registration.id, found.key) if one.need.status in OPEN]
    session_id = session.id if session else None
    if any((one.wish.essence, one.need.session_id) == (wish.essence, session_id) for one in standing):
        raise AskedAlready
    if len(standing) >= AT_MOST:
        raise TooManyWishes
    return _add(actor, registration, found.event, found.key, wish, session_id)


def change(actor: Person, found: Intake, need_id: uuid.UUID, wish: Wish, session: Session | None) -> Need:
    """Ask for something else instead: the former wish is taken back, the new one begins anew.

    Raises what ``take_back`` and ``ask`` raise.
    """
    held = _own(found, need_id)
    if held.need.status in OPEN and (held.wish, held.need.session_id) == (wish, session.id if session else None):
        return held.need
    take_back(actor, found, need_id)
    return ask(actor, found, wish, session)


def take_back(actor: Person, found: Intake, need_id: uuid.UUID) -> Need:
    """Say that something is not needed after all. The caller holds the registration. Raises NotFound, TooLate, NoWay,
    NotTakingPart, Over.
    """
    demand_takes_part(found)
    need = _own(found, need_id).need
    if need.status not in OPEN:
        raise NoWay
    session = db.session.get(Session, need.session_id) if need.session_id else None
    if not may_change(found.event, need, session, queries.lead_days(found.event.id)):
        raise TooLate
    return move(need, Status.TAKEN_BACK, actor=actor, event_id=found.event.id)


def may_change(event: Event, need: Need, session: Session | None, lead_days: int) -> bool:
    """Whether the person may still change a wish: until its due day, that day included."""
    return need.status in OPEN and due.today(event) <= due.due_on(event, session, lead_days)


def demand_takes_part(found: Intake) -> Registration:
    """The registration, where something can be arranged for it. Raises NotTakingPart, Over, NotAnyMore."""
    cancelling.demand_not_cancelled(found.event)
    registration = found.registration
    if registration is None or registration.state not in WANTED_IN:
        raise NotTakingPart
    if due.today(found.event) > found.event.last_day:
        raise Over
    return registration


def move(need: Need, target: Status, *, actor: object | None, event_id: uuid.UUID) -> Need:
    """Move a wish that the caller has locked. Raises NoWay and then has changed nothing."""
    if target not in MOVES[need.status]:
        raise NoWay
    moment = now()
    need.status, need.moved_at = target, moment
    if target in {Status.ORDERED, Status.CONFIRMED}:
        need.ordered_at = need.ordered_at or moment
    if target is Status.NOT_POSSIBLE:
        need.ordered_at = None
    else:
        need.answer = None
    audit.record(f"{DEED}{target.value}", need, actor=actor, scope_id=event_id)
    return need


def gather(registration_id: uuid.UUID) -> int:
    """Let the wishes of a registration follow its answers: what they ask for newly is asked, what they asked for and do
    not any more is taken back; what the person has changed on the own page since stays. How many moved.

    The house reads the sealed answers to seal them again as wishes; nobody is shown anything. Safe to repeat.
    """
    found = _answered(registration_id)
    if found is None:
        return 0
    registration, event, person, key, answer_set = found
    wanted = _on_form(answer_set, key)
    held = queries.of_registration(registration.id, key, lock=True)
    moved = 0
    for one in held:
        if one.need.on_form and one.wish not in wanted:
            one.need.on_form = False
            if one.need.status in OPEN:
                move(one.need, Status.TAKEN_BACK, actor=person, event_id=event.id)
                moved += 1
    followed = {one.wish for one in held if one.need.on_form}
    asked = {one.wish.essence: one.need for one in held if one.need.status in OPEN and one.need.session_id is None}
    for wish in wanted:
        if wish in followed:
            continue
        if wish.essence in asked:  # on the own page, before the answers said it too
            asked[wish.essence].on_form = True
        else:
            _add(person, registration, event, key, wish, None, on_form=True)
            moved += 1
    return moved


def hand_on(registration_id: uuid.UUID, before: SealKey, after: SealKey) -> None:
    """Seal the wishes of a registration anew with the key of whoever took it over, and what was answered to them. What
    the former key does not open is nobody's any more. The caller holds the registration.
    """
    rows = select(Need).where(Need.registration_id == registration_id).order_by(Need.id).with_for_update()
    for need in db.session.scalars(rows.execution_options(populate_existing=True)):
        wish, answer = wishes.read(need, before), wishes.read_answer(need, before)
        if wish is None:
            db.session.delete(need)
            continue
        need.sealed = wishes.sealed(after, need.id, wish)
        need.answer = wishes.sealed_answer(after, need.id, answer) if answer else None
    db.session.flush()


HANDED_ON.append(hand_on)


def _on_form(answer_set: AnswerSet, key: SealKey) -> list[Wish]:
    definition = questionnaires.version(answer_set.version_id).definition
    answers = given.opened(answer_set, key)
    labels = {
        option.id: str(option.label)
        for question in definition.questions()
        if question.key in NEEDS
        for option in question.options
    }
    return list(dict.fromkeys(wishes.from_answers(answers, labels)))


def _own(found: Intake, need_id: uuid.UUID) -> Known:
    if found.registration is None:
        raise NotFound
    for one in queries.of_registration(found.registration.id, found.key, lock=True):
        if one.need.id == need_id:
            return one
    raise NotFound


def _answered(registration_id: uuid.UUID) -> tuple[Registration, Event, Person, SealKey, AnswerSet] | None:
    rows = (
        select(Registration, Event, Person, SealKey, AnswerSet)
        .join(Event, Event.id == Registration.event_id)
        .join(Person, Person.id == Registration.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .join(AnswerSet, AnswerSet.id == Registration.answer_set_id)
        .where(Registration.id == registration_id, Person.erased_at.is_(None), SealKey.destroyed_at.is_(None))
        .with_for_update(of=Registration)
    )
    row = db.session.execute(rows).first()
    if row is None or row[0].state not in WANTED_IN:
        return None
    return row[0], row[1], row[2], row[3], row[4]


def _add(
    actor: Person,
    registration: Registration,
    event: Event,
    key: SealKey,
    wish: Wish,
    session_id: uuid.UUID | None,
    *,
    on_form: bool = False,
) -> Need:
    moment = now()
    need = Need(
        id=uuid.uuid4(),
        registration_id=registration.id,
        session_id=session_id,
        status=Status.ASKED,
        on_form=on_form,
        asked_at=moment,
        moved_at=moment,
        delete_after=_kept_until(event, moment),
    )
    need.sealed = wishes.sealed(key, need.id, wish)
    db.session.add(need)
    db.session.flush()
    audit.record(f"{DEED}{Status.ASKED.value}", need, actor=actor, scope_id=event.id)
    return need


def _kept_until(event: Event, moment: datetime) -> datetime:
    return kept_until(moment, event.last_day, event.time_zone)
