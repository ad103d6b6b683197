"""What somebody who is near to a file must not learn of it before the release, from a number, an amount, a stamp."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient

from eventhub.awards import console_queries, releasing
from eventhub.funding.models import State
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.funding_desk import fund_officer
from tests.factories.people import sign_in
from tests.factories.releasing import Decided, make_staged
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
    make_award(fund, State.APPROVED, person=person)
    assert "Grants to offer" not in client.get("/en/console").text
    make_award(fund, State.APPROVED)
    assert "Grants to offer" in client.get("/en/console").text
    (row,) = console_queries.waiting(grants_of(person.id), person)
    assert (row.to_offer, row.proposed, row.to_pay) == (1, 0, 0)


def test_the_ledger_shows_no_line_of_ones_own_award(client: FlaskClient, fund: Money) -> None:
    person = officer(client, fund, Role.FINANCE)
    own = make_award(fund, State.APPROVED, 77_700, person=person)
    make_award(fund, State.APPROVED, 55_500)
    told = text_of(client.get(f"/en/console/funds/{fund.call.slug}/money")).replace("\xa0", " ")
    assert "USD 555" in told
    assert "USD 777" not in told
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
    told, stamp = draw(client, scene)
    assert "7 people learn at the same time" in told
    assert "A colleague has to release." in told
    assert "still under review" not in told
    with pytest.raises(releasing.OwnFile):
        releasing.release(scene.officer, scene.call, stamp=stamp)


def test_a_stamp_is_made_with_the_secret_of_the_house(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_staged(8, 2)
    rows = releasing.staged(scene.call.id)
    stamp = releasing.stamp_of(rows)
    assert stamp == releasing.stamp_of(list(reversed(rows)))
    monkeypatch.setitem(client.application.extensions, "eventhub.secret", b"another")
    assert releasing.stamp_of(rows) != stamp
