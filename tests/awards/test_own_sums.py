"""Whoever is near to a file that waits for word reads no sum: less all that the page shows, it is the own decision."""

import uuid
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventhub.awards import awarding, ledger, queries, releasing, staging
from eventhub.awards.models import Proposal
from eventhub.awards.money_models import Movement
from eventhub.awards.release_models import Failed
from eventhub.funding.models import Application, State
from eventhub.funding.nearness import StillToCome
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from tests.factories.people import form_fields, make_person, sign_in
from tests.factories.releasing import Decided, make_decided, make_staged, release, stage
from tests.factories.selecting import COST, make_approver, reading, role
from tests.programme.console import fields_of, send, text_of

pytestmark = pytest.mark.usefixtures("database")
REFUSED = {403, 409, 422}
NOTE = "Until then sums are not shown to you"


def money(scene: Decided, rest: str = "") -> str:
    return f"/en/console/funds/{scene.call.slug}/money{rest}"


def overview(scene: Decided) -> str:
    return f"/en/console/funds/{scene.call.slug}/overview"


def own(scene: Decided, *roles: Role, state: State = State.APPROVED) -> tuple[Person, Application]:
    """Somebody of the staff who applied, and the file."""
    file = next(one for one in scene.files if one.state is state)
    person = db.session.get_one(Person, file.person_id)
    for one in roles:
        role(person, one, scene.call)
    return person, file


@pytest.mark.parametrize("state", [State.APPROVED, State.RESERVE])
@pytest.mark.parametrize("which", [Role.FINANCE, Role.FUND_OFFICER, Role.APPROVER])
def test_no_page_says_what_all_grants_come_to(client: FlaskClient, which: Role, state: State) -> None:
    scene = make_staged(8, 3, envelopes=[{"id": "all", "title": {"en": "All"}, "amount": 3 * COST + 100}])
    person, _file = own(scene, which, state=state)
    sign_in(client, person)
    for page in (money(scene), overview(scene)):
        told = text_of(client.get(page))
        assert NOTE in told
        assert "7,500" not in told
        assert "For each of" not in told
    assert "2,500" not in text_of(client.get(money(scene))), "of no single grant either, before the release"
    assert "Make the report" not in text_of(client.get(overview(scene)))
    sign_in(client, role(make_person(), which, scene.call))
    fields = form_fields(client.get(overview(scene)).text)
    for page in (money(scene), overview(scene)):
        told = text_of(client.get(page))
        assert NOTE not in told
        assert "7,500" in told
    sign_in(client, person)
    fields |= {"language": "en", "kind": "pdf", "reason": "Mine", "form_key": str(uuid.uuid4())}
    assert client.post(f"{overview(scene)}/report", data=fields).status_code in REFUSED
    release(scene)
    # A reserve may still step in.
    is_over = state is State.APPROVED
    for page in (money(scene), overview(scene)):
        told = text_of(client.get(page))
        assert (NOTE in told) is not is_over
        assert ("7,500" in told) is is_over


def test_finance_that_is_near_raises_a_budget_and_does_not_try_out_how_far_it_is_cut(client: FlaskClient) -> None:
    scene = make_staged(8, 3)
    person, _file = own(scene, Role.FINANCE)
    sign_in(client, person)
    row = queries.envelopes(scene.call.id)[0]
    page = money(scene, f"/{row.id}/budget")
    assert "7,500" not in text_of(client.get(page))

    def changed(way: str) -> TestResponse:
        values = fields_of(client.get(page)) | {"direction": way, "amount": "1", "reason": "Because"}
        return client.post(page, data=values)

    refused = changed("cut")
    assert refused.status_code in REFUSED
    assert "a colleague has to do this" in text_of(refused)
    assert "missing" not in text_of(refused)
    assert changed("raise").status_code == 303


def test_what_one_envelope_took_from_another_is_not_in_the_ledger_of_whoever_is_near(client: FlaskClient) -> None:
    scene = make_staged(8, 3)
    person, _file = own(scene, Role.FINANCE)
    row = queries.envelopes(scene.call.id)[0]
    ledger.change_budget(scene.officer, row, 77_700, reason="moved")
    assert db.session.scalar(select(Movement.id).where(Movement.reason == "moved")) is not None
    sign_in(client, person)
    assert "777" not in text_of(client.get(money(scene)))
    sign_in(client, role(make_person(), Role.FINANCE, scene.call))
    assert "777" in text_of(client.get(money(scene)))


def test_what_is_missing_for_a_slate_is_not_said_to_whoever_is_near(client: FlaskClient) -> None:
    scene = make_decided(8, 3, envelopes=[{"id": "all", "title": {"en": "All"}, "amount": 3 * COST}])
    row = ledger.open_envelopes(None, scene.call, reading(scene.call).rules)[0]
    ledger.change_budget(make_person(), row, -COST, reason="by_hand")
    assert stage(scene).failed is Failed.MONEY
    page = f"/en/console/funds/{scene.call.slug}/release"
    person, _file = own(scene, Role.FUND_OFFICER, state=State.RECOMMENDED)
    sign_in(client, person)
    told = text_of(client.get(page))
    assert "The envelopes do not hold what the slate gives" in told
    assert "Missing" not in told
    sign_in(client, scene.officer)
    assert "Missing: " in text_of(client.get(page))


def test_an_approver_who_is_near_neither_raises_nor_reads_how_much_is_free(client: FlaskClient) -> None:
    scene = make_staged(8, 3)
    person, file = own(scene, Role.APPROVER, Role.FUND_OFFICER)
    other = next(one for one in scene.files if one.state is State.APPROVED and one.id != file.id)
    award = queries.award_of(other.id)
    assert award is not None
    line = queries.lines([award.id])[0]
    page = f"/en/console/funds/{scene.call.slug}/grants/{award.id}/lines/{line.id}"
    sign_in(client, person)

    def priced(amount: str) -> tuple[int, str]:
        answer = client.post(
            f"{page}/approved", data=fields_of(client.get(page), action="/approved") | {"approved": amount}
        )
        return answer.status_code, text_of(answer)

    assert client.get(page).status_code == HTTPStatus.NOT_FOUND, "what is not released does not exist for them"
    assert client.post(f"{page}/approved", data={"approved": "1"}).status_code == HTTPStatus.NOT_FOUND
    sign_in(client, make_approver(scene.call))
    status, told = priced("9,000")
    assert status in REFUSED
    assert "missing" in told


def test_a_reserve_who_does_not_fit_is_refused_to_nobody_who_is_near(client: FlaskClient) -> None:
    scene = make_staged(8, 2)
    release(scene)
    award = queries.award_of(next(one for one in scene.files if one.state is State.OFFERED).id)
    assert award is not None
    awarding.answer(awarding.link(award), accepts=False)
    proposal = queries.proposal(db.session.scalars(select(Proposal.id)).one(), lock=True)
    awarding.confirm(scene.officer, proposal)
    ledger.change_budget(make_person(), award.envelope, -COST // 2, reason="by_hand")
    waiting = next(one for one in scene.files if one.state is State.RESERVE and one.id != proposal.application_id)
    waiting.outcome_seen = State.UNDER_REVIEW
    db.session.flush()
    person = role(db.session.get_one(Person, waiting.person_id), Role.APPROVER, scene.call)
    assert releasing.is_near(person, scene.call.id)
    page = f"/en/console/funds/{scene.call.slug}/release"
    rules = reading(scene.call).rules
    with pytest.raises(StillToCome):
        staging.approve_confirmed(person, scene.call, rules, [proposal.application_id])
    sign_in(client, make_approver(scene.call))
    answer = send(client, f"{page}/reserves", at=page)
    assert answer.status_code in REFUSED
    assert "are missing" in text_of(answer)
    assert staging.confirmed(scene.call.id)
