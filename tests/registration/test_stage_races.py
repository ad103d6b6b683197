"""Security and the desk at the same moment: real threads on a committed database."""

import uuid
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person
from eventhub.registration import deciding, desk, stages
from eventhub.registration.models import Approval, Registration, RegistrationSetup, State, Word
from tests.factories.people import make_person
from tests.factories.registration import make_approval, make_forum, make_registration
from tests.together import at_once

pytestmark = pytest.mark.lane
PEOPLE = 8


def a_desk(app: Flask, *, asked: bool) -> tuple[uuid.UUID, list[uuid.UUID], list[uuid.UUID]]:
    with app.app_context(), unit_of_work():
        event = make_forum(data=None, needs_security=True)
        made = [make_registration(event) for _ in range(PEOPLE)]
        for one in made if asked else ():
            make_approval(one)
        return event.id, [one.id for one in made], [make_person().id for _ in range(6)]


def asking(event_id: uuid.UUID, ids: list[uuid.UUID], who: uuid.UUID) -> str:
    people = desk.chosen(event_id, ids)
    return (
        f"asked {stages.ask(db.session.get_one(Person, who), db.session.get_one(RegistrationSetup, event_id), people)}"
    )


def test_six_officers_ask_once(committed: Flask) -> None:
    event_id, ids, officers = a_desk(committed, asked=False)
    ended = at_once(committed, [partial(asking, event_id, ids, who) for who in officers])
    assert ended == {f"asked {PEOPLE}": 1, "NobodyToAsk": 5}
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Approval)) == PEOPLE
        db.session.remove()


def saying(approval_id: uuid.UUID, word: Word, who: uuid.UUID) -> str:
    stages.say(db.session.get_one(Person, who), approval_id, word, "A note", seen=1)
    return word.value


def accrediting(event_id: uuid.UUID, ids: list[uuid.UUID], who: uuid.UUID) -> str:
    deciding.decide(db.session.get_one(Person, who), desk.chosen(event_id, ids), State.ACCREDITED, "complete")
    return "accredited"


def test_of_two_words_at_once_one_stands_and_nobody_is_accredited_past_an_objection(committed: Flask) -> None:
    event_id, ids, officers = a_desk(committed, asked=True)
    with committed.app_context():
        approvals = list(db.session.scalars(select(Approval.id)))
        db.session.remove()
    deeds = [partial(saying, one, Word.OBJECTION, officers[0]) for one in approvals[:3]]
    deeds += [partial(saying, one, Word.NO_OBJECTION, officers[1]) for one in approvals[:3]]
    deeds += [partial(accrediting, event_id, [one], officers[2]) for one in ids]
    at_once(committed, deeds)
    with committed.app_context():
        rows = select(Registration.state, Approval.outcome).join(Approval, Approval.registration_id == Registration.id)
        found = list(db.session.execute(rows))
        db.session.remove()
    assert sum(outcome is not None for _state, outcome in found) == 3, "each was answered once"
    assert all(outcome is Word.NO_OBJECTION for state, outcome in found if state is State.ACCREDITED)
