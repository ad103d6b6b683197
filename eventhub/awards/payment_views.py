"""One payment: a second person agrees or drops it, money comes back, a sealed payee is read for a reason."""

import uuid
from collections.abc import Callable

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.awards import console_queries, console_shown, paying, queries, refunds, stays
from eventhub.awards.console import Place, at_awards, at_till, bp, found_award
from eventhub.awards.console_forms import BackForm, ReadForm, amount_of
from eventhub.awards.ledger import shown
from eventhub.awards.letters import title_of
from eventhub.awards.models import Award, Payment
from eventhub.kit.access import staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names

__all__ = ["bp"]
BACK = _l("Money came back")


@bp.get("/console/funds/<slug>/grants/payments")
@staff
def payments(slug: str) -> ResponseReturnValue:
    """What waits for a second person of finance."""
    place = at_awards(slug)
    found = console_queries.waiting_payments(place.call_id, place.aside)
    back = refunds.waiting(place.call_id, place.aside)
    names = public_names([one.asked_by_id for one in found] + [one.asked_by_id for one in back])
    zone = place.reading.call.time_zone
    return render_template(
        "awards/payments.html",
        slug=slug,
        title=title_of(place.reading.call, g.lang),
        rows=[
            console_shown.payment(one.award.envelope, one, names, zone)
            | {"name": console_shown.title_of(one.award), "award": one.award_id}
            for one in found
        ]
        + [
            console_shown.refund(one.payment.award.envelope, one, names, zone)
            | {"name": console_shown.title_of(one.payment.award), "award": one.payment.award_id, "label": BACK}
            for one in back
        ],
    )


@bp.get("/console/funds/<slug>/grants/<uuid:award_id>/payments/<uuid:payment_id>")
@staff
def payment(slug: str, award_id: uuid.UUID, payment_id: uuid.UUID) -> ResponseReturnValue:
    """A payment."""
    place = at_awards(slug)
    award = found_award(place, award_id)
    return _draw(place, award, _of(award, payment_id))


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/payments/<uuid:payment_id>/agree")
@staff
@stands_on("awards_console.payment")
def agree(slug: str, award_id: uuid.UUID, payment_id: uuid.UUID) -> ResponseReturnValue:
    """Agree as a second person: it is paid."""
    place, form = at_till(slug), ActionForm()
    award = found_award(place, award_id, lock=True)
    row = _of(award, payment_id, lock=True)
    if form.validate_on_submit() and submit(form, lambda: paying.agree(place.person, award, row)):
        flash(_("The payment is made."), "ok")
        return back_to("awards_console.payment", slug=slug, award_id=award_id, payment_id=payment_id)
    return _again(place, award_id, payment_id, form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/payments/<uuid:payment_id>/drop")
@staff
@stands_on("awards_console.payment")
def drop(slug: str, award_id: uuid.UUID, payment_id: uuid.UUID) -> ResponseReturnValue:
    """The payment is not made."""
    place, form = at_till(slug), ActionForm()
    award = found_award(place, award_id, lock=True)
    row = _of(award, payment_id, lock=True)
    if form.validate_on_submit() and submit(form, lambda: paying.drop(place.person, award, row)):
        flash(_("Payment dropped"), "ok")
        return back_to("awards_console.payment", slug=slug, award_id=award_id, payment_id=payment_id)
    return _again(place, award_id, payment_id, form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/payments/<uuid:payment_id>/back")
@staff
@stands_on("awards_console.payment")
def take_back(slug: str, award_id: uuid.UUID, payment_id: uuid.UUID) -> ResponseReturnValue:
    """Money came back: a second person agrees."""
    place = at_till(slug)
    award = found_award(place, award_id, lock=True)
    row, form = _of(award, payment_id, lock=True), BackForm(award.envelope.currency)
    if form.validate_on_submit():
        amount, again = amount_of(form.back.data or "", award.envelope.currency), bool(form.again.data)
        if submit(form, lambda: refunds.ask(place.person, award, row, amount, again=again)):
            flash(_("Noted. A colleague of finance agrees to it."), "ok")
            return back_to("awards_console.payment", slug=slug, award_id=award_id, payment_id=payment_id)
    return _again(place, award_id, payment_id, form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/payments/<uuid:payment_id>/back/<deed>")
@staff
@stands_on("awards_console.payment")
def decide_back(slug: str, award_id: uuid.UUID, payment_id: uuid.UUID, deed: str) -> ResponseReturnValue:
    """A second person agrees that money came back, or somebody says that it did not."""
    place, form = at_till(slug), ActionForm()
    award = found_award(place, award_id, lock=True)
    row = _of(award, payment_id, lock=True)
    refund = refunds.waiting_for(row.id, lock=True)
    if deed not in {"agree", "drop"} or refund is None:
        raise NotFound
    deeds: dict[str, tuple[Callable[[], object], str]] = {
        "agree": (lambda: refunds.agree(place.person, award, row, refund), _("Money came back")),
        "drop": (lambda: refunds.drop(place.person, award, refund), _("It is noted that nothing came back.")),
    }
    work, said = deeds[deed]
    if form.validate_on_submit() and submit(form, work):
        flash(said, "ok")
        return back_to("awards_console.payment", slug=slug, award_id=award_id, payment_id=payment_id)
    return _again(place, award_id, payment_id, form)


@bp.post("/console/funds/<slug>/grants/<uuid:award_id>/payments/<uuid:payment_id>/payee")
@staff
@stands_on("awards_console.payment")
def read_payee(slug: str, award_id: uuid.UUID, payment_id: uuid.UUID) -> ResponseReturnValue:
    """Who is paid in the traveller's place: sealed, opened for a reason, shown in the answer to this request alone."""
    place, form = at_till(slug), ReadForm()
    award = found_award(place, award_id)
    row, opened = _of(award, payment_id), None
    if row.payee is None:
        raise NotFound
    if form.validate_on_submit():
        opened = submit(form, lambda: paying.read_payee(place.person, award, row, reason=form.why.data or ""))
    return _draw(place, award, row, form, opened=opened)


def _of(award: Award, payment_id: uuid.UUID, *, lock: bool = False) -> Payment:
    row = queries.payment(payment_id, lock=lock)
    if row.award_id != award.id:
        raise NotFound
    return row


def _again(place: Place, award_id: uuid.UUID, payment_id: uuid.UUID, form: Form) -> ResponseReturnValue:
    award = found_award(place, award_id)
    return _draw(place, award, _of(award, payment_id), form)


def _draw(
    place: Place, award: Award, row: Payment, sent: Form | None = None, *, opened: dict[str, str] | None = None
) -> ResponseReturnValue:
    refund = refunds.waiting_for(row.id)
    asked = refund.asked_by_id if refund else None
    names = public_names([who for who in (row.asked_by_id, row.agreed_by_id, asked) if who])
    three = place.person.id in paying.deciders(award)
    waits = row.paid_at is None and row.dropped_at is None
    stated = stays.stated(award, row.line)
    currency, left = award.envelope.currency, row.amount - row.returned
    page = render_template(
        "awards/payment.html",
        slug=place.slug,
        call_title=title_of(place.reading.call, g.lang),
        award=award,
        payment=console_shown.payment(award.envelope, row, names, place.reading.call.time_zone),
        name=console_shown.title_of(award),
        stated=shown(award.envelope, stated, g.lang) if stated is not None else None,
        waits=waits and place.pays,
        own=row.asked_by_id == place.person.id,
        three=three,
        unread=row.payee is not None and not paying.knows_payee(place.person, row),
        left=shown(award.envelope, left, g.lang),
        back_form=(sent if isinstance(sent, BackForm) else BackForm(currency, formdata=None))
        if place.pays and row.paid_at and left and refund is None
        else None,
        refund=console_shown.refund(award.envelope, refund, names, place.reading.call.time_zone) if refund else None,
        may_agree_back=place.pays and refund is not None and refund.asked_by_id != place.person.id,
        may_drop_back=place.pays,
        read_form=(sent if isinstance(sent, ReadForm) else ReadForm(formdata=None))
        if place.pays and row.payee is not None
        else None,
        opened=opened,
        act=ActionForm(formdata=None),
        form=sent if sent and sent.errors else None,
    )
    return page, sent.status if sent else 200
