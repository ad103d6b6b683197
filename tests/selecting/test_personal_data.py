"""What a member of a board gets as a copy, and what stays of an erased one."""

import pytest
from sqlalchemy import select

from eventhub.kit.db import db
from eventhub.people import actions as people
from eventhub.people.models import Person
from eventhub.selecting import actions, inputs, personal_data, queries
from eventhub.selecting.models import Pin, Presence
from tests.factories import selecting as f

pytestmark = pytest.mark.usefixtures("database")


def test_a_member_s_copy_and_what_stays_of_an_erased_one() -> None:
    call, _made = f.make_scored(3)
    files = inputs.files_of(call.id)
    first, second = f.make_member(call), f.make_member(call)
    board = f.meet(call, first, second)
    actions.pin(first, board, files[2], must=True, reason="The only speaker of the language")
    actions.pin(first, board, files[1], must=False, reason="Cannot come, he told us")
    actions.recuse(first, board, files[1])
    told = personal_data.own_data(first)
    assert [(one["chaired"], one["left"]) for one in told["meetings"]] == [(True, None)]
    assert len(told["aside"]) == 1
    seen = {one.get("application"): one.get("reason") for one in told["pins"]}
    assert seen == {files[2].number: "The only speaker of the language", None: None}
    assert personal_data.own_data(second)["pins"] == []
    people.erase(None, first)
    assert personal_data.erase(first.id) == 1
    assert personal_data.erase(first.id) == 0
    assert [one.person_id for one in queries.present(board.id)] == [second.id]
    assert db.session.scalars(select(Presence.left_at).where(Presence.person_id == first.id)).one() is not None
    assert len(db.session.scalars(select(Pin).where(Pin.by_id == first.id)).all()) == 2


def test_an_erased_applicant_is_not_chosen_any_more() -> None:
    call, files = f.make_scored(3)

    people.erase(None, db.session.get_one(Person, files[0].person_id))
    assert files[0].id not in {one.id for one in inputs.files_of(call.id)}
