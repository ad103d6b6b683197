"""Words for calls and their rules, in the language of the page: for the public, for officers, and for what differs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext

from eventhub.funding.models import Call, FundKind, Stand
from eventhub.funding.rule_checks import VOCABULARIES, Problem, cells_of
from eventhub.funding.rules import (
    Balance,
    Bound,
    CostLine,
    Dimension,
    Masking,
    Rules,
    Support,
    TieRule,
    Unit,
)
from eventhub.kit import codes, i18n
from eventhub.kit.clock import now
from eventhub.kit.i18n import LANGUAGES, Moment, in_language, show_moment, show_number, zone_city
from eventhub.kit.money import Money
from eventhub.programme import shown as programme

KINDS = {
    FundKind.TRAVEL: _l("Travel fund"),
    FundKind.FELLOWSHIP: _l("Fellowship"),
    FundKind.PROJECT: _l("Project grant"),
    FundKind.REMOTE: _l("Grant to take part online"),
}
STANDS = {
    Stand.DRAFT: _l("Draft"),
    Stand.OPEN: _l("Public"),
    Stand.CANCELLED: _l("Cancelled"),
    Stand.SETTLED: _l("Settled"),
}
STAND_TAGS = {Stand.DRAFT: "", Stand.OPEN: "ok", Stand.CANCELLED: "stop", Stand.SETTLED: "silent"}
DIMENSIONS = {
    Dimension.REGION: _l("Region"),
    Dimension.GENDER: _l("Gender"),
    Dimension.AGE: _l("Age"),
    Dimension.MINORITY: _l("Minority"),
    Dimension.FIRST_TIME: _l("First time"),
    Dimension.LANGUAGE: _l("Language"),
    Dimension.COUNTRY: _l("Country"),
    Dimension.DISABILITY: _l("Disability"),
}
AGE_NAMES = {
    "under_25": _l("under 25 years"),
    "25_34": _l("25 to 34 years"),
    "35_49": _l("35 to 49 years"),
    "50_64": _l("50 to 64 years"),
    "65_over": _l("65 years and over"),
}
SUPPORTS = {
    Support.FULL: _l("Full support"),
    Support.PARTIAL: _l("Partial support"),
    Support.WOULD_COME: _l("Would come anyway"),
}
TIES = {
    TieRule.FIRST_TIME: _l("who comes for the first time"),
    TieRule.UNDER_REPRESENTED: _l("who comes from a part of the world with few others"),
    TieRule.LOTTERY: _l("the lottery"),
}
MASKINGS = {Masking.MASKED: _l("Names are hidden"), Masking.NAMED: _l("Names are shown")}
PROBLEMS = {
    Problem.NO_GUIDE: _l("There is no question that says who can apply"),
    Problem.NO_WORDS: _l("A text is missing in the original language"),
    Problem.NO_MONEY: _l("No envelope holds any money"),
    Problem.NO_LINES: _l("Nothing is chosen that the fund pays for"),
    Problem.NOTHING_PAID: _l("All amounts are zero"),
    Problem.TOO_DEAR: _l("The whole budget does not pay for one usual grant"),
    Problem.MORE_THAN_PLACES: _l("This asks for more people than there are places"),
    Problem.LEAST_ABOVE_MOST: _l("The least is more than the most that another rule allows"),
    Problem.LEAST_TOGETHER: _l("Together these rules ask for more than everybody who is chosen"),
    Problem.NO_SUCH_CELL: _l("Nobody can be in this group: choose one from the list"),
    Problem.NEVER_NONE: _l("This shuts everybody of this group out. Ask about it in the guide instead."),
}
TRUE_FALSE = {"yes": _l("Yes"), "no": _l("No")}


def title_of(call: Call, lang: str) -> str:
    """The title in this language, else in the original one."""
    return in_language(call.title, lang, call.original_language).text


def show_money(amount: int, currency: str, lang: str) -> str:
    """USD 1,200 · 1 200 USD: an amount in minor units, in the house style (docs/languages.md)."""
    return i18n.show_money(Money(amount, currency), lang)


def typed_money(amount: int) -> str:
    """An amount as a form holds it: 1200 or 1200.50."""
    return f"{amount // 100}" if amount % 100 == 0 else f"{amount // 100}.{amount % 100:02d}"


def is_taking(call: Call) -> bool:
    """Whether applications can be begun at this moment."""
    return call.stand is Stand.OPEN and call.opens_at <= now() < call.closes_at


def tag_of(call: Call) -> tuple[Any, str]:
    """Where a public call stands, in a word."""
    if call.stand is not Stand.OPEN:
        return STANDS[call.stand], STAND_TAGS[call.stand]
    if now() < call.opens_at:
        return _l("Opens soon"), "new"
    return (_l("Open"), "ok") if now() < call.closes_at else (lazy_pgettext("a call", "Closed"), "silent")


def moment_of(call: Call, instant: datetime, lang: str) -> Moment:
    """An instant by the call's clock: the place is named with its offset."""
    found = show_moment(instant, call.time_zone, lang)
    city = zone_city(call.time_zone, lang).rpartition("/")[2]
    place = found.place if city == "UTC" else _("%(place)s (%(offset)s)", place=city, offset=found.place)
    return Moment(found.day, found.time, str(place), found.iso)


def cell_name(dimension: Dimension, cell: str, lang: str) -> str:
    """One group of people: women, a region, a country."""
    if dimension in VOCABULARIES and cell in codes.codes(VOCABULARIES[dimension]):
        return codes.label(VOCABULARIES[dimension], cell, lang)
    if dimension is Dimension.AGE:
        return str(AGE_NAMES.get(cell, cell))
    if dimension is Dimension.LANGUAGE and cell in LANGUAGES:
        return codes.language_name(cell, lang)
    if dimension is Dimension.COUNTRY:
        return codes.country_name(cell, lang)
    return str(TRUE_FALSE.get(cell, cell))


def cells_to_choose(lang: str) -> Iterator[tuple[str, str]]:
    """All groups but countries, as (``gender:woman``, "Gender: Woman")."""
    for dimension in DIMENSIONS:
        for cell in cells_of(dimension):
            yield f"{dimension.value}:{cell}", group_name(dimension, cell, lang)


def group_name(dimension: Dimension, cell: str, lang: str) -> str:
    """Gender: Woman."""
    return str(_("%(name)s: %(value)s", name=DIMENSIONS[dimension], value=cell_name(dimension, cell, lang)))


def in_order(rules: Iterable[Balance]) -> list[Balance]:
    """Rules of balance by group, the least before the most."""
    order = list(DIMENSIONS)
    return sorted(rules, key=lambda one: (order.index(one.dimension), one.cell, one.bound is Bound.MOST))


def balance_line(rule: Balance, lang: str) -> str:
    """Gender: Woman – at least 40%."""
    name = group_name(rule.dimension, rule.cell, lang)
    if rule.unit is Unit.PERCENT:
        said = (
            _l("%(group)s – at least %(share)s%%")
            if rule.bound is Bound.LEAST
            else _l("%(group)s – at most %(share)s%%")
        )
        return str(said) % {"group": name, "share": show_number(rule.value, lang)}
    if rule.bound is Bound.LEAST:
        return str(
            ngettext(
                "%(group)s – at least %(num)s person", "%(group)s – at least %(num)s people", rule.value, group=name
            )
        )
    return str(
        ngettext("%(group)s – at most %(num)s person", "%(group)s – at most %(num)s people", rule.value, group=name)
    )


def paid(rules: Rules, currency: str, lang: str) -> list[str]:
    """What the fund pays for, a line each, with the amount where it is the same for everybody."""
    costs = rules.costs
    amounts = {
        CostLine.TERMINAL: costs.terminal,
        CostLine.VISA: costs.visa,
        CostLine.INSURANCE: costs.insurance,
        CostLine.CONNECTIVITY: costs.connectivity,
    }
    most = {CostLine.ACCESS: costs.access_most, CostLine.COMPANION: costs.companion_most}
    found = []
    for line in costs.lines:
        name = codes.label("fund_cost_line", line.value, lang)
        if line is CostLine.DSA and costs.dsa:
            money = show_money(costs.dsa, currency, lang)
            days = ngettext("%(num)s day", "%(num)s days", costs.dsa_days)
            name = _("%(name)s: %(money)s a day, %(days)s", name=name, money=money, days=days)
        elif amounts.get(line):
            name = _("%(name)s: %(value)s", name=name, value=show_money(amounts[line], currency, lang))
        elif most.get(line):
            name = _("%(name)s: up to %(money)s", name=name, money=show_money(most[line], currency, lang))
        found.append(str(name))
    return found


def limits(rules: Rules) -> list[str]:
    """Who is considered, and who vouches."""
    own, vouching = rules.limits, rules.vouching
    found = []
    if vouching.nominator:
        found.append(_("An organization nominates you: it confirms by a link that we send, without an account."))
    if vouching.letter:
        found.append(_("It adds a letter; a photograph of the signed page will do."))
    if vouching.referees:
        found.append(ngettext("%(num)s referee writes for you.", "%(num)s referees write for you.", vouching.referees))
    if own.nominees_per_organisation:
        found.append(
            ngettext(
                "An organization nominates %(num)s person at the most.",
                "An organization nominates %(num)s people at the most.",
                own.nominees_per_organisation,
            )
        )
    if own.selected_per_organisation:
        found.append(
            ngettext(
                "Of one organization %(num)s person is chosen at the most.",
                "Of one organization %(num)s people are chosen at the most.",
                own.selected_per_organisation,
            )
        )
    if own.months_between_grants:
        found.append(
            ngettext(
                "Nobody gets two grants within %(num)s month.",
                "Nobody gets two grants within %(num)s months.",
                own.months_between_grants,
            )
        )
    if own.owed_report_blocks:
        found.append(
            _("Whoever owes the fund a report is considered once it is in; so is the nominating organization.")
        )
    return [str(one) for one in found]


def choosing(rules: Rules, lang: str) -> list[str]:
    """How files are read and people chosen."""
    reading, board = rules.reviewing, rules.board
    found = [ngettext("%(num)s person reads each file.", "%(num)s people read each file.", reading.readers)]
    if reading.masking is Masking.MASKED:
        found.append(_("They do not see who you are."))
    if rules.places:
        found.append(ngettext("There is %(num)s place.", "There are %(num)s places.", rules.places))
        if rules.budget:
            found.append(_("Where money is left after that, it pays for more people."))
    found.append(
        ngettext(
            "A board of %(num)s member recommends, another person approves, a third one pays.",
            "A board of %(num)s members recommends, another person approves, a third one pays.",
            board.members,
        )
    )
    return [*(str(one) for one in found), tie_order(rules, lang)]


def tie_order(rules: Rules, lang: str) -> str:
    """What decides between equal scores."""
    order = programme.join([str(TIES[one]) for one in rules.ties], lang)
    return str(_("Where scores cannot tell people apart, this decides, in this order: %(order)s.", order=order))


def after(rules: Rules) -> list[str]:
    """How much time there is for each step after sending."""
    answered = (
        ngettext(
            "Everybody gets the answer on the same day, at the latest %(num)s day after the deadline.",
            "Everybody gets the answer on the same day, at the latest %(num)s days after the deadline.",
            rules.answer_days,
        )
        if rules.answer_days
        else None
    )
    return [
        str(one)
        for one in (
            *([answered] if answered else []),
            ngettext(
                "If something is missing, you have %(num)s day to add it; all gaps are named at once.",
                "If something is missing, you have %(num)s days to add it; all gaps are named at once.",
                rules.file_days,
            ),
            ngettext(
                "An offer is accepted within %(num)s day.",
                "An offer is accepted within %(num)s days.",
                rules.accept_days,
            ),
            ngettext(
                "A report is due %(num)s day after the journey.",
                "A report is due %(num)s days after the journey.",
                rules.report_days,
            ),
        )
    ]
