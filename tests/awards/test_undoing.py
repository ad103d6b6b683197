"""A ticket or a journey that was noted by mistake is taken back, with a reason."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.awards import queries, reporting, travelling, undoing
from eventhub.awards.models import Award, Ticket, TravelReport, VisaState
from eventhub.funding.models import Debt, State
from eventhub.funding.moves import NotPossible
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.factories.awards import Money, make_award, make_fund
from tests.factories.people import grant, make_organisation, sign_in
from tests.programme.console import send, text_of

pytestmark = pytest.mark.usefixtures("database")


def there(fund: Money, award: Award) -> TravelReport:
    today = now().date()
    if award.application.state is not State.TICKETED:
        travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    return travelling.travelled(fund.officer, award, ended_on=today, report_days=30)


def test_a_ticket_is_taken_back_with_a_reason(client: FlaskClient) -> None:
    fund = make_fund()
    grant(fund.officer, Role.FUND_OFFICER)
    award = make_award(fund, State.ACCEPTED)
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    sign_in(client, fund.officer)
    page = f"/en/console/funds/{fund.call.slug}/grants/{award.id}"
    refused = send(client, f"{page}/undo", at=page, mistake="")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    award = queries.award(award.id)
    assert award.application.state is State.TICKETED
    assert (
        send(client, f"{page}/undo", at=page, mistake="Bought for another person").status_code == HTTPStatus.SEE_OTHER
    )
    award = queries.award(award.id)
    assert award.application.state is State.ACCEPTED
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 0
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "awards.ticket_undone")).one()
    assert entry.actor_id == fund.officer.id
    told = text_of(client.get(page))
    assert "The ticket is not bought after all" in told
    assert "Bought for another person" in told
    award = queries.award(award.id)
    with pytest.raises(NotPossible):
        undoing.undo(fund.officer, award, text="twice")
    there(fund, award)


def test_with_a_visa_the_grant_is_where_the_visa_left_it() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED)
    visa = travelling.visa_needed(fund.officer, award)
    travelling.visa_granted(fund.officer, award, visa)
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)
    undoing.undo(fund.officer, award, text="mistake")
    assert (award.application.state, visa.state) == (State.VISA_PENDING, VisaState.GRANTED)
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today)


def test_with_a_visa_that_was_refused_meanwhile_the_desk_can_go_on() -> None:
    fund = make_fund()
    award, today = make_award(fund, State.ACCEPTED), now().date()
    travelling.ticketed(
        fund.officer, award, travels_on=today + timedelta(days=9), returns_on=today + timedelta(days=12)
    )
    visa = travelling.visa_needed(fund.officer, award)
    travelling.visa_refused(fund.officer, award, visa)
    undoing.undo(fund.officer, award, text="Given back to the airline")
    assert award.application.state is State.VISA_REFUSED
    assert travelling.visa_needed(fund.officer, award).state is VisaState.ASKED
    assert award.application.state is State.VISA_PENDING


def test_somebody_who_was_not_there_owes_no_report() -> None:
    fund = make_fund()
    award = make_award(fund, State.ACCEPTED, nominated_by_id=make_organisation().id)
    there(fund, award)
    assert reporting.overdue_due(now() + timedelta(days=31)) == 1
    assert award.application.state is State.REPORT_OVERDUE
    undoing.undo(fund.officer, award, text="The badge was somebody else's")
    assert award.application.state is State.TICKETED
    assert queries.report_of(award.id) is None
    assert not db.session.scalars(select(Debt).where(Debt.cleared_at.is_(None))).all()
    assert reporting.remind_due(now().date() + timedelta(days=20)) == 0
    report = there(fund, award)
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    reporting.file(award.application.person, award, report, said)
    with pytest.raises(NotPossible):
        undoing.undo(fund.officer, award, text="too late")
