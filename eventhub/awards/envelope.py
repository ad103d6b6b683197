"""The arithmetic of an envelope: budget, reserved, committed, paid, returned, and what an offer would do.

``reserved`` is held for offers without an answer, ``committed`` for accepted ones, ``paid`` has left, ``returned``
came back of what was paid. Nothing is ever below zero, and nothing is lost on the way: ceiling = free + reserved +
committed + paid - returned. Over-commitment lets promises go beyond the budget, because some people withdraw; payments
never go beyond it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import floor

from eventhub.kit.money import Money, MoneyError, total


class NotPositive(MoneyError):
    """A move needs an amount above zero; a budget, a bucket or a cost line one of at least zero."""


class FactorWrong(MoneyError):
    """Over-commitment is a factor of 1 to 2."""


class NotEnough(MoneyError):
    """More than there is: ``by`` is what is missing, ``of`` where."""

    def __init__(self, of: str, by: Money) -> None:
        self.of, self.by = of, by
        super().__init__(f"{of}: {by.decimal} {by.currency} missing")


@dataclass(frozen=True, slots=True)
class Effect:
    """What an offer would do, before anybody makes it."""

    free_after: Money
    """Zero when it breaks the ceiling."""
    breaks_by: Money
    """How far it goes beyond the ceiling; zero when it may be made."""
    over_budget_by: Money
    """How far all promises together would stand above the budget: a warning while the ceiling holds."""

    @property
    def fits(self) -> bool:
        """Whether it may be made."""
        return self.breaks_by.minor == 0

    @property
    def warns(self) -> bool:
        """Whether it leans on people who withdraw, or breaks the ceiling."""
        return self.over_budget_by.minor > 0


@dataclass(frozen=True, slots=True)
class Envelope:
    """One envelope at one moment; every move gives a new one. Buckets are minor units of the budget's currency.

    Moves raise CurrenciesDiffer, NotPositive and NotEnough; making one raises NotPositive, FactorWrong and NotEnough.
    """

    budget: Money
    over_commit: Decimal = Decimal(1)
    """How many times the budget may be promised, 1 to 2."""
    reserved: int = 0
    committed: int = 0
    paid: int = 0
    """All that ever left, whatever came back."""
    returned: int = 0

    def __post_init__(self) -> None:
        if min(self.budget.minor, self.reserved, self.committed, self.paid, self.returned) < 0:
            raise NotPositive("below zero")
        if not self.over_commit.is_finite() or not 1 <= self.over_commit <= 2:
            raise FactorWrong(f"over-commitment of {self.over_commit}")
        for of, missing in (
            ("paid", self.returned - self.paid),
            ("budget", self.spent - self.budget.minor),
            ("free", self.promised - self.ceiling),
        ):
            if missing > 0:
                raise NotEnough(of, self._money(missing))

    @property
    def ceiling(self) -> int:
        """What may be promised in all: the budget times over-commitment, rounded down."""
        return floor(self.budget.minor * Fraction(self.over_commit))

    @property
    def spent(self) -> int:
        """What left and did not come back."""
        return self.paid - self.returned

    @property
    def promised(self) -> int:
        """Reserved, committed and spent."""
        return self.reserved + self.committed + self.spent

    @property
    def free(self) -> int:
        """What may still be offered."""
        return self.ceiling - self.promised

    def offer(self, amount: Money) -> Effect:
        """What reserving so much would do; never raises NotEnough."""
        after = self.promised + self._minor(amount)
        return Effect(
            self._money(max(0, self.ceiling - after)),
            self._money(max(0, after - self.ceiling)),
            self._money(max(0, after - self.budget.minor)),
        )

    def reserve(self, amount: Money) -> "Envelope":
        """An offer goes out."""
        return replace(self, reserved=self.reserved + self._minor(amount))

    def release(self, amount: Money) -> "Envelope":
        """An offer was declined or lapsed."""
        return replace(self, reserved=self._less("reserved", amount))

    def commit(self, amount: Money) -> "Envelope":
        """An offer was accepted."""
        return replace(self, reserved=self._less("reserved", amount), committed=self.committed + amount.minor)

    def uncommit(self, amount: Money) -> "Envelope":
        """An accepted grant, or what is authorised less than approved, is free again."""
        return replace(self, committed=self._less("committed", amount))

    def pay(self, amount: Money) -> "Envelope":
        """Money left. Raises NotEnough also when all payments would go beyond the budget, over-committed or not."""
        return replace(self, committed=self._less("committed", amount), paid=self.paid + amount.minor)

    def give_back(self, amount: Money) -> "Envelope":
        """Money came back, at most what was paid; it is free again."""
        back = self._minor(amount)
        return replace(self, returned=self.returned + back)

    def rebudget(self, budget: Money) -> "Envelope":
        """A cut or a rise. Raises NotEnough, with what must be released first, when a cut goes below what is promised
        or spent.
        """
        budget.same(self.budget)
        return replace(self, budget=budget)

    def _money(self, minor: int) -> Money:
        return Money(minor, self.budget.currency)

    def _minor(self, amount: Money) -> int:
        amount.same(self.budget)
        if amount.minor <= 0:
            raise NotPositive(f"a move of {amount.minor}")
        return amount.minor

    def _less(self, bucket: str, amount: Money) -> int:
        left: int = getattr(self, bucket) - self._minor(amount)
        if left < 0:
            raise NotEnough(bucket, self._money(-left))
        return left


@dataclass(frozen=True, slots=True)
class Settled:
    """One cost line from estimate to payment, all of one currency (else CurrenciesDiffer), none below zero."""

    estimated: Money
    approved: Money | None = None
    actual: Money | None = None

    def __post_init__(self) -> None:
        for amount in (self.estimated, self.approved, self.actual):
            if amount is not None:
                amount.same(self.estimated)
                if amount.minor < 0:
                    raise NotPositive("a cost line below zero")

    @property
    def authorised(self) -> Money | None:
        """The lesser of approved and actual; None while one is missing.

        This is the rule of openSUSE's travel-support-program (``RequestExpense#set_authorized_amount``), which also
        counts by itself only within one currency.
        """
        if self.approved is None or self.actual is None:
            return None
        return min(self.approved, self.actual)


def authorised(lines: Iterable[Settled], currency: str) -> Money:
    """What may be paid for all lines that are complete. Savings on one line never pay for another."""
    return total((line.authorised for line in lines if line.authorised is not None), currency)
