"""Money that came back is agreed to by a second person; what waits for a grant that has ended is dropped and told."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import awarding, console_queries, letters, paying, queries, refunds
from eventhub.awards.models import Award, Payment
from eventhub.awards.refunds import TwoOfFinance, WaitsAlready
from eventhub.funding.models import State
from eventhub.kit.audit import AuditEntry
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.people import grant, make_person, sign_in
from tests.programme.console import send, text_of

pytestmark = pytest.mark.usefixtures("database")


def paid(fund: Money) -> tuple[Award, Payment]:
    award = make_award(fund, State.ACCEPTED)
    line = queries.lines([award.id])[0]
    return award, paying.agree(fund.second, award, paying.ask(fund.finance, award, line, 1_000))


def swept() -> list[Promise]:
    return list(db.session.scalars(select(Promise).where(Promise.task == "awards.payment_swept")))


def to_pay(person: Person) -> int:
    return sum(one.to_pay for one in console_queries.waiting(grants_of(person.id), person))


def test_one_person_notes_it_and_another_agrees(client: FlaskClient) -> None:
    fund = make_fund()
    for person in (fund.finance, fund.second):
        grant(person, Role.FINANCE)
    award, payment = paid(fund)
    page = f"/en/console/funds/{fund.call.slug}/grants/{award.id}/payments/{payment.id}"
    sign_in(client, fund.finance)
    assert send(client, f"{page}/back", at=page, back="11").status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert send(client, f"{page}/back", at=page, back="4").status_code == HTTPStatus.SEE_OTHER
    assert (award.spent, payment.returned) == (1_000, 0), "nothing moves yet"
    told = text_of(client.get(page))
    assert "A colleague of finance agrees that it came back" in told
    assert "Agree, and record as returned" not in told
    assert (to_pay(fund.finance), to_pay(fund.second)) == (0, 1)
    refund = refunds.waiting_for(payment.id)
    assert refund is not None
    with pytest.raises(TwoOfFinance), db.session.begin_nested():
        refunds.agree(fund.finance, award, payment, refund)
    with pytest.raises(WaitsAlready), db.session.begin_nested():
        refunds.ask(fund.second, award, payment, 100)
    sign_in(client, fund.second)
    assert "Money came back" in text_of(client.get(f"/en/console/funds/{fund.call.slug}/grants/payments"))
    assert send(client, f"{page}/back/agree", at=page).status_code == HTTPStatus.SEE_OTHER
    assert (award.spent, payment.returned) == (600, 400)
    assert refunds.waiting_for(payment.id) is None
    assert client.post(f"{page}/back/agree").status_code in {400, 404}
    assert (award.spent, to_pay(fund.second)) == (600, 0)


def test_what_did_not_come_back_moves_nothing() -> None:
    fund = make_fund()
    award, payment = paid(fund)
    refund = refunds.ask(fund.finance, award, payment, 400, again=True)
    refunds.drop(fund.finance, award, refund)
    assert (award.spent, refunds.waiting_for(payment.id)) == (1_000, None)
    refunds.agree(fund.second, award, payment, refunds.ask(fund.finance, award, payment, 400, again=True))
    assert (award.spent, award.committed) == (600, award.amount - 600)


def test_payments_of_a_grant_that_has_ended_are_dropped_and_told() -> None:
    fund = make_fund()
    award, another = make_award(fund, State.ACCEPTED), make_award(fund, State.ACCEPTED)
    asker = make_person(name="Finn Finance")
    waiting = paying.ask(asker, award, queries.lines([award.id])[0], 500)
    stays = paying.ask(asker, another, queries.lines([another.id])[0], 500)
    awarding.withdraw(award.application.person, award)
    assert refunds.sweep() == 0, "the end of the grant has dropped it"
    assert [one.payload for one in swept()] == [{"payment_id": str(waiting.id)}]
    waiting.dropped_at = None
    db.session.flush()
    assert (refunds.sweep(), refunds.sweep()) == (1, 0), "one from before does not stay for ever"
    assert waiting.dropped_at is not None
    assert stays.dropped_at is None
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "awards.payment_swept")).one()
    assert (entry.subject_id, entry.detail["amount"]) == (award.id, 500)
    assert len(swept()) == 2
    letter = letters.payment_swept(queries.award(award.id), waiting, asker)
    assert letter is not None
    text = letters.preview(letter).text
    assert "The grant has ended before a colleague agreed" in text
    assert award.application.person.name not in text
