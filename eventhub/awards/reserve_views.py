"""Reserves that are proposed for a place that was left: a person confirms or drops each."""

import uuid
from collections.abc import Collection
from typing import Any

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.awards import access, awarding, console_queries, queries, releasing, stepping
from eventhub.awards.console import Place, at_awards, at_desk, at_prices, bp
from eventhub.awards.console_queries import Proposed
from eventhub.awards.letters import title_of
from eventhub.funding.desk_shown import STATES
from eventhub.funding.nearness import too_near
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import show_money, show_own
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
    """Confirm a reserve, or drop the proposal, also a confirmed one: the next one is proposed by itself. An approver
    drops what was confirmed.
    """
    goes, form = request.form.get("deed") == "confirm", ActionForm()
    place = at_desk(slug) if goes else at_prices(slug)[0]
    row = queries.proposal(proposal_id, lock=True)
    if row.call_id != place.call_id or too_near(place.person, [row.application]):
        raise NotFound
    if not place.offers and row.confirmed_at is None:
        raise NotFound
    if form.validate_on_submit():

        def deed() -> object:
            if goes:
                return awarding.confirm(place.person, row)
            return stepping.drop(place.person, row) or row

        if submit(form, deed):
            said = (
                _("The person is recommended. An approver decides.")
                if goes
                else _("Dropped. The next person on the reserve list is proposed, if any.")
            )
            flash(said, "ok")
            return back_to("awards_console.reserves", slug=slug)
    return _draw(place, form)


def _draw(place: Place, sent: Form | None = None) -> ResponseReturnValue:
    rows = console_queries.proposals(place.call_id, place.aside)
    near = too_near(place.person, [one.freed for one in rows])
    near_to_one = releasing.is_near(place.person, place.call_id)
    approves = access.may_approve(actor().grants, place.reading.scope)
    page = render_template(
        "awards/reserves.html",
        slug=place.slug,
        title=title_of(place.reading.call, g.lang),
        rows=[_row(place, one, near) for one in rows],
        may=place.offers,
        confirmed=stepping.rows(place.person, place.reading.call, is_near=near_to_one),
        free=[] if near_to_one else stepping.free_in_words(place.reading.call, place.reading.rules),
        approves=approves,
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
        "rank": stepping.place_in_words(one.place),
        "amount": show_money(Money(amount, call.currency), g.lang) if amount else None,
        "freed": None if one.freed.id in near else one.freed.listed_name,
        "tag": STATES[one.freed.state],
        "made": show_own(one.proposal.made_at, call.time_zone, g.lang),
    }
