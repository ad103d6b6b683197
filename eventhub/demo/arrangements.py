"""What the demo's people need to take part, how far the desk is with it, and where some visas stand."""

import random
from datetime import timedelta

from sqlalchemy import select

from eventhub.arrangements import actions, due
from eventhub.arrangements.models import Need, SessionService, Status, Visa, VisaStatus
from eventhub.arrangements.queries import WANTED_IN
from eventhub.demo.forms import question_id
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event, Session
from eventhub.questionnaires.models import Answer
from eventhub.registration.models import Registration
from eventhub.registration.thread import kept_until

ASKED = ("access_needs", "other_support")
STEPS: tuple[tuple[Status, ...], ...] = (
    (),
    (Status.NOTED,),
    (Status.NOTED, Status.ORDERED),
    (Status.ORDERED, Status.CONFIRMED),
)
VISAS = (
    *([VisaStatus.NOT_NEEDED] * 5),
    *([VisaStatus.ASKED] * 2),
    *([VisaStatus.LETTER_SENT] * 3),
    *([VisaStatus.APPLIED] * 4),
    *([VisaStatus.GRANTED] * 5),
    VisaStatus.REFUSED,
)


def make_arrangements(events: dict[str, Event], officer: Person) -> None:
    """Wishes from the answers of all who register, some of them ordered; visas of the coming Forum. Nobody is written
    to: these things happened before the demo begins.
    """
    rng = random.Random(23)
    asked = (
        select(Registration.id)
        .join(Answer, Answer.answer_set_id == Registration.answer_set_id)
        .where(Answer.question.in_([question_id(key) for key in ASKED]), Answer.sealed.is_not(None))
        .where(Registration.state.in_(WANTED_IN))
        .distinct()
        .order_by(Registration.id)
    )
    for registration_id in db.session.scalars(asked).all():
        actions.gather(registration_id)
    event = events["forum_this_year"]
    mine = select(Need).join(Registration, Registration.id == Need.registration_id)
    for need in db.session.scalars(mine.where(Registration.event_id == event.id).order_by(Need.asked_at)).all():
        for step in rng.choice(STEPS):
            actions.move(need, step, actor=officer, event_id=event.id)
    _services(event)
    _visas(rng, event)
    db.session.flush()


def _services(event: Event) -> None:
    """The first session's services are ordered already."""
    first = db.session.scalars(
        select(Session).where(Session.event_id == event.id).order_by(Session.starts_at, Session.id).limit(1)
    ).one()
    for code in first.access_services:
        at = {"moved_at": now(), "ordered_at": now()}
        db.session.add(SessionService(session_id=first.id, code=code, status=Status.ORDERED, languages=[], **at))


def _visas(rng: random.Random, event: Event) -> None:
    travelling = (
        select(Registration.id)
        .where(Registration.event_id == event.id, Registration.attendance_mode == "in_person")
        .where(Registration.state.in_(WANTED_IN))
        .order_by(Registration.submitted_at, Registration.id)
        .limit(60)
    )
    today, moment = due.today(event), now()
    for registration_id in db.session.scalars(travelling).all():
        status, age = rng.choice(VISAS), rng.randrange(1, 25)
        day = today - timedelta(days=age)
        answered = status in {VisaStatus.GRANTED, VisaStatus.REFUSED}
        applied = answered or status is VisaStatus.APPLIED
        db.session.add(
            Visa(
                registration_id=registration_id,
                status=status,
                letter_on=day - timedelta(days=9) if applied or status is VisaStatus.LETTER_SENT else None,
                applied_on=day - timedelta(days=5) if answered else day if applied else None,
                decided_on=day if answered else None,
                asked_on=day if status is VisaStatus.ASKED else None,
                changed_at=moment - timedelta(days=age),
                delete_after=kept_until(moment, event.last_day, event.time_zone),
            )
        )
