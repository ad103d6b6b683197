"""Applying: what stands beside the answers, gaps told at once, numbers, grace, amendments, refusals with their cure."""

from datetime import date, timedelta

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from sqlalchemy import select

from eventhub.funding import applying, costs, debts, own, rules, traits
from eventhub.funding.applying import Closed, Incomplete, IsBarred
from eventhub.funding.costs import Journey, Need
from eventhub.funding.debts import Bar
from eventhub.funding.models import Application, Call, Debt, Owed, Stand, State
from eventhub.funding.moves import NotPossible, move
from eventhub.funding.rules import CostLine, Support
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.questionnaires.models import Answer
from tests.factories.funding import ANSWERS, RULES, an_open_call, apply, begin, held
from tests.factories.people import make_person
from tests.factories.programme import make_event

pytestmark = pytest.mark.usefixtures("database")
ONE_NOMINEE = {"limits": {"nominees_per_organisation": 1}}


def test_what_is_sent_has_a_number_and_all_that_others_read() -> None:
    call, person = an_open_call(), make_person()
    sent = apply(call, person)
    assert (sent.state, sent.number, sent.late) == (State.SUBMITTED, 1, False)
    assert (sent.reference or "").startswith(f"EH-{call.code}-")
    assert (sent.residence, sent.origin, sent.nationality) == ("KE", "KE", "SO")
    assert (sent.region, sent.language, sent.first_time) == ("africa_middle_east", "fr", True)
    assert sent.support is Support.FULL
    assert (sent.accepts, sent.asked_amount) == (["full", "partial"], 85_050)
    assert sent.cost == 98_000 + 4 * 30_000 + 6_000 + 9_000
    assert sent.cost_lines[0]["code"] == "economy_return_ticket"
    assert sent.organisation_id != sent.nominated_by_id is not None
    key = db.session.get_one(SealKey, person.seal_key_id)
    assert set(traits.opened(sent, key)) == {
        *("gender:woman", "age:25_34", "minority:ethnic", "minority:religious", "disability:no"),
    }
    assert b"woman" not in (sent.traits or b"")
    assert db.session.scalar(select(Promise.task).where(Promise.task == "funding.received"))
    assert apply(call, make_person()).number == 2


def test_whoever_does_not_say_belongs_to_no_cell() -> None:
    call, person = an_open_call(), make_person()
    silent = {key: value for key, value in ANSWERS.items() if key not in {"birth_date", "minority_basis", "disability"}}
    sent = apply(call, person, silent | {"gender": "prefer_not_to_say"})
    assert traits.opened(sent, db.session.get_one(SealKey, person.seal_key_id)) == []


def test_all_gaps_are_told_at_once_and_nothing_is_numbered() -> None:
    call = an_open_call(changed={"vouching": {"nominator": True, "referees": 2}})
    person = make_person()
    begin(call, person, {"residence": "KE"})
    found = held(call, person)
    told = applying.missing(found)
    assert [one.question.key for one in told if one.question] == ["first_time", "why_need", "why_voice", "support"]
    assert [one.slot for one in told if one.slot] == [("nominator", 0), ("referee", 0), ("referee", 1)]
    with pytest.raises(Incomplete):
        applying.submit(person, found)
    assert (found.application.state, found.application.number, found.call.numbers_given) == (State.DRAFT, None, 0)


@pytest.mark.parametrize(("hours", "late"), [(-1, False), (1, True), (23, True)])
def test_a_draft_of_before_the_deadline_has_its_time_of_grace(hours: int, late: bool) -> None:
    call, person = an_open_call(), make_person()
    begin(call, person).created_at = now() - timedelta(days=2)
    call.closes_at = now() - timedelta(hours=hours)
    db.session.flush()
    assert applying.submit(person, held(call, person)).late is late


def test_nobody_begins_after_the_deadline_and_grace_ends() -> None:
    call, person = an_open_call(closes_at=now() - timedelta(hours=1)), make_person()
    with pytest.raises(Closed):
        begin(call, person)
    call.closes_at = now() + timedelta(hours=1)
    begin(call, person).created_at = now() - timedelta(days=4)
    call.closes_at = now() - timedelta(hours=25)
    db.session.flush()
    with pytest.raises(Closed):
        applying.submit(person, held(call, person))
    assert applying.expire_drafts(now()) == 1
    assert applying.expire_drafts(now()) == 0
    assert held(call, person).application.state is State.EXPIRED
    call.closes_at = now() + timedelta(days=3)
    db.session.flush()
    assert applying.start_draft(person, person, held(call, person)).application.state is State.DRAFT


def test_a_sent_file_is_changed_until_the_deadline_and_all_follows() -> None:
    call, person = an_open_call(), make_person()
    sent = apply(call, person)
    applying.save_page(person, held(call, person), {"residence": "SN", "gender": "man", "support": ["would_come"]})
    assert (sent.region, sent.origin, sent.asked_amount) == ("africa_middle_east", "SN", None)
    assert sent.cost == 110_000 + 4 * 30_000 + 6_000 + 9_000
    assert "gender:man" in traits.opened(sent, db.session.get_one(SealKey, person.seal_key_id))
    assert {entry.verb for entry, _text in audit.history("fund_application", sent.id)} >= {"funding.changed"}
    call.closes_at = now() - timedelta(minutes=1)
    db.session.flush()
    with pytest.raises(Closed):
        applying.save_page(person, held(call, person), {"residence": "KE"})


def test_what_the_desk_asked_for_is_completed_after_the_deadline_too() -> None:
    call, person = an_open_call(), make_person()
    sent = apply(call, person)
    move(sent, State.INFO_REQUESTED, actor=None)
    call.closes_at = now() - timedelta(days=3)
    db.session.flush()
    applying.save_page(person, held(call, person), {"why_need": None})
    with pytest.raises(Incomplete):
        applying.send_again(person, held(call, person))
    applying.save_page(person, held(call, person), {"why_need": "Said again"})
    applying.send_again(person, held(call, person))
    assert sent.state is State.SUBMITTED
    assert sent.answered_at is not None
    assert sent.number == 1
    with pytest.raises(NotPossible):
        applying.send_again(person, held(call, person))


def test_withdrawing_ends_it_and_gives_the_place_of_a_nominee_back() -> None:
    call, first, second = an_open_call(changed=ONE_NOMINEE), make_person(), make_person()
    apply(call, first)
    begin(call, second)
    with pytest.raises(IsBarred) as told:
        applying.submit(second, held(call, second))
    assert [(one.why, one.most) for one in told.value.reasons] == [(Bar.NOMINEES, 1)]
    applying.withdraw(first, held(call, first))
    assert applying.submit(second, held(call, second)).state is State.SUBMITTED
    with pytest.raises(NotPossible):
        applying.withdraw(first, held(call, first))


def test_an_owed_report_and_a_debarment_are_told_with_their_cure() -> None:
    call, person = an_open_call(), make_person()
    begin(call, person)
    debt = Debt(kind=Owed.REPORT, person_id=person.id)
    db.session.add(debt)
    db.session.flush()
    assert [one.why for one in applying.bars(held(call, person), person.id)] == [Bar.OWN_REPORT]
    debt.cleared_at = now()
    until = now().date() + timedelta(days=30)
    db.session.add(Debt(kind=Owed.DEBARRED, person_id=person.id, note="Forged letter", until=until))
    db.session.flush()
    assert [(one.why, one.until) for one in applying.bars(held(call, person), person.id)] == [(Bar.OWN_DEBARRED, until)]
    db.session.add(Debt(kind=Owed.DEBARRED, person_id=person.id, note="Another", until=date(2000, 1, 1)))
    with pytest.raises(IsBarred):
        applying.submit(person, held(call, person))


def test_what_an_organization_owes_holds_for_its_namesakes_of_others_too() -> None:
    call, traveller, person = an_open_call(), make_person(), make_person()
    debt = Debt(kind=Owed.REPORT, organisation_id=apply(call, traveller).nominated_by_id)
    db.session.add(debt)
    begin(call, person, ANSWERS | {"nominating_organisation": {"name": "PASTORALIST  women forum"}})
    with pytest.raises(IsBarred) as told:
        applying.submit(person, held(call, person))
    assert [one.why for one in told.value.reasons] == [Bar.THEIR_REPORT]
    debt.cleared_at = now()
    assert applying.submit(person, held(call, person)).number == 2


@pytest.mark.parametrize(("days", "barred"), [(-200, True), (-720, True), (-800, False)])
def test_a_grant_not_long_ago(days: int, barred: bool) -> None:
    person, day = make_person(), (now() + timedelta(days=days)).date()
    before = an_open_call(make_event(first_day=day, last_day=day))
    apply(before, person).state = State.CLOSED
    call = an_open_call()
    begin(call, person)
    told = applying.bars(held(call, person), person.id)
    assert [one.why for one in told] == ([Bar.TOO_SOON] if barred else [])
    if barred:
        assert told[0].until == debts.months_after(day, 24)


def test_drafts_are_reminded_once_at_each_mark_and_again_after_an_extension() -> None:
    call, person, late = an_open_call(), make_person(), make_person()
    begin(call, person).created_at = now() - timedelta(days=6)
    call.closes_at = now() + timedelta(hours=60)
    begin(call, late)
    db.session.flush()
    assert applying.remind_drafts(now()) == 1
    assert applying.remind_drafts(now()) == 0
    assert applying.remind_drafts(now() + timedelta(hours=40)) == 2
    assert applying.remind_drafts(now() + timedelta(hours=41)) == 0
    call.stand, call.ended_at = Stand.CANCELLED, now()
    db.session.flush()
    assert applying.expire_drafts(now()) == 2


def test_answers_are_kept_from_the_end_of_the_event_on() -> None:
    form = {"pages": [{"id": "p1", "title": "One", "questions": [
        {"id": "q1", "key": "residence", "kind": "country", "label": "Where", "retention_days": 30},
    ]}]}  # fmt: skip
    day = now().date() + timedelta(days=90)
    call, person = an_open_call(make_event(first_day=day, last_day=day), form=form), make_person()
    draft = begin(call, person, {"residence": "KE"})
    due = db.session.scalars(select(Answer.delete_after).where(Answer.answer_set_id == draft.answer_set_id)).one()
    assert due is not None
    assert timedelta(days=29) < due.date() - day < timedelta(days=33)


def test_a_call_that_is_no_draft_any_more_is_one_statement(statements: list[str]) -> None:
    call, person = an_open_call(), make_person()
    apply(call, person)
    db.session.expire_all()
    slug, me = call.slug, db.session.merge(person)
    assert me.seal_key_id
    statements.clear()
    found = own.intake(slug, me)
    assert found.rules.limits.months_between_grants == 24
    assert len(statements) == 1
    statements.clear()
    assert len(own.mine(me)) == 1
    assert len(statements) == 1


AMOUNTS = st.integers(0, 10**9)


@examples(fare=AMOUNTS, dsa=AMOUNTS, days=st.integers(-3, 400), needs=st.frozensets(st.sampled_from(Need)))
def test_no_line_is_negative_and_the_total_is_their_sum(fare: int, dsa: int, days: int, needs: frozenset[Need]) -> None:
    basis = rules.Costs(lines=tuple(CostLine), usual_fare=fare, dsa=dsa, access_most=5, companion_most=7)
    lines = costs.estimate(basis, Journey("XX", days, needs))
    assert all(line.amount > 0 for line in lines)
    codes = [line.code for line in lines]
    assert codes == [code for code in CostLine if code in codes]
    wanted = fare + dsa * max(0, days) + 5 * (Need.ACCESS in needs) + 7 * (Need.COMPANION in needs)
    assert costs.total(lines) == wanted


@examples(st.one_of(st.none(), st.booleans(), st.text(), st.floats(), st.integers(), st.lists(st.text())))
def test_whatever_is_answered_makes_cells_and_amounts_or_none(value: object) -> None:
    answers = dict.fromkeys(("gender", "birth_date", "minority_basis", "disability"), value)
    assert all(":" in cell for cell in traits.cells(answers, date(2026, 11, 22)))
    amount = applying.minor(value, "USD")
    assert amount is None or 0 <= amount <= applying.MOST


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2001-11-23", "under_25"), ("2001-11-22", "25_34"), ("1991-11-22", "35_49"),
        ("1961-11-22", "65_over"), ("2030-01-01", None), ("soon", None), (7, None),
    ],
)  # fmt: skip
def test_bands_of_age(born: object, band: str | None) -> None:
    assert traits.band(born, date(2026, 11, 22)) == band


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [(850.5, "USD", 85_050), (0.005, "EUR", 1), (1200, "JPY", 1200), (-1, "USD", None), (True, "USD", None),
     (1e300, "USD", None), ("850", "USD", None)],
)  # fmt: skip
def test_amounts_in_minor_units(value: object, currency: str, amount: int | None) -> None:
    assert applying.minor(value, currency) == amount


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [((2024, 2, 29), 24, (2026, 2, 28)), ((2025, 12, 31), 2, (2026, 2, 28)), ((2025, 1, 15), 0, (2025, 1, 15)),
     ((2025, 11, 30), 1, (2025, 12, 30)), ((2025, 12, 1), 12, (2026, 12, 1))],
)  # fmt: skip
def test_months_after(day: tuple[int, int, int], months: int, after: tuple[int, int, int]) -> None:
    assert debts.months_after(date(*day), months) == date(*after)


def test_the_small_rules_hold() -> None:
    assert rules.read(RULES).budget == 10_000_000
    assert Application.__tablename__ == "fund_application"
    assert Call.__tablename__ == "fund_call"
