"""The fund's desk: the list, who sees it, what leaves the house."""

import csv
import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from eventhub.funding import call_numbers, desk
from eventhub.funding.desk import Filters
from eventhub.funding.models import Call, Stand, State, Voucher
from eventhub.kit import audit
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Affiliation, Role
from tests.factories.funding_desk import (
    fund_officer,
    make_application,
    make_call,
    make_endorsement,
    make_pair,
    some_rules,
)
from tests.factories.people import form_fields, make_organisation, make_person, sign_in
from tests.factories.registration import a_photograph
from tests.programme.console import text_of


def at(call: Call, more: str = "") -> str:
    return f"/en/console/funds/{call.slug}/files{more}"


def test_the_list_shows_what_waits_with_gaps_and_vouchers(client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call, make_person(name="Amina Yusuf"), organisation_id=make_organisation(name="Voices").id)
    make_endorsement(one)
    sign_in(client, fund_officer(call))
    page = client.get(at(call)).text
    assert "Amina Yusuf" in page
    assert "Voices" in page
    assert "1 of 2" in page
    assert "2 gaps" in page, "the letter and the referee"
    assert f"#{one.number}" in page


def test_five_hundred_files_take_no_more_statements_than_one_or_three(
    client: FlaskClient, statements: list[str]
) -> None:
    one, three, large = make_call(), make_call(), make_call()
    for call, number in ((one, 1), (three, 3), (large, 500)):
        for _ in range(number):
            make_endorsement(make_application(call))
    sign_in(client, fund_officer())
    for more in ("", "?lacking=yes&vouched=no", "?q=Person"):
        counts = []
        for call in (one, three, large):
            client.get(at(call, more))
            statements.clear()
            assert client.get(at(call, more)).status_code == 200
            counts.append(len(statements))
        assert counts[0] == counts[1] == counts[2], (more, counts)
        assert counts[0] <= 13 if more else counts[0] <= 10, (more, statements)


def test_filters_find_what_they_say(client: FlaskClient) -> None:
    call = make_call()
    house = make_organisation(name="The House")
    full = make_application(
        call,
        make_person(name="Full File"),
        answers={"letter": _paper()},
        region="americas",
        organisation_id=house.id,
        late=True,
    )
    make_endorsement(full)
    make_endorsement(full, Voucher.REFEREE)
    bare = make_application(call, make_person(name="Bare File"), nominated_by_id=house.id)
    place = desk.desk_of(call.slug)

    def found(**given: object) -> set[str]:
        filters = Filters(**given)  # type: ignore[arg-type]
        ids = desk.lacking(place, filters) if filters.lacking else None
        return {row.name for row in desk.rows(place, filters, ids=ids)}

    assert found(lacking="yes") == {"Bare File"}
    assert found(lacking="no") == {"Full File"}
    assert found(vouched="yes") == {"Full File"}
    assert found(vouched="no") == {"Bare File"}
    assert found(region="americas") == {"Full File"}
    assert found(late=True) == {"Full File"}
    assert found(organisation=str(house.id)) == {"Full File", "Bare File"}
    assert found(q=str(bare.number), chip="eligible") == {"Bare File"}
    assert found(q=bare.reference or "") == {"Bare File"}
    assert found(q="bare") == {"Bare File"}
    assert found(q="%") == set()


def _paper() -> object:
    from eventhub.questionnaires.uploads import Upload  # noqa: PLC0415

    return Upload("letter.jpg", a_photograph())


def test_a_search_goes_by_the_alias_and_is_written_down(client: FlaskClient) -> None:
    call = make_call()
    make_application(call, make_person(name="Real Name", alias="Blue Heron"))
    me = sign_in(client, fund_officer(call))
    assert "Nothing fits" in client.get(at(call, "?q=Real")).text
    page = client.get(at(call, "?q=heron")).text
    assert "Blue Heron" in page
    assert "Real Name" not in page
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "funding.searched")).all()
    assert [row.actor_id for row in rows] == [me.id, me.id]
    assert all("heron" not in str(row.detail) for row in rows)


def test_who_was_asked_and_is_silent_has_a_view(client: FlaskClient) -> None:
    call = make_call()
    asked = {"state": State.INFO_REQUESTED}
    make_application(call, make_person(name="Silent One"), due_at=now() - timedelta(hours=1), **asked)
    make_application(call, make_person(name="Still Time"), due_at=now() + timedelta(hours=9), **asked)
    sign_in(client, fund_officer(call))
    page = client.get(at(call, "?chip=silent")).text
    assert "Silent One" in page
    assert "Still Time" not in page
    assert "No answer in time" in page


@pytest.mark.parametrize(
    "bad",
    [
        "?chip=nonsense",
        "?page=0",
        "?page=99999999999",
        "?region=%00",
        "?organisation=x",
        "?sort=drop",
        "?size=9999",
        "?q=" + "x" * 5000,
        "?q=%00%27%22",
        "?q=999999999999999999999",
        "?q=%23",
        "?lacking=1",
    ],
)
def test_bad_addresses_fall_back(client: FlaskClient, bad: str) -> None:
    call = make_call()
    make_application(call)
    sign_in(client, fund_officer(call))
    assert client.get(at(call, bad)).status_code in {200, 302}


@pytest.mark.parametrize(
    "more",
    [
        "/files",
        "/files/export",
        "/files/{id}",
        "/files/{id}/papers",
        "/duplicates",
        "/duplicates/{pair}",
        "/numbers",
    ],
)
def test_out_of_scope_nothing_exists(client: FlaskClient, more: str) -> None:
    call, other = make_call(), make_call()
    pair, one, _newer = make_pair(call)
    address = f"/en/console/funds/{call.slug}{more.format(id=one.id, pair=pair.id)}"
    for who in (
        fund_officer(other),
        fund_officer(call, Role.FUND_REVIEWER),
        fund_officer(call, Role.BOARD_MEMBER),
        fund_officer(call, Role.FINANCE),
        fund_officer(call, Role.APPROVER),
    ):
        sign_in(client, who)
        assert client.get(address).status_code == 404, who
    sign_in(client, make_person())
    assert client.get(address).status_code == 404
    sign_in(client, fund_officer(call))
    assert client.get(address).status_code == 200
    sign_in(client, fund_officer(None, Role.ADMIN))
    assert client.get(address).status_code == 200


def test_a_file_of_another_call_is_not_there(client: FlaskClient) -> None:
    call, other = make_call(), make_call()
    one = make_application(other)
    sign_in(client, fund_officer(call))
    assert client.get(at(call, f"/{one.id}")).status_code == 404
    fields = form_fields(client.get(at(call, "/export")).text)
    answer = client.post(at(call, "/preview"), data=fields | {"outcome": "eligible", "id": str(one.id)})
    assert answer.status_code == 303, "nobody was chosen"


def test_a_draft_of_a_call_and_drafts_of_files_have_no_desk(client: FlaskClient) -> None:
    draft = make_call(stand=Stand.DRAFT)
    call = make_call()
    make_application(call, make_person(name="Not Sent"), state=State.DRAFT, number=None, submitted_at=None)
    sign_in(client, fund_officer())
    assert client.get(at(draft)).status_code == 404
    assert "Not Sent" not in client.get(at(call, "?chip=all")).text


def test_the_export_has_aliases_a_reason_and_no_formula(client: FlaskClient) -> None:
    call = make_call()
    make_application(call, make_person(name="Real Name", alias="=Blue Heron"))
    me = sign_in(client, fund_officer(call))
    page = client.get(at(call, "/export")).text
    fields = form_fields(page)
    assert client.post(at(call, "/export"), data=fields | {"reason": " ", "kind": "csv"}).status_code == 422
    fields = form_fields(client.get(at(call, "/export")).text)
    answer = client.post(at(call, "/export"), data=fields | {"reason": "For the board", "kind": "csv"})
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0][:3] == ["Number", "Reference", "Public name"]
    assert rows[1][2] == "'=Blue Heron"
    assert "Real Name" not in answer.text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "funding.exported")).one()
    assert (entry.actor_id, entry.scope_id, entry.detail["rows"]) == (me.id, call.id, 1)
    fields = form_fields(client.get(at(call, "/export")).text)
    sheet = client.post(at(call, "/export"), data=fields | {"reason": "For the board", "kind": "xlsx"})
    read = CalamineWorkbook.from_filelike(io.BytesIO(sheet.get_data())).get_sheet_by_index(0).to_python()
    assert read[0] == rows[0], "both kinds have the columns of the role, and no more"
    assert set(read[0]) == {
        *("Number", "Reference", "Public name", "Organization", "Nominated by", "Region", "Country", "Language"),
        *("First time", "Status", "Late", "Vouched", "Missing", "Asks for", "Asked amount (USD)"),
        *("Reckoned cost (USD)", "Sent", "Answer due", "Decided", "Reason"),
    }


@pytest.mark.parametrize(("currency", "told"), [("JPY", 150_000), ("USD", 1_500), ("KWD", 150)])
def test_the_export_counts_in_the_units_of_the_currency(client: FlaskClient, currency: str, told: float) -> None:
    call = make_call()
    call.currency = currency
    row = make_application(call, asked_amount=150_000)
    row.cost = 150_000
    db.session.flush()
    sign_in(client, fund_officer(call))
    fields = form_fields(client.get(at(call, "/export")).text)
    answer = client.post(at(call, "/export"), data=fields | {"reason": "For the board", "kind": "csv"})
    cells = next(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert float(cells[f"Asked amount ({currency})"]) == float(cells[f"Reckoned cost ({currency})"]) == told


def test_many_searches_are_reported(client: FlaskClient) -> None:
    call = make_call()
    make_application(call)
    sign_in(client, fund_officer(call))
    for _ in range(51):
        client.get(at(call, "?q=x"))
    tasks = db.session.scalars(select(Promise.task)).all()
    assert tasks.count("registration.many_searches") == 1


def test_numbers_name_states_regions_and_weeks(client: FlaskClient) -> None:
    call = make_call(rules=some_rules())
    for days in (1, 9, 20):
        make_application(call, submitted_at=now() - timedelta(days=days), first_time=days == 1)
    sign_in(client, fund_officer(call))
    page = client.get(f"/en/console/funds/{call.slug}/numbers").text
    assert "Africa and the Middle East" in page
    assert "For the first time" in page
    assert "Week by week" in page


def test_colleagues_on_one_file_see_each_other(app: Flask, client: FlaskClient) -> None:
    call = make_call()
    one = make_application(call)
    first, other = fund_officer(call), app.test_client()
    first.alias = "Tall Reed"
    sign_in(other, first)
    sign_in(client, fund_officer(call))
    other.get(at(call, f"/{one.id}"))
    page = client.get(at(call, f"/{one.id}")).text
    assert "opened this file at" in page
    assert "Tall Reed" in page
    other.get(at(call))
    assert "opened this file at" not in client.get(at(call, f"/{one.id}")).text


def test_an_officer_who_applied_finds_no_trace_of_the_own_file(client: FlaskClient) -> None:
    call = make_call()
    me, house = fund_officer(call), make_organisation()
    db.session.add(Affiliation(person_id=me.id, organisation_id=house.id))
    staged = {"state": State.APPROVED, "outcome_seen": State.UNDER_REVIEW}
    own = make_application(call, me, **staged)
    near = make_application(call, make_person(name="Near File"), organisation_id=house.id, **staged)
    make_application(call, make_person(name="Far File"), **staged)
    sign_in(client, me)
    for more in ("?chip=all", "?chip=further", f"?q={own.reference}", f"?q={own.number}"):
        page = client.get(at(call, more)).text
        assert str(own.id) not in page
        assert "3 applications" not in page
    page = client.get(at(call, "?chip=all")).text
    assert "2 applications" in page
    assert "Approved" not in page, "the places are known: the others would tell"
    fields = form_fields(client.get(at(call, "/export?chip=all")).text)
    told = client.post(at(call, "/export?chip=all"), data=fields | {"kind": "csv", "reason": "To count"}).text
    assert own.reference not in told
    assert near.reference in told
    assert "Approved" not in told
    counted = call_numbers.numbers(desk.desk_of(call.slug).for_visitor(me), now())
    assert (counted.total, counted.states) == (2, {State.UNDER_REVIEW: 2})


@pytest.mark.parametrize("tie", ["house", "vouched", "filed"])
def test_an_officer_near_to_a_file_reads_no_decision_of_it_before_the_release(client: FlaskClient, tie: str) -> None:
    call = make_call()
    me, house = fund_officer(call), make_organisation()
    db.session.add(Affiliation(person_id=me.id, organisation_id=house.id))
    given = {"house": {"organisation_id": house.id}, "filed": {"filed_by_id": me.id}}.get(tie, {})
    near = make_application(call, make_person(name="Near File"), state=State.WITHDRAWN, **given)
    far = make_application(call, make_person(name="Far File"), state=State.UNDER_REVIEW)
    if tie == "vouched":
        make_endorsement(near, email=me.email)
    sign_in(client, me)
    told: list[list[str]] = []
    for state in (State.APPROVED, State.NOT_RECOMMENDED):
        near.state, near.outcome_seen = state, State.UNDER_REVIEW
        audit.record(f"funding.{state.value}", near, actor=None, scope_id=call.id)
        db.session.flush()
        rest = [at(call, one) for one in ("?chip=all", "?chip=further", "?chip=further&q=Near", f"/{near.id}")]
        told.append([text_of(client.get(one)) for one in (*rest, f"/en/console/funds/{call.slug}/numbers")])
        for page in told[-1]:
            assert "Approved" not in page
            assert "Not recommended" not in page
    assert told[0] == told[1]
    assert "Under review" in told[0][3]
    far.state, far.outcome_seen = State.APPROVED, State.UNDER_REVIEW
    db.session.flush()
    assert "Approved" not in client.get(at(call, f"/{far.id}")).text, "the places are known: the others would tell"
    sign_in(client, fund_officer(call))
    assert "Approved" in client.get(at(call, f"/{far.id}")).text


def test_organizations_of_one_name_are_told_apart_by_a_country(client: FlaskClient) -> None:
    call = make_call()
    known, other = make_organisation(name="Rights Forum"), make_organisation(name="Rights Forum", country=None)
    make_application(call, nominated_by_id=known.id)
    make_application(call, nominated_by_id=other.id, residence="BR")
    make_application(call, organisation_id=make_organisation(name="Alone", country=None).id)
    sign_in(client, fund_officer(call))
    page = text_of(client.get(at(call)))
    for words in ("Rights Forum (Kenya)", "Rights Forum (Brazil)"):
        assert words in page
    assert "Alone (" not in page
