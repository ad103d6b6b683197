"""Costs, payments, budgets and rates over HTTP: two people, bad amounts, and both at the same moment."""

import io
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.awards import awarding, ledger, paying, queries, reporting, rule_budgets
from eventhub.awards.models import Award, AwardLine, Payment
from eventhub.awards.money_models import FundEnvelope, Movement, MovementKind
from eventhub.funding import rules as rules_of
from eventhub.funding.models import CallRules, State
from eventhub.kit.audit import AuditText
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.people.models import Person, Role, RoleGrant
from tests.awards import scene
from tests.awards.test_console import home, officer
from tests.factories.awards import Money, approve, make_award, make_fund, make_reserves
from tests.factories.funding_desk import fund_officer
from tests.factories.people import sign_in
from tests.factories.programme import PDF_BYTES
from tests.programme.console import error_at, fields_of
from tests.together import at_once


@pytest.fixture
def fund(client: FlaskClient) -> Money:
    """A call with an envelope of 10,000 dollars, and somebody of each role."""
    return make_fund()


@pytest.fixture
def award(fund: Money) -> Award:
    """A grant that was accepted: a ticket of 400 dollars, an allowance of 800."""
    return make_award(fund, State.ACCEPTED)


def own_line(award: Award) -> AwardLine:
    """The allowance, which the traveller gets."""
    return next(one for one in queries.lines([award.id]) if one.payee == "traveller")


def asked(client: FlaskClient, fund: Money, award: Award, amount: str = "500", **given: str) -> tuple[Person, Payment]:
    """Somebody of finance asks for a payment on the page of its line."""
    person = officer(client, fund, Role.FINANCE)
    url = f"{home(fund)}/{award.id}/lines/{own_line(award).id}"
    answer = client.post(f"{url}/pay", data=fields_of(client.get(url), action="/pay") | {"amount": amount} | given)
    assert answer.status_code == 303
    return person, db.session.query(Payment).order_by(Payment.asked_at.desc()).first()  # type: ignore[return-value]


def moved(kind: MovementKind) -> int:
    """The sum of all movements of a kind."""
    return int(db.session.scalar(select(func.coalesce(func.sum(Movement.amount), 0)).where(Movement.kind == kind)) or 0)


def test_each_amount_that_cannot_be_is_blamed_for_what_it_is(client: FlaskClient, fund: Money, award: Award) -> None:
    officer(client, fund, Role.FINANCE)
    url = f"{home(fund)}/{award.id}/lines/{own_line(award).id}"
    pay = fields_of(client.get(url), action="/pay")
    for amount, said in (("0", "An amount is more than nothing."), ("2.500", "This can be read in two ways.")):
        assert said in error_at(client.post(f"{url}/pay", data=pay | {"amount": amount}), "amount")
    cost = fields_of(client.get(url), action="/cost") | {"given": "50", "currency": "XXX", "spent_on": "2026-11-01"}
    page = client.post(f"{url}/cost", data=cost)
    assert "Three letters, such as USD" in error_at(page, "currency")
    assert "Write an amount" not in page.text


def test_two_people_of_finance_pay_and_money_comes_back(client: FlaskClient, fund: Money, award: Award) -> None:
    _first, payment = asked(client, fund, award)
    url = f"{home(fund)}/{award.id}/payments/{payment.id}"
    page = client.get(url)
    assert "Agree, and record as paid" not in page.text  # not the one who asked
    fields = fields_of(page, action="/drop")
    assert client.post(f"{url}/agree", data=fields).status_code == 422
    officer(client, fund, Role.FINANCE)
    assert "500" in client.get(f"{home(fund)}/payments").text
    fields = fields_of(client.get(url), action="/agree")
    for _ in range(2):  # the same form twice is paid once
        assert client.post(f"{url}/agree", data=fields).status_code == 303
    assert moved(MovementKind.PAY) == 50_000
    page = client.get(url)
    for wrong in ("-5", "0", "900", "1e9", "99999999999999999999", "abc", ""):
        given = fields_of(page, action="/back") | {"back": wrong, "form_key": str(uuid.uuid4())}
        assert client.post(f"{url}/back", data=given).status_code == 422, wrong
    back = fields_of(page, action="/back") | {"back": "120.50"}
    assert client.post(f"{url}/back", data=back).status_code == 303
    assert moved(MovementKind.RETURN) == 0, "a second person agrees first"
    officer(client, fund, Role.FINANCE)
    fields = fields_of(client.get(url), action="/back/agree")
    for _ in range(2):
        assert client.post(f"{url}/back/agree", data=fields).status_code == 303
    assert moved(MovementKind.RETURN) == 12_050
    ledger_page = client.get(f"/en/console/funds/{fund.call.slug}/money").text
    assert "Money came back" in ledger_page
    assert "USD\u00a0120.50" in ledger_page


@pytest.mark.parametrize("amount", ["-5", "0", "800.01", "9999999999999999", "12,34,56", "EUR 5", "١٢٣٤٥٦٧٨٩"])
def test_amounts_that_cannot_be_are_refused_at_their_field(
    client: FlaskClient, fund: Money, award: Award, amount: str
) -> None:
    officer(client, fund, Role.FINANCE)
    url = f"{home(fund)}/{award.id}/lines/{own_line(award).id}"
    answer = client.post(f"{url}/pay", data=fields_of(client.get(url), action="/pay") | {"amount": amount})
    assert answer.status_code == 422
    assert 'id="amount-e"' in answer.text
    assert amount in answer.text  # nothing typed is lost
    assert db.session.query(Payment).count() == 0


def test_who_recommended_or_approved_never_pays(client: FlaskClient, fund: Money, award: Award) -> None:
    _first, payment = asked(client, fund, award)
    url = f"{home(fund)}/{award.id}/payments/{payment.id}"
    officer(client, fund, Role.FINANCE)
    fields = fields_of(client.get(url), action="/agree")
    for person in (fund.board, fund.approver):
        holder = fund_officer(fund.call, Role.FINANCE)
        db.session.query(RoleGrant).filter_by(person_id=holder.id).update({"person_id": person.id})
        sign_in(client, person, second_factor=True)
        assert "so other people pay it" in client.get(url).text
        assert client.post(f"{url}/agree", data=fields).status_code in {400, 403, 422}
    assert moved(MovementKind.PAY) == 0


def test_whoever_confirmed_a_reserve_never_pays_it(client: FlaskClient, fund: Money) -> None:
    (reserve,) = make_reserves(fund, [None])
    left = make_award(fund, State.ACCEPTED)
    awarding.withdraw(left.application.person, left)
    proposal = queries.open_proposals(fund.call.id)[0]
    both = officer(client, fund, Role.FINANCE)
    awarding.confirm(both, queries.proposal(proposal.id, lock=True))
    made = approve(fund, reserve)
    awarding.offer_all(fund.officer, [made], accept_days=7)
    awarding.answer(awarding.link(made), accepts=True)
    award = queries.award(made.id)
    url = f"{home(fund)}/{award.id}/lines/{own_line(award).id}"
    page = client.get(url)
    assert "so other people pay it" in page.text
    fields = fields_of(page, action="/cost") | {"amount": "50"}
    assert client.post(f"{url}/pay", data=fields).status_code == 422
    award = queries.award(award.id, lock=True)
    payment = paying.ask(fund.finance, award, own_line(award), 5_000)
    with pytest.raises(paying.ThreePeople):
        paying.agree(both, queries.award(award.id, lock=True), queries.payment(payment.id, lock=True))
    assert moved(MovementKind.PAY) == 0


def test_a_sealed_payee_is_read_for_a_reason(client: FlaskClient, fund: Money, award: Award) -> None:
    _person, payment = asked(client, fund, award, payee="My aunt", account="Post office of the valley")
    assert payment.payee is not None
    assert b"aunt" not in payment.payee
    url = f"{home(fund)}/{award.id}/payments/{payment.id}"
    officer(client, fund, Role.FINANCE)
    page = client.get(url)
    assert "My aunt" not in page.text
    assert "Agree, and record as paid" not in page.text
    fields = fields_of(page, action="/payee")
    unread = client.post(f"{url}/agree", data={"form_key": fields["form_key"]})
    assert "Open first who that is" in unread.text
    assert db.session.get_one(Payment, payment.id).paid_at is None
    assert client.post(f"{url}/payee", data=fields).status_code == 422
    opened = client.post(f"{url}/payee", data=fields | {"why": "To pay", "form_key": str(uuid.uuid4())})
    assert "My aunt" in opened.text
    assert "Post office of the valley" in opened.text
    assert db.session.query(AuditText).filter_by(text="To pay").count() == 1
    assert client.post(f"{url}/agree", data=fields_of(client.get(url), action="/agree")).status_code == 303
    assert db.session.get_one(Payment, payment.id).agreed_by_id is not None
    officer(client, fund)
    assert client.post(f"{url}/payee", data={"why": "x"}).status_code == 404


def test_a_settled_grant_is_paid_no_more_unless_money_came_back_to_be_paid_again(
    client: FlaskClient, fund: Money
) -> None:
    award = scene.came_home(fund)
    row = own_line(award)
    paid_id = paying.agree(fund.second, award, paying.ask(fund.finance, award, row, 10_000)).id
    report = queries.report_of(award.id)
    assert report is not None
    reporting.file(award.application.person, award, report, {key: "Much" for key, _words, _n in reporting.QUESTIONS})
    officer(client, fund, Role.FINANCE)
    grant = f"{home(fund)}/{award.id}"
    fields = fields_of(client.get(f"{grant}/lines/{row.id}"), action="/pay") | {"amount": "50"}
    paying.settle(fund.finance, queries.award(award.id, lock=True))
    assert "Ask for a payment" not in client.get(f"{grant}/lines/{row.id}").text
    assert client.post(f"{grant}/lines/{row.id}/pay", data=fields).status_code == 422
    back = fields_of(client.get(f"{grant}/payments/{paid_id}"), action="/back") | {"back": "100", "again": "y"}
    assert client.post(f"{grant}/payments/{paid_id}/back", data=back).status_code == 303
    officer(client, fund, Role.FINANCE)
    agreed = fields_of(client.get(f"{grant}/payments/{paid_id}"), action="/back/agree")
    assert client.post(f"{grant}/payments/{paid_id}/back/agree", data=agreed).status_code == 303
    award = queries.award(award.id)
    assert (award.committed, award.settled_at) == (10_000, None)
    again = fields_of(client.get(f"{grant}/lines/{row.id}"), action="/pay") | {"amount": "100"}
    assert client.post(f"{grant}/lines/{row.id}/pay", data=again).status_code == 303
    db.session.query(Payment).filter_by(paid_at=None).update({"dropped_at": now()})
    assert client.post(f"{grant}/settle", data=fields_of(client.get(grant), action="/settle")).status_code == 303
    assert queries.award(award.id).committed == 0


def test_an_account_without_an_owner_is_refused(client: FlaskClient, fund: Money, award: Award) -> None:
    officer(client, fund, Role.FINANCE)
    url = f"{home(fund)}/{award.id}/lines/{own_line(award).id}"
    data = fields_of(client.get(url), action="/pay") | {"amount": "5", "account": "CH93"}
    answer = client.post(f"{url}/pay", data=data)
    assert answer.status_code == 422
    assert "Say also who is paid" in answer.text


def test_a_real_cost_by_the_rate_of_its_day_with_a_receipt(client: FlaskClient, fund: Money, award: Award) -> None:
    officer(client, fund)
    row = own_line(award)
    url = f"{home(fund)}/{award.id}/lines/{row.id}"
    cost = {"given": "460", "currency": "eur", "spent_on": str(now().date() - timedelta(days=4))}
    data = fields_of(client.get(url), action="/cost") | cost
    none = client.post(f"{url}/cost", data=data)
    assert none.status_code == 422
    assert "No exchange rate for this currency" in none.text
    assert 'id="currency-e"' in none.text
    for name, wrong in (
        ("currency", "EU1"),
        ("currency", "ZZZ"),
        ("given", "-1"),
        ("given", "x"),
        ("spent_on", "1026-01-01"),
    ):
        again_ = data | {name: wrong, "form_key": str(uuid.uuid4())}
        assert client.post(f"{url}/cost", data=again_).status_code == 422, wrong
    ledger.enter_rate(fund.finance, fund.call, "EUR", Decimal("0.92"), now().date() - timedelta(days=30))
    file = {"file": (io.BytesIO(PDF_BYTES), "ticket.pdf"), "form_key": str(uuid.uuid4())}
    assert client.post(f"{url}/cost", data=data | file).status_code == 303
    db.session.refresh(row)
    assert (row.actual, row.authorised, row.given, row.given_currency) == (50_000, 50_000, 46_000, "EUR")
    assert row.receipt_id is not None
    page = client.get(url).text
    assert "0.92" in page
    assert "With a receipt" in client.get(f"{home(fund)}/{award.id}").text
    officer(client, fund, Role.APPROVER)
    assert client.post(f"{url}/cost", data=data).status_code == 404


@pytest.mark.parametrize("state", [State.APPROVED, State.OFFERED, State.CANCELLED])
def test_a_real_cost_is_of_a_grant_that_was_accepted(
    client: FlaskClient, fund: Money, award: Award, state: State
) -> None:
    person = officer(client, fund)
    fields = fields_of(client.get(f"{home(fund)}/{award.id}/lines/{own_line(award).id}"), action="/cost")
    if state is State.CANCELLED:
        other = awarding.cancel(person, queries.award(award.id, lock=True))
    else:
        other = make_award(fund, state)
    row = own_line(other)
    url = f"{home(fund)}/{other.id}/lines/{row.id}"
    file = {"file": (io.BytesIO(PDF_BYTES), "ticket.pdf")}
    data = fields | {"given": "400", "currency": "USD", "spent_on": "2026-11-20"} | file
    assert client.post(f"{url}/cost", data=data).status_code == 422
    db.session.expire_all()
    row = own_line(queries.award(other.id))
    assert (row.actual, row.receipt_id) == (None, None)


def changed_rules(fund: Money, amount: int, *, more: int = 0) -> int:
    """A second person agreed that the envelope holds another amount, or that there is one ``more``; its number."""
    before = db.session.scalar(select(func.max(CallRules.number)).where(CallRules.call_id == fund.call.id)) or 1
    amounts = {"main": amount} | ({"more": more} if more else {})
    envelopes = [{"id": key, "title": {"en": key}, "amount": one} for key, one in amounts.items()]
    data = fund.call.rules | {"envelopes": envelopes}
    fund.call.rules = data
    standing = rules_of.read(data)
    db.session.add(
        CallRules(
            call_id=fund.call.id,
            number=before + 1,
            rules=rules_of.to_json(standing),
            digest=f"{before}",
            proposed_by_id=fund.officer.id,
            agreed_by_id=fund.approver.id,
            agreed_at=now(),
        )
    )
    db.session.flush()
    return before + 1


def test_a_change_of_rules_reaches_the_ledger_once_or_waits_for_money(
    client: FlaskClient, fund: Money, award: Award
) -> None:
    number = changed_rules(fund, 1_200_000)
    for _ in range(2):
        assert rule_budgets.follow(fund.call.id, number)
    assert db.session.get_one(FundEnvelope, fund.envelope.id).budget == 1_200_000
    assert rule_budgets.lagging(fund.call.id) == []
    number = changed_rules(fund, 100_000)  # 120,000 are promised
    assert not rule_budgets.follow(fund.call.id, number)
    assert db.session.get_one(FundEnvelope, fund.envelope.id).budget == 1_200_000
    officer(client, fund, Role.FINANCE)
    money = f"/en/console/funds/{fund.call.slug}/money"
    page = client.get(money)
    assert "A change of rules waits for money" in page.text
    data = fields_of(page, action=f"/rules/{number}")
    assert client.post(f"{money}/rules/{number}", data=data).status_code == 422
    held = queries.award(award.id, lock=True)
    awarding.withdraw(held.application.person, held)
    data["form_key"] = str(uuid.uuid4())
    assert client.post(f"{money}/rules/{number}", data=data).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(FundEnvelope, fund.envelope.id).budget == 100_000
    assert "waits for money" not in client.get(money).text


def test_an_envelope_that_opens_after_a_change_holds_what_it_says(client: FlaskClient, fund: Money) -> None:
    changed_rules(fund, 1_000_000, more=500)
    number = changed_rules(fund, 1_000_000, more=700)  # the change before has not reached the ledger yet
    for _ in range(2):
        assert rule_budgets.follow(fund.call.id, number)
    assert rule_budgets.follow(fund.call.id, number - 1)
    assert {row.key: row.budget for row in queries.envelopes(fund.call.id)} == {"main": 1_000_000, "more": 700}
    assert rule_budgets.lagging(fund.call.id) == []


def test_a_change_of_rules_that_is_followed_by_several_at_once_counts_once(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        fund = make_fund()
        number, call_id = changed_rules(fund, 1_500_000), fund.call.id

    def one() -> str:
        return "followed" if rule_budgets.follow(call_id, number) else "not"

    assert at_once(committed, [one] * 4) == {"followed": 4}
    with committed.app_context():
        assert [row.budget for row in queries.envelopes(call_id)] == [1_500_000]


def test_two_people_agree_at_the_same_moment_and_it_is_paid_once(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        fund = make_fund()
        award = make_award(fund, State.ACCEPTED)
        row = own_line(award)
        payment = paying.ask(fund.finance, award, row, 50_000)
        others = [fund_officer(fund.call, Role.FINANCE).id for _ in range(4)]
        ids = award.id, payment.id

    def one(person_id: uuid.UUID) -> str:
        held = queries.award(ids[0], lock=True)
        paying.agree(db.session.get_one(Person, person_id), held, queries.payment(ids[1], lock=True))
        return "paid"

    ended = at_once(committed, [lambda who=who: one(who) for who in others])
    assert ended == {"paid": 1, "NotPossible": 3}
    with committed.app_context():
        assert moved(MovementKind.PAY) == 50_000


def test_two_people_ask_for_the_whole_line_at_the_same_moment(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        fund = make_fund()
        award = make_award(fund, State.ACCEPTED)
        ids = award.id, own_line(award).id
        others = [fund_officer(fund.call, Role.FINANCE).id for _ in range(3)]

    def one(person_id: uuid.UUID) -> str:
        held = queries.award(ids[0], lock=True)
        paying.ask(db.session.get_one(Person, person_id), held, queries.line(*ids), 80_000)
        return "asked"

    assert at_once(committed, [lambda who=who: one(who) for who in others]) == {"asked": 1, "OverLine": 2}
