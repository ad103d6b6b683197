"""Owed reports and debarments: two people, a day, a reason; merged organizations keep what they owe."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.funding import debarring, desk
from eventhub.funding.call_numbers import suppressed
from eventhub.funding.debarring import Party
from eventhub.funding.models import Debt
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people import merging
from eventhub.people.models import Affiliation
from tests.factories.funding_desk import fund_officer, make_application, make_call, make_debt
from tests.factories.people import form_fields, make_organisation, make_person, sign_in

pytestmark = pytest.mark.usefixtures("database")

PAGE = "/en/console/funds/debts"


def test_a_proposal_counts_for_nothing_until_a_second_person_agrees(client: FlaskClient) -> None:
    call = make_call()
    house = make_organisation(name="Owing House")
    one = make_application(call, nominated_by_id=house.id)
    first, second = fund_officer(), fund_officer()
    sign_in(client, first)
    until = (now() + timedelta(days=90)).date().isoformat()
    data = {"reference": one.reference, "party": "nominator", "note": "Forged letters", "until": until}
    assert client.post(PAGE, data=form_fields(client.get(PAGE).text) | data).status_code == 303
    assert desk.debts_about(one) == []
    (line,) = debarring.proposals()
    with pytest.raises(debarring.SamePerson):
        debarring.agree(first, line.row.id)
    sign_in(client, second)
    page = client.get(PAGE).text
    assert "Owing House" in page
    fields = form_fields(page, "agree")
    assert client.post(f"{PAGE}/proposals/{line.row.id}/agree", data=fields).status_code == 303
    (debt,) = desk.debts_about(one)
    assert debt.organisation_id == house.id
    listed = client.get(PAGE).text.split("Owing House", 1)[1].split("Forged letters")[0]
    assert listed.index(f"<bdi>{first.public_name}</bdi>") < listed.rindex(f"<bdi>{second.public_name}</bdi>")
    assert client.post(f"{PAGE}/proposals/{line.row.id}/agree", data=fields | {"form_key": ""}).status_code >= 400
    address = f"{PAGE}/{debt.id}/clear"
    fields = form_fields(client.get(address).text)
    assert client.post(address, data=fields | {"why": ""}).status_code == 422
    fields = form_fields(client.get(address).text)
    assert client.post(address, data=fields | {"why": "It was a mistake"}).status_code == 303
    assert desk.debts_about(one) == []
    assert client.get(address).status_code == 404


def test_a_debarment_ends_with_its_day() -> None:
    who = make_person()
    one = make_application(make_call(), who)
    make_debt(who, kind="debarred", note="x", until=(now() - timedelta(days=1)).date())
    assert desk.debts_about(one) == []


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("reference", ""),
        ("reference", "EH-NO-0000-0000"),
        ("reference", "x" * 400),
        ("party", "nonsense"),
        ("party", "nominator"),
        ("note", " "),
        ("until", "1990-01-01"),
        ("until", "yesterday"),
    ],
)
def test_bad_proposals_are_refused_at_their_field(client: FlaskClient, field: str, bad: str) -> None:
    one = make_application(make_call())
    sign_in(client, fund_officer())
    data = {"reference": one.reference, "party": "person", "note": "Why", "until": ""} | {field: bad}
    answer = client.post(PAGE, data=form_fields(client.get(PAGE).text) | data)
    assert answer.status_code == 422
    assert debarring.proposals() == []


def test_nobody_decides_about_their_own_house() -> None:
    me, house = fund_officer(), make_organisation()
    db.session.add(Affiliation(person_id=me.id, organisation_id=house.id, is_main=True))
    one = make_application(make_call(), organisation_id=house.id)
    mine = make_application(make_call(), me)
    for reference, party in ((one.reference, Party.ORGANISATION), (mine.reference, Party.PERSON)):
        with pytest.raises(debarring.TooNear):
            debarring.propose(me, reference or "", party, "Why", None)
    debt = make_debt(organisation=house)
    with pytest.raises(debarring.TooNear):
        debarring.clear(me, debt.id, "It is fine")


def test_only_officers_of_everything_come_here(client: FlaskClient) -> None:
    call = make_call()
    debt = make_debt(make_person())
    for who in (fund_officer(call), make_person()):
        sign_in(client, who)
        assert client.get(PAGE).status_code == 404
        assert client.get(f"{PAGE}/{debt.id}/clear").status_code == 404
    sign_in(client, fund_officer())
    assert client.get(PAGE).status_code == 200


def test_merged_organizations_keep_files_and_debts() -> None:
    kept, gone = make_organisation(name="Voices"), make_organisation(name="Voices Association")
    one = make_application(make_call(), organisation_id=gone.id, nominated_by_id=gone.id)
    debt = make_debt(organisation=gone)
    labels = {str(count.label): count.number for count in merging.counts([gone.id], kept.id)}
    assert labels["Applications to a fund"] == 1
    merging.merge(fund_officer(), kept.id, [gone.id], "The same")
    db.session.expire_all()
    assert (one.organisation_id, one.nominated_by_id) == (kept.id, kept.id)
    assert db.session.scalars(select(Debt.organisation_id).where(Debt.id == debt.id)).one() == kept.id


def test_small_cells_are_hidden_and_enough_others() -> None:
    assert suppressed({"a": 20, "b": 30}) == {"a": 20, "b": 30}
    hidden = suppressed({"a": 2, "b": 30, "c": 9})
    assert hidden == {"a": None, "b": 30, "c": None}
    assert suppressed({"a": 0, "b": 7}) == {"a": 0, "b": 7}


def test_the_list_of_debts_takes_a_constant_number_of_statements(client: FlaskClient, statements: list[str]) -> None:
    sign_in(client, fund_officer())
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make_debt(make_person())
        client.get(PAGE)
        statements.clear()
        client.get(PAGE)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 10


def test_whoever_proposed_is_not_the_one_who_waits_for_it() -> None:
    call = make_call()
    one = make_application(call)
    person = make_person()
    before = debarring.number_waiting(person.id)
    debarring.propose(person, one.reference or "", Party.PERSON, "Why", None)
    assert debarring.number_waiting(person.id) == before
    assert debarring.number_waiting(make_person().id) == before + 1
