"""Reserves that are proposed for a place that was left: a person confirms or drops each."""

import uuid
from collections.abc import Collection
from typing import Any

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.awards import awarding, console_queries, queries
from eventhub.awards.console import Place, at_awards, at_desk, bp
from eventhub.awards.console_queries import Proposed
from eventhub.awards.letters import title_of
from eventhub.funding.desk_shown import STATES
from eventhub.funding.nearness import too_near
from eventhub.kit.access import staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import show_money, show_number, show_own
from eventhub.kit.money import Money
from eventhub.kit.web import back_to

__all__ = ["bp"]


@bp.get("/console/funds/<slug>/grants/reserves")
@staff
def reserves(slug: str) -> ResponseReturnValue:
    """Who is proposed in whose place."""
    return _draw(at_awards(slug))


@bp.post("/console/funds/<slug>/grants/reserves/<uuid:proposal_id>")
@staff
@stands_on("awards_console.reserves")
def decide(slug: str, proposal_id: uuid.UUID) -> ResponseReturnValue:
    """Confirm a reserve, or drop the proposal: the next one is proposed by itself."""
    place, form = at_desk(slug), ActionForm()
    row = queries.proposal(proposal_id, lock=True)
    if row.call_id != place.call_id or too_near(place.person, [row.application]):
        raise NotFound
    goes = request.form.get("deed") == "confirm"
    if form.validate_on_submit():

        def deed() -> object:
            if goes:
                return awarding.confirm(place.person, row)
            return awarding.drop(place.person, row) or row

        if submit(form, deed):
            said = (
                _("Recommended. An approver decides.") if goes else _("Dropped. The next reserve is proposed, if any.")
            )
            flash(said, "ok")
            return back_to("awards_console.reserves", slug=slug)
    return _draw(place, form)


def _draw(place: Place, sent: Form | None = None) -> ResponseReturnValue:
    rows = console_queries.proposals(place.call_id, place.aside)
    near = too_near(place.person, [one.freed for one in rows])
    page = render_template(
        "awards/reserves.html",
        slug=place.slug,
        title=title_of(place.reading.call, g.lang),
        rows=[_row(place, one, near) for one in rows],
        may=place.offers,
        act=ActionForm(formdata=None),
        form=sent if sent and sent.errors else None,
    )
    return page, sent.status if sent else 200


def _row(place: Place, one: Proposed, near: Collection[uuid.UUID]) -> dict[str, Any]:
    call = place.reading.call
    amount = one.place.amount if one.place else None
    return {
        "id": one.proposal.id,
        "name": one.application.listed_name,
        "number": one.application.number,
        "rank": show_number(one.place.place, g.lang) if one.place else None,
        "amount": show_money(Money(amount, call.currency), g.lang) if amount else None,
        "freed": None if one.freed.id in near else one.freed.listed_name,
        "tag": STATES[one.freed.state],
        "made": show_own(one.proposal.made_at, call.time_zone, g.lang),
    }
