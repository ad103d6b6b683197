"""Whoever holds a grant tells where the visa stands, and that she cannot come: the money is free at once."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import leaving, letters, queries, replacing, todo, travelling
from eventhub.awards.models import Award, Outcome, Proposal, VisaState
from eventhub.awards.todo import Todo
from eventhub.awards.travelling import VisaDayWrong
from eventhub.funding import thread
from eventhub.funding.models import Application, State
from eventhub.funding.moves import NotPossible
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import render
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.people.queries import grants_of
from tests.awards.scene import nominated
from tests.factories.awards import Money, make_award, make_fund, make_reserves
from tests.factories.people import grant, sign_in
from tests.factories.programme import make_event
from tests.programme.console import fields_of, text_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def fund() -> Money:
    """A call for an event in three weeks."""
    made, day = make_fund(), now().date() + timedelta(days=21)
    made.call.event_id = make_event(first_day=day, last_day=day + timedelta(days=1), city={"en": "Geneva"}).id
    db.session.flush()
    return made


def with_visa(fund: Money) -> Award:
    award = make_award(fund, State.ACCEPTED)
    travelling.visa_needed(fund.officer, award)
    return award


def at(award: Award, more: str = "") -> str:
    return f"/en/me/grants/{again(award).application.reference}{more}"


def again(award: Award) -> Award:
    return queries.award(award.id)


def test_she_notes_the_days_of_her_visa(client: FlaskClient, fund: Money) -> None:
    award = with_visa(fund)
    sign_in(client, award.application.person)
    assert at(award, "/visa") in client.get(at(award)).text
    page, day = client.get(at(award, "/visa")), now().date() + timedelta(days=5)
    empty = client.post(at(award, "/visa"), data=fields_of(page, action="/visa"))
    assert empty.status_code == 422
    assert "Give the day on which you asked" in text_of(empty)
    values = fields_of(page, action="/visa") | {"appointment_on": day.isoformat()}
    assert client.post(at(award, "/visa"), data=values).location.endswith(at(award))
    visa = travelling.visa_of(again(award))
    assert visa is not None
    assert (visa.state, visa.asked_on, visa.appointment_on) == (VisaState.ASKED, now().date(), day)
    assert "Visa appointment" in text_of(client.get(at(award)))


@pytest.mark.parametrize(("field", "days"), [("asked_on", 1), ("appointment_on", -1), ("appointment_on", 22)])
def test_a_day_that_cannot_be_is_refused_at_its_field(fund: Money, field: str, days: int) -> None:
    award = with_visa(fund)
    visa = travelling.visa_of(award)
    assert visa is not None
    given = {"asked_on": None, "appointment_on": None, field: now().date() + timedelta(days=days)}
    with pytest.raises(VisaDayWrong) as told:
        leaving.visa_days(award.application.person, award, visa, **given)
    assert told.value.field == field
    assert visa.state is VisaState.NEEDED


def test_an_appointment_that_is_past_stays_when_another_day_is_told(fund: Money) -> None:
    award = with_visa(fund)
    visa = travelling.visa_of(award)
    assert visa is not None
    past = visa.appointment_on = now().date() - timedelta(days=2)
    leaving.visa_days(award.application.person, award, visa, asked_on=past, appointment_on=past)
    assert (visa.state, visa.appointment_on) == (VisaState.ASKED, past)


def test_a_refused_visa_is_asked_about_once_and_stands_at_the_desk(client: FlaskClient, fund: Money) -> None:
    award = with_visa(fund)
    grant(fund.officer, Role.FUND_OFFICER)
    sign_in(client, award.application.person)
    page = client.get(at(award, "/visa"))
    asked = client.post(at(award, "/visa"), data=fields_of(page, action="/visa") | {"go": "ask"})
    assert "Was your visa refused?" in text_of(asked)
    assert again(award).application.state is State.VISA_PENDING
    client.post(at(award, "/visa"), data=fields_of(asked, action="/visa") | {"go": "refused"})
    assert again(award).application.state is State.VISA_REFUSED
    assert client.get(at(award, "/visa")).location.endswith(at(award)), "told once"
    found = todo.due(grants_of(fund.officer.id), fund.officer)
    assert found[0].numbers[Todo.REFUSED] == 1


def test_a_visa_refused_after_the_ticket_stands_at_the_desk_too(fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    grant(fund.officer, Role.FUND_OFFICER)
    first = now().date() + timedelta(days=20)
    travelling.ticketed(fund.officer, award, travels_on=first, returns_on=first + timedelta(days=4))
    visa = travelling.visa_needed(fund.officer, award)
    leaving.visa_refused(award.application.person, award, visa)
    assert again(award).application.state is State.TICKETED
    assert todo.due(grants_of(fund.officer.id), fund.officer)[0].numbers[Todo.REFUSED] == 1


def test_i_cannot_come_frees_the_money_and_proposes_the_next(client: FlaskClient, fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    make_reserves(fund, [None])
    sign_in(client, award.application.person)
    assert "I cannot come…" in client.get(at(award)).text
    page = client.get(at(award, "/cannot-come"))
    assert "A ticket is bought" not in text_of(page)
    done = client.post(at(award, "/cannot-come"), data=fields_of(page, action="/cannot-come"))
    assert done.location.endswith(at(award))
    award = again(award)
    assert (award.application.state, award.outcome, award.committed) == (State.WITHDRAWN, Outcome.WITHDRAWN, 0)
    assert len(db.session.scalars(select(Proposal)).all()) == 1
    assert db.session.scalar(select(Promise.task).where(Promise.task == "awards.ended"))
    assert "Your grant has ended. A registration for the event stays" in text_of(client.get(at(award)))
    assert client.get(at(award, "/cannot-come")).location.endswith(at(award))
    with pytest.raises(NotPossible):
        leaving.leave(award.application.person, award)


def test_a_bought_ticket_and_why_wait_for_the_desk(client: FlaskClient, fund: Money) -> None:
    award, first = make_award(fund, State.ACCEPTED), now().date() + timedelta(days=20)
    travelling.ticketed(fund.officer, award, travels_on=first, returns_on=first + timedelta(days=4))
    sign_in(client, award.application.person)
    page = client.get(at(award, "/cannot-come"))
    assert "A ticket is bought for the journey" in text_of(page)
    values = fields_of(page, action="/cannot-come") | {"text": "My mother is ill"}
    client.post(at(award, "/cannot-come"), data=values)
    award = again(award)
    application = db.session.get_one(Application, award.application_id)
    assert application.answered_at is not None
    [said] = thread.messages(application.id, award.application.person.seal_key)
    assert "My mother is ill" in str(said.text)
    assert "A ticket is bought for the journey" in str(said.text)


def test_after_a_refused_visa_the_grant_ends_as_her_own_doing(fund: Money) -> None:
    award = with_visa(fund)
    visa = travelling.visa_of(award)
    assert visa is not None
    travelling.visa_refused(fund.officer, award, visa)
    leaving.leave(award.application.person, award)
    assert (award.application.state, award.outcome) == (State.CANCELLED, Outcome.WITHDRAWN)


def test_nobody_leaves_an_offer_or_after_the_journey(fund: Money) -> None:
    assert not leaving.may_leave(make_award(fund, State.OFFERED), None, None)
    assert not leaving.may_leave(make_award(fund, State.APPROVED), None, None)


def test_nobody_leaves_who_has_set_out(client: FlaskClient, fund: Money) -> None:
    award, first = make_award(fund, State.ACCEPTED), now().date() + timedelta(days=20)
    travelling.ticketed(fund.officer, award, travels_on=first, returns_on=first + timedelta(days=4))
    person = award.application.person
    for day in (0, 4, 9):
        with time_machine.travel(datetime.combine(first + timedelta(days=day), time(9), tzinfo=UTC), tick=False):
            sign_in(client, person)
            assert "I cannot come" not in text_of(client.get(at(award)))
            assert client.get(at(award, "/cannot-come")).location.endswith(at(award))
            with pytest.raises(NotPossible):
                leaving.leave(person, award)
    assert again(award).application.state is State.TICKETED


def test_whoever_nominated_hears_that_the_grant_was_accepted() -> None:
    fund = make_fund()
    award, _row = nominated(fund, "chair@example.org")
    assert db.session.scalar(select(Promise.task).where(Promise.task == "awards.nominee_accepted"))
    row = replacing.nominator_of(award)
    assert row is not None
    letter = letters.nominee_accepted(award, row, 30)
    mail = render(letter, "<1@example.org>", now())
    assert letter.to == "chair@example.org"
    assert "has accepted a grant" in mail.text
    assert "A report is due 30 days after the journey." in mail.text
    assert award.application.person.name not in mail.text
    row.email = "forgotten"
    db.session.flush()
    assert replacing.nominator_of(award) is None
