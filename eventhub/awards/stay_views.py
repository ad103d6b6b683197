"""The statement of an allowance, as the fund's desk enters the stay and reads it."""

import uuid
from datetime import date

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.awards import console_queries, console_shown, stays
from eventhub.awards.console import at_awards, at_desk, bp, found_award
from eventhub.awards.console_forms import StayForm, chosen_moment
from eventhub.awards.letters import title_of
from eventhub.awards.models import AwardStay, Outcome
from eventhub.funding.allowance import Given
from eventhub.kit.access import staff
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import posted, submit
from eventhub.kit.i18n import show_date, show_zone
from eventhub.kit.web import back_to

__all__ = ["bp"]


@bp.route("/console/funds/<slug>/grants/<uuid:award_id>/allowance", methods=["GET", "POST"])
@staff
def stay(slug: str, award_id: uuid.UUID) -> ResponseReturnValue:
    """Arriving, leaving, what the host gives; and what follows from it, line by line."""
    place = at_desk(slug) if posted() else at_awards(slug)
    award = found_award(place, award_id, lock=posted())
    row = stays.stay_of(award)
    event = console_queries.event_of(place.reading.call)
    form = StayForm(data=_data(row))
    if form.validate_on_submit():
        given = _given()
        arrives, leaves = chosen_moment(form.arrives), chosen_moment(form.leaves)
        driven = int(form.driven.data)
        if submit(form, lambda: stays.note(place.person, award, arrives, leaves, given, driven=driven)):
            flash(_("Stay entered"), "ok")
            return back_to("awards_console.stay", slug=slug, award_id=award_id)
        award = found_award(place, award_id)
        row = stays.stay_of(award)
    found = stays.statement(award, row, place.reading.rules, event) if row else None
    zone = stays.place_clock(award, event)
    page = render_template(
        "awards/stay.html",
        slug=slug,
        call_title=title_of(place.reading.call, g.lang),
        award=award,
        name=console_shown.title_of(award),
        form=form,
        may=place.offers and award.outcome is Outcome.ACCEPTED and award.application.erased_at is None,
        days=console_shown.days(row) if row else [],
        statement=console_shown.statement(found) if found else None,
        arrives=show_date(row.arrives.date(), g.lang) if row else None,
        leaves=show_date(row.leaves.date(), g.lang) if row else None,
        zone=show_zone(zone, g.lang, event.first_day if event else award.approved_at.date()),
    )
    return page, form.status


def _data(row: AwardStay | None) -> dict[str, object]:
    return {"arrives": row.arrives, "leaves": row.leaves, "driven": str(row.driven)} if row else {"driven": "0"}


def _given() -> dict[date, frozenset[Given]]:
    """What is ticked, by day. Raises NotFound for nonsense that no page of ours sends."""
    found: dict[date, set[Given]] = {}
    for value in request.form.getlist("given")[:400]:
        day, _colon, what = value.partition(":")
        try:
            found.setdefault(date.fromisoformat(day), set()).add(Given(what))
        except ValueError:
            raise NotFound from None
    return {day: frozenset(what) for day, what in found.items()}
