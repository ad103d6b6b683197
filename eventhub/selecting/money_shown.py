"""The bar at the head of a board's room: what a slate costs, and what the money is put apart for."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from eventhub.funding.rules import Envelope, Rules
from eventhub.kit.i18n import in_language, language, show_amount, show_money, show_number
from eventhub.kit.money import Money
from eventhub.selecting.models import Slate
from eventhub.selecting.shown import DIMENSIONS, Sight, cell_label


def budget(slate: Slate, currency: str, rules: Rules, original: str, sight: Sight | None) -> dict[str, Any]:
    """The bar at the head of the room; several envelopes stand each with what the rules put into it. With a ``sight``
    all sums are those of what it shows of each person, and nothing is said of what is left (``open``).
    """
    lang, result = language(), slate.result
    split = dict(result["split"])
    chosen = [one for one in slate.people if one["chosen"]]
    cost = result["cost"] if sight is None else sum(sight.cost(one) for one in chosen)
    split["other"] = max(0, cost - split["ticket"] - split["dsa"])
    whole = result["budget"] or cost or 1
    parts = [("ticket", _("Tickets"), ""), ("dsa", _("Daily allowance"), "ok"), ("other", _("Other costs"), "warn")]
    costs = sorted(one["cost"] if sight is None else sight.cost(one) for one in slate.people)
    facts = [(_("This slate"), show_money(Money(cost, currency), lang))]
    if result["budget"] is not None:
        several = len(rules.envelopes) > 1 and rules.budget == result["budget"]
        if several:
            facts += [
                (_envelope(one, original), show_money(Money(one.amount, currency), lang)) for one in rules.envelopes
            ]
        facts += [
            (
                _("All envelopes together") if several else _("Envelope"),
                show_money(Money(result["budget"], currency), lang),
            )
        ]
        if sight is None:
            facts.append((_("Left"), show_money(Money(result["remainder"], currency), lang)))
    facts.append((_("Places"), _seats(result["seats"], lang)))
    facts.append((_("Median cost"), show_money(Money(costs[(len(costs) - 1) // 2] if costs else 0, currency), lang)))
    return {
        "open": sight is not None,
        "facts": facts,
        "parts": [{"percent": split[name] * 100 / whole, "kind": kind} for name, _label, kind in parts],
        "legend": [
            {"label": f"{label} {show_amount(Money(split[name], currency), lang)}", "kind": kind}
            for name, label, kind in parts
        ],
    }


def _envelope(one: Envelope, original: str) -> str:
    """The name of an envelope, with whom it is for."""
    name = in_language(one.title, language(), original).text
    cells = [each.partition(":") for each in one.cells]
    only = ", ".join(f"{DIMENSIONS.get(kind, kind)}: {cell_label(kind, cell)}" for kind, _colon, cell in cells)
    return f"{name} ({only})" if only else name


def _seats(seats: Sequence[Mapping[str, Any]], lang: str) -> str:
    """How many are chosen; whoever came in with what was left of the money beside the places of the call."""
    beyond = sum(bool(one["beyond"]) for one in seats)
    number = show_number(len(seats) - beyond, lang)
    if not beyond:
        return number
    return str(_("%(number)s, and %(more)s with money left over", number=number, more=show_number(beyond, lang)))
