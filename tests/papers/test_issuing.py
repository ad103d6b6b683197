"""The officer says that the badges of a batch were handed out: whoever is named in it has one now."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.papers.models import PaperOrder
from eventhub.programme.models import Event
from eventhub.registration.models import State
from eventhub.registration.moves import move
from tests.factories.people import form_fields, make_person
from tests.papers.asking import console, officer, print_badges
from tests.papers.making import Make, make
from tests.papers.scene import accredited, make_people, make_stage

__all__ = ["make"]
pytestmark = pytest.mark.usefixtures("database")


def issue(client: FlaskClient, event: Event, order: PaperOrder) -> int:
    """Press the button; the answer's status."""
    fields = form_fields(client.get(console(event)).text, f"/{order.id}/issued")
    return client.post(console(event, f"/{order.id}/issued"), data=fields).status_code


def test_a_batch_that_was_handed_out_moves_its_people_on(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    people = make_people(event)
    person = officer(client, event)
    assert print_badges(client, event) == 303
    (order,) = make()
    move(people[0], State.ATTENDED, actor=None)
    later = accredited(event, make_person())
    assert issue(client, event, order) == 303
    assert "5 badges are marked as issued." in client.get(console(event)).text
    db.session.expire_all()
    assert [one.state for one in people] == [State.ATTENDED] + [State.BADGE_ISSUED] * 5
    assert later.state is State.ACCREDITED
    moved = select(AuditEntry.subject_id).where(
        AuditEntry.verb == "registration.badge_issued", AuditEntry.actor_id == person.id
    )
    assert set(db.session.scalars(moved)) == {one.id for one in people[1:]}
    deed = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "papers.issued")).one()
    assert (deed.actor_id, deed.subject_id, deed.detail) == (person.id, event.id, {"order": str(order.id), "rows": 5})
    assert issue(client, event, order) == 422
    assert people[1].has_seat == people[0].has_seat


def test_another_officer_s_batch_cannot_be_marked(client: FlaskClient, make: Make) -> None:
    event = make_stage()
    people = make_people(event)
    officer(client, event)
    print_badges(client, event)
    (order,) = make()
    officer(client, event)
    fields = form_fields(client.get(console(event)).text, "/papers/list")
    assert client.post(console(event, f"/{order.id}/issued"), data=fields).status_code == 404
    assert {one.state for one in people} == {State.ACCREDITED}


def test_marking_takes_as_many_statements_for_six_as_for_one(
    client: FlaskClient, make: Make, statements: list[str]
) -> None:
    event = make_stage()
    make_people(event)
    officer(client, event)
    counts = []
    for chosen in ("nhri", ""):
        print_badges(client, event, category=chosen)
        order = make()[-1]
        fields = form_fields(client.get(console(event)).text, f"/{order.id}/issued")
        db.session.flush()
        statements.clear()
        assert client.post(console(event, f"/{order.id}/issued"), data=fields).status_code == 303
        counts.append(len(statements))
    assert counts[0] == counts[1]
