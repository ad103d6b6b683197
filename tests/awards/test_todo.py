"""What waits about accepted grants stands on the start page of whoever may do it, and leads to a list of just that."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from eventhub.awards import queries, receipts, reporting, todo, travelling
from eventhub.awards.models import Award
from eventhub.awards.todo import Todo
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.factories.awards import Money as Fund
from tests.factories.awards import make_award, make_fund
from tests.factories.people import grant, make_person, make_staff, sign_in
from tests.factories.programme import PDF_BYTES
from tests.factories.registration import make_forum
from tests.programme.console import text_of

pytestmark = pytest.mark.usefixtures("database")


def numbers(person: Person) -> dict[str, int]:
    return {
        kind.value: number for one in todo.due(grants_of(person.id), person) for kind, number in one.numbers.items()
    }


def some(person: Person) -> dict[str, int]:
    return {kind: number for kind, number in numbers(person).items() if number}


def staffed() -> Fund:
    fund = make_fund()
    grant(fund.officer, Role.FUND_OFFICER)
    grant(fund.finance, Role.FINANCE)
    grant(fund.approver, Role.APPROVER)
    return fund


def over(fund: Fund, award: Award, **given: Any) -> None:
    today = now().date()
    travelling.ticketed(fund.officer, award, travels_on=today - timedelta(days=4), returns_on=today - timedelta(days=1))
    if given:
        travelling.travelled(fund.officer, award, ended_on=today - timedelta(days=1), report_days=30)


def test_each_kind_waits_for_whoever_may_do_it(client: FlaskClient) -> None:
    fund = staffed()
    accepted, sent, ticket, report = (make_award(fund, State.ACCEPTED) for _ in range(4))
    make_award(fund, State.OFFERED)
    line = next(one for one in queries.lines([sent.id]) if receipts.may_send(sent, one))
    receipts.attach(sent.application.person, sent, line, PDF_BYTES)
    over(fund, ticket)
    over(fund, report, there=True)
    said = {key: "Much" for key, _words, _needed in reporting.QUESTIONS}
    filed = queries.report_of(report.id)
    assert filed is not None
    reporting.file(report.application.person, report, filed, said)
    assert some(fund.officer) == {"receipts": 1, "tickets": 2, "there": 1}
    assert some(fund.finance) == {"receipts": 1, "settle": 1}
    assert numbers(make_person()) == numbers(fund.approver)
    assert not numbers(fund.approver)
    sign_in(client, fund.officer)
    told = text_of(client.get("/en/console"))
    for words in ("Receipts to look at", "Visa or ticket to see to", "Journeys over: who was there?"):
        assert words in told
    assert "grants to settle" not in told
    for kind, award in ((Todo.RECEIPTS, sent), (Todo.THERE, ticket), (Todo.SETTLE, report)):
        page = client.get(f"/en/console/funds/{fund.call.slug}/grants?view={kind.value}").text
        assert page.count('role="rowheader"') == 1
        assert f"/grants/{award.id}" in page
        assert f"/grants/{accepted.id}" not in page


def test_a_grant_that_somebody_is_near_to_is_not_counted() -> None:
    fund = staffed()
    award = make_award(fund, State.ACCEPTED)
    assert numbers(fund.officer)["tickets"] == 1
    award.application.filed_by_id = fund.officer.id
    db.session.flush()
    assert not numbers(fund.officer)


def test_organisers_find_the_fund_of_their_event_from_the_start_page(client: FlaskClient) -> None:
    event = make_forum()
    fund = make_fund()
    fund.call.event_id = event.id
    make_fund()
    organiser = make_staff(Role.ORGANISER, event_id=event.id)
    sign_in(client, organiser)
    page = client.get("/en/console").text
    assert page.count("The fund in numbers") == 1
    assert f"/console/funds/{fund.call.slug}/" in page
    event.last_day = now().date() - timedelta(days=400)
    event.first_day = event.last_day - timedelta(days=1)
    db.session.flush()
    assert "The fund in numbers" not in client.get("/en/console").text
