"""What somebody who is near to a file must not learn of it before the release, from a number, an amount, a stamp."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, console_queries, paying, queries, releasing, staging
from eventhub.awards.models import Award, Proposal
from eventhub.funding.models import State, Voucher
from eventhub.funding.nearness import OwnFile
from eventhub.kit.db import db
from eventhub.kit.errors import Forbidden
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from eventhub.selecting.models import Recusal
from tests.factories.awards import Money, approve, make_application, make_award, make_fund, make_reserves
from tests.factories.funding_desk import fund_officer, make_endorsement
from tests.factories.people import sign_in
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import reading
from tests.programme.console import fields_of, text_of


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope of 10,000 dollars, and somebody of each role."""
    return make_fund()


def officer(client: FlaskClient, fund: Money, kind: Role = Role.FUND_OFFICER) -> Person:
    """Signed in with a role for this call."""
    person = fund_officer(fund.call, kind)
    sign_in(client, person)
    return person


def test_what_waits_does_not_count_ones_own(client: FlaskClient, fund: Money) -> None:
    person = officer(client, fund)
    own, other = make_reserves(fund, [None, None])
    own.filed_by_id = person.id
    db.session.flush()
    first = make_award(fund, State.ACCEPTED)
    awarding.withdraw(first.application.person, first)
    assert "Proposed from the reserve list" not in client.get("/en/console").text
    second = make_award(fund, State.ACCEPTED)
    awarding.withdraw(second.application.person, second)
    assert queries.open_proposals(fund.call.id)[1].application_id == other.id
    assert "Proposed from the reserve list" not in client.get("/en/console").text, "one less than the places left"
    assert console_queries.waiting(grants_of(person.id), person) == []
    colleague = fund_officer(fund.call)
    (row,) = console_queries.waiting(grants_of(colleague.id), colleague)
    assert (row.proposed, row.to_pay) == (2, 0)


def test_the_ledger_shows_no_line_of_ones_own_award(client: FlaskClient, fund: Money) -> None:
    person = officer(client, fund, Role.FINANCE)
    own = make_award(fund, State.APPROVED, 77_700, person=person)
    make_award(fund, State.OFFERED, 55_500)
    make_award(fund, State.APPROVED, 66_600)
    told = text_of(client.get(f"/en/console/funds/{fund.call.slug}/money")).replace("\xa0", " ")
    assert "USD 555" in told
    assert "USD 777" not in told
    assert "USD 666" not in told, "not told yet: what is left of a known sum were the own one"
    assert own.id not in {one.award_id for one in console_queries.ledger_lines(fund.call.id, aside(person))}


def aside(person: Person) -> console_queries.Aside:
    return console_queries.aside_of(person)


def draw(client: FlaskClient, scene: Decided) -> tuple[str, str]:
    """What the page of the release tells, and its stamp."""
    where = f"/en/console/funds/{scene.call.slug}/release"
    page = client.get(where)
    assert page.status_code == HTTPStatus.OK
    return text_of(page), str(fields_of(page, action=where)["stamp"][0])


@pytest.mark.parametrize("staged", [True, False])
def test_a_release_says_the_same_of_ones_own_file_staged_or_not(client: FlaskClient, staged: bool) -> None:
    scene = make_staged(8, 2)
    sign_in(client, scene.officer)
    before, _stamp = draw(client, scene)
    assert "8 people learn at the same time" in before
    file = scene.files[-1]
    file.filed_by_id = scene.officer.id
    if not staged:
        file.state, file.outcome_seen = State.UNDER_REVIEW, None
    db.session.flush()
    page = client.get(f"/en/console/funds/{scene.call.slug}/release")
    told = text_of(page)
    assert "a colleague takes care of them." in told
    assert "Release all" not in told
    assert "still under review" not in told
    assert 'name="stamp"' not in page.text
    stamp = releasing.stamp_of(releasing.staged(scene.call.id))
    with pytest.raises(releasing.OwnFile):
        releasing.release(scene.officer, scene.call, stamp=stamp)


def test_a_stamp_is_made_with_the_secret_of_the_house(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_staged(8, 2)
    rows = releasing.staged(scene.call.id)
    stamp = releasing.stamp_of(rows)
    assert stamp == releasing.stamp_of(list(reversed(rows)))
    monkeypatch.setitem(client.application.extensions, "eventhub.secret", b"another")
    assert releasing.stamp_of(rows) != stamp


def vouched_for(fund: Money, person: Person, state: State = State.ACCEPTED) -> Award:
    """A grant of somebody whom this person was asked to vouch for."""
    award = make_award(fund, state)
    make_endorsement(award.application, Voucher.REFEREE, email=person.email)
    return award


def test_whoever_vouched_neither_sees_nor_moves_the_grant(client: FlaskClient, fund: Money) -> None:
    person = officer(client, fund)
    award, other = vouched_for(fund, person), make_award(fund)
    home = f"/en/console/funds/{fund.call.slug}/grants"
    page = client.get(home).text
    assert str(other.id) in page
    assert str(award.id) not in page
    assert client.get(f"{home}/{award.id}").status_code == HTTPStatus.NOT_FOUND
    assert client.post(f"{home}/{award.id}/end", data={"deed": "cancel"}).status_code == HTTPStatus.NOT_FOUND
    with pytest.raises(Forbidden):
        awarding.offer_all(person, [vouched_for(fund, person, State.APPROVED)], accept_days=7)


def test_whoever_vouched_approves_and_pays_nothing_of_it(client: FlaskClient, fund: Money) -> None:
    one = make_application(fund)
    make_endorsement(one, email=fund.approver.email)
    with pytest.raises(Forbidden):
        approve(fund, one)
    award = vouched_for(fund, fund.finance)
    with pytest.raises(Forbidden):
        paying.ask(fund.finance, award, queries.lines([award.id])[0], 1_000)


def test_whoever_stands_aside_approves_no_such_reserve(client: FlaskClient) -> None:
    scene = make_staged(8, 2)
    release(scene)
    award = db.session.scalars(queries.whole()).all()[0]
    awarding.answer_held(None, award, accepts=False)
    proposal = db.session.scalars(select(Proposal)).one()
    stepping = awarding.confirm(scene.officer, queries.proposal(proposal.id, lock=True))
    db.session.add(Recusal(call_id=scene.call.id, application_id=stepping.id, person_id=scene.approver.id))
    db.session.flush()
    with pytest.raises(OwnFile):
        staging.approve_confirmed(scene.approver, scene.call, reading(scene.call).rules, [stepping.id])
    assert stepping.state is State.RECOMMENDED
