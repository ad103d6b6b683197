"""Two claim one link, somebody types while it is claimed, many tabs name people: real threads, committed data."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.helping import actions, claiming, queries
from eventhub.helping.models import Charge, Registrar
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.models import AnswerSet
from eventhub.registration import behalf
from eventhub.registration.models import Registration
from tests.factories.helping import fill_in, name_people
from tests.factories.people import make_person
from tests.factories.registration import make_forum
from tests.together import at_once

pytestmark = pytest.mark.lane


def test_a_link_opened_in_many_browsers_while_it_is_typed_is_one_persons(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, helper = make_forum(), make_person()
        (charge,) = name_people(event, helper, "Amina")
        fill_in(event, helper, charge, send=False)
        slug, helper_id, charge_id, secret = event.slug, helper.id, charge.id, actions.charge_token(charge)
        people = [make_person().id for _number in range(4)]

    def claims(person_id: uuid.UUID) -> str:
        claiming.claim(db.session.get_one(Person, person_id), secret)
        return "taken"

    def types(name: str) -> str:
        event, _setup = queries.open_event(slug)
        me, row = db.session.get_one(Person, helper_id), queries.one_of(event.id, helper_id, charge_id)
        behalf.keep(me, claiming.intake_for(me, row.charge, event, lock=True), {"legal_name": name})
        return "typed"

    deeds = [
        *(lambda one=one: claims(one) for one in people),
        *(lambda name=name: types(name) for name in ("One", "Two", "Three")),
    ]
    told = at_once(committed, deeds)  # type: ignore[arg-type]
    assert told["taken"] == 1
    assert told["LinkClosed"] == 3
    assert told["typed"] + told["NotFound"] == 3
    with committed.app_context():
        registration = db.session.scalars(select(Registration)).one()
        assert registration.person_id in people
        person = db.session.get_one(Person, registration.person_id)
        answer_set = db.session.get_one(AnswerSet, registration.answer_set_id)
        assert (answer_set.owner_id, answer_set.seal_key_id) == (person.id, person.seal_key_id)
        key = db.session.get_one(behalf.SealKey, person.seal_key_id)
        assert given.opened(answer_set, key)["document_number"] == "RT1234418"
        db.session.remove()


def test_many_tabs_never_pass_the_number(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, helper = make_forum(), make_person()
        event_id, slug, helper_id = event.id, event.slug, helper.id
        name_people(event, helper, *[f"First {number}" for number in range(10)])

    def tab(number: int) -> str:
        event, _setup = queries.open_event(slug)
        names = [f"Person {number}-{row}" for row in range(3)]
        name_people(event, db.session.get_one(Person, helper_id), *names)
        return "named"

    told = at_once(committed, [lambda number=number: tab(number) for number in range(6)])  # type: ignore[misc]
    assert told["named"] == 3
    with committed.app_context():
        assert db.session.get_one(Registrar, (event_id, helper_id)).taken == 19
        assert len(db.session.scalars(select(Charge)).all()) == 19
        db.session.remove()


def test_taking_back_and_claiming_at_once_end_one_way(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        event, helper = make_forum(), make_person()
        (charge,) = name_people(event, helper, "Amina")
        fill_in(event, helper, charge)
        event_id, helper_id, charge_id, secret = event.id, helper.id, charge.id, actions.charge_token(charge)
        person_id = make_person().id

    def back() -> str:
        row = queries.one_of(event_id, helper_id, charge_id)
        actions.take_back(db.session.get_one(Person, helper_id), row.charge)
        return "back"

    def claims() -> str:
        claiming.claim(db.session.get_one(Person, person_id), secret)
        return "taken"

    told = at_once(committed, [back, claims])
    assert told["back"] + told["taken"] == 1
