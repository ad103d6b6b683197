"""The report of a fund for its donors, as data for the printer and as rows of a sheet: numbers, money, how it was done.

No person is named, none by alias, and no group or kind of cost of fewer than five people stands alone: what may be read
comes from dashboard_counts.py, and from dashboard.py as for those who may not see persons. Only workers come here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.awards import dashboard, dashboard_counts
from eventhub.awards import dashboard_shown as shown
from eventhub.awards.dashboard import Happening
from eventhub.awards.dashboard_models import DonorReport, ReportKind
from eventhub.funding import call_shown
from eventhub.funding.call_queries import rules_of
from eventhub.funding.rules import Balance as BalanceRule
from eventhub.kit.exports import xlsx_bytes
from eventhub.kit.i18n import (
    LOCALES,
    direction,
    in_language,
    show_amount,
    show_date,
    show_days,
    show_money,
    show_number,
)
from eventhub.kit.money import Money
from eventhub.kit.small_numbers import STEP
from eventhub.papers import queries as papers
from eventhub.papers import typeset
from eventhub.papers.typeset import Source
from eventhub.reviewing.queries import Reading, call_by_id
from eventhub.selecting import queries as selecting
from eventhub.selecting.inputs import RULE, newest_scoring
from eventhub.selecting.models import SlateState
from eventhub.selecting.shown import rule_label

SELECTED = _l(
    "Selected are all to whom a grant was offered, also those who declined it later. At least so many people stand in"
    " each group; a group under five is shown to nobody, and others are hidden with it."
)
Cell = str | float | int | None
"""None: hidden."""


@dataclass(frozen=True)
class Part:
    """A piece of a section: words (``soft``: small print), a heading, facts (label, value, whether it is a code), or a
    table. Cells of tables are words and what a sheet keeps of them.
    """

    kind: str
    text: str = ""
    soft: bool = False
    facts: Sequence[tuple[str, str, bool]] = ()
    heads: Sequence[str] = ()
    rows: Sequence[tuple[str, Sequence[tuple[str, Cell]]]] = ()


@dataclass(frozen=True)
class Section:
    """A part of the report under one heading."""

    title: str
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Manuscript:
    """A whole report, read and in words."""

    kind: ReportKind
    language: str
    heading: str
    call: str
    house: str
    at: datetime
    day: str
    sections: list[Section]


def gather(order: DonorReport, moment: datetime) -> Manuscript:
    """Read what the report says, in its language. Inside a unit of work. Raises NotFound when the call is gone."""
    reading = call_by_id(order.call_id)
    before = getattr(g, "lang", "en")
    g.lang = order.language
    try:
        with force_locale(LOCALES[order.language]):
            day = moment.astimezone(ZoneInfo(reading.call.time_zone)).date()
            return Manuscript(
                order.kind,
                order.language,
                str(_("Report for donors")),
                shown.title_of(reading.call),
                _house(reading),
                moment,
                show_date(day, order.language),
                [_called(reading), _people(reading), _money(reading), _reports(reading, day), _selection(reading, day)],
            )
    finally:
        g.lang = before


def make(manuscript: Manuscript) -> bytes:
    """The file. No database is needed. Raises typeset.NotPrinted."""
    if manuscript.kind is ReportKind.PDF:
        return typeset.pdf(Source.DONORS, _data(manuscript), at=manuscript.at)
    with force_locale(LOCALES[manuscript.language]):
        header = [str(_("Section")), str(_("Table")), str(_("Row")), str(_("Column")), str(_("Value"))]
        rtl = direction(manuscript.language) == "rtl"
        return xlsx_bytes(_rows(manuscript), header, sheet=str(_("Report for donors")), rtl=rtl)


def _data(manuscript: Manuscript) -> dict[str, Any]:
    return {
        "language": manuscript.language,
        "title": manuscript.heading,
        "heading": manuscript.heading,
        "event": manuscript.call,
        "house": manuscript.house,
        "date": manuscript.day,
        "footer": manuscript.call,
        "sections": [
            {"title": section.title, "parts": [_printed(part) for part in section.parts]}
            for section in manuscript.sections
        ],
    }


def _printed(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "text": part.text,
        "soft": part.soft,
        "heads": list(part.heads),
        "rows": [{"label": label, "value": value, "code": code} for label, value, code in part.facts]
        if part.kind == "facts"
        else [[label, *(words for words, _raw in cells)] for label, cells in part.rows],
    }


def _rows(manuscript: Manuscript) -> Iterable[list[object]]:
    yield [manuscript.heading, None, manuscript.call, None, manuscript.day]
    for section in manuscript.sections:
        table = ""
        for part in section.parts:
            if part.kind == "heading":
                table = part.text
            elif part.kind == "words":
                yield [section.title, table or None, None, None, part.text]
            elif part.kind == "facts":
                for label, value, _code in part.facts:
                    yield [section.title, None, label, None, value]
            else:
                for label, cells in part.rows:
                    for head, (words, raw) in zip(part.heads[1:], cells, strict=True):
                        yield [section.title, table, label, head, words if raw is None else raw]


def _house(reading: Reading) -> str:
    event_id = reading.call.event_id
    host = papers.setup_of(event_id).host if event_id else {}
    return in_language(host, g.lang, reading.call.original_language).text or str(_("Secretariat"))


def _called(reading: Reading) -> Section:
    call, rules = reading.call, reading.rules
    zone = ZoneInfo(call.time_zone)
    opened, closed = (one.astimezone(zone).date() for one in (call.opens_at, call.closes_at))
    facts = [
        (str(_("Kind")), str(call_shown.KINDS[call.kind]), False),
        (str(_("Applications were taken")), show_days(opened, closed, g.lang), False),
        (str(_("Budget")), show_money(Money(rules.budget, call.currency), g.lang), False),
        *([(str(_("Places")), show_number(rules.places, g.lang), False)] if rules.places else []),
    ]
    lead = in_language(call.lead, g.lang, call.original_language).text
    return Section(
        str(_("What was called for")), [*([Part("words", lead)] if lead else []), Part("facts", facts=facts)]
    )


def _people(reading: Reading) -> Section:
    section = Section(str(_("Who applied and who came")))
    found = dashboard_counts.balance(reading.call.id)
    if found is None:
        section.parts.append(Part("words", str(_("Nothing counted yet"))))
        return section
    heads = [str(one) for one in shown.STAGES.values()]
    section.parts.extend(
        [
            Part(
                "table",
                heads=[str(_("People")), *heads],
                rows=[
                    (
                        str(_("In all")),
                        [_count(total if total >= STEP or not total else None) for total in found.totals],
                    )
                ],
            ),
            Part("words", str(SELECTED), soft=True),
        ]
    )
    rules = _targets(reading.rules.balance)
    for table in found.tables:
        rows, columns = [], shown.columns(table)
        for code, numbers in table.rows.items():
            asked = rules.get((table.name, code))
            label = shown.cell(table, code)
            target = _("Target: %(target)s", target=asked) if asked else ""
            rows.append((f"{label} ({target})" if target else label, [_count(numbers[one]) for one in columns]))
        section.parts.extend(
            [
                Part("heading", shown.dimension(table)),
                Part("table", heads=[str(_("Group")), *(str(shown.STAGES[one]) for one in columns)], rows=rows),
            ]
        )
    counted = _(
        "Counted on %(day)s. The tables change once a day at the most, and only when at least five people make a"
        " difference.",
        day=show_date(found.counted_on, g.lang),
    )
    section.parts.append(Part("words", str(counted), soft=True))
    return section


def _targets(rules: Iterable[BalanceRule]) -> dict[tuple[str, str], str]:
    """All targets of each group of people in words, by table and cell: one group may have a lower and an upper one."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for rule in rules:
        found[rule.dimension.value, rule.cell].append(shown.target(rule))
    return {cell: " · ".join(said) for cell, said in found.items()}


def _money(reading: Reading) -> Section:
    call, rules = reading.call, reading.rules
    found = dashboard.money(call, exact=False)
    section = Section(str(_("Money")))
    listed = [*found.envelopes, *([found.whole] if len(found.envelopes) > 1 else [])]
    rows = [
        (shown.envelope(call, rules, one), [_amount(getattr(one, name), call.currency) for name in shown.SUMS])
        for one in listed
    ]
    section.parts.extend(
        [
            Part("heading", str(_("Envelopes in %(currency)s", currency=call.currency))),
            Part("table", heads=[str(_("Envelope")), *(str(one) for one in shown.SUM_NAMES.values())], rows=rows),
        ]
    )
    if found.costs:
        rows = [
            (shown.kind(one), [_amount(getattr(one, name), call.currency) for name in shown.AMOUNTS])
            for one in found.costs
        ]
        section.parts.extend(
            [
                Part("heading", str(_("Costs in %(currency)s", currency=call.currency))),
                Part("table", heads=[str(_("Cost")), *(str(one) for one in shown.AMOUNT_NAMES.values())], rows=rows),
                Part("words", str(_("Kinds of cost that fewer than five people have stand together.")), soft=True),
            ]
        )
    if found.each is not None:
        each = ngettext(
            "For %(num)s person, on average: %(money)s.",
            "For each of %(num)s people, on average: %(money)s.",
            found.people,
            money=show_money(Money(found.each, found.currency), g.lang),
        )
        section.parts.append(Part("words", str(each)))
    rates = dashboard.rates(call)
    if rates:
        title = str(_("Exchange rates: units for one %(currency)s", currency=call.currency))
        rows = [
            (
                row.currency,
                [(_units(row.units), float(row.units)), (show_date(row.valid_from, g.lang), None), (row.source, None)],
            )
            for row in rates
        ]
        heads = [str(_("Currency")), str(_("Units")), str(_("Valid from")), str(_("Source"))]
        section.parts.extend([Part("heading", title), Part("table", heads=heads, rows=rows)])
    return section


def _reports(reading: Reading, today: date) -> Section:
    section = Section(str(_("What the reports say")))
    spans = [one for one in dashboard.timeline(reading, today) if one.what is Happening.REPORTS]
    filed, due = (spans[0].done or 0, spans[0].of_all or 0) if spans else (0, 0)
    if due < STEP or filed < STEP:
        section.parts.append(Part("words", str(_("Fewer than five reports are there yet."))))
        return section
    told = _("%(done)s of %(all)s", done=show_number(filed, g.lang), all=show_number(due, g.lang))
    section.parts.append(Part("facts", facts=[(str(_("Reports that were filed")), str(told), False)]))
    found = dashboard_counts.balance(reading.call.id)
    if found is not None and found.filed >= STEP:
        rows = [
            (str(one["label"]), [_count(number)])
            for one, number in zip(shown.said(found), found.said.values(), strict=True)
        ]
        section.parts.append(Part("table", heads=[str(_("Question")), str(_("Answered, at least"))], rows=rows))
    return section


def _selection(reading: Reading, today: date) -> Section:
    call, rules = reading.call, reading.rules
    section = Section(str(_("How the selection was made")))
    how = [
        _(
            "The rules were frozen when the call opened. Each file was read by several readers against the same rubric;"
            " nobody read a file of a person or an organization that they have ties to."
        ),
        _(
            "A computer program proposed those with the highest scores within the budget and the balance rules. The"
            " board recommended the list, another person approved it, and a third pays."
        ),
    ]
    section.parts.extend([Part("words", str(one)) for one in how])
    asked = [rule_label(rules, RULE + rule.id) for rule in rules.balance]
    facts = [
        (str(_("Readers of each file")), show_number(rules.reviewing.readers, g.lang), False),
        *([(str(_("Balance rules")), " · ".join(asked), False)] if asked else []),
        (str(_("Quorum")), show_number(rules.board.quorum, g.lang), False),
    ]
    scoring = newest_scoring(call.id)
    if scoring is not None:
        judged = (
            _("Calibrated for how strict each reader is") if scoring.skipped is None else _("The mean of the reviews")
        )
        facts.append((str(_("Scores")), str(judged), False))
    slate = selecting.standing(call.id)
    for one in dashboard.timeline(reading, today):
        if one.what in {Happening.RECOMMENDED, Happening.APPROVED}:
            facts.append((str(shown.HAPPENINGS[one.what]), show_date(one.first, g.lang), False))
    agreed = reading.call.lottery_commitment
    digest = _digest(reading)
    facts += [
        *([(str(_("Rules of the call (SHA-256)")), digest, True)] if digest else []),
        *([(str(_("Seed of the lottery: digest fixed in advance (SHA-256)")), agreed, True)] if agreed else []),
    ]
    if slate is not None and slate.state is SlateState.APPROVED:
        facts.append((str(_("Inputs of the selection (SHA-256)")), slate.digest, True))
        facts.append((str(_("Computer program")), slate.solver, True))
    section.parts.append(Part("facts", facts=facts))
    return section


def _digest(reading: Reading) -> str:
    agreed = [one for one in rules_of(reading.call.id) if one.agreed_at is not None]
    return max(agreed, key=lambda one: one.number).digest if agreed else ""


def _count(number: int | None) -> tuple[str, Cell]:
    return (str(_("Not shown")), None) if number is None else (show_number(number, g.lang), number)


def _amount(minor: int | None, currency: str) -> tuple[str, Cell]:
    if minor is None:
        return str(_("Not shown")), None
    money = Money(minor, currency)
    return show_amount(money, g.lang), minor / 10**money.digits


def _units(units: Any) -> str:
    text = f"{units.normalize():f}"
    places = len(text.partition(".")[2])
    return show_number(units, g.lang, places)
