"""Somebody who was erased after the journey: nothing is asked of them, nothing is paid, and the money is free."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from eventhub.awards import awarding, paying, personal_data, queries, reporting, travelling
from eventhub.awards.models import Outcome, Ticket, TravelReport
from eventhub.awards.money_models import FundEnvelope
from eventhub.awards.refusals import LinkUnknown
from eventhub.funding import personal_data as applicants
from eventhub.funding.models import Debt, State
from eventhub.funding.moves import NotPossible
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.money import Money
from tests.awards.scene import came_home
from tests.factories.awards import make_award, make_fund
from tests.factories.people import make_organisation

pytestmark = pytest.mark.usefixtures("database")


def test_nothing_is_paid_to_and_no_report_owed_by_somebody_erased_after_the_journey() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED, nominated_by_id=make_organisation().id)
    line = queries.lines([award.id])[0]
    waiting = paying.ask(fund.finance, award, line, 100, payee={"name": "A cousin"})
    paying.agree(fund.second, award, paying.ask(fund.finance, award, line, 50))
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    travelling.travelled(fund.officer, award, ended_on=today, report_days=30)
    applicants.erase(award.application.person_id)
    personal_data.erase(award.application.person)
    db.session.expire_all()
    award, line = queries.award(award.id, lock=True), queries.lines([award.id])[0]
    assert (award.application.state, award.outcome) == (State.REPORT_DUE, Outcome.ACCEPTED)
    assert waiting.dropped_at is not None
    with pytest.raises(NotPossible):
        paying.agree(fund.second, award, queries.payment(waiting.id, lock=True))
    with pytest.raises(NotPossible):
        paying.ask(fund.finance, award, line, 100, payee={"name": "A cousin"})
    with pytest.raises(NotPossible):
        paying.note_actual(fund.finance, award, line, Money(100, "USD"), on=today)
    envelope = db.session.get_one(FundEnvelope, fund.envelope.id)
    assert (envelope.reserved, envelope.committed, envelope.paid) == (0, 0, 50)
    assert personal_data.erase(award.application.person) == 1
    assert reporting.remind_due(today + timedelta(days=10)) == 0
    assert reporting.overdue_due(now() + timedelta(days=31)) == 0
    assert db.session.scalar(select(func.count()).select_from(Debt)) == 0


def test_an_erasure_takes_the_days_of_a_journey_and_closes_the_link_of_the_offer() -> None:
    fund = make_fund()
    filed, owed, offered = came_home(fund), came_home(fund), make_award(fund)
    report = queries.report_of(filed.id)
    assert report is not None
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    reporting.file(filed.application.person, filed, report, said)
    secret = awarding.link(offered)
    journey = report.ended_on
    for award in (filed, owed, offered):
        applicants.erase(award.application.person_id)
        assert personal_data.erase(award.application.person) == 1
    db.session.expire_all()
    assert db.session.scalars(select(Ticket)).all() == []
    left = db.session.scalars(select(TravelReport)).one()
    assert (left.award_id, left.answers, left.filed_at is not None) == (filed.id, None, True)
    assert journey not in {left.ended_on, left.due}
    with pytest.raises(LinkUnknown):
        queries.behind(secret)


def test_a_report_that_nobody_can_file_is_owed_by_no_organization_any_more() -> None:
    fund, theirs = make_fund(), make_organisation()
    award = make_award(fund, State.ACCEPTED, nominated_by_id=theirs.id)
    another = make_award(fund, State.ACCEPTED, nominated_by_id=theirs.id)
    today = now().date()
    for one in (award, another):
        travelling.ticketed(fund.officer, one, travels_on=today, returns_on=today)
        travelling.travelled(fund.officer, one, ended_on=today, report_days=30)
    assert reporting.overdue_due(now() + timedelta(days=31)) == 2
    person = award.application.person
    applicants.erase(person.id)
    personal_data.erase(person)
    rows = db.session.scalars(select(Debt).where(Debt.organisation_id == theirs.id)).all()
    assert {(row.application_id == another.application_id, row.cleared_at is None) for row in rows} == {
        (True, True),
        (False, False),
    }
    assert not db.session.scalars(select(Debt).where(Debt.person_id == person.id)).all()
