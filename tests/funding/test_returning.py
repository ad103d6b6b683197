"""A withdrawal that was a slip, or somebody else's deed, is taken back within a day while the call is open."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import applying, notices, returning
from eventhub.funding.applying import IsBarred
from eventhub.funding.models import Application, Call, State
from eventhub.funding.moves import NotPossible, move
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from tests.factories.funding import an_open_call, apply, begin, held
from tests.factories.people import make_person, sign_in
from tests.programme.console import fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")


def withdrawn() -> tuple[Call, Person, Application]:
    call, person = an_open_call(), make_person()
    one = apply(call, person)
    applying.withdraw(person, held(call, person))
    return call, person, one


def test_one_press_takes_a_withdrawal_back(client: FlaskClient) -> None:
    call, person = an_open_call(), make_person()
    one = apply(call, person)
    number, mine = one.number, f"/en/me/applications/{one.reference}"
    sign_in(client, person)
    out = client.get(f"{mine}/withdraw")
    assert "For 24 hours, and while the call is open, you can take this back." in text_of(out)
    client.post(f"{mine}/withdraw", data=fields_of(out, action="/withdraw"))
    page = client.get(mine)
    assert "take the withdrawal back" in text_of(page)
    done = client.post(f"{mine}/withdraw/undo", data=fields_of(page, action="/undo"))
    assert done.location.endswith(mine)
    row = db.session.get_one(Application, one.id)
    assert (row.state, row.number) == (State.SUBMITTED, number)
    again = client.get(mine)
    assert "Your application goes on" in text_of(again)
    assert "Take the withdrawal back" not in again.text
    assert len(db.session.scalars(select(Promise).where(Promise.task == "funding.received")).all()) == 2


def test_not_after_a_day_nor_after_the_deadline_nor_of_one_of_two() -> None:
    call, person, one = withdrawn()
    assert returning.until(one, call) == one.changed_at + timedelta(hours=24)
    for name, value in (("changed_at", now() - timedelta(hours=25)), ("merged_into_id", one.id), ("erased_at", now())):
        before = getattr(one, name)
        setattr(one, name, value)
        assert returning.until(one, call) is None, name
        setattr(one, name, before)
    call.closes_at = one.changed_at + timedelta(hours=2)
    assert returning.until(one, call) == call.closes_at, "never beyond the deadline"
    call.closes_at = now()
    db.session.flush()
    with pytest.raises(returning.TooLate):
        returning.go_on(person, held(call, person))
    assert one.state is State.WITHDRAWN


def test_what_a_board_decided_on_does_not_come_back() -> None:
    call, person = an_open_call(), make_person()
    one = apply(call, person)
    move(one, State.ELIGIBLE, State.UNDER_REVIEW, State.RESERVE, actor=None)
    applying.withdraw(person, held(call, person))
    assert returning.until(one, call) is None


def test_a_place_that_somebody_else_took_meanwhile_is_not_given_twice() -> None:
    call = an_open_call(changed={"limits": {"nominees_per_organisation": 1}})
    first, second = make_person(), make_person()
    apply(call, first)
    begin(call, second)
    applying.withdraw(first, held(call, first))
    applying.submit(second, held(call, second))
    with pytest.raises(IsBarred):
        returning.go_on(first, held(call, first))


def test_once_more_changes_nothing() -> None:
    call, person, one = withdrawn()
    returning.go_on(person, held(call, person))
    with pytest.raises(NotPossible):
        returning.go_on(person, held(call, person))
    assert one.state is State.SUBMITTED


def test_the_letter_says_until_when_and_where() -> None:
    call, person, one = withdrawn()
    letter = notices.withdrawn(one, call, person)
    assert letter is not None
    mail = render(letter, "<1@example.org>", now())
    assert "one press on the page of your application takes it back" in str(mail)
    call.closes_at = now()
    late = notices.withdrawn(one, call, person)
    assert late is not None
    assert "please write to us" in str(render(late, "<2@example.org>", now()))
