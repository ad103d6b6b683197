"""Calls under two hands: real threads on a committed database, where one of them wins and the other is told."""

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.funding import call_queries, calls, opening
from eventhub.funding.models import Call, CallDeadline, CallRules, Stand
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from tests.factories.funding_calls import make_call, propose
from tests.factories.people import make_person
from tests.together import at_once

pytestmark = pytest.mark.lane


def a_call(app: Flask, *, is_open: bool, proposed: bool = False) -> tuple[uuid.UUID, list[uuid.UUID], str]:
    """A call, three officers, and its stamp."""
    with app.test_request_context():
        with unit_of_work():
            people = [make_person() for _one in range(3)]
            call = make_call(is_open=is_open, by=people[0])
            if proposed:
                propose(people[0], call)
            made = call.id, [one.id for one in people], call_queries.standing(call).stamp
        db.session.remove()
    return made


def person(person_id: uuid.UUID) -> Person:
    return db.session.get_one(Person, person_id)


def the(call_id: uuid.UUID) -> Call:
    return db.session.get_one(Call, call_id)


def test_two_agree_at_once(committed: Flask) -> None:
    call_id, people, stamp = a_call(committed, is_open=True, proposed=True)

    def agree(who: uuid.UUID) -> str:
        opening.agree(person(who), the(call_id), digest=stamp)
        return "agreed"

    ended = at_once(committed, [lambda who=who: agree(who) for who in people[1:]])
    assert ended == {"agreed": 1, "NothingProposed": 1}
    with committed.app_context():
        told = select(func.count()).select_from(Promise).where(Promise.task == "funding.rules_changed")
        assert db.session.scalar(told) == 1
        db.session.remove()


def test_agreed_to_and_dropped_at_once(committed: Flask) -> None:
    call_id, people, stamp = a_call(committed, is_open=True, proposed=True)

    def agree() -> str:
        opening.agree(person(people[1]), the(call_id), digest=stamp)
        return "done"

    def drop() -> str:
        opening.drop(person(people[2]), the(call_id))
        return "done"

    assert at_once(committed, [agree, drop]) == {"done": 1, "NothingProposed": 1}


def test_a_change_while_it_opens(committed: Flask) -> None:
    call_id, people, stamp = a_call(committed, is_open=False)

    def change() -> str:
        calls.edit(person(people[1]), the(call_id), stamp=stamp, rules={"places": 9})
        return "done"

    def start() -> str:
        opening.open_call(person(people[2]), the(call_id), stamp=stamp)
        return "done"

    ended = at_once(committed, [change, start])
    assert ended in ({"done": 1, "Stale": 1}, {"done": 1, "NotADraft": 1})
    with committed.app_context():
        call = the(call_id)
        frozen = db.session.scalars(select(CallRules).where(CallRules.call_id == call_id)).all()
        assert (call.stand is Stand.OPEN) == (len(frozen) == 1)
        if frozen:
            assert frozen[0].rules["places"] == call.rules["places"] == 40
        db.session.remove()


def test_two_open_extend_and_propose_at_once(committed: Flask) -> None:
    call_id, people, stamp = a_call(committed, is_open=False)

    def start(who: uuid.UUID) -> str:
        opening.open_call(person(who), the(call_id), stamp=stamp)
        return "opened"

    assert at_once(committed, [lambda who=who: start(who) for who in people[:2]]) == {"opened": 1, "NotADraft": 1}

    def extend(who: uuid.UUID) -> str:
        call = the(call_id)
        opening.extend(person(who), call, before_at + timedelta(days=3), before=before_at.isoformat(), reason="")
        return "extended"

    with committed.app_context():
        before_at = the(call_id).closes_at
        db.session.remove()
    assert at_once(committed, [lambda who=who: extend(who) for who in people[:2]]) == {"extended": 1, "Stale": 1}

    def suggest(who: uuid.UUID) -> str:
        propose(person(who), the(call_id), places=50)
        return "proposed"

    ended = at_once(committed, [lambda who=who: suggest(who) for who in people[:2]])
    assert ended["proposed"] == 1
    with committed.app_context():
        dates = select(func.count()).select_from(CallDeadline).where(CallDeadline.call_id == call_id)
        assert db.session.scalar(dates) == 2
        db.session.remove()
