"""Balance, money and timeline of a fund in words and figures, for the page and for the report."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext, pgettext

from eventhub.awards import reporting
from eventhub.awards.dashboard import Cost, Happening, Span, Sum
from eventhub.awards.dashboard import Money as FundMoney
from eventhub.awards.dashboard_counts import SILENT, Balance, Stage, Table
from eventhub.funding.models import Call
from eventhub.funding.rules import Balance as Rule
from eventhub.funding.rules import Bound, Rules, Unit
from eventhub.kit import codes
from eventhub.kit.i18n import (
    in_language,
    language,
    show_amount,
    show_date,
    show_days,
    show_money,
    show_number,
    show_own,
)
from eventhub.kit.money import Money
from eventhub.kit.small_numbers import STEP
from eventhub.selecting.inputs import RULE
from eventhub.selecting.shown import DIMENSIONS, cell_label, rule_label

STAGES: Mapping[Stage, Any] = {
    Stage.APPLIED: lazy_pgettext("people of a call", "Applied"),
    Stage.ELIGIBLE: lazy_pgettext("people of a call", "Eligible"),
    Stage.SELECTED: lazy_pgettext("people of a call", "Selected"),
    Stage.TRAVELLED: lazy_pgettext("people of a call", "Travelled"),
}
HAPPENINGS: Mapping[Happening, Any] = {
    Happening.OPENS: _l("The call opens"),
    Happening.DEADLINE: _l("Deadline"),
    Happening.READING: _l("Reading the files"),
    Happening.BOARD: _l("The board meets"),
    Happening.RECOMMENDED: _l("The board recommends"),
    Happening.APPROVED: _l("The selection is approved"),
    Happening.OFFERS: _l("Grants are offered"),
    Happening.ACCEPT_BY: _l("Last day to accept"),
    Happening.TRAVEL: _l("Journeys"),
    Happening.REPORTS: _l("Reports on journeys"),
}
SUMS = ("budget", "reserved", "committed", "paid", "returned", "free")
SUM_NAMES: Mapping[str, Any] = {
    "budget": _l("Budget"),
    "reserved": lazy_pgettext("money", "Reserved"),
    "committed": lazy_pgettext("money", "Committed"),
    "paid": lazy_pgettext("money", "Paid"),
    "returned": lazy_pgettext("money", "Returned"),
    "free": lazy_pgettext("money", "Free"),
}
AMOUNTS = ("estimated", "approved", "actual", "authorised")
AMOUNT_NAMES: Mapping[str, Any] = {
    "estimated": lazy_pgettext("money", "Estimated"),
    "approved": lazy_pgettext("money", "Approved"),
    "actual": lazy_pgettext("money", "Actual"),
    "authorised": lazy_pgettext("money", "Authorized"),
}
NARROW = 1.5
"""Per cent of the line that a single day takes at the least, to be seen."""


def title_of(call: Call) -> str:
    """What a call is called."""
    return in_language(call.title, language(), call.original_language).text


def cell(table: Table, code: str) -> str:
    """What a cell is called."""
    return cell_label(table.name, code) if code != SILENT else str(_("Not said"))


def dimension(table: Table) -> str:
    """What a table is about."""
    return str(DIMENSIONS[table.name])


def target(rule: Rule) -> str:
    """What a rule asks for: ``at least 50%``."""
    number = show_number(rule.value, language()) + ("%" if rule.unit is Unit.PERCENT else "")
    if rule.bound is Bound.LEAST:
        return str(_("at least %(number)s", number=number))
    return str(_("at most %(number)s", number=number))


def is_met(rule: Rule, at_least: int | None, total: int) -> bool:
    """Whether what may be read proves that a rule is met."""
    if rule.bound is not Bound.LEAST or at_least is None:
        return False
    return at_least >= rule.value if rule.unit is Unit.PEOPLE else at_least * 100 >= rule.value * total


def columns(table: Table) -> list[Stage]:
    """The stages of which anything may be read in a table: a column of nothing is left out, but for the first."""
    told = table.rows.values()
    return [one for one in Stage if one is Stage.APPLIED or any(row[one] is not None for row in told)]


def tables(found: Balance, rules: Rules) -> list[dict[str, Any]]:
    """The tables of the balance with their targets."""
    lang, chosen = language(), found.totals[Stage.SELECTED]
    by_cell: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules.balance:
        by_cell.setdefault((rule.dimension.value, rule.cell), []).append(rule)
    return [
        {
            "id": table.name.replace("_", "-"),
            "title": dimension(table),
            "heads": heads(STAGES[one] for one in columns(table)),
            "rows": [
                {
                    "label": cell(table, code),
                    "numbers": [
                        None if numbers[one] is None else show_number(numbers[one] or 0, lang) for one in columns(table)
                    ],
                    "percent": 100 * (numbers[Stage.SELECTED] or 0) / chosen
                    if chosen and Stage.SELECTED in columns(table)
                    else None,
                    "targets": [
                        {"text": target(rule), "met": is_met(rule, numbers[Stage.SELECTED], chosen)}
                        for rule in by_cell.get((table.name, code), ())
                    ],
                }
                for code, numbers in table.rows.items()
            ],
        }
        for table in found.tables
    ]


def other_targets(found: Balance, rules: Rules) -> list[str]:
    """Targets about cells that have no line here."""
    known = {(table.name, code) for table in found.tables for code in table.rows}
    others = (rule for rule in rules.balance if (rule.dimension.value, rule.cell) not in known)
    return [rule_label(rules, RULE + rule.id) for rule in others]


def totals(found: Balance, journeys: date | None) -> list[dict[str, str | None]]:
    """How many came how far; of a nought that is none yet, from when on it is counted. ``journeys``: when the event
    ends, where there is one.
    """
    lang = language()
    when: dict[Stage, str] = {Stage.SELECTED: str(_("counted from the release of decisions on"))}
    if journeys is not None and journeys >= found.counted_on:
        when[Stage.TRAVELLED] = str(_("counted from %(day)s on", day=show_date(journeys, lang)))
    return [
        {
            "label": str(STAGES[stage]),
            "value": show_number(found.totals[stage], lang),
            "note": None if found.totals[stage] else when.get(stage),
        }
        for stage in Stage
    ]


def heads(names: Iterable[Any]) -> list[dict[str, Any]]:
    """Heads of columns of figures."""
    return [{"label": str(name), "num": True} for name in names]


def envelope(call: Call, rules: Rules, one: Sum) -> str:
    """What an envelope is called."""
    if not one.key:
        return str(_("In all"))
    words = next((part.title for part in rules.envelopes if part.id == one.key), {})
    return in_language(words, language(), call.original_language).text or one.key


def kind(cost: Cost) -> str:
    """What a line of costs is for."""
    return codes.label("fund_cost_line", cost.kind.value, language()) if cost.kind else str(_("Other costs"))


def counted(call: Call, one: Sum) -> str:
    """When what is told of an envelope was counted, by the clock of its call; empty where it is of this minute."""
    if one.counted is None:
        return ""
    return str(_("Counted on %(moment)s.", moment=show_own(one.counted, call.time_zone, language())))


def money_rows(call: Call, rules: Rules, found: FundMoney) -> dict[str, Any]:
    """Envelopes and costs as figures; the currency stands in the heads of the tables."""
    lang = language()

    def amount(minor: int | None) -> str:
        return str(_("Not shown")) if minor is None else show_amount(Money(minor, found.currency), lang)

    listed = [*found.envelopes, *([found.whole] if len(found.envelopes) > 1 else [])]
    whole = max(1, found.whole.budget)
    parts = (("spent", "ok"), ("committed", ""), ("reserved", "warn"))
    return {
        "heads": heads(SUM_NAMES.values()),
        "envelopes": [
            {
                "label": envelope(call, rules, one),
                "numbers": [amount(getattr(one, name)) for name in SUMS],
                "counted": counted(call, one),
            }
            for one in listed
        ],
        "cost_heads": heads(AMOUNT_NAMES.values()),
        "costs": [
            {
                "label": kind(one),
                "people": show_number(one.people, lang) if one.kind else "",
                "numbers": [amount(getattr(one, name)) for name in AMOUNTS],
            }
            for one in found.costs
        ],
        "each": None if found.each is None else show_money(Money(found.each, found.currency), lang),
        "people": found.people,
        "parts": [
            {"percent": min(100.0, 100 * (getattr(found.whole, name) or 0) / whole), "kind": colour}
            for name, colour in parts
        ],
        "legend": [
            {"label": f"{label} {amount(getattr(found.whole, name))}", "kind": colour}
            for (name, colour), label in zip(
                parts, (_("Spent"), SUM_NAMES["committed"], SUM_NAMES["reserved"]), strict=True
            )
        ],
    }


def spans(found: Sequence[Span], today: date, *, exact: bool) -> list[dict[str, Any]]:
    """The timeline: each with its place on one line from the first day to the last, in per cent. ``exact``: for whoever
    may see persons; all others do not see the days of fewer than five people.
    """
    found = [one for one in found if exact or one.people is None or one.people >= STEP]
    first = min(one.first for one in found)
    last = max([*(one.last for one in found), today])
    days = max(1, (last - first).days + 1)
    lang = language()
    return [
        {
            "label": str(HAPPENINGS[one.what]),
            "when": show_days(one.first, one.last, lang),
            "tag": _tag(one, today),
            "note": _note(one) if exact else "",
            "start": min(100 - NARROW, 100 * (one.first - first).days / days),
            "width": max(NARROW, 100 * ((one.last - one.first) + timedelta(days=1)).days / days),
            "kind": "soft" if one.last < today or one.was else "warn" if one.late else "",
            "today": 100 * (today - first).days / days,
        }
        for one in found
    ]


def _tag(one: Span, today: date) -> tuple[Any, str]:
    if one.was:
        return _("Extended"), "silent"
    if one.late:
        return _("Overdue"), "stop"
    if one.first > today:
        return _("To come"), "new"
    if one.of_all is not None and one.done is not None:
        if one.done >= one.of_all:
            return _("Done"), "ok"
        # What some never did is not done, and not going on either.
        return (pgettext("a time", "Over"), "silent") if one.last < today else (_("Now"), "go")
    return (_("Done"), "ok") if one.last < today else (_("Now"), "go")


def _note(one: Span) -> str:
    lang = language()
    if one.of_all is None:
        return ""
    if one.what is Happening.TRAVEL:
        return str(ngettext("%(num)s ticket", "%(num)s tickets", one.of_all))
    told = str(_("%(done)s of %(all)s", done=show_number(one.done or 0, lang), all=show_number(one.of_all, lang)))
    if one.late:
        told += " · " + ngettext("%(num)s overdue", "%(num)s overdue", one.late)
    return told


def said(found: Balance) -> list[dict[str, str | None]]:
    """What reports said, in counts: how many wrote something, by question."""
    words = {key: text for key, text, _needed in reporting.QUESTIONS}
    return [
        {"label": str(words[key]), "value": None if number is None else show_number(number, language())}
        for key, number in found.said.items()
    ]
