"""The organisers' page of a fund: who sees it, what stands on it, and in how many statements."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.awards import dashboard, dashboard_counts, queries
from eventhub.awards.dashboard import Cost, Happening, Span, together
from eventhub.awards.dashboard_models import FrozenBalance
from eventhub.awards.dashboard_shown import HAPPENINGS, spans, totals
from eventhub.funding.allowance import CostKind
from eventhub.funding.models import State
from eventhub.kit.audit import AuditEntry
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from eventhub.reviewing.queries import call_by_id
from tests.factories.awards import Money, make_fund
from tests.factories.awards_numbers import apply, come_home, give, make_history, overseer, traits
from tests.factories.people import sign_in


def page(fund: Money) -> str:
    return f"/en/console/funds/{fund.call.slug}/overview"


@pytest.fixture
def fund(database: None) -> Money:
    return make_history()


def test_the_balance_is_counted_once_a_day_and_leaves_no_name(fund: Money) -> None:
    assert dashboard_counts.balance(fund.call.id) is None
    assert dashboard_counts.freeze(now()) == 1
    found = dashboard_counts.balance(fund.call.id)
    assert found is not None
    assert found.totals == (48, 30, 18, 12)
    assert found.filed == 9
    names = [table.name for table in found.tables]
    assert names == ["region", "gender", "age", "first_time", "disability"]
    gender = found.tables[1].rows
    assert set(gender) == {"woman", "man", "another", ""}
    for numbers in gender.values():
        told = [number for number in numbers if number is not None]
        assert all(number >= 5 for number in told)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == dashboard_counts.COUNTED)).one()
    assert (entry.actor_id, entry.subject_id, entry.detail) == (None, fund.call.id, {"rows": 48, "reports": 9})
    assert dashboard_counts.freeze(now()) == 0, "once a day"


def test_who_left_still_counts_and_few_people_move_nothing(fund: Money) -> None:
    dashboard_counts.freeze(now())
    before = db.session.get_one(FrozenBalance, fund.call.id).numbers["people"]["columns"]
    apply(fund, range(3))
    assert dashboard_counts.freeze(now() + timedelta(days=1)) == 1
    row = db.session.get_one(FrozenBalance, fund.call.id)
    assert row.numbers["people"]["totals"][0] == 51, "totals are exact"
    assert row.numbers["people"]["columns"] == before, "three people are too few for a table"
    apply(fund, range(3, 12))
    dashboard_counts.freeze(now() + timedelta(days=2))
    assert row.numbers["people"]["columns"] != before
    assert dashboard_counts.freeze(now() + timedelta(days=3)) == 0, "nobody came: no sealed cell is opened"


def test_a_choice_that_is_not_told_yet_is_not_counted(fund: Money) -> None:
    give(fund, range(6), State.APPROVED)
    dashboard_counts.freeze(now())
    found = dashboard_counts.balance(fund.call.id)
    assert found is not None
    assert found.totals == (54, 36, 18, 12)


def test_whoever_lost_the_key_counts_as_silent(fund: Money) -> None:
    one = apply(fund, [0])[0]
    traits(one, "gender:woman")
    one.traits = (one.traits or b"")[:-1] + b"x"
    assert dashboard_counts.freeze(now()) == 1


SEEN = (Role.FUND_OFFICER, Role.APPROVER, Role.FINANCE, Role.ORGANISER)


@pytest.mark.parametrize("role", [*SEEN, Role.FUND_REVIEWER, Role.BOARD_MEMBER, Role.ACCREDITATION_OFFICER])
def test_who_sees_it(client: FlaskClient, fund: Money, role: Role) -> None:
    dashboard_counts.freeze(now())
    sign_in(client, overseer(fund, role))
    answer = client.get(page(fund))
    assert answer.status_code == (200 if role in SEEN else 404)
    if role in SEEN:
        assert ("Report for donors" in answer.text) is (role is not Role.ORGANISER)


def test_the_balance_is_the_same_for_every_reader(client: FlaskClient, fund: Money) -> None:
    dashboard_counts.freeze(now())
    found = set()
    for role in SEEN:
        sign_in(client, overseer(fund, role))
        text = client.get(f"{page(fund)}?gender=woman&region=americas").text
        found.add(text[text.index('id="balance"') : text.index('id="money"')])
    assert len(found) == 1
    (text,) = found
    for words in ("Europe and Central Asia", "35 to 49 years", "Not shown", "Target: at least 50%", "9 of 12"):
        assert words in text or words == "9 of 12"
    assert "Linguistic" in text, "a target without a table is named"


def test_a_column_of_nothing_is_left_out(client: FlaskClient) -> None:
    fund = make_fund()
    apply(fund, range(40))
    dashboard_counts.freeze(now())
    sign_in(client, overseer(fund))
    text = client.get(page(fund)).text
    tables = text[text.index("<h3>") : text.index('id="money"')]
    assert "Applied" in tables
    assert "Selected" not in tables.replace("Selected are all", "")
    assert "Travelled" not in tables
    assert 'class="bar' not in tables


def test_money_and_timeline_stand_beside_it(client: FlaskClient, fund: Money) -> None:
    dashboard_counts.freeze(now())
    sign_in(client, overseer(fund))
    text = client.get(page(fund)).text
    for words in ("Voluntary fund", "40,000", "Economy-class return ticket", "7,200", "9 of 12", "Last day to accept"):
        assert words in text, words
    assert "For each of 18 people, on average: USD\u00a01,200." in text


def test_no_amount_of_few_people_is_the_difference_of_two_looks(fund: Money) -> None:
    def told() -> tuple[object, ...]:
        found = dashboard.money(fund.call, exact=False)
        return found.whole, found.envelopes, found.costs, found.each

    dashboard_counts.freeze(now())
    before = told()
    assert dashboard.money(fund.call, exact=False).whole.reserved is not None
    give(fund, range(4))
    dashboard_counts.freeze(now() + timedelta(days=1))
    assert told() == before, "four people are too few"
    assert dashboard.money(fund.call, exact=True).whole != before[0]
    give(fund, range(1))
    assert told() == before, "it is counted once a day"
    dashboard_counts.freeze(now() + timedelta(days=2))
    assert told() != before


def test_an_envelope_of_few_people_is_not_told(database: None) -> None:
    fund = make_fund(
        envelopes=[
            {"id": "main", "title": {"en": "Main"}, "amount": 900_000},
            {"id": "kept", "title": {"en": "Kept"}, "amount": 900_000},
        ]
    )
    give(fund, range(3))
    dashboard_counts.freeze(now())
    found = dashboard.money(fund.call, exact=False)
    assert found.whole.budget == 1_800_000
    assert {one.committed for one in (found.whole, *found.envelopes)} == {None}
    assert (found.costs, found.people, found.each) == ((), 0, None)
    give(fund, range(2))
    fund.envelope = next(one for one in queries.envelopes(fund.call.id) if one.key == "kept")
    give(fund, range(1))
    dashboard_counts.freeze(now() + timedelta(days=1))
    found = dashboard.money(fund.call, exact=False)
    assert found.whole.committed == 6 * 120_000
    assert {one.committed for one in found.envelopes} == {None}, "one of them is one person's"
    give(fund, range(4))
    dashboard_counts.freeze(now() + timedelta(days=2))
    found = dashboard.money(fund.call, exact=False)
    assert found.whole.committed == 6 * 120_000, "four people made a difference"


def test_before_anything_happens_there_is_a_page(client: FlaskClient, database: None) -> None:
    fund = make_fund()
    sign_in(client, overseer(fund))
    assert "Nothing counted yet" in client.get(page(fund)).text
    assert dashboard_counts.freeze(now()) == 0, "nobody applied"


def test_statements_do_not_grow(client: FlaskClient, fund: Money, statements: list[str]) -> None:
    dashboard_counts.freeze(now())
    sign_in(client, overseer(fund))
    client.get(page(fund))
    statements.clear()
    client.get(page(fund))
    few = len(statements)
    apply(fund, range(20))
    come_home(fund, give(fund, range(3)))
    dashboard_counts.freeze(now() + timedelta(days=1))
    client.get(page(fund))
    statements.clear()
    client.get(page(fund))
    assert len(statements) == few <= 15, statements


def test_small_kinds_of_cost_stand_together() -> None:
    def cost(kind: CostKind, people: int) -> Cost:
        return Cost(kind, people, 100, 100, 100, 100)

    ticket, dsa = cost(CostKind.TICKET, 20), cost(CostKind.DSA, 18)
    visa, access = cost(CostKind.VISA, 7), cost(CostKind.ACCESSIBILITY, 1)
    assert together((ticket, dsa)) == (ticket, dsa)
    assert together((ticket, dsa, visa, access)) == (ticket, dsa, Cost(None, 7, 200, 200, 200, 200))
    assert together((access, cost(CostKind.VISA, 2))) == ()
    assert together((access,)) == ()
    assert together(()) == ()


def test_the_timeline_in_its_order(fund: Money) -> None:
    found = dashboard.timeline(call_by_id(fund.call.id), now().date())
    kinds = [one.what for one in found]
    assert kinds == sorted(kinds, key=list(Happening).index)
    reports = found[-1]
    assert (reports.what, reports.done, reports.of_all, reports.late) == (Happening.REPORTS, 9, 12, 0)
    late = dashboard.timeline(call_by_id(fund.call.id), (now() + timedelta(days=40)).date())[-1]
    assert late.late == 3


def test_what_nobody_finished_is_over_a_year_later_and_not_now(app: Flask) -> None:
    today = date(2026, 11, 23)
    reading = Span(Happening.READING, today - timedelta(days=20), today - timedelta(days=2), 493, 499)
    for one, word, note in (
        (reading, "Over", "493 of 499"),
        (replace(reading, last=today), "Now", "493 of 499"),
        (replace(reading, done=499), "Done", "499 of 499"),
        (replace(reading, first=today + timedelta(days=1), last=today + timedelta(days=2)), "To come", "493 of 499"),
    ):
        with app.test_request_context():
            (told,) = spans([one], today, exact=True)
            assert (str(told["tag"][0]), told["note"]) == (word, note)


def test_a_nought_says_from_when_on_it_is_counted(app: Flask, database: None) -> None:
    fund = make_fund()
    apply(fund, range(6))
    dashboard_counts.freeze(now())
    found = dashboard_counts.balance(fund.call.id)
    assert found is not None
    with app.test_request_context():
        notes = {one["label"]: one["note"] for one in totals(found, found.counted_on + timedelta(days=9))}
    assert notes["Selected"] == "counted from the release of decisions on"
    assert str(notes["Travelled"]).startswith("counted from ")
    assert notes["Applied"] is None


@pytest.mark.parametrize(("people", "shown"), [(4, False), (5, True)])
def test_days_of_fewer_than_five_people_are_theirs(app: Flask, database: None, people: int, shown: bool) -> None:
    fund = make_fund()
    apply(fund, range(12))
    come_home(fund, give(fund, range(people)))
    today = (now() + timedelta(days=1)).date()
    found = dashboard.timeline(call_by_id(fund.call.id), today)
    theirs = {str(HAPPENINGS[one]) for one in (Happening.OFFERS, Happening.TRAVEL, Happening.REPORTS)}
    with app.test_request_context():
        told = {one["label"] for one in spans(found, today, exact=False)}
        assert theirs <= {one["label"] for one in spans(found, today, exact=True)}
    assert theirs <= told if shown else not theirs & told
