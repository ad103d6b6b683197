"""Who owes a report or is debarred: for officers of the whole fund. Debarring takes two of them."""

import uuid
from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding import debarring, desk_shown
from eventhub.funding.console import PageTooOld, bp, demand_all
from eventhub.funding.debarring import Line, Party
from eventhub.funding.desk_forms import ClearForm, DebarForm
from eventhub.funding.desk_models import DebarProposal
from eventhub.funding.models import Debt
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import show_date
from eventhub.kit.web import back_to

__all__ = ["bp"]


@bp.route("/console/funds/debts", methods=["GET", "POST"])
@staff
def debts() -> ResponseReturnValue:
    """All that is owed, proposals that wait for a second person, and a form to propose one."""
    demand_all()
    form, me = DebarForm(), actor().person
    if form.validate_on_submit():
        party = Party(form.party.data)
        proposed = submit(
            form,
            lambda: debarring.propose(me, form.reference.data or "", party, form.note.data or "", form.until.data),
        )
        if proposed is not None:
            flash(_("Your proposal is kept. It counts for nothing until a second person agrees."), "ok")
            return back_to("funding_console.debts")
    return _draw(form)


@bp.post("/console/funds/debts/proposals/<uuid:proposal_id>/agree")
@staff
@stands_on("funding_console.debts")
def agree(proposal_id: uuid.UUID) -> ResponseReturnValue:
    """A second person agrees."""
    demand_all()
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    debarring.agree(actor().person, proposal_id)
    flash(_("This holds from now on."), "ok")
    return back_to("funding_console.debts")


@bp.post("/console/funds/debts/proposals/<uuid:proposal_id>/drop")
@staff
@stands_on("funding_console.debts")
def drop(proposal_id: uuid.UUID) -> ResponseReturnValue:
    """Nothing comes of it."""
    demand_all()
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    debarring.drop(actor().person, proposal_id)
    flash(_("The proposal is dropped."), "ok")
    return back_to("funding_console.debts")


@bp.route("/console/funds/debts/<uuid:debt_id>/clear", methods=["GET", "POST"])
@staff
def clear(debt_id: uuid.UUID) -> ResponseReturnValue:
    """What is owed holds no longer, for a reason."""
    demand_all()
    one, form, me = debarring.line_of(debt_id), ClearForm(), actor().person
    if form.validate_on_submit() and submit(form, lambda: debarring.clear(me, debt_id, form.why.data or "")):
        flash(_("This holds no longer."), "ok")
        return back_to("funding_console.debts")
    return render_template("funding/clear.html", one=_line(one), form=form), form.status


def _draw(form: DebarForm) -> ResponseReturnValue:
    page = render_template(
        "funding/debts.html",
        standing=[_line(one) for one in debarring.standing()],
        proposals=[_line(one) for one in debarring.proposals()],
        form=form if form.errors else None,
        debar_form=form,
        bulk=ActionForm(formdata=None),
    )
    return page, form.status


def _line(one: Line) -> dict[str, Any]:
    row = one.row
    since = row.since if isinstance(row, Debt) else row.proposed_at
    return {
        "id": row.id,
        "who": one.person or one.organisation or _("Somebody who was erased"),
        "is_person": row.person_id is not None,
        "tag": desk_shown.OWED[row.kind] if isinstance(row, Debt) else None,
        "since": show_date(since.date(), g.lang),
        "until": show_date(row.until, g.lang) if row.until else None,
        "note": row.note,
        "call": desk_shown.title_of(one.call, g.lang) if one.call else None,
        "by": [who for who in (one.made_by, one.agreed_by) if who],
        "own": isinstance(row, DebarProposal) and row.proposed_by_id == actor().id,
    }
