"""A ticket covers a day of the event, its traveller is told the days, and a visa is followed until the journey."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import letters, queries, travelling
from eventhub.awards.models import Ticket, VisaState
from eventhub.funding.models import State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from tests.awards.test_console import home, officer
from tests.factories.awards import make_award, make_fund
from tests.factories.people import make_person
from tests.factories.programme import make_event
from tests.programme.console import error_at, fields_of, text_of


@pytest.fixture
def first() -> date:
    """The event's first day."""
    return now().date() + timedelta(days=30)


def test_a_ticket_covers_a_day_of_the_event(client: FlaskClient, first: date) -> None:
    fund = make_fund(event=make_event(first_day=first, last_day=first + timedelta(days=1)))
    officer(client, fund, Role.FUND_OFFICER)
    award = make_award(fund, State.ACCEPTED)
    url = f"{home(fund)}/{award.id}"
    for start, end, field in ((12, 17, "travels_on"), (2, 3, "travels_on"), (-9, -1, "returns_on")):
        days = {
            "travels_on": (first + timedelta(days=start)).isoformat(),
            "returns_on": (first + timedelta(days=end)).isoformat(),
        }
        answer = client.post(f"{url}/ticket", data=fields_of(client.get(url), action="/ticket") | days)
        assert answer.status_code == 422
        assert "The journey covers no day of the event" in error_at(answer, field)
        assert days["travels_on"] in answer.text
    assert db.session.scalars(select(Ticket)).all() == []
    for start, end in ((1, 5), (-3, 0)):
        other = make_award(fund, State.ACCEPTED)
        travelling.ticketed(
            fund.officer,
            other,
            travels_on=first + timedelta(days=start),
            returns_on=first + timedelta(days=end),
        )
        assert other.application.state is State.TICKETED


@pytest.mark.usefixtures("database")
def test_the_traveller_is_told_the_days_and_where_to_write(app: Flask) -> None:
    fund = make_fund()
    award, today = make_award(fund, State.ACCEPTED, person=make_person(language="en")), now().date()
    travelling.ticketed(fund.officer, award, travels_on=today, returns_on=today + timedelta(days=5))
    owed = [one.payload for one in db.session.scalars(select(Promise)) if one.task == "awards.ticket"]
    assert owed == [{"award_id": str(award.id)}]
    letter = letters.about("ticket", queries.award(award.id))
    assert letter is not None
    with app.test_request_context():
        text = render(letter, "<one@invalid>", now()).text
    for words in ("A ticket is bought", str(today.day), str((today + timedelta(days=5)).day), "please write to us"):
        assert words in text, words


def test_a_visa_that_comes_after_the_ticket_is_noted(client: FlaskClient) -> None:
    fund = make_fund()
    officer(client, fund, Role.FUND_OFFICER)
    award, today = make_award(fund, State.ACCEPTED), now().date().isoformat()
    url = f"{home(fund)}/{award.id}"

    def deed(name: str, **given: str) -> int:
        data = fields_of(client.get(url), action="/visa") | {"deed": name} | given
        return client.post(f"{url}/visa", data=data).status_code

    travelling.ticketed(fund.officer, award, travels_on=now().date(), returns_on=now().date())
    for name, state in (("needed", "needed"), ("asked", "asked"), ("refused", "refused"), ("needed", "asked")):
        assert deed(name, asked_on=today) == 303, name
        db.session.expire_all()
        visa = travelling.visa_of(queries.award(award.id))
        assert visa is not None
        assert (visa.state.value, queries.award(award.id).application.state) == (state, State.TICKETED)
        if name == "refused":
            assert "The ticket is bought, and the visa is refused." in text_of(client.get(url))
    assert deed("granted") == 303
    page = text_of(client.get(url))
    assert "Visa" in page
    assert deed_is_gone(client, url)
    assert "Refused 1 time" in page


def deed_is_gone(client: FlaskClient, url: str) -> bool:
    """Whether a visa that is granted takes no more deeds."""
    return 'name="deed" value="refused"' not in client.get(url).text


@pytest.mark.parametrize("of_event", [True, False])
def test_days_of_a_visa_are_days_that_can_be(client: FlaskClient, first: date, of_event: bool) -> None:
    event = make_event(first_day=first, last_day=first + timedelta(days=1)) if of_event else None
    fund = make_fund(event=event)
    officer(client, fund, Role.FUND_OFFICER)
    award, today = make_award(fund, State.ACCEPTED), now().date()
    url = f"{home(fund)}/{award.id}"
    late = first + timedelta(days=2) if of_event else today + timedelta(days=400)
    travelling.visa_needed(fund.officer, award)
    for field, day in (
        ("asked_on", date(2099, 1, 1)),
        ("asked_on", today + timedelta(days=1)),
        ("asked_on", date(2020, 1, 1)),
        ("appointment_on", date(2020, 1, 1)),
        ("appointment_on", late),
    ):
        data = fields_of(client.get(url), action="/visa") | {"deed": "asked", field: day.isoformat()}
        answer = client.post(f"{url}/visa", data=data)
        assert answer.status_code == 422, (field, day)
        assert "Give a day from" in error_at(answer, field)
    visa = travelling.visa_of(award)
    assert visa is not None
    assert (visa.state, visa.asked_on, visa.appointment_on) == (VisaState.NEEDED, None, None)
    good = {"deed": "asked", "asked_on": today.isoformat(), "appointment_on": (today + timedelta(days=9)).isoformat()}
    assert client.post(f"{url}/visa", data=fields_of(client.get(url), action="/visa") | good).status_code == 303
