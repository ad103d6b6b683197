"""A grant ends after its ticket was bought, or after money was paid: what is owed is paid, finance says the rest."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import (
    awarding,
    dashboard,
    dashboard_money,
    leaving,
    leftovers,
    letters,
    paying,
    personal_data,
    queries,
    refunds,
    todo,
    travelling,
)
from eventhub.awards.leftovers import StillAsked
from eventhub.awards.models import Award, AwardLine, Payment, Proposal
from eventhub.awards.money_models import Movement, MovementKind
from eventhub.awards.paying import OverLine
from eventhub.awards.todo import Todo
from eventhub.funding.allowance import CostKind
from eventhub.funding.models import Stand, State
from eventhub.funding.moves import NotPossible
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.money import Money as Amount
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.awards.test_console import home, officer
from tests.factories.awards import Money, make_award, make_fund, make_reserves
from tests.factories.people import grant, sign_in
from tests.house.grants_world import own_line
from tests.programme.console import fields_of, text_of
from tests.together import at_once

TICKET, ALLOWANCE = 40_000, 80_000
"""What ``make_award`` approves for each."""


@pytest.fixture
def fund(database: object) -> Money:
    """A call with an envelope of 10,000 dollars, and two of finance."""
    made = make_fund()
    for person in (made.finance, made.second):
        grant(person, Role.FINANCE)
    return made


def with_ticket(fund: Money) -> Award:
    award, first = make_award(fund, State.ACCEPTED), now().date() + timedelta(days=20)
    travelling.ticketed(fund.officer, award, travels_on=first, returns_on=first + timedelta(days=4))
    return award


def ticket_of(award: Award) -> AwardLine:
    return next(one for one in queries.lines([award.id]) if one.kind is CostKind.TICKET)


def give(fund: Money, award: Award, line: AwardLine, amount: int) -> Payment:
    return paying.agree(fund.second, award, paying.ask(fund.finance, award, line, amount))


def waits(fund: Money, kind: Todo) -> int:
    return sum(one.numbers[kind] for one in todo.due(grants_of(fund.finance.id), fund.finance))


def freed(award: Award) -> list[tuple[str, int]]:
    rows = select(Movement.reason, Movement.amount).where(
        Movement.award_id == award.id, Movement.kind == MovementKind.UNCOMMIT
    )
    return [(reason, amount) for reason, amount in db.session.execute(rows.order_by(Movement.id))]


def by_herself(fund: Money, award: Award) -> Award:
    return leaving.leave(award.application.person, award)


def by_the_desk(fund: Money, award: Award) -> Award:
    return awarding.cancel(fund.officer, award)


def by_another_page(fund: Money, award: Award) -> Award:
    award.application.state = State.WITHDRAWN
    db.session.flush()
    assert awarding.free_left() == 1
    return award


@pytest.mark.parametrize("way", [by_herself, by_the_desk, by_another_page])
def test_the_price_of_a_bought_ticket_stays_until_it_is_paid(fund: Money, way: Callable[[Money, Award], Award]) -> None:
    award = way(fund, with_ticket(fund))
    assert (award.committed, fund.envelope.committed) == (TICKET, TICKET)
    assert freed(award) == [(freed(award)[0][0], ALLOWANCE)]
    assert (waits(fund, Todo.BOUGHT), waits(fund, Todo.PAID_OUT)) == (1, 0)
    line = ticket_of(award)
    with pytest.raises(NotPossible):
        paying.ask(fund.finance, award, own_line(award), 1)
    with pytest.raises(NotPossible):
        paying.note_actual(fund.finance, award, own_line(award), Amount(1, "USD"), on=now().date())
    paying.note_actual(fund.finance, award, line, Amount(35_000, "USD"), on=now().date())
    with pytest.raises(OverLine):
        paying.ask(fund.finance, award, line, 35_001)
    asked = paying.ask(fund.finance, award, line, 35_000)
    assert refunds.sweep() == 0, "it waits on"
    paying.agree(fund.second, award, asked)
    assert (award.committed, award.spent, waits(fund, Todo.BOUGHT)) == (5_000, 35_000, 1)
    leftovers.let_go(fund.finance, award)
    assert (award.committed, fund.envelope.committed, waits(fund, Todo.BOUGHT)) == (0, 0, 0)
    assert freed(award)[1:] == [("ticket_over", 5_000)]


def test_only_what_is_not_paid_of_the_ticket_stays(fund: Money) -> None:
    award = with_ticket(fund)
    give(fund, award, ticket_of(award), 30_000)
    assert by_the_desk(fund, award).committed == 10_000
    give(fund, award, ticket_of(award), 10_000)
    assert (award.committed, award.spent, waits(fund, Todo.BOUGHT)) == (0, TICKET, 0)


def test_without_a_ticket_all_is_free(fund: Money) -> None:
    plain, undone = make_award(fund, State.ACCEPTED), make_award(fund, State.ACCEPTED)
    give(fund, undone, ticket_of(undone), TICKET)
    first = now().date() + timedelta(days=20)
    travelling.ticketed(fund.officer, undone, travels_on=first, returns_on=first)
    for award in (plain, undone):
        assert by_herself(fund, award).committed == 0
    assert waits(fund, Todo.BOUGHT) == 0


def test_a_payment_for_the_ticket_that_waits_is_agreed_to_after_the_end(fund: Money) -> None:
    award = with_ticket(fund)
    line = ticket_of(award)
    asked, other = paying.ask(fund.finance, award, line, 40_000), paying.ask(fund.finance, award, own_line(award), 500)
    by_herself(fund, award)
    db.session.refresh(other)
    assert (asked.dropped_at is None, other.dropped_at is None) == (True, False)
    with pytest.raises(StillAsked), db.session.begin_nested():
        leftovers.let_go(fund.finance, award)
    paying.agree(fund.second, award, asked)
    assert (award.committed, award.spent) == (0, 40_000)


def test_nothing_more_is_paid_with_one_press_and_the_next_is_proposed(client: FlaskClient, fund: Money) -> None:
    award = by_the_desk(fund, with_ticket(fund))
    make_reserves(fund, [None])
    sign_in(client, fund.finance)
    page = f"{home(fund)}/{award.id}"
    today = text_of(client.get("/en/console"))
    assert "Grants that ended: tickets still to be paid" in today
    told = text_of(client.get(page))
    assert "USD 400 stays committed for it" in told
    line = client.get(f"{page}/lines/{ticket_of(award).id}").text
    assert "The ticket was bought for it, so it is still paid here." in line
    assert "Enter the real cost" in line
    assert "Ask for a payment" in line
    assert "Ask for a payment" not in client.get(f"{page}/lines/{own_line(award).id}").text
    fields = fields_of(client.get(page), action="/left/ticket")
    for _ in range(2):
        assert client.post(f"{page}/left/ticket", data=fields).status_code == HTTPStatus.SEE_OTHER
    award = queries.award(award.id)
    assert award.committed == 0
    assert freed(award)[1:] == [("ticket_over", TICKET)]
    assert [one.freed_award_id for one in db.session.scalars(select(Proposal))] == [award.id]
    told = text_of(client.get(page))
    assert "stays committed for it" not in told
    assert "Nothing more is to be paid for the ticket" in told.split("History")[1]
    assert "tickets still to be paid" not in text_of(client.get("/en/console"))
    assert client.post(f"{page}/left/nothing").status_code == HTTPStatus.NOT_FOUND


def test_the_desk_reads_it_and_does_not_press(client: FlaskClient, fund: Money) -> None:
    award = with_ticket(fund)
    officer(client, fund)
    page = f"{home(fund)}/{award.id}"
    data = fields_of(client.get(page), action="/end") | {"deed": "withdraw", "reason": "She told us so"}
    told = text_of(client.post(f"{page}/end", data=data, follow_redirects=True))
    assert "What its ticket still costs stays committed" in told
    assert "The ticket of a grant that ended" in told
    assert "/left/ticket" not in client.get(page).text
    assert client.post(f"{page}/left/ticket").status_code == HTTPStatus.NOT_FOUND


def test_for_a_call_that_is_cancelled_or_a_place_that_is_taken_nobody_more_is_proposed(fund: Money) -> None:
    make_reserves(fund, [None, None])
    taken = by_herself(fund, with_ticket(fund))
    leftovers.let_go(fund.finance, taken)
    assert len(db.session.scalars(select(Proposal)).all()) == 1
    other = with_ticket(fund)
    fund.call.stand = Stand.CANCELLED
    awarding.end(None, other, State.CANCELLED, awarding.Outcome.CANCELLED, reason="call_cancelled", proposes=False)
    leftovers.let_go(fund.finance, other)
    assert len(db.session.scalars(select(Proposal)).all()) == 1
    with pytest.raises(NotPossible):
        leftovers.let_go(fund.finance, make_award(fund, State.ACCEPTED))


def test_an_erased_person_leaves_nothing_committed(fund: Money) -> None:
    award, running = by_herself(fund, with_ticket(fund)), with_ticket(fund)
    waiting = paying.ask(fund.finance, award, ticket_of(award), 100)
    for one in (award, running):
        personal_data.erase(one.application.person)
        assert queries.award(one.id).committed == 0
    db.session.refresh(waiting)
    assert waiting.dropped_at is not None
    assert fund.envelope.committed == 0


def test_what_came_back_for_a_ticket_is_free(fund: Money) -> None:
    award = by_herself(fund, with_ticket(fund))
    payment = give(fund, award, ticket_of(award), 30_000)
    paying.take_back(fund.finance, award, payment, 30_000, pay_again=True)
    assert (award.committed, award.spent) == (10_000, 0)
    assert paying.payable(award, ticket_of(award)) == 10_000


def test_the_dashboard_counts_the_ticket_alone(fund: Money) -> None:
    award = by_herself(fund, with_ticket(fund))
    assert [(one.kind, one.approved) for one in dashboard._costs(fund.call.id)] == [(CostKind.TICKET, TICKET)]
    assert list(dashboard_money._marks([fund.envelope])[1]) == [CostKind.TICKET.value]
    leftovers.let_go(fund.finance, award)
    assert dashboard._costs(fund.call.id) == ()


def test_a_grant_that_ended_with_money_paid_does_not_stop_the_count(fund: Money) -> None:
    for _ in range(5):
        award = make_award(fund, State.ACCEPTED)
        give(fund, award, own_line(award), 1_000)
        by_herself(fund, award)
    costs = [[one.kind.value, one.approved] for one in dashboard._costs(fund.call.id)]
    first = dashboard_money.published(fund.call, costs, None)
    assert dashboard_money.published(fund.call, costs, first)["costs"] == costs


def test_money_paid_out_is_told_to_its_holder_and_waits_for_finance(client: FlaskClient, fund: Money) -> None:
    award = with_ticket(fund)
    give(fund, award, own_line(award), 11_000)
    give(fund, award, ticket_of(award), 7_000)
    own = f"/en/me/grants/{award.application.reference}"
    said = "USD 110 of the grant was paid to you already. The fund writes to you about that money."
    sign_in(client, award.application.person)
    page = client.get(f"{own}/cannot-come")
    assert said in text_of(page)
    assert said not in text_of(client.get(own))
    client.post(f"{own}/cannot-come", data=fields_of(page, action="/cannot-come"))
    assert said in text_of(client.get(own))
    award = queries.award(award.id)
    letter = letters.about("ended", award)
    assert letter is not None
    assert said in letters.preview(letter).text.replace("\n", " ").replace("\u00a0", " ")
    assert waits(fund, Todo.PAID_OUT) == 1
    sign_in(client, fund.finance)
    assert "Grants that ended with money paid out" in text_of(client.get("/en/console"))
    listed = client.get(f"{home(fund)}?view=paid_out").text
    assert listed.count('role="rowheader"') == 1
    record = f"{home(fund)}/{award.id}"
    assert "USD 180 was paid and has not come back" in text_of(client.get(record))
    fields = fields_of(client.get(record), action="/left/paid")
    for _ in range(2):
        assert client.post(f"{record}/left/paid", data=fields).status_code == HTTPStatus.SEE_OTHER
    award = queries.award(award.id)
    assert award.settled_at is not None
    assert (waits(fund, Todo.PAID_OUT), waits(fund, Todo.BOUGHT)) == (0, 1)
    assert paying.payable(award, ticket_of(award)) == 33_000
    sign_in(client, award.application.person)
    assert said not in text_of(client.get(own))


def test_money_that_came_back_asks_nothing_more(fund: Money) -> None:
    award = make_award(fund, State.ACCEPTED)
    payment = give(fund, award, own_line(award), 11_000)
    with pytest.raises(NotPossible):
        leftovers.stay_paid(fund.finance, award)
    by_herself(fund, award)
    assert waits(fund, Todo.PAID_OUT) == 1
    paying.take_back(fund.finance, award, payment, 11_000)
    assert waits(fund, Todo.PAID_OUT) == 0
    assert leftovers.told(award, "en") == []
    with pytest.raises(NotPossible):
        leftovers.stay_paid(fund.finance, award)


@pytest.mark.lane
def test_one_agrees_to_pay_the_ticket_while_another_lets_it_go(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        fund = make_fund()
        award = by_the_desk(fund, with_ticket(fund))
        payment = paying.ask(fund.finance, award, ticket_of(award), 30_000)
        award_id, payment_id, first, second = award.id, payment.id, fund.finance.id, fund.second.id

    def agreeing() -> str:
        held = queries.award(award_id, lock=True)
        paying.agree(db.session.get_one(Person, second), held, queries.payment(payment_id, lock=True))
        return "paid"

    def letting_go() -> str:
        leftovers.let_go(db.session.get_one(Person, first), queries.award(award_id, lock=True))
        return "free"

    ended = at_once(committed, [agreeing, letting_go, agreeing, letting_go])
    assert ended["paid"] == 2
    assert ended["free"] + ended["StillAsked"] == 2
    with committed.app_context():
        award = queries.award(award_id)
        assert (award.spent, award.committed) == (30_000, 0 if ended["free"] else 10_000)
