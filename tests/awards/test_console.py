"""The staff's pages of grants over HTTP: who comes in, one grant from offer to report, lists, reserves."""

import io
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from eventhub.awards import awarding, paying, personal_data, queries, receipts, reporting, stays, travelling
from eventhub.awards.models import Award, Outcome, Proposal, ReservePlace, Visa
from eventhub.funding.models import Stand, State
from eventhub.kit.audit import AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Affiliation, Person, Role
from tests.awards import scene
from tests.factories.awards import Money, make_award, make_fund, make_reserves
from tests.factories.funding import an_open_call
from tests.factories.funding_desk import fund_officer
from tests.factories.people import make_organisation, make_person, sign_in
from tests.factories.registration import a_photograph
from tests.house.grants_world import note_stay
from tests.programme.console import error_at, fields_of, send, text_of


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope of 10,000 dollars, and somebody of each role."""
    return make_fund()


def home(fund: Money) -> str:
    """The address of the pages of its grants."""
    return f"/en/console/funds/{fund.call.slug}/grants"


def officer(client: FlaskClient, fund: Money, role: Role = Role.FUND_OFFICER) -> Person:
    """Signed in with a role for this call."""
    person = fund_officer(fund.call, role)
    sign_in(client, person)
    return person


def again(award: Award) -> Award:
    """As the database has it now."""
    return queries.award(award.id)


def deed(client: FlaskClient, url: str, action: str, **given: str) -> int:
    """Send one form of a page; its status."""
    return client.post(f"{url}{action}", data=fields_of(client.get(url), action=action) | given).status_code


@pytest.mark.parametrize("role", [Role.FUND_OFFICER, Role.APPROVER, Role.FINANCE])
def test_officers_approvers_and_finance_see_grants_and_nobody_else(
    client: FlaskClient, fund: Money, role: Role
) -> None:
    award = make_award(fund)
    pages = ("", f"/{award.id}", f"/{award.id}/allowance", "/reserves", "/payments")
    for person in (make_person(), fund_officer(fund.call, Role.FUND_REVIEWER), fund_officer(make_fund().call, role)):
        sign_in(client, person)
        assert {client.get(f"{home(fund)}{page}").status_code for page in pages} == {404}
    officer(client, fund, role)
    for page in pages:
        assert client.get(f"{home(fund)}{page}").status_code == 200
    assert client.get(f"/en/console/funds/{fund.call.slug}/money").status_code == 200
    assert "USD" in client.get(home(fund)).text


def test_deeds_of_officers_are_none_of_approvers_and_finance(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    for role in (Role.APPROVER, Role.FINANCE):
        officer(client, fund, role)
        data = {
            "travels_on": "2026-12-01",
            "returns_on": "2026-12-05",
            "reason": "x",
            "deed": "cancel",
            "id": str(award.id),
        }
        for path in ("ticket", "travelled", "end", "visa", "replace", "allowance"):
            assert client.post(f"{home(fund)}/{award.id}/{path}", data=data).status_code == 404, path
        assert client.post(f"{home(fund)}/offer", data=data).status_code == 404
    assert again(award).application.state is State.ACCEPTED


def test_nobody_sees_the_own_file_or_one_of_the_own_organization(client: FlaskClient, fund: Money) -> None:
    person = officer(client, fund, Role.FUND_OFFICER)
    house = make_organisation()
    db.session.add(Affiliation(person_id=person.id, organisation_id=house.id))
    own, theirs = make_award(fund, person=person), make_award(fund, nominated_by_id=house.id)
    reference = str(own.application.reference)
    other = make_award(fund)
    page = client.get(home(fund)).text
    assert str(other.id) in page
    for award in (own, theirs):
        assert str(award.id) not in page
        assert client.get(f"{home(fund)}/{award.id}").status_code == 404
        assert client.post(f"{home(fund)}/{award.id}/end", data={"deed": "cancel"}).status_code == 404
        assert client.post(f"{home(fund)}/offer", data={"id": str(award.id)}).status_code == 404
    ledger = client.get(f"/en/console/funds/{fund.call.slug}/money").text
    assert str(again(other).application.reference) in ledger
    assert reference not in ledger


def test_grants_of_another_call_are_not_found_under_this_one(client: FlaskClient, fund: Money) -> None:
    sign_in(client, fund_officer())
    other = make_award(make_fund())
    assert client.get(f"{home(fund)}/{other.id}").status_code == 404
    assert client.get(f"{home(fund)}/{uuid.uuid4()}").status_code == 404


def test_the_list_shows_aliases_and_costs_the_same_for_one_and_three(
    client: FlaskClient, fund: Money, statements: list[str]
) -> None:
    officer(client, fund)
    make_award(fund, State.ACCEPTED, person=make_person(name="Legal Name", alias="River"))
    statements.clear()
    page = client.get(home(fund)).text
    one = len(statements)
    assert "River" in page
    assert "Legal Name" not in page
    for _ in range(2):
        scene.came_home(fund)
    statements.clear()
    client.get(home(fund))
    assert len(statements) == one <= 10
    statements.clear()
    client.get(f"/en/console/funds/{fund.call.slug}/money")
    assert len(statements) <= 16


def test_many_are_offered_after_a_preview(client: FlaskClient, fund: Money) -> None:
    officer(client, fund)
    awards = [make_award(fund, State.LAPSED) for _ in range(3)]
    page = client.get(f"{home(fund)}?view=ended")
    fields = fields_of(page, action="/offer")
    ids = [str(one.id) for one in awards]
    preview = client.post(f"{home(fund)}/offer", data=fields | {"id": ids})
    assert preview.status_code == 200
    assert "Offer 3 grants?" in preview.text
    assert {again(one).application.state for one in awards} == {State.LAPSED}  # looking changes nothing
    sent = fields_of(preview, action="/offer")
    for _ in range(2):  # the same form twice is done once
        assert client.post(f"{home(fund)}/offer", data=sent | {"go": "send"}).status_code == 303
    assert {again(one).application.state for one in awards} == {State.OFFERED}
    assert again(awards[0]).committed == awards[0].amount


def test_an_offer_that_breaks_the_envelope_is_told_before_and_refused(client: FlaskClient) -> None:
    fund = make_fund(300_000)
    person = officer(client, fund)
    lapsed = make_award(fund, amount=200_000)
    awarding.lapse_due(now() + timedelta(days=30))
    make_award(fund, State.APPROVED, amount=200_000)
    page = client.get(f"{home(fund)}?view=ended")
    fields = fields_of(page, action="/offer") | {"id": str(lapsed.id)}
    preview = client.post(f"{home(fund)}/offer", data=fields)
    assert "The envelope does not hold so much" in preview.text
    assert "USD\u00a01,000 are missing" in preview.text
    refused = client.post(f"{home(fund)}/offer", data=fields_of(preview, action="/offer") | {"go": "send"})
    assert refused.status_code == 422
    assert "The envelope does not hold so much: USD\u00a01,000 are missing" in refused.text
    assert again(lapsed).application.state is State.LAPSED
    assert person


def test_over_commitment_is_a_warning(client: FlaskClient) -> None:
    fund = make_fund(300_000, over_commit=150)
    officer(client, fund)
    last = make_award(fund, State.LAPSED, amount=200_000)
    make_award(fund, State.APPROVED, amount=200_000)
    page = client.get(f"{home(fund)}?view=ended")
    preview = client.post(f"{home(fund)}/offer", data=fields_of(page, action="/offer") | {"id": str(last.id)})
    assert "More is promised than there is" in preview.text


def test_nobody_is_offered_a_grant_before_the_release_tells_everybody(client: FlaskClient, fund: Money) -> None:
    officer(client, fund)
    award, lapsed = make_award(fund, State.APPROVED), make_award(fund, State.LAPSED)
    assert "Offer…" not in client.get(f"{home(fund)}/{award.id}").text
    assert f'value="{award.id}"' not in client.get(f"{home(fund)}?view=approved").text
    data = fields_of(client.get(f"{home(fund)}?view=ended"), action="/offer") | {"go": "send"}
    for ids in ([str(award.id)], [str(award.id), str(lapsed.id)]):
        refused = client.post(f"{home(fund)}/offer", data=data | {"id": ids, "form_key": str(uuid.uuid4())})
        assert refused.status_code == 422
        assert "Not released yet. The release tells everybody at once." in refused.text
    fund.call.stand = Stand.CANCELLED
    db.session.flush()
    over = client.post(f"{home(fund)}/offer", data=data | {"id": str(lapsed.id), "form_key": str(uuid.uuid4())})
    assert over.status_code == 422
    assert (again(award).application.state, again(lapsed).application.state) == (State.APPROVED, State.LAPSED)
    assert (again(award).offered_at, again(award).committed) == (None, 0)


def test_a_visa_a_ticket_a_journey_and_the_report(client: FlaskClient, fund: Money) -> None:
    officer(client, fund)
    award = make_award(fund, State.ACCEPTED)
    url = f"{home(fund)}/{award.id}"
    today = now().date().isoformat()
    assert deed(client, url, "/visa", deed="needed", appointment_on=today) == 303
    assert deed(client, url, "/visa", deed="asked", asked_on=today) == 303
    assert "/ticket" not in client.get(url).text
    assert deed(client, url, "/visa", deed="granted") == 303
    wrong = client.post(
        f"{url}/ticket",
        data=fields_of(client.get(url), action="/ticket") | {"travels_on": today, "returns_on": "2020-01-01"},
    )
    assert wrong.status_code == 422
    assert "That is far from the event." in error_at(wrong, "returns_on")
    yesterday = (now() - timedelta(days=1)).date().isoformat()
    assert deed(client, url, "/ticket", travels_on=today, returns_on=yesterday) == 422
    assert deed(client, url, "/ticket", travels_on=today, returns_on=today) == 303
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    assert deed(client, url, "/travelled", ended_on=tomorrow) == 422
    assert deed(client, url, "/travelled", ended_on=today) == 303
    award = again(award)
    assert award.application.state is State.REPORT_DUE
    report = queries.report_of(award.id)
    assert report is not None
    said = {key: "We spoke of rivers" for key, _words, _needed in reporting.QUESTIONS}
    reporting.file(award.application.person, award, report, said)
    page = client.get(url)
    assert "We spoke of rivers" not in page.text
    assert client.post(f"{url}/report", data=fields_of(page, action="/report#opened-t")).status_code == 422
    opened = client.post(f"{url}/report", data=fields_of(page, action="/report#opened-t") | {"why": "For donors"})
    assert "We spoke of rivers" in opened.text
    assert db.session.query(AuditText).filter_by(text="For donors").count() == 1


def test_a_refused_visa_ends_in_a_proposed_reserve_that_is_confirmed(client: FlaskClient, fund: Money) -> None:
    person = officer(client, fund)
    first, second = make_reserves(fund, [None, None])
    award = make_award(fund, State.ACCEPTED)
    url = f"{home(fund)}/{award.id}"
    assert deed(client, url, "/visa", deed="needed") == 303
    assert deed(client, url, "/visa", deed="refused") == 303
    assert db.session.query(Visa).filter_by(award_id=award.id).one().refusals == 1
    assert deed(client, url, "/end", deed="cancel", reason="") == 422
    assert deed(client, url, "/end", deed="cancel", reason="Refused for good") == 303
    assert again(award).outcome is Outcome.CANCELLED
    assert "Refused for good" in client.get(url).text
    page = client.get(f"{home(fund)}/reserves")
    made = db.session.query(Proposal).filter_by(call_id=fund.call.id, dropped_at=None).one()
    assert made.application_id == first.id
    fields = fields_of(page, action=str(made.id))
    assert client.post(f"{home(fund)}/reserves/{made.id}", data=fields | {"deed": "drop"}).status_code == 303
    made = db.session.query(Proposal).filter_by(call_id=fund.call.id, dropped_at=None).one()
    assert made.application_id == second.id
    fields = fields_of(client.get(f"{home(fund)}/reserves"), action=str(made.id))
    assert client.post(f"{home(fund)}/reserves/{made.id}", data=fields | {"deed": "confirm"}).status_code == 303
    db.session.refresh(second)
    assert second.state is State.RECOMMENDED
    assert person


def test_a_reserve_in_several_lists_is_proposed_once(client: FlaskClient, fund: Money) -> None:
    (one,) = make_reserves(fund, [None])
    given = {"call_id": fund.call.id, "application_id": one.id, "recommended_by_id": fund.board.id}
    db.session.add_all(ReservePlace(**given, cell=cell, place=1) for cell in ("region:americas", "gender:woman"))
    left = make_award(fund, State.ACCEPTED)
    awarding.withdraw(left.application.person, left)
    sign_in(client, fund_officer())
    assert client.get(f"{home(fund)}/reserves").text.count('value="confirm"') == 1


def test_a_reserve_of_ones_own_is_neither_seen_nor_decided(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    person = officer(client, fund)
    (reserve,) = make_reserves(fund, [None])
    reserve.person_id = person.id
    db.session.flush()
    awarding.withdraw(award.application.person, award)
    made = db.session.query(Proposal).filter_by(application_id=reserve.id).one()
    assert str(made.id) not in client.get(f"{home(fund)}/reserves").text
    assert client.post(f"{home(fund)}/reserves/{made.id}", data={"deed": "confirm"}).status_code == 404


def test_somebody_else_is_asked_for_before_the_ticket_alone(client: FlaskClient, fund: Money) -> None:
    award, _row = scene.nominated(fund, "chair@example.org")
    officer(client, fund)
    url = f"{home(fund)}/{award.id}"
    told = text_of(client.get(url))
    assert "An answer is awaited until" in told
    assert "1 nominee of this organization is on the reserve list" in told
    assert deed(client, url, "/replace") == 303
    today = now().date()
    fields = fields_of(client.get(url), action="/replace")
    travelling.ticketed(fund.officer, again(award), travels_on=today, returns_on=today)
    assert "Ask the nominator" not in client.get(url).text
    fields["form_key"] = str(uuid.uuid4())
    assert client.post(f"{url}/replace", data=fields).status_code == 422


def test_the_nominator_is_asked_only_where_somebody_can_be_named(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED, nominated_by_id=make_organisation().id)
    officer(client, fund)
    page = client.get(f"{home(fund)}/{award.id}").text
    assert "so nobody can be named" in page
    assert "/replace" not in page


def test_an_officer_withdraws_for_a_person_who_said_so(client: FlaskClient, fund: Money) -> None:
    officer(client, fund)
    offered, accepted = make_award(fund), make_award(fund, State.ACCEPTED)
    for award, state in ((offered, State.DECLINED_BY_APPLICANT), (accepted, State.WITHDRAWN)):
        url = f"{home(fund)}/{award.id}"
        assert deed(client, url, "/end", deed="withdraw", reason="Told us by telephone") == 303
        assert again(award).application.state is state
        assert again(award).committed == 0
        assert "Told us by telephone" in client.get(url).text


def test_a_stay_makes_a_statement_that_the_person_reads(client: FlaskClient, fund: Money) -> None:
    officer(client, fund)
    award = make_award(fund, State.ACCEPTED)
    url = f"{home(fund)}/{award.id}/allowance"
    assert send(client, url, arrives="2026-11-25T14:00", leaves="2026-11-24T10:00").status_code == 422
    assert send(client, url, arrives="2026-11-25T14:00", leaves="2026-11-29T10:00").status_code == 303
    page = client.get(url)
    assert "USD\u00a01,200" in page.text  # four nights of USD 300
    given = ["2026-11-26:lunch", "2026-11-27:lodging", "2030-01-01:lunch"]
    assert client.post(url, data=fields_of(page) | {"given": given}).status_code == 303
    page = client.get(url)
    assert "−USD" in page.text or "USD\u00a0−36" in page.text
    assert "USD\u00a01,014" in page.text  # less 12 per cent for a lunch, 50 for a night
    assert client.post(url, data=fields_of(page) | {"given": ["nonsense"]}).status_code == 404
    award = again(award)
    sign_in(client, award.application.person)
    mine = f"/en/me/grants/{award.application.reference}"
    assert "Statement of the allowance" in client.get(mine).text
    assert "USD\u00a01,014" in client.get(f"{mine}/allowance").text
    sign_in(client, make_person())
    assert client.get(f"{mine}/allowance").status_code == 404


def test_receipts_are_sent_by_the_person_and_opened_by_the_desk(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    person = sign_in(client, award.application.person)
    line = next(one for one in queries.lines([award.id]) if one.payee == "traveller")
    url = f"/en/me/grants/{award.application.reference}/receipts/{line.id}"
    page = client.get(url)
    assert client.post(url, data=fields_of(page)).status_code == 422
    evil = fields_of(page) | {"file": (io.BytesIO(b"<script>alert(1)</script>"), "a.png")}
    assert client.post(url, data=evil).status_code == 422
    good = fields_of(client.get(url)) | {"file": (io.BytesIO(a_photograph(kind="PNG")), "a.png")}
    assert client.post(url, data=good).status_code == 303
    staff = f"{home(fund)}/{award.id}/lines/{line.id}"
    assert client.post(f"{staff}/receipt").status_code == 404
    officer(client, fund)
    assert client.get(f"{staff}/receipt").status_code == 405
    assert deed(client, staff, "/receipt", why="") == 422
    assert "Receipt downloaded by staff" not in client.get(f"{home(fund)}/{award.id}").text
    saved = send(client, f"{staff}/receipt", at=staff, why="To pay it")
    assert saved.status_code == 200
    assert "attachment" in saved.headers["Content-Disposition"]
    assert "Receipt downloaded by staff" in client.get(f"{home(fund)}/{award.id}").text
    assert person


def test_a_report_is_kept_as_it_is_written(client: FlaskClient, fund: Money) -> None:
    award = scene.came_home(fund)
    sign_in(client, award.application.person)
    url = f"/en/me/grants/{award.application.reference}/report"
    page = client.get(url)
    assert f'data-autosave="{url}/keep"' in page.text
    assert "autosave" in page.text
    assert client.post(f"{url}/keep", data=fields_of(page) | {"spoke": "Of water"}).status_code == 204
    assert "Of water" in client.get(url).text
    report = queries.report_of(award.id)
    assert report is not None
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    award = again(award)
    reporting.file(award.application.person, award, report, said)
    late = fields_of(page) | {"form_key": str(uuid.uuid4())}
    assert client.post(f"{url}/keep", data=late).status_code == 409


def test_today_and_the_call_lead_to_what_waits(client: FlaskClient, fund: Money) -> None:
    make_reserves(fund, [None])
    award = make_award(fund, State.ACCEPTED)
    awarding.withdraw(award.application.person, award)
    officer(client, fund)
    assert "Proposed from the reserve list" in client.get("/en/console").text
    assert home(fund) in client.get(f"/en/console/funds/{fund.call.slug}").text
    officer(client, fund, Role.FINANCE)
    assert "Proposed from the reserve list" not in client.get("/en/console").text


def test_reminders_keep_in_step_with_the_days_a_call_gives(client: FlaskClient, fund: Money) -> None:
    usual, longer = scene.came_home(fund), make_award(fund, State.ACCEPTED)
    today = now().date()
    travelling.ticketed(fund.officer, longer, travels_on=today, returns_on=today)
    travelling.travelled(fund.officer, longer, ended_on=today, report_days=60)
    assert usual
    assert reporting.remind_due(today + timedelta(days=6)) == 0
    assert reporting.remind_due(today + timedelta(days=7)) == 1
    assert reporting.remind_due(today + timedelta(days=13)) == 0
    assert reporting.remind_due(today + timedelta(days=14)) == 1
    assert reporting.remind_due(today + timedelta(days=14)) == 0


def test_whoever_owes_a_report_is_led_to_it_where_it_is_in_the_way(client: FlaskClient, fund: Money) -> None:
    award = scene.came_home(fund)
    reporting.overdue_due(now() + timedelta(days=31))
    person = sign_in(client, again(award).application.person)
    call = an_open_call()
    page = client.get(f"/en/funds/{call.slug}/apply").text
    assert f"/en/me/grants/{again(award).application.reference}/report" in page
    sign_in(client, make_person())
    assert "/report" not in client.get(f"/en/funds/{call.slug}/apply").text
    assert person


def test_erasing_a_person_takes_receipts_and_the_stay_along(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    person = award.application.person
    line = next(one for one in queries.lines([award.id]) if one.payee == "traveller")
    receipts.attach(person, award, line, a_photograph(kind="PNG"))
    note_stay(fund, award)
    file = receipts.of_line(line)
    assert personal_data.own_data(person)[0]["stay"]["arrives"]
    personal_data.erase(person)
    assert file.deleted_at is not None
    assert stays.stay_of(award) is None


def test_the_page_of_a_grant_costs_the_same_with_many_lines_and_payments(
    client: FlaskClient, fund: Money, statements: list[str]
) -> None:
    officer(client, fund, Role.FINANCE)
    award = make_award(fund, State.ACCEPTED)
    line = next(one for one in queries.lines([award.id]) if one.payee == "traveller")
    paying.ask(fund.finance, award, line, 100)
    url = f"{home(fund)}/{award.id}"
    client.get(url)
    statements.clear()
    client.get(url)
    one = len(statements)
    held = queries.award(award.id, lock=True)
    for _ in range(3):
        paying.ask(fund.finance, held, queries.line(award.id, line.id), 100)
    db.session.expire_all()
    statements.clear()
    client.get(url)
    assert len(statements) == one <= 19
    statements.clear()
    client.get(f"{home(fund)}/payments")
    assert len(statements) <= 12
    statements.clear()
    client.get(f"{home(fund)}/reserves")
    assert len(statements) <= 12
