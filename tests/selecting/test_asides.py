"""An officer lifts what a member of the board declared by mistake, until a slate is signed."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding.models import Application, Call
from eventhub.kit.audit import AuditEntry, AuditText
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.selecting import actions, asides, queries
from eventhub.selecting.asides import OwnAside, Signed
from eventhub.selecting.models import Board, Recusal
from tests.factories.people import make_person, sign_in
from tests.factories.selecting import make_member, make_scored, make_slate, meet, reading, role
from tests.programme.console import send, text_of

Scene = tuple[Call, list[Application], Person, Board, Recusal, Person]
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def scene() -> Scene:
    call, files = make_scored(8, places=2)
    member, other = make_member(call), make_member(call)
    board = meet(call, member, other)
    aside = actions.recuse(member, board, files[0])
    officer = role(make_person(name="Olga Officer"), Role.FUND_OFFICER, call)
    return call, files, member, board, aside, officer


def hidden(call: Call, person: Person) -> set[object]:
    return set(queries.aside(reading(call), [person.id])[person.id])


def test_an_officer_lifts_it_with_a_reason(client: FlaskClient, scene: Scene) -> None:
    call, files, member, _board, aside, officer = scene
    assert hidden(call, member) == {files[0].id}
    sign_in(client, officer)
    page = f"/en/console/funds/{call.slug}/board/aside"
    assert "Stands aside" in text_of(client.get(page))
    assert queries.stands_anybody_aside(call.id)
    assert send(client, f"{page}/{aside.id}", reason=" ").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert hidden(call, member) == {files[0].id}
    assert send(client, f"{page}/{aside.id}", reason="The wrong row was pressed").status_code == HTTPStatus.SEE_OTHER
    assert hidden(call, member) == set()
    row = select(AuditEntry.actor_id, AuditText.text).join(AuditText, AuditText.entry_id == AuditEntry.id)
    told = db.session.execute(row.where(AuditEntry.verb == "selecting.aside_lifted")).one()
    assert tuple(told) == (officer.id, "The wrong row was pressed")
    assert "Olga Officer" in text_of(client.get(page))


def test_whoever_was_lifted_may_stand_aside_again(scene: Scene) -> None:
    call, files, member, board, aside, officer = scene
    found = asides.one(reading(call), officer, aside.id, lock=True)
    asides.lift(officer, found, reason="a slip")
    actions.recuse(member, board, files[0])
    assert hidden(call, member) == {files[0].id}


def test_nobody_lifts_the_own_one_nor_after_a_slate_is_signed(client: FlaskClient, scene: Scene) -> None:
    call, _files, member, board, aside, officer = scene
    role(member, Role.FUND_OFFICER, call)
    found = asides.one(reading(call), officer, aside.id)
    with pytest.raises(OwnAside):
        asides.lift(member, found, reason="mine")
    sign_in(client, member)
    assert client.get(f"/en/console/funds/{call.slug}/board/aside/{aside.id}").status_code == HTTPStatus.NOT_FOUND
    slate = make_slate(board, member)
    actions.recommend(member, reading(call), board, slate.number)
    with pytest.raises(Signed):
        asides.lift(officer, found, reason="late")
    sign_in(client, officer)
    page = f"/en/console/funds/{call.slug}/board/aside/{aside.id}"
    assert "Nothing is lifted after that" in text_of(client.get(page))


def test_members_without_the_role_see_no_such_page(client: FlaskClient, scene: Scene) -> None:
    call, _files, member, _board, aside, _officer = scene
    sign_in(client, member)
    assert client.get(f"/en/console/funds/{call.slug}/board/aside").status_code == HTTPStatus.NOT_FOUND
    assert client.get(f"/en/console/funds/{call.slug}/board/aside/{aside.id}").status_code == HTTPStatus.NOT_FOUND
