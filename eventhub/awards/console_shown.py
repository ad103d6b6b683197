"""What the staff's pages say of grants: words, tags, amounts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, pgettext

from eventhub.awards.ledger import pure, shown
from eventhub.awards.models import Award, AwardLine, AwardStay, Payment, Refund, VisaState
from eventhub.awards.money_models import BudgetChange, FundEnvelope, Movement, MovementKind
from eventhub.awards.stays import days_of, given_of
from eventhub.awards.todo import Todo
from eventhub.funding.allowance import Given, Line, Reason, Statement
from eventhub.funding.desk_shown import STATES, SUPPORTS
from eventhub.funding.estimates import Variant
from eventhub.funding.models import State
from eventhub.funding.rules import Rules, Support
from eventhub.kit.audit import AuditEntry
from eventhub.kit.codes import label
from eventhub.kit.i18n import in_language, show_date, show_days, show_money, show_number, show_own
from eventhub.kit.money import Money

Tag = tuple[Any, str]

VISAS: dict[VisaState, Tag] = {
    VisaState.NEEDED: (lazy_pgettext("visa", "Needed"), "warn"),
    VisaState.ASKED: (lazy_pgettext("visa", "Asked for"), "go"),
    VisaState.REFUSED: (lazy_pgettext("visa", "Refused"), "stop"),
    VisaState.GRANTED: (lazy_pgettext("visa", "Granted"), "ok"),
}
STAYS_PAID = _l("It stays paid")
TICKET_OVER = _l("Nothing more is to be paid for the ticket")
TODO: dict[Todo, Any] = {
    Todo.RECEIPTS: _l("Receipts to look at"),
    Todo.TICKETS: _l("Visa or ticket to see to"),
    Todo.REFUSED: _l("Visas refused"),
    Todo.THERE: _l("Journeys over: who was there?"),
    Todo.SETTLE: _l("Reports filed: grants to settle"),
    Todo.BOUGHT: _l("Grants that ended: tickets still to be paid"),
    Todo.PAID_OUT: _l("Grants that ended with money paid out"),
}
MOVEMENTS: dict[MovementKind, Any] = {
    MovementKind.RAISE: _l("Budget raised"),
    MovementKind.CUT: _l("Budget cut"),
    MovementKind.RESERVE: _l("Money reserved"),
    MovementKind.RELEASE: _l("Reserved money freed"),
    MovementKind.COMMIT: _l("Money committed"),
    MovementKind.UNCOMMIT: _l("Committed money freed"),
    MovementKind.PAY: _l("Money paid"),
    MovementKind.RETURN: _l("Money came back"),
}
REASONS: dict[str, Any] = {
    "opened": _l("The call was opened"),
    "moved": _l("For somebody whom either envelope may pay"),
    "moved_back": _l("Money back to the envelope it came from"),
    "repriced": _l("Amounts changed before the offer"),
    "replaced": _l("Replaced by somebody else"),
    "settled": _l("The grant was settled"),
    "ticket_over": TICKET_OVER,
    "erased": _l("The person was erased"),
    "approved": STATES[State.APPROVED][0],
    "offered": STATES[State.OFFERED][0],
    "declined": STATES[State.DECLINED_BY_APPLICANT][0],
    "lapsed": STATES[State.LAPSED][0],
    "withdrawn": STATES[State.WITHDRAWN][0],
    "call_cancelled": _l("Call cancelled"),
    "cancelled": STATES[State.CANCELLED][0],
}
DEEDS: dict[str, Any] = {
    "actual_noted": _l("Real cost entered"),
    "receipt_kept": _l("Receipt sent"),
    "receipt_read": _l("Receipt downloaded by staff"),
    "payment_asked": _l("Payment asked for"),
    "paid": _l("Money paid"),
    "payment_dropped": _l("Payment dropped"),
    "came_back": _l("Money came back"),
    "back_noted": _l("Money came back: noted"),
    "back_dropped": _l("Money came back: not so after all"),
    "payment_swept": _l("Payment dropped, since the grant has ended"),
    "ticket_undone": _l("The ticket is not bought after all"),
    "travelled_undone": _l("The person was not there after all"),
    "payee_read": _l("Sealed payee read"),
    "settled": _l("The grant was settled"),
    "ticket_over": TICKET_OVER,
    "stays_paid": STAYS_PAID,
    "report_read": _l("Report read"),
    "visa_needed": _l("Visa is needed"),
    "visa_refused": _l("Visa refused"),
    "visa_asked": _l("Visa asked for"),
    "visa_granted": _l("Visa granted"),
    "visa_not_needed": _l("No visa is needed after all"),
    "repriced": _l("Amounts changed before the offer"),
    "replacement_asked": _l("The nominator was asked for somebody else"),
    "stay_noted": _l("Stay entered"),
}
LINES: dict[Reason, Any] = {
    Reason.FULL_DAY: _l("Days with a night"),
    Reason.FIRST_DAY: _l("Day of arrival"),
    Reason.LAST_DAY: _l("Day of return"),
    Reason.DAY_TRIP: _l("There and back on one day"),
    Reason.SHORT_TRIP: _l("There and back on one day, too short to count"),
    Reason.EARLY_ARRIVAL: _l("The night before an arrival early in the morning"),
    Reason.OUTSIDE_EVENT: _l("Days outside those that the fund pays"),
    Reason.HOST_LODGING: _l("Taken off: lodging from the host"),
    Reason.HOST_BREAKFAST: _l("Taken off: breakfast from the host"),
    Reason.HOST_LUNCH: _l("Taken off: lunch from the host"),
    Reason.HOST_DINNER: _l("Taken off: dinner from the host"),
    Reason.LEG: _l("Transfers between airport or station and lodging"),
    Reason.HOST_TRANSPORT: _l("Transfers provided by the host"),
}
VARIANTS: dict[Variant, Any] = {
    Variant.FULL: SUPPORTS[Support.FULL],
    Variant.OWN_TICKET: _l("The traveller pays the ticket"),
    Variant.OWN_STAY: _l("The traveller pays the stay"),
    Variant.WOULD_COME: SUPPORTS[Support.WOULD_COME],
}
MEALS: dict[Given, Any] = {
    Given.LODGING: _l("Lodging"),
    Given.BREAKFAST: _l("Breakfast"),
    Given.LUNCH: _l("Lunch"),
    Given.DINNER: _l("Dinner"),
}


def envelope_title(rules: Rules, key: str, original: str) -> str:
    """What an envelope is called; its key where the rules do not know it any more."""
    found = next((one.title for one in rules.envelopes if one.id == key), None)
    return in_language(found, g.lang, original).text if found else key


def as_one(rows: Sequence[FundEnvelope]) -> FundEnvelope:
    """Several envelopes of a call as one, to be shown: where one alone would tell of sealed answers."""
    names = ("budget", "reserved", "committed", "paid", "returned")
    whole = {name: sum(getattr(row, name) for row in rows) for name in names}
    return FundEnvelope(currency=rows[0].currency, over_commit=rows[0].over_commit, **whole)


def sums(row: FundEnvelope) -> dict[str, Any]:
    """An envelope in figures, and as a bar."""
    held = pure(row)
    whole = max(held.ceiling, held.promised, 1)

    def said(minor: int) -> str:
        return shown(row, minor, g.lang)

    parts = [
        (pgettext("money", "Paid"), held.spent, "ok"),
        (pgettext("money", "Committed"), held.committed, ""),
        (pgettext("money", "Reserved"), held.reserved, "warn"),
    ]
    return {
        "facts": [
            (_("Budget"), said(row.budget)),
            (pgettext("money", "Reserved"), said(row.reserved)),
            (pgettext("money", "Committed"), said(row.committed)),
            (pgettext("money", "Paid"), said(row.paid)),
            (pgettext("money", "Returned"), said(row.returned)),
            (pgettext("money", "Free"), said(held.free)),
        ],
        "parts": [{"percent": amount * 100 / whole, "kind": kind} for _label, amount, kind in parts],
        "legend": [{"label": f"{one} {said(amount)}", "kind": kind} for one, amount, kind in parts],
        "over": said(held.promised - row.budget) if held.promised > row.budget else None,
        "factor": show_number(row.over_commit, g.lang) if row.over_commit > 100 else None,
    }


def effect(row: FundEnvelope, more: int, offered: int) -> dict[str, Any]:
    """What offers do to an envelope: ``offered`` is committed, of which ``more`` was not reserved before."""
    held = pure(row)
    after = held.promised + more

    def said(minor: int) -> str:
        return shown(row, minor, g.lang)

    return {
        "offered": said(offered),
        "budget": said(row.budget),
        "promised": said(held.promised),
        "after": said(after),
        "free": said(max(0, held.ceiling - after)),
        "over": said(after - row.budget) if after > row.budget else None,
        "breaks": said(after - held.ceiling) if after > held.ceiling else None,
    }


def reason_of(movement: Movement, words: dict[Any, list[str]], changes: Mapping[str, BudgetChange]) -> str:
    """Why a line of the ledger was written: a code's words, or what finance wrote; ``changes`` by a line's reason."""
    if movement.reason in changes:
        return changes[movement.reason].why
    if movement.reason.startswith("rules:"):
        return str(_("Change of rules %(number)s", number=movement.reason.removeprefix("rules:")))
    if movement.reason == "by_hand":
        said = words.get((movement.envelope_id, movement.kind.value, movement.amount))
        return said.pop(0) if said else ""
    return str(REASONS.get(movement.reason, ""))


def cost(envelope: FundEnvelope, line: AwardLine) -> dict[str, Any]:
    """A cost line from estimate to what may be paid."""

    def said(minor: int | None) -> str:
        return "–" if minor is None else shown(envelope, minor, g.lang)

    foreign = line.given is not None and line.given_currency
    return {
        "id": line.id,
        "label": label("fund_cost_line", line.kind.value, g.lang),
        "estimated": said(line.estimated),
        "approved": said(line.approved),
        "actual": said(line.actual),
        "given": show_money(Money(line.given or 0, str(line.given_currency)), g.lang) if foreign else None,
        "authorised": said(line.authorised),
        "receipt": line.receipt_id is not None,
    }


def payment(envelope: FundEnvelope, row: Payment, names: dict[Any, str], zone: str) -> dict[str, Any]:
    """A payment with who asked and who agreed."""
    tag: Tag = (_("Waits for a second person"), "warn")
    if row.paid_at:
        tag = (_("Paid"), "ok") if row.returned < row.amount else (_("Came back"), "silent")
    elif row.dropped_at:
        tag = (_("Dropped"), "silent")
    return {
        "id": row.id,
        "label": label("fund_cost_line", row.line.kind.value, g.lang),
        "amount": shown(envelope, row.amount, g.lang),
        "returned": shown(envelope, row.returned, g.lang) if row.returned else None,
        "tag": tag,
        "sealed": row.payee is not None,
        "asked_by": names.get(row.asked_by_id, ""),
        "asked": show_own(row.asked_at, zone, g.lang),
        "agreed_by": names.get(row.agreed_by_id, ""),
        "agreed": show_own(row.paid_at, zone, g.lang) if row.paid_at else None,
        "asked_on": _day(row.asked_at, zone),
        "agreed_on": _day(row.paid_at, zone) if row.paid_at else None,
    }


def refund(envelope: FundEnvelope, row: Refund, names: dict[Any, str], zone: str) -> dict[str, Any]:
    """Money that is said to have come back, with who said so. ``id`` is that of the payment, whose page decides."""
    return {
        "id": row.payment_id,
        "amount": shown(envelope, row.amount, g.lang),
        "again": row.again,
        "asked_by": names.get(row.asked_by_id, ""),
        "asked": show_own(row.asked_at, zone, g.lang),
        "asked_on": _day(row.asked_at, zone),
    }


def _day(moment: datetime, zone: str) -> str:
    return show_date(moment.astimezone(ZoneInfo(zone)).date(), g.lang)


def deed(entry: AuditEntry, text: str | None, names: dict[Any, str], zone: str) -> dict[str, Any]:
    """One line of the history."""
    feature, _dot, verb = entry.verb.partition(".")
    title: Any = DEEDS.get(verb) if feature == "awards" else None
    kind = ""
    if feature == "funding" and verb in {one.value for one in STATES}:
        title, kind = STATES[State(verb)]
        kind = kind if kind in {"ok", "warn", "silent"} else ""
    return {
        "when": show_own(entry.at, zone, g.lang),
        "datetime": entry.at.isoformat(timespec="minutes"),
        "title": title or _("Other change"),
        "kind": kind,
        "who": names.get(entry.actor_id, ""),
        "text": text,
    }


def statement(found: Statement) -> dict[str, Any]:
    """The lines of an allowance, with their sum."""

    def row(one: Line) -> dict[str, Any]:
        return {
            "label": LINES.get(one.reason, label("fund_cost_line", one.kind.value, g.lang)),
            "days": " · ".join(_spans(one.days)),
            "quantity": show_number(one.quantity, g.lang),
            "unit": show_money(one.unit, g.lang),
            "amount": show_money(one.amount, g.lang),
        }

    return {
        "rows": [row(one) for one in found.lines],
        "total": show_money(found.total, g.lang),
        "nothing": not found.total.minor,
    }


def days(row: AwardStay) -> list[dict[str, Any]]:
    """Each day of a stay with what the host gives on it, for the officer's table."""
    given = given_of(row)
    return [
        {
            "day": show_date(one, g.lang, weekday=True),
            "boxes": [
                {
                    "value": f"{one.isoformat()}:{what.value}",
                    "label": words,
                    "checked": what in given.get(one, frozenset()),
                }
                for what, words in MEALS.items()
            ],
        }
        for one in days_of(row)
    ]


def title_of(award: Award) -> str:
    """The person as others may know her."""
    return award.application.listed_name


def _spans(days: Sequence[date]) -> list[str]:
    """Days that follow each other, as one span."""
    spans: list[list[date]] = []
    for one in sorted(days):
        if spans and (one - spans[-1][-1]).days == 1:
            spans[-1].append(one)
        else:
            spans.append([one])
    return [show_days(span[0], span[-1], g.lang) for span in spans]
