"""Officers see who stands aside for which file, and lift what was a mistake."""

import uuid
from typing import Any

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.access import staff
from eventhub.kit.forms import submit
from eventhub.kit.i18n import language, show_number, show_own
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names
from eventhub.selecting import asides, queries
from eventhub.selecting.asides import Aside
from eventhub.selecting.console import Place, at_officers, bp
from eventhub.selecting.forms import LiftForm

__all__ = ["bp"]


@bp.get("/console/funds/<slug>/board/aside")
@staff
def asides_of(slug: str) -> ResponseReturnValue:
    """Everybody who stands aside for a file."""
    place = at_officers(slug)
    found = asides.listed(place.reading, place.person)
    names = public_names([one.row.lifted_by_id for one in found if one.row.lifted_by_id])
    rows = [_row(place, one) | {"by": names.get(one.row.lifted_by_id or place.person.id, "")} for one in found]
    return render_template("selecting/asides.html", call=place.reading.call, slug=slug, rows=rows)


@bp.route("/console/funds/<slug>/board/aside/<uuid:recusal_id>", methods=["GET", "POST"])
@staff
def lift_aside(slug: str, recusal_id: uuid.UUID) -> ResponseReturnValue:
    """One of them: lift it, with a reason."""
    place, form = at_officers(slug), LiftForm()
    found = asides.one(place.reading, place.person, recusal_id, lock=form.is_submitted())
    if form.validate_on_submit():
        reason = form.reason.data or ""
        if submit(form, lambda: asides.lift(place.person, found, reason=reason)):
            flash(_("Lifted. The file is there for this member again."), "ok")
            return back_to("selecting_console.asides_of", slug=slug)
        found = asides.one(place.reading, place.person, recusal_id)
    page = render_template(
        "selecting/aside.html",
        call=place.reading.call,
        slug=slug,
        form=form,
        row=_row(place, found),
        signed=queries.standing(place.reading.call.id) is not None,
    )
    return page, form.status


def _row(place: Place, one: Aside) -> dict[str, Any]:
    zone = place.reading.call.time_zone
    return {
        "id": one.row.id,
        "name": one.person.public_name,
        "about": _("Application %(number)s", number=one.number),
        "number": show_number(one.number or 0, language()),
        "at": show_own(one.row.at, zone, language()),
        "lifted": show_own(one.row.lifted_at, zone, language()) if one.row.lifted_at else None,
    }
