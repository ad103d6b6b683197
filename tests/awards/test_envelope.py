"""An envelope at random: nothing below zero, nothing lost, nothing paid beyond the budget."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from eventhub.awards.envelope import Envelope, FactorWrong, NotEnough, NotPositive, Settled, authorised
from eventhub.kit.money import CurrenciesDiffer, Money

AMOUNTS = st.integers(1, 60_000)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


class Desk(RuleBasedStateMachine):
    """Every move of an envelope, with amounts that often break it; a ledger of its own counts beside it."""

    @initialize(budget=st.integers(0, 100_000), over=st.sampled_from(["1", "1.1", "1.15", "2"]))
    def open(self, budget: int, over: str) -> None:
        self.it = Envelope(usd(budget), Decimal(over))
        self.ledger = dict.fromkeys(("reserve", "release", "commit", "uncommit", "pay", "give_back"), 0)

    @rule(
        move=st.sampled_from(["reserve", "release", "commit", "uncommit", "pay", "give_back"]),
        amount=AMOUNTS,
        all_of_it=st.booleans(),
    )
    def move(self, move: str, amount: int, all_of_it: bool) -> None:
        there = {
            "reserve": self.it.free,
            "release": self.it.reserved,
            "commit": self.it.reserved,
            "uncommit": self.it.committed,
            "pay": min(self.it.committed, self.it.budget.minor - self.it.spent),
            "give_back": self.it.spent,
        }[move]
        amount = there if all_of_it and there else amount
        before = self.it
        if move == "reserve":
            effect = before.offer(usd(amount))
            assert effect.fits == (amount <= there)
            assert effect.breaks_by == usd(max(0, amount - there))
            assert effect.free_after == usd(max(0, there - amount))
            assert effect.warns == (before.promised + amount > before.budget.minor)
        if amount > there:
            with pytest.raises(NotEnough) as found:
                getattr(before, move)(usd(amount))
            assert found.value.by.minor > 0
            return
        self.it = getattr(before, move)(usd(amount))
        self.ledger[move] += amount

    @rule(budget=st.integers(0, 120_000))
    def rebudget(self, budget: int) -> None:
        it = self.it
        if it.promised > budget * Fraction(it.over_commit) or it.spent > budget:
            with pytest.raises(NotEnough):
                it.rebudget(usd(budget))
        else:
            self.it = it.rebudget(usd(budget))

    @invariant()
    def nothing_is_lost(self) -> None:
        it, done = self.it, self.ledger
        assert it.reserved == done["reserve"] - done["release"] - done["commit"]
        assert it.committed == done["commit"] - done["uncommit"] - done["pay"]
        assert (it.paid, it.returned) == (done["pay"], done["give_back"])
        assert it.ceiling == it.free + it.reserved + it.committed + it.paid - it.returned

    @invariant()
    def nothing_is_below_zero(self) -> None:
        it = self.it
        assert min(it.free, it.reserved, it.committed, it.paid, it.returned, it.spent) >= 0
        assert it.spent <= it.budget.minor


Desk.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestDesk = Desk.TestCase


def test_an_offer_is_looked_at_before_it_is_made() -> None:
    """USD 1,000 with 10 per cent over-commitment, 900 promised: 150 leans on the factor, 250 breaks it by 50."""
    it = Envelope(usd(100_000), Decimal("1.1")).reserve(usd(90_000))
    leaning = it.offer(usd(15_000))
    assert (leaning.fits, leaning.warns) == (True, True)
    assert (leaning.free_after, leaning.over_budget_by) == (usd(5_000), usd(5_000))
    breaking = it.offer(usd(25_000))
    assert (breaking.fits, breaking.breaks_by, breaking.free_after) == (False, usd(5_000), usd(0))
    calm = it.offer(usd(10_000))
    assert (calm.fits, calm.warns) == (True, False)


def test_over_committed_promises_are_never_paid_beyond_the_budget() -> None:
    it = Envelope(usd(1_000), Decimal("1.5")).reserve(usd(1_500)).commit(usd(1_500)).pay(usd(1_000))
    with pytest.raises(NotEnough) as found:
        it.pay(usd(1))
    assert (found.value.of, found.value.by) == ("budget", usd(1))


def test_the_ceiling_is_rounded_down() -> None:
    """1,005 cents times 1.1 are 1,105.5."""
    assert Envelope(usd(1_005), Decimal("1.1")).ceiling == 1_105


def test_a_cut_says_what_must_be_released_first() -> None:
    it = Envelope(usd(1_000)).reserve(usd(950))
    with pytest.raises(NotEnough) as found:
        it.rebudget(usd(900))
    assert found.value.by == usd(50)
    assert it.release(usd(50)).rebudget(usd(900)).free == 0


@pytest.mark.parametrize("move", ["reserve", "release", "commit", "uncommit", "pay", "give_back", "offer", "rebudget"])
def test_another_currency_is_refused(move: str) -> None:
    with pytest.raises(CurrenciesDiffer):
        getattr(Envelope(usd(1_000)), move)(Money(1, "EUR"))


@pytest.mark.parametrize("move", ["reserve", "release", "commit", "uncommit", "pay", "give_back", "offer"])
@pytest.mark.parametrize("minor", [0, -1])
def test_a_move_is_above_zero(move: str, minor: int) -> None:
    with pytest.raises(NotPositive):
        getattr(Envelope(usd(1_000)), move)(usd(minor))


def test_an_envelope_that_cannot_be() -> None:
    with pytest.raises(NotPositive):
        Envelope(usd(-1))
    with pytest.raises(NotPositive):
        Envelope(usd(1), reserved=-1)
    with pytest.raises(NotEnough):
        Envelope(usd(10), paid=5, returned=6)
    for factor in ("0.9", "2.1", "NaN"):
        with pytest.raises(FactorWrong):
            Envelope(usd(1), Decimal(factor))


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_authorised_is_the_lesser(approved: int, actual: int) -> None:
    assert Settled(usd(1), usd(approved), usd(actual)).authorised == usd(min(approved, actual))


def test_savings_on_one_line_pay_for_no_other() -> None:
    ticket = Settled(usd(100_000), usd(90_000), usd(70_000))
    visa = Settled(usd(5_000), usd(5_000), usd(9_000))
    open_line = Settled(usd(5_000), usd(5_000))
    assert open_line.authorised is None
    assert authorised([ticket, visa, open_line], "USD") == usd(75_000)
    with pytest.raises(CurrenciesDiffer):
        Settled(usd(1), usd(1), Money(1, "EUR"))
    with pytest.raises(NotPositive):
        Settled(usd(1), usd(1), usd(-1))
