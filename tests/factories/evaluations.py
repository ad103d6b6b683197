"""Evaluations, made by the actions and the clock's own functions, of events that are just over."""

import uuid
from datetime import timedelta

from sqlalchemy import select, text

from eventhub.evaluations import actions, answering, counting, queries
from eventhub.evaluations.models import Answer, Evaluation, Invitation
from eventhub.evaluations.preset import PRESET
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import new_key
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration.models import State
from tests.factories.people import make_person
from tests.factories.programme import make_event
from tests.factories.registration import make_registration
from tests.factories.rounds import zone_of_the_day


def event_of_yesterday(**given: object) -> Event:
    """An event that ended yesterday, at a place where it is morning already."""
    day = now().date() - timedelta(days=1)
    values: dict[str, object] = {"first_day": day, "last_day": day, "time_zone": zone_of_the_day()}
    return make_event(**(values | given))


def attended(event: Event, number: int) -> list[Person]:
    """So many people who were there."""
    people = [make_person() for _ in range(number)]
    for person in people:
        make_registration(event, person, state=State.ATTENDED, has_seat=True)
    return people


def set_up(event: Event, **given: object) -> Evaluation:
    """The preset, from today on."""
    values: dict[str, object] = {"questions": list(PRESET), "opens_on": now().date(), "version": 0}
    values |= {"closes_on": now().date() + timedelta(days=13)}
    return actions.set_up(make_person(), event, **(values | given))  # type: ignore[arg-type]


def opened(people: int = 12, event: Event | None = None, **given: object) -> Evaluation:
    """An evaluation that has asked so many people."""
    event = event or event_of_yesterday()
    attended(event, people)
    made = set_up(event, **given)
    db.session.expire_all()
    assert actions.open_due(now()) >= 1
    db.session.expire_all()
    return made


def secrets_of(evaluation: Evaluation) -> list[str]:
    """What the mails bear, in the order in which the invitations were written."""
    rows = select(Invitation.id, Invitation.salt).where(Invitation.evaluation_id == evaluation.id)
    found = db.session.execute(rows.order_by(text("ctid"))).all()
    return [queries.secret_of(one, salt) for one, salt in found if salt]


def secret_for(person: Person, evaluation: Evaluation) -> str:
    """What one person's mail bears."""
    rows = select(Invitation.id, Invitation.salt).where(
        Invitation.evaluation_id == evaluation.id, Invitation.person_id == person.id
    )
    found, salt = db.session.execute(rows).one()
    return queries.secret_of(found, salt)


def aged(evaluation: Evaluation, days: int) -> None:
    """The same evaluation, with days so many before."""
    db.session.flush()
    moved = "UPDATE evaluation SET opens_on = opens_on - :days, closes_on = closes_on - :days WHERE id = :id"
    db.session.execute(text(moved), {"days": days, "id": evaluation.id})
    db.session.expire_all()


def counted() -> None:
    """The clock marks and moves."""
    counting.mark_due(now())
    counting.take_due(now())
    db.session.expire_all()


def closed(people: int = 12, event: Event | None = None, words: str = "More time", **given: object) -> Evaluation:
    """An evaluation that everybody answered, after its end."""
    made = opened(people, event, **given)
    for place, secret in enumerate(secrets_of(made)):
        said: dict[str, int | str] = {"overall": 5 - place % 2, "safe": 4, "missing": f"{words} {place}"}
        assert answering.answer(secret, said, "en")
    aged(made, 14)
    counted()
    assert actions.close_due(now()) == 1
    db.session.expire_all()
    return made


def finished(event: Event, words: str = "More time", people: int = 20, **given: object) -> Evaluation:
    """An evaluation that is over, written as the clock leaves it, of any event."""
    day = now().date()
    key = new_key()
    db.session.flush()
    values: dict[str, object] = {"questions": list(PRESET), "opens_on": day, "closes_on": day, "published_at": now()}
    values |= {"asked": people + 7, "answered": people, "opened_at": now(), "closed_at": now()}
    made = Evaluation(id=uuid.uuid4(), event_id=event.id, seal_key_id=key.id, **(values | given))
    db.session.add(made)
    db.session.flush()
    for place in range(people):
        for code, question in PRESET.items():
            if question.in_words and place >= 6:
                continue
            said = {"text": words, "language": "en", "shown": words if place < 2 else None}
            step = {"value": (5, 5, 4, 5, 4, 3, 5, 4, 2, 5)[(place + len(code)) % 10]}
            db.session.add(
                Answer(
                    id=uuid.uuid4(),
                    evaluation_id=made.id,
                    question=code,
                    counted_on=day,
                    **(said if question.in_words else step),
                )
            )
    db.session.flush()
    return made
