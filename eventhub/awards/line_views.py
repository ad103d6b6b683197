"""One cost line of a grant: its receipt, its real cost, what is asked to be paid for it."""

import uuid
from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.awards import (
    access,
    awarding,
    bought,
    console_queries,
    console_shown,
    paying,
    queries,
    receipts,
    releasing,
    stays,
)
from eventhub.awards.console import Place, at_awards, at_costs, at_prices, at_till, bp, found_award
from eventhub.awards.console_forms import CostForm, PayForm, PriceForm, ReadForm, amount_of, chosen_day
from eventhub.awards.ledger import shown
from eventhub.awards.letters import title_of
from eventhub.awards.models import Award, AwardLine
from eventhub.awards.refusals import SumsHidden
from eventhub.funding.models import State
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.codes import label
from eventhub.kit.files import attachment
from eventhub.kit.forms import Form, submit
from eventhub.kit.i18n import show_number
from eventhub.kit.money import Money
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names

__all__ = ["bp"]


@bp.get("/console/funds/<slug>/grants/<uuid:award_id>/lines/<uuid:line_id>")
@staff
def line(slug: str, award_id: uuid.UUID, line_id: uuid.UUID) -> ResponseReturnValue:
    """A cost line."""
    place = at_awards(slug)
    award = found_award(place, award_id)
    return _draw(place, award, console_queries.line(award.id, line_id))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/lines/<uuid:line_id>/cost")
@staff
@stands_on("awards_console.line")
def cost(slug: str, award_id: uuid.UUID, line_id: uuid.UUID) -> ResponseReturnValue:
    """What the line really cost, with its receipt."""
    place, form = at_costs(slug), CostForm()
    award = found_award(place, award_id, lock=True)
    row = console_queries.line(award.id, line_id)
    if form.validate_on_submit():
        currency, sent = form.currency.data or "", form.upload()
        given = Money(amount_of(form.given.data or "", currency), currency)
        day = chosen_day(form.spent_on)

        def deed() -> AwardLine:
            noted = paying.note_actual(place.person, award, row, given, on=day)
            if sent is not None:
                receipts.attach(place.person, award, row, sent)
            return noted

        if submit(form, deed):
            flash(_("Real cost entered"), "ok")
            return back_to("awards_console.line", slug=slug, award_id=award_id, line_id=line_id)
    award = found_award(place, award_id)
    return _draw(place, award, console_queries.line(award.id, line_id), form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/lines/<uuid:line_id>/approved")
@staff
@stands_on("awards_console.line")
def reprice(slug: str, award_id: uuid.UUID, line_id: uuid.UUID) -> ResponseReturnValue:
    """Another amount before the offer, since a fare changed; a rise is an approver's."""
    place, may_raise = at_prices(slug)
    award = found_award(place, award_id, lock=True)
    row, form = console_queries.line(award.id, line_id), PriceForm(award.envelope.currency)
    if form.validate_on_submit():
        amount = amount_of(form.approved.data or "", award.envelope.currency)
        before = row.approved or 0

        def deed() -> Award:
            if amount > before and releasing.is_near(place.person, place.call_id):
                raise SumsHidden
            return awarding.reprice(place.person, award, {row.kind: amount}, may_raise=may_raise)

        if submit(form, deed):
            flash(_("Saved"), "ok")
            return back_to("awards_console.line", slug=slug, award_id=award_id, line_id=line_id)
    award = found_award(place, award_id)
    return _draw(place, award, console_queries.line(award.id, line_id), form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/lines/<uuid:line_id>/pay")
@staff
@stands_on("awards_console.line")
def ask(slug: str, award_id: uuid.UUID, line_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a payment, to which another one of finance agrees."""
    place = at_till(slug)
    award = found_award(place, award_id, lock=True)
    row, form = console_queries.line(award.id, line_id), PayForm(award.envelope.currency)
    if form.validate_on_submit():
        amount = amount_of(form.amount.data or "", award.envelope.currency)
        if submit(form, lambda: paying.ask(place.person, award, row, amount, payee=form.to())):
            flash(_("The payment is asked for. Another person of finance has to agree."), "ok")
            return back_to("awards_console.record", slug=slug, award_id=award_id)
    award = found_award(place, award_id)
    return _draw(place, award, console_queries.line(award.id, line_id), form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/lines/<uuid:line_id>/receipt")
@staff
@stands_on("awards_console.line")
def receipt(slug: str, award_id: uuid.UUID, line_id: uuid.UUID) -> ResponseReturnValue:
    """The receipt, sealed with the traveller's key, to be saved for a reason; recorded."""
    place, form = at_costs(slug), ReadForm()
    award = found_award(place, award_id)
    row = queries.line(award.id, line_id)
    file = receipts.of_line(row)
    if form.validate_on_submit() and submit(
        form, lambda: receipts.note_read(place.person, award, row, reason=form.why.data or "")
    ):
        return attachment(file, f"{award.application.reference}-{row.kind.value}")
    return _draw(place, award, console_queries.line(award.id, line_id), form)


def _draw(place: Place, award: Award, row: AwardLine, sent: Form | None = None) -> ResponseReturnValue:
    envelope, zone = award.envelope, place.reading.call.time_zone
    payments = [one for one in queries.all_payments(award.id) if one.line_id == row.id]
    names = public_names([who for one in payments for who in (one.asked_by_id, one.agreed_by_id) if who])
    left, stated = paying.payable(award, row), stays.stated(award, row)
    may_pay = place.pays and paying.is_payable(award, row)
    three = place.person.id in paying.deciders(award)
    page = render_template(
        "awards/line.html",
        slug=place.slug,
        call_title=title_of(place.reading.call, g.lang),
        award=award,
        name=console_shown.title_of(award),
        line=console_shown.cost(envelope, row),
        label=label("fund_cost_line", row.kind.value, g.lang),
        rate=_rate(row),
        read_form=(sent if isinstance(sent, ReadForm) else ReadForm(formdata=None))
        if row.receipt_id is not None and (place.offers or place.pays)
        else None,
        payments=[console_shown.payment(envelope, one, names, zone) for one in payments],
        stated=shown(envelope, stated, g.lang) if stated is not None else None,
        left=shown(envelope, max(0, left), g.lang),
        back=shown(envelope, -left, g.lang) if left < 0 else None,
        currency=envelope.currency,
        cost_form=_cost_form(sent, envelope.currency)
        if (place.offers or place.pays) and bought.takes_cost(award, row)
        else None,
        pay_form=(sent if isinstance(sent, PayForm) else PayForm(envelope.currency, formdata=None))
        if may_pay and not three and left > 0
        else None,
        three=three and may_pay,
        ended=bought.is_of_ticket(award, row),
        price_form=(sent if isinstance(sent, PriceForm) else PriceForm(envelope.currency, formdata=None))
        if award.application.state is State.APPROVED and _may_reprice(place)
        else None,
        form=sent if sent and sent.errors else None,
        scripts=["file-size.js"],
    )
    return page, sent.status if sent else 200


def _may_reprice(place: Place) -> bool:
    return place.offers or access.may_approve(actor().grants, place.reading.scope)


def _cost_form(sent: Form | None, currency: str) -> CostForm:
    return sent if isinstance(sent, CostForm) else CostForm(formdata=None, data={"currency": currency})


def _rate(row: AwardLine) -> dict[str, Any] | None:
    """The rate by which an amount of another currency was reckoned."""
    if row.rate is None:
        return None
    return {
        "units": show_number(
            row.rate.units.normalize(), g.lang, max(0, -int(row.rate.units.normalize().as_tuple().exponent))
        ),
        "currency": row.rate.currency,
        "base": row.rate.base,
        "source": row.rate.source,
    }
