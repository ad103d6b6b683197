"""The money of a call: envelopes, the ledger with who and why, budgets raised and cut, exchange rates."""

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.awards import (
    budgets,
    console_queries,
    console_shown,
    dashboard,
    dashboard_shown,
    ledger,
    queries,
    releasing,
    rule_budgets,
)
from eventhub.awards.console import Place, at_awards, at_till, bp
from eventhub.awards.console_forms import BudgetForm, RateForm, chosen_day
from eventhub.awards.console_queries import Entry
from eventhub.awards.exchange import UN_OPERATIONAL, Rate, Rates
from eventhub.awards.letters import title_of
from eventhub.awards.money_models import BudgetChange, ExchangeRate, FundEnvelope
from eventhub.awards.refusals import SumsHidden
from eventhub.funding.models import Call
from eventhub.kit.access import staff, stands_on
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import show_date, show_money, show_number, show_own
from eventhub.kit.money import Money, MoneyError, digits_of
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.people.queries import public_names

__all__ = ["bp"]
FOR_A_MILLION = 50
"""From so many units on, a million is said back, else a thousand."""
FAR_APART = 2
"""So many times more or less than the rate before is asked about."""


@bp.get("/console/funds/<slug>/money")
@staff
def money(slug: str) -> ResponseReturnValue:
    """Envelopes and their ledger."""
    return _draw(at_awards(slug))


@bp.route("/console/funds/<slug>/money/<uuid:envelope_id>/budget", methods=["GET", "POST"])
@staff
def budget(slug: str, envelope_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for one budget to be raised or cut, with a reason; another one of finance agrees."""
    place = at_till(slug)
    row, is_near = console_queries.envelope(place.call_id, envelope_id), releasing.is_near(place.person, place.call_id)
    form = BudgetForm(row.currency)
    if form.validate_on_submit():
        difference, why = form.difference(), form.reason.data or ""

        def deed() -> BudgetChange:
            if is_near and difference < 0:
                raise SumsHidden
            return budgets.ask(place.person, row, difference, why=why)

        if submit(form, deed):
            flash(_("The change is asked for. Another person of finance has to agree."), "ok")
            return back_to("awards_console.money", slug=slug)
        row = console_queries.envelope(place.call_id, envelope_id)
    page = render_template(
        "awards/budget.html",
        slug=slug,
        title=title_of(place.reading.call, g.lang),
        name=_title(place, row),
        form=form,
        **({"facts": [], "counted": ""} if is_near else _facts(place, row)),
    )
    return page, form.status


@bp.post("/console/funds/<slug>/money/changes/<uuid:change_id>/agree")
@staff
@stands_on("awards_console.money")
def agree_budget(slug: str, change_id: uuid.UUID) -> ResponseReturnValue:
    """Agree as a second person to another budget: the ledger follows."""
    return _decided(slug, change_id, budgets.agree)


@bp.post("/console/funds/<slug>/money/changes/<uuid:change_id>/drop")
@staff
@stands_on("awards_console.money")
def drop_budget(slug: str, change_id: uuid.UUID) -> ResponseReturnValue:
    """The budget is not changed."""
    return _decided(slug, change_id, budgets.drop)


@bp.post("/console/funds/<slug>/money/rules/<int:number>")
@staff
@stands_on("awards_console.money")
def follow(slug: str, number: int) -> ResponseReturnValue:
    """Take a change of rules into the ledger, which did not hold it when it was agreed to."""
    place, form = at_till(slug), ActionForm()
    call = place.reading.call

    def deed() -> Call:
        if releasing.is_near(place.person, place.call_id):
            raise SumsHidden
        return rule_budgets.follow_now(place.person, call, number)

    if form.validate_on_submit() and submit(form, deed):
        flash(_("Saved"), "ok")
        return back_to("awards_console.money", slug=slug)
    return _draw(place, form)


@bp.route("/console/funds/<slug>/money/rates", methods=["GET", "POST"])
@staff
def rates(slug: str) -> ResponseReturnValue:
    """Dated rates of exchange with their source, and a form to enter one: it is said back before it holds."""
    place = at_till(slug)
    call = place.reading.call
    base = call.currency
    form, words = RateForm(base, data={"source": UN_OPERATIONAL}), None
    if form.validate_on_submit() and form.told.data != form.said:
        form.told.data, words = form.said, _in_words(call, form)
    elif form.is_submitted() and not form.errors:
        day, source = chosen_day(form.valid_from), form.source.data or ""

        def deed() -> ExchangeRate:
            return ledger.enter_rate(place.person, call, form.currency.data or "", form.value(), day, source=source)

        if submit(form, deed):
            flash(_("Saved"), "ok")
            return back_to("awards_console.rates", slug=slug)
    found = console_queries.rates(call)
    standing = {(one.currency, one.valid_from): one.id for one in reversed(found)}
    names = public_names([one.entered_by_id for one in found if one.entered_by_id])
    page = render_template(
        "awards/rates.html",
        slug=slug,
        title=title_of(place.reading.call, g.lang),
        base=base,
        form=form,
        words=words,
        rows=[
            {
                "currency": one.currency,
                "units": _units(one.units),
                "from": show_date(one.valid_from, g.lang),
                "source": one.source,
                "who": names.get(one.entered_by_id, "") if one.entered_by_id else "",
                "replaced": standing[one.currency, one.valid_from] != one.id,
            }
            for one in found
        ],
    )
    return page, form.status


def _facts(place: Place, row: FundEnvelope) -> dict[str, Any]:
    if place.reading.rules.envelopes_tell:
        return _told(place, dashboard.money(place.reading.call, exact=True, tells=True), row)
    return {"facts": console_shown.sums(row)["facts"], "counted": ""}


def _decided(
    slug: str, change_id: uuid.UUID, deed: Callable[[Person, BudgetChange], BudgetChange]
) -> ResponseReturnValue:
    place, form = at_till(slug), ActionForm()
    change = console_queries.budget_change(place.call_id, change_id)
    # A cut that is refused says that more is promised.
    hidden = deed is budgets.agree and change.difference < 0 and releasing.is_near(place.person, place.call_id)

    def decide() -> BudgetChange:
        if hidden:
            raise SumsHidden
        return deed(place.person, change)

    if form.validate_on_submit() and submit(form, decide):
        flash(_("Saved"), "ok")
        return back_to("awards_console.money", slug=slug)
    return _draw(place, form)


def _draw(place: Place, sent: Form | None = None) -> ResponseReturnValue:
    call = place.reading.call
    envelopes = queries.envelopes(place.call_id)
    by_id = {one.id: one for one in envelopes}
    is_near = releasing.is_near(place.person, place.call_id)
    lines = console_queries.ledger_lines(place.call_id, place.aside)
    tells = place.reading.rules.envelopes_tell and len(envelopes) > 1
    if is_near or tells:
        # What one envelope took from another is what it lacked for its grants, and goes back with one of them.
        lines = [one for one in lines if one.movement.reason not in {ledger.MOVED, ledger.BACK}]
    words = console_queries.reasons(by_id)
    changes = console_queries.budget_changes(place.call_id)
    whose = [one.movement.by_id for one in lines] + [one.asked_by_id for one in changes]
    names = public_names([one for one in whose if one])
    agreed = {f"{budgets.MARK}{one.id}": one for one in changes if one.agreed_at}
    lags = [] if is_near else rule_budgets.lagging(place.call_id)
    keys = {one.key: one for one in envelopes}
    shown = [console_shown.as_one(envelopes)] if tells else envelopes
    told = dashboard.money(call, exact=True, tells=True) if tells and not is_near else None
    page = render_template(
        "awards/money.html",
        slug=place.slug,
        title=title_of(call, g.lang),
        place=place,
        envelopes=[
            ({} if is_near else console_shown.sums(one))
            | {"id": one.id, "title": _("All envelopes together") if tells and not is_near else _title(place, one)}
            for one in (envelopes if is_near else shown)
        ],
        apart=[{"id": one.id, "title": _title(place, one)} | _told(place, told, one) for one in envelopes]
        if told
        else [],
        older=bool(told and told.is_older),
        hidden=SumsHidden.message if is_near else None,
        lags=[
            {
                "number": one.number,
                "title": _title(place, keys[one.key]),
                "amount": ledger.shown(keys[one.key], one.difference, g.lang),
            }
            for one in lags
        ],
        changes=[_change(place, one, names) for one in changes if not one.agreed_at],
        lines=[_line(place, one, by_id[one.movement.envelope_id], words, names, agreed) for one in lines],
        several=len(envelopes) > 1,
        tells=tells,
        act=ActionForm(formdata=None),
        form=sent if sent and sent.errors else None,
    )
    return page, sent.status if sent else 200


def _change(place: Place, one: BudgetChange, names: dict[uuid.UUID, str]) -> dict[str, Any]:
    """A change that waits for a second person."""
    return {
        "id": one.id,
        "what": _("Raise the budget") if one.difference > 0 else _("Cut the budget"),
        "amount": ledger.shown(one.envelope, abs(one.difference), g.lang),
        "envelope": _title(place, one.envelope),
        "who": names.get(one.asked_by_id, ""),
        "when": show_own(one.asked_at, place.reading.call.time_zone, g.lang),
        "why": one.why,
        "own": one.asked_by_id == place.person.id,
    }


def _line(
    place: Place,
    one: Entry,
    row: FundEnvelope,
    words: dict[Any, list[str]],
    names: dict[uuid.UUID, str],
    changes: Mapping[str, BudgetChange],
) -> dict[str, Any]:
    moved = one.movement
    asked = changes.get(moved.reason)
    who = [names.get(person, "") for person in (asked.asked_by_id if asked else None, moved.by_id) if person]
    return {
        "when": show_own(moved.at, place.reading.call.time_zone, g.lang),
        "what": console_shown.MOVEMENTS[moved.kind],
        "envelope": None if moved.award_id and place.reading.rules.envelopes_tell else _title(place, row),
        "amount": ledger.shown(row, moved.amount, g.lang),
        "who": [name for name in who if name],
        "why": console_shown.reason_of(moved, words, changes),
        "award": one.award_id if one.application else None,
        "reference": one.application.reference if one.application else None,
    }


def _told(place: Place, found: dashboard.Money, row: FundEnvelope) -> dict[str, Any]:
    """One of several envelopes that tell of sealed answers: its budget, and what tells of nobody."""
    one = next(each for each in found.envelopes if each.key == row.key)
    named = [
        (_("Budget"), one.budget),
        (pgettext("money", "Reserved"), one.reserved),
        (pgettext("money", "Committed"), one.committed),
        (pgettext("money", "Paid"), one.paid),
        (pgettext("money", "Returned"), one.returned),
        (pgettext("money", "Free"), one.free),
    ]
    return {
        "facts": [(label, ledger.shown(row, minor, g.lang)) for label, minor in named if minor is not None],
        "counted": dashboard_shown.counted(place.reading.call, one),
    }


def _title(place: Place, row: FundEnvelope) -> str:
    return console_shown.envelope_title(place.reading.rules, row.key, place.reading.call.original_language)


def _units(units: Decimal) -> str:
    plain = units.normalize()
    return show_number(plain, g.lang, max(0, -int(plain.as_tuple().exponent)))


def _in_words(call: Call, form: RateForm) -> dict[str, str]:
    """A rate as it was understood: what a round amount becomes by it, and the rate before where they are far apart."""
    currency, units, day = form.currency.data or "", form.value(), chosen_day(form.valid_from)
    given = Money(10 ** (6 if units >= FOR_A_MILLION else 3) * 10 ** digits_of(currency), currency)
    try:
        made = show_money(Rates(call.currency, [Rate(currency, units, day)]).to_fund(given, day).money, g.lang)
    except MoneyError:
        made = ""
    before = ledger.rate_of(call.id, call.currency, currency, day)
    is_far = before is not None and not units / FAR_APART <= before.units <= units * FAR_APART
    return {
        "rate": f"1 {call.currency} = {_units(units)} {currency}",
        "given": show_money(given, g.lang),
        "made": made,
        "before": _units(before.units) if before is not None and is_far else "",
    }
