"""Setting up an evaluation, and what the clock does with it: asking, reminding, closing."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import Text, and_, cast, delete, exists, func, insert, literal, or_, select, update

from eventhub.checkin.models import Joined
from eventhub.evaluations import queries
from eventhub.evaluations.counting import BATCH
from eventhub.evaluations.models import Answer, Evaluation, Invitation
from eventhub.evaluations.preset import PRESET
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Stale, means
from eventhub.kit.outbox import promise_all
from eventhub.kit.revisions import bump
from eventhub.kit.sealed import SealKey, destroy, new_key
from eventhub.kit.tokens import digest, new_salt
from eventhub.mailings.models import MailPreference
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import TAKES_PART, Registration, State

OPENS_AFTER = timedelta(days=1)
LASTS = timedelta(days=13)
"""Between the first and the last day: fourteen days in all."""
LONGEST = timedelta(days=60)
MORNING = 8
"""The hour where the event is, before which no mail goes out."""
KEPT = timedelta(days=365)
"""How long after the end it is kept who was asked."""


means("uq_evaluation_event_id", Stale())


class BadDays(DomainError):
    """Days on which nobody can be asked."""

    status = 422
    message = _l("The last day is not before the first, and at most 60 days after it.")
    field = "closes_on"


class TooEarly(DomainError):
    """Before the event is over there is nothing to evaluate."""

    status = 422
    message = _l("An evaluation opens on the last day of the event at the earliest.")
    field = "opens_on"


class Begun(DomainError):
    """What people were asked stays."""

    status = 409
    message = _l("The evaluation has opened: its questions and its first day stay. The last day can be moved to later.")


class NotClosed(DomainError):
    """Results are there once it has closed."""

    status = 409
    message = _l("The evaluation is still open. Its summary can be published once it has closed.")


def set_up(
    actor: Person, event: Event, *, questions: Sequence[str], opens_on: date, closes_on: date, version: int
) -> Evaluation:
    """Say what is asked, and when; ``version`` is the one that the form was made from, 0 for none. Raises BadDays,
    TooEarly, Begun, Stale.
    """
    found = queries.of_event(event.id, lock=True)
    if (found.lock if found else 0) != version:
        raise Stale
    asked = [code for code in PRESET if code in questions]
    if found is not None and found.opened_at:
        if queries.is_over(found, event, now()):
            raise Begun
        if asked != found.questions or opens_on != found.opens_on or closes_on < found.closes_on or found.closed_at:
            raise Begun
    elif opens_on < event.last_day:
        raise TooEarly
    if not timedelta(0) <= closes_on - opens_on <= LONGEST:
        raise BadDays
    if found is None:
        key = new_key()
        db.session.flush()
        found = Evaluation(id=uuid.uuid4(), event_id=event.id, seal_key_id=key.id, asked=0, answered=0)
        db.session.add(found)
    found.questions, found.opens_on, found.closes_on = asked, opens_on, closes_on
    db.session.flush()
    audit.record("evaluations.set_up", found, actor=actor, scope_id=event.id)
    return found


def publish(actor: Person, evaluation: Evaluation, *, is_public: bool) -> Evaluation:
    """Let anybody read the summary, or nobody any more. Raises NotClosed."""
    if evaluation.closed_at is None:
        raise NotClosed
    evaluation.published_at = now() if is_public else None
    verb = "evaluations.published" if is_public else "evaluations.hidden"
    audit.record(verb, evaluation, actor=actor, scope_id=evaluation.event_id)
    bump("programme")
    return evaluation


def read_words(actor: Person, evaluation: Evaluation, answer: Answer, shown: str) -> Answer:
    """Somebody looked for names in an answer: what of it others may read; empty for nothing."""
    answer.shown = shown
    audit.record("evaluations.words_read", evaluation, actor=actor, scope_id=evaluation.event_id)
    return answer


def open_due(moment: datetime) -> int:
    """Ask everybody who attended, where the day has come; of how many evaluations. Safe to repeat."""
    return sum(1 for one in queries.running() if _is_due(one, moment) and ask_all(one, moment))


def ask_all(evaluation: Evaluation, moment: datetime) -> bool:
    """Make the invitations and promise their mails; False where too few would be asked for any answer to be shown."""
    evaluation = _held(evaluation)
    people = attendees(evaluation.event_id)
    if evaluation.opened_at is not None or len(people) < BATCH:
        return False
    day = moment.date()
    made = []
    for person_id in people:
        invitation_id, salt = uuid.uuid4(), new_salt()
        made.append(
            {
                "id": invitation_id,
                "evaluation_id": evaluation.id,
                "person_id": person_id,
                "salt": salt,
                "token_hash": digest(queries.secret_of(invitation_id, salt)),
                "asked_on": day,
                "answered_on": None,
            }
        )
    db.session.execute(insert(Invitation), made)
    evaluation.opened_at, evaluation.asked = moment, len(made)
    db.session.flush()
    _promise("evaluations.asked", evaluation)
    audit.record("evaluations.opened", evaluation, actor=None, scope_id=evaluation.event_id, asked=len(made))
    return True


def remind_due(moment: datetime) -> int:
    """One reminder to those whose link is not marked, halfway; for how many evaluations. Safe to repeat."""
    number = 0
    for one in queries.running():
        here = queries.local(one.event, moment)
        halfway = one.opens_on + (one.closes_on - one.opens_on + timedelta(days=1)) // 2
        is_time = halfway <= here.date() < one.closes_on and here.hour >= MORNING
        if one.opened_at and one.reminded_at is None and is_time and _held(one).reminded_at is None:
            one.reminded_at = moment
            db.session.flush()
            _promise("evaluations.reminded", one)
            number += 1
    return number


def close_due(moment: datetime) -> int:
    """Close those whose days are over and of which nothing waits; how many. Safe to repeat.

    The key of what waited is destroyed and the salts go: no secret of a link can be made again.
    """
    number = 0
    for one in queries.running():
        if not one.opened_at or not queries.is_over(one, one.event, moment) or queries.waiting_number(one.id):
            continue
        if _held(one).closed_at is not None:
            continue
        one.closed_at = moment
        destroy(db.session.get_one(SealKey, one.seal_key_id))
        bare = update(Invitation).where(Invitation.evaluation_id == one.id).values(salt=None)
        db.session.execute(bare.execution_options(synchronize_session=False))
        audit.record("evaluations.closed", one, actor=None, scope_id=one.event_id, answered=one.answered)
        number += 1
    db.session.flush()
    return number


def forget_due(moment: datetime) -> None:
    """Forget who was asked, a year after the end. Answers stay: they are nobody's."""
    old = select(Evaluation.id).where(Evaluation.closed_at < moment - KEPT)
    gone = delete(Invitation).where(Invitation.evaluation_id.in_(old))
    db.session.execute(gone.execution_options(synchronize_session=False))


def attendees(event_id: uuid.UUID) -> list[uuid.UUID]:
    """Who is asked: who was let in at a door or joined online; where nobody was counted, who was accredited. Nobody
    without a mailbox, and nobody who stopped mails that may be stopped.
    """
    joined = exists().where(Joined.registration_id == Registration.id)
    came = or_(Registration.state == State.ATTENDED, and_(Registration.state.in_(TAKES_PART), joined))
    mine = Registration.event_id == event_id
    counted = db.session.scalar(select(exists().where(mine, came)))
    stopped = exists().where(MailPreference.person_id == Person.id, MailPreference.stopped_at.is_not(None))
    rows = (
        select(Person.id)
        .join(Registration, Registration.person_id == Person.id)
        .where(
            mine,
            came if counted else Registration.state.in_(TAKES_PART),
            Registration.erased_at.is_(None),
            Person.erased_at.is_(None),
            Person.email.is_not(None),
            ~stopped,
        )
        .order_by(Person.id)
    )
    return list(db.session.scalars(rows))


def _held(evaluation: Evaluation) -> Evaluation:
    """The same as it is now, until this transaction ends: another clock may run at the same moment."""
    rows = select(Evaluation).where(Evaluation.id == evaluation.id).with_for_update()
    return db.session.scalars(rows.execution_options(populate_existing=True)).one()


def _is_due(evaluation: Evaluation, moment: datetime) -> bool:
    here = queries.local(evaluation.event, moment)
    in_days = evaluation.opens_on <= here.date() <= evaluation.closes_on
    return evaluation.opened_at is None and in_days and here.hour >= MORNING


def _promise(task: str, evaluation: Evaluation) -> None:
    """Ids alone, one mail for each link that is not marked."""
    name = cast(Invitation.id, Text)
    key = literal(f"{task}:") + name
    payload = func.jsonb_build_object("invitation_id", name)
    unmarked = (Invitation.evaluation_id == evaluation.id, Invitation.answered_on.is_(None))
    promise_all(task, select(key.label("key"), payload.label("payload")).where(*unmarked).order_by(Invitation.id))
