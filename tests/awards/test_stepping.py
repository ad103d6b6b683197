"""Reserves who were confirmed: what an approver reads of them, where the money does not reach, and who is next then."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, queries, stepping
from eventhub.awards.models import Proposal, ReservePlace
from eventhub.funding.models import Application, State
from eventhub.funding.moves import NotPossible
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.factories.people import make_person, sign_in
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import COST, role
from tests.programme.console import fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")
TOO_MUCH = COST + 49_400


@pytest.fixture
def scene(client: FlaskClient) -> Decided:
    """One declined, and the first reserve, whose cost has risen above what is free, was confirmed."""
    assert client
    made = make_staged(8, 2)
    release(made)
    first = db.session.scalars(select(ReservePlace).order_by(ReservePlace.place)).first()
    assert first is not None
    first.amount = TOO_MUCH
    awarding.answer_held(None, db.session.scalars(queries.whole()).all()[0], accepts=False)
    awarding.confirm(made.officer, proposal_of(made))
    return made


def proposal_of(scene: Decided) -> Proposal:
    """The one that stands."""
    rows = select(Proposal).where(Proposal.call_id == scene.call.id, Proposal.dropped_at.is_(None))
    return queries.proposal(db.session.scalars(rows).one().id, lock=True)


def at(scene: Decided, rest: str) -> str:
    return f"/en/console/funds/{scene.call.slug}/{rest}"


def test_the_approver_s_start_page_leads_to_whom_she_approves(client: FlaskClient, scene: Decided) -> None:
    name = db.session.get_one(Person, proposal_of(scene).application.person_id).public_name
    sign_in(client, scene.approver)
    start = client.get("/en/console")
    assert "From the reserve list, to approve" in text_of(start)
    assert "1 waits" in text_of(start)
    assert at(scene, "grants/reserves") in start.text
    for page in ("grants/reserves", "release"):
        told = text_of(client.get(at(scene, page)))
        assert name in told
        assert "In the place of" in told
        assert "Reserve 1" in told
        assert "USD\xa02,994" in told or "USD 2,994" in told
        assert "Missing:" in told
    assert "Release of decisions" in text_of(client.get(at(scene, "grants")))


def test_whoever_confirmed_has_nothing_to_approve(scene: Decided) -> None:
    role(scene.officer, Role.APPROVER, scene.call)
    assert not stepping.to_approve(grants_of(scene.officer.id), scene.officer)
    assert stepping.to_approve(grants_of(scene.approver.id), scene.approver)[0].number == 1


def test_too_little_money_is_said_in_words(client: FlaskClient, scene: Decided) -> None:
    sign_in(client, scene.approver)
    url = at(scene, "release/reserves")
    page = client.post(url, data=fields_of(client.get(at(scene, "release")), action=url))
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Missing" in text_of(page) or "missing" in text_of(page)
    assert 'role="alert"' in page.text
    assert proposal_of(scene).application.state is State.RECOMMENDED


@pytest.mark.parametrize("approves", [True, False])
def test_a_confirmed_reserve_is_dropped_and_the_next_who_fits_is_proposed(
    client: FlaskClient, scene: Decided, approves: bool
) -> None:
    order = db.session.scalars(select(ReservePlace).where(ReservePlace.cell.is_(None)).order_by(ReservePlace.place))
    first, second, third = [db.session.get_one(Application, one.application_id) for one in order][:3]
    db.session.scalars(select(ReservePlace).where(ReservePlace.application_id == second.id)).one().amount = TOO_MUCH
    db.session.flush()
    sign_in(client, scene.approver if approves else scene.officer)
    before = proposal_of(scene)
    url = at(scene, f"grants/reserves/{before.id}")
    values = fields_of(client.get(at(scene, "grants/reserves")), action=url) | {"deed": "drop"}
    assert client.post(url, data=values).status_code == HTTPStatus.SEE_OTHER
    for one in (first, second, third):
        db.session.refresh(one)
    assert (first.state, first.outcome_seen) == (State.RESERVE, None)
    assert second.state is State.RESERVE
    assert proposal_of(scene).application_id == third.id
    assert not stepping.to_approve(grants_of(scene.approver.id), scene.approver)
    with pytest.raises(NotPossible):
        stepping.drop(scene.officer, queries.proposal(before.id, lock=True))


def test_an_approver_neither_confirms_nor_drops_what_nobody_confirmed(client: FlaskClient, scene: Decided) -> None:
    following = stepping.drop(scene.officer, proposal_of(scene))
    assert following is not None
    sign_in(client, scene.approver)
    url = at(scene, f"grants/reserves/{following.id}")
    for deed in ("confirm", "drop"):
        assert client.post(url, data={"deed": deed}).status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}
    sign_in(client, make_person())
    assert client.post(url, data={"deed": "drop"}).status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}


def test_one_who_was_approved_is_dropped_no_more(client: FlaskClient, scene: Decided) -> None:
    held = proposal_of(scene)
    held.application.state = State.APPROVED
    db.session.flush()
    with pytest.raises(NotPossible):
        stepping.drop(scene.officer, held)
