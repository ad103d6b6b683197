"""Whoever waits for word of a near file is told the same whatever becomes of it, and moves nobody in line before it."""

import re
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, console_queries, queries, releasing, staging, stepping
from eventhub.awards.models import Proposal, ReservePlace
from eventhub.funding.models import Application, State
from eventhub.funding.nearness import StillToCome
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.factories.people import form_fields, sign_in
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import reading, role
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")
PAGES = (
    *("/grants", "/grants/reserves", "/grants/payments", "/money", "/overview", "/numbers", "/files", "/release"),
    *("/board/slates/1/decide", "/board", "/board?all=1", "/duplicates"),
)
NAMES = re.compile(
    r"fund-\d+|FUND\d+|Fund \d+|REF-\w+-\w+|(?:Applicant|Member|Person) \d+|#\d+|number is \d+|\d\d:\d\d"
)
ROLES = (Role.FUND_OFFICER, Role.FINANCE, Role.APPROVER, Role.BOARD_MEMBER)


def person_of(file: Application) -> Person:
    """Who applied."""
    return db.session.get_one(Person, file.person_id)


def lined_up(scene: Decided) -> list[ReservePlace]:
    """The general list of reserves, in its order."""
    places = select(ReservePlace).where(ReservePlace.call_id == scene.call.id, ReservePlace.cell.is_(None))
    return list(db.session.scalars(places.order_by(ReservePlace.place)))


def seen(client: FlaskClient, outcome: State, what: Role) -> dict[str, tuple[int, str]]:
    """What somebody with a role reads whose own file of a staged call has this outcome."""
    scene = make_staged(10, 3)
    for one in scene.files:
        one.region, one.first_time = "americas", True
    file = next(one for one in scene.files if one.state is outcome)
    sign_in(client, role(person_of(file), what, scene.call))
    found = {}
    for page in PAGES:
        answer = client.get(f"/en/console/funds/{scene.call.slug}{page}")
        found[page] = (answer.status_code, NAMES.sub("", text_of(answer)))
    return found


@pytest.mark.parametrize("what", ROLES, ids=[one.value for one in ROLES])
def test_no_page_differs_by_the_own_decision(client: FlaskClient, what: Role) -> None:
    chosen, reserve = seen(client, State.APPROVED, what), seen(client, State.RESERVE, what)
    for page in PAGES:
        assert chosen[page] == reserve[page], page


def test_the_release_and_its_letters_show_nothing_but_the_note(client: FlaskClient) -> None:
    scene = make_staged(10, 3)
    mine = db.session.get_one(Application, lined_up(scene)[1].application_id)
    sign_in(client, role(person_of(mine), Role.FUND_OFFICER, scene.call))
    root = f"/en/console/funds/{scene.call.slug}"
    told = text_of(client.get(f"{root}/release"))
    assert str(StillToCome.message) in told
    assert not re.search(r"Reserve \d|Selected|Not selected|Applicant", told)
    assert "Everything is released" not in told
    other = next(one for one in scene.files if one.state is State.APPROVED)
    assert client.get(f"{root}/release/{other.id}").status_code == HTTPStatus.NOT_FOUND
    award = queries.award_of(other.id)
    assert award is not None
    assert client.get(f"{root}/grants/{award.id}").status_code == HTTPStatus.NOT_FOUND
    release(scene)
    listed = text_of(client.get(f"{root}/grants"))
    assert "All 3" in listed.replace("\n", " "), "what a release has told is there"
    assert client.get(f"{root}/grants/{award.id}").status_code == HTTPStatus.OK


def freed(scene: Decided) -> Proposal:
    """A place that was left after the release, with who is proposed for it."""
    release(scene)
    offered = next(one for one in scene.files if one.state is State.OFFERED)
    award = queries.award_of(offered.id)
    assert award is not None
    awarding.answer(awarding.link(award), accepts=False)
    return queries.proposal(db.session.scalars(select(Proposal.id)).one(), lock=True)


@pytest.mark.parametrize("deed", ["drop", "confirm"])
def test_nobody_clears_the_way_for_the_own_file(client: FlaskClient, deed: str) -> None:
    scene = make_staged(10, 3)
    proposal = freed(scene)
    first, second = lined_up(scene)[:2]
    assert proposal.application_id == first.application_id
    mine = db.session.get_one(Application, second.application_id)
    officer = role(person_of(mine), Role.FUND_OFFICER, scene.call)
    sign_in(client, officer)
    home = f"/en/console/funds/{scene.call.slug}/grants/reserves"
    page = client.get(home)
    assert str(StillToCome.message) in text_of(page)
    assert not re.search(r"Reserve \d|Applicant", text_of(page))
    fields = form_fields(client.get("/en/me").get_data(as_text=True))
    sent = client.post(f"{home}/{proposal.id}", data=fields | {"deed": deed})
    assert sent.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert text_of(sent).count(str(StillToCome.message)) > text_of(page).count(str(StillToCome.message))
    db.session.expire_all()
    assert proposal.dropped_at is None
    assert proposal.confirmed_at is None
    for done in (stepping.drop, awarding.confirm):
        with pytest.raises(StillToCome):
            done(officer, queries.proposal(proposal.id, lock=True))
    assert console_queries.waiting(grants_of(officer.id), officer) == []


def test_nobody_approves_who_stands_before_the_own_file(client: FlaskClient) -> None:
    scene = make_staged(10, 3)
    proposal = freed(scene)
    awarding.confirm(scene.officer, proposal)
    mine = db.session.get_one(Application, lined_up(scene)[1].application_id)
    approver = role(person_of(mine), Role.APPROVER, scene.call)
    assert stepping.to_approve(grants_of(approver.id), approver) == []
    assert [one.number for one in stepping.to_approve(grants_of(scene.approver.id), scene.approver)] == [1]
    with pytest.raises(StillToCome):
        staging.approve_confirmed(approver, scene.call, reading(scene.call).rules, [proposal.application_id])
    sign_in(client, approver)
    page = client.get(f"/en/console/funds/{scene.call.slug}/release")
    assert "to approve" not in text_of(page)


def test_once_the_own_grant_is_told_the_others_are_there(client: FlaskClient) -> None:
    scene = make_staged(8, 2)
    chosen = next(one for one in scene.files if one.state is State.APPROVED)
    officer = role(person_of(chosen), Role.FUND_OFFICER, scene.call)
    assert releasing.is_near(officer, scene.call.id)
    release(scene)
    assert not releasing.is_near(officer, scene.call.id)
