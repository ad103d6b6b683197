"""Questions about evaluations. Nothing here asks for a person and an answer at once: no column ties them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from eventhub.evaluations.models import Answer, Evaluation, Invitation, Waiting
from eventhub.kit.db import db
from eventhub.kit.tokens import digest, token
from eventhub.programme.models import Event, Publication

PURPOSE = "evaluation"


@dataclass(frozen=True)
class Behind:
    """What stands behind a link. ``is_spent``: it was answered already."""

    evaluation: Evaluation
    event: Event
    is_spent: bool


def of_event(event_id: uuid.UUID, *, lock: bool = False) -> Evaluation | None:
    """The evaluation of an event, if it has one."""
    rows = select(Evaluation).where(Evaluation.event_id == event_id).execution_options(populate_existing=True)
    return db.session.scalar(rows.with_for_update() if lock else rows)


def event_of(evaluation: Evaluation) -> Event:
    """The event that it is about."""
    return db.session.get_one(Event, evaluation.event_id)


def behind(secret: str) -> Behind | None:
    """What stands behind a link, or None. Reads, and locks no row: a lock is written into the row."""
    rows = (
        select(Invitation.answered_on, Evaluation)
        .join(Evaluation, Evaluation.id == Invitation.evaluation_id)
        .where(Invitation.token_hash == digest(secret))
        .options(joinedload(Evaluation.event))
    )
    found = db.session.execute(rows).first()
    if found is None:
        return None
    answered_on, evaluation = found
    is_spent = answered_on is not None or db.session.get(Waiting, key_of(secret)) is not None
    return Behind(evaluation, evaluation.event, is_spent)


def invited(invitation_id: uuid.UUID) -> Invitation | None:
    """An invitation with its person and its evaluation's event, for its mail."""
    rows = (
        select(Invitation)
        .where(Invitation.id == invitation_id)
        .options(joinedload(Invitation.person), joinedload(Invitation.evaluation).joinedload(Evaluation.event))
    )
    return db.session.scalar(rows)


def public_slugs() -> Sequence[str]:
    """Of public events whose summary anybody may read."""
    rows = select(Event.slug).join(Evaluation, Evaluation.event_id == Event.id)
    rows = rows.where(Event.publication == Publication.PUBLISHED, Evaluation.published_at.is_not(None))
    return db.session.scalars(rows.order_by(Event.slug)).all()


def running() -> Sequence[Evaluation]:
    """All that are not closed, with their events, in one order."""
    rows = (
        select(Evaluation)
        .join(Event, Event.id == Evaluation.event_id)
        .where(Evaluation.closed_at.is_(None), Event.publication == Publication.PUBLISHED)
        .options(joinedload(Evaluation.event))
        .order_by(Evaluation.id)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(rows).all()


def is_open(evaluation: Evaluation, event: Event, moment: datetime) -> bool:
    """Whether answers are taken."""
    begun = evaluation.opened_at is not None and evaluation.closed_at is None
    return begun and not is_over(evaluation, event, moment)


def is_over(evaluation: Evaluation, event: Event, moment: datetime) -> bool:
    """Whether its last day has ended where the event is."""
    return local(event, moment).date() > evaluation.closes_on


def local(event: Event, moment: datetime) -> datetime:
    """The instant as the clocks of the event show it."""
    return moment.astimezone(ZoneInfo(event.time_zone))


def ends(evaluation: Evaluation, event: Event) -> datetime:
    """The instant at which it ends."""
    day = evaluation.closes_on + timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=ZoneInfo(event.time_zone))


def waiting_number(evaluation_id: uuid.UUID) -> int:
    """How many answers wait."""
    rows = select(func.count()).select_from(Waiting).where(Waiting.evaluation_id == evaluation_id)
    return db.session.scalar(rows) or 0


def steps(evaluation_id: uuid.UUID) -> dict[str, dict[int, int]]:
    """How often each step was chosen, by question. The true numbers: results.py says what of them may be read."""
    rows = (
        select(Answer.question, Answer.value, func.count())
        .where(Answer.evaluation_id == evaluation_id, Answer.value.is_not(None))
        .group_by(Answer.question, Answer.value)
    )
    found: dict[str, dict[int, int]] = {}
    for question, value, number in db.session.execute(rows):
        found.setdefault(question, {})[value or 0] = number
    return found


def words(evaluation_id: uuid.UUID, question: str | None = None) -> Sequence[Answer]:
    """Answers in words. They come in the order of their random ids, which says nothing."""
    rows = select(Answer).where(Answer.evaluation_id == evaluation_id, Answer.text.is_not(None)).order_by(Answer.id)
    if question is not None:
        rows = rows.where(Answer.question == question)
    return db.session.scalars(rows).all()


def one_text(evaluation_id: uuid.UUID, answer_id: uuid.UUID) -> Answer | None:
    """One answer in words, held."""
    rows = select(Answer).where(Answer.evaluation_id == evaluation_id, Answer.id == answer_id, Answer.text.is_not(None))
    return db.session.scalar(rows.with_for_update())


def secret_of(invitation_id: uuid.UUID, salt: bytes) -> str:
    """The secret of a link: made anew for each mail, kept nowhere."""
    return token(PURPOSE, invitation_id, salt)


def key_of(secret: str) -> bytes:
    """What an answer is kept under while it waits. Keyed by the house's secret, like the link's hash, from which it
    cannot be made.
    """
    return digest(f"answer of an evaluation\0{secret}")


def asked_of(person_id: uuid.UUID) -> Sequence[tuple[Event, date, date | None]]:
    """The evaluations that asked a person: the event, the day, and the day of the mark."""
    rows = (
        select(Event, Invitation.asked_on, Invitation.answered_on)
        .join(Evaluation, Evaluation.event_id == Event.id)
        .join(Invitation, Invitation.evaluation_id == Evaluation.id)
        .where(Invitation.person_id == person_id)
        .order_by(Invitation.asked_on, Event.id)
    )
    return [(event, asked_on, answered_on) for event, asked_on, answered_on in db.session.execute(rows)]
