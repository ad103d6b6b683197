"""What a journey is reckoned at, in words: the lines and sums that the board sees, for the applicant who asks."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import g

from eventhub.funding import applying, costs
from eventhub.funding.call_shown import SUPPORTS
from eventhub.funding.models import Application
from eventhub.funding.own import Intake
from eventhub.funding.rules import Support
from eventhub.kit import codes
from eventhub.kit.i18n import show_money
from eventhub.kit.money import Money
from eventhub.questionnaires import answers as given


@dataclass(frozen=True)
class Reckoned:
    """An estimate as a page shows it: lines and their sum, and what each way of funding that the person accepts costs
    the fund; as label and value.
    """

    lines: list[dict[str, str]]
    total: str
    ways: list[dict[str, str]]


def of_draft(found: Intake) -> Reckoned | None:
    """What the answers come to as they are now; None where the call pays nothing, or nothing was answered."""
    basis = found.rules.costs
    if found.answer_set is None or not basis.lines:
        return None
    answers = given.opened(found.answer_set, found.key)
    lines = costs.estimate(basis, applying.journey(found, answers))
    wanted = applying.supports(answers.get("support"), found.rules.supports)
    asked = applying.minor(answers.get("partial_amount"), found.call.currency)
    return _told(costs.to_json(lines), costs.total(lines), wanted, asked, found.call.currency)


def of_sent(application: Application, currency: str) -> Reckoned | None:
    """What an application was reckoned at when it was sent or changed last: the board's numbers, none made anew."""
    if not application.cost:
        return None
    wanted = [Support(one) for one in application.accepts]
    return _told(application.cost_lines, application.cost, wanted, application.asked_amount, currency)


def _told(
    lines: Iterable[dict[str, object]], whole: int, wanted: Iterable[Support], asked: int | None, currency: str
) -> Reckoned | None:
    by_code = {str(one["code"]): int(str(one["amount"])) for one in lines}
    if not by_code:
        return None
    paid = costs.amounts(whole, by_code, asked)

    def money(amount: int) -> str:
        return show_money(Money(amount, currency), g.lang)

    return Reckoned(
        [
            {"label": codes.label("fund_cost_line", code, g.lang), "value": money(sum_)}
            for code, sum_ in by_code.items()
        ],
        money(whole),
        [{"label": str(SUPPORTS[one]), "value": money(paid[one])} for one in wanted],
    )
