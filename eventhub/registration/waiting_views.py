"""The waiting list at the desk: the line in its order, whose answer is awaited, and places offered by hand."""

import uuid
from typing import Any

from flask import flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.kit import presence
from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import submit
from eventhub.kit.i18n import show_moment
from eventhub.kit.paging import page_number, pager
from eventhub.kit.web import back_to
from eventhub.programme.models import Event
from eventhub.registration import desk, line, offers, shown
from eventhub.registration.access import Sight
from eventhub.registration.console import at_desk, bp, marked_ids, seen_versions, setup_of
from eventhub.registration.forms import OfferForm
from eventhub.registration.models import RegistrationSetup

__all__ = ["bp"]


@bp.route("/console/events/<slug>/registrations/waiting-list", methods=["GET", "POST"])
@staff
def waiting_list(slug: str) -> ResponseReturnValue:
    """Who waits, in order; offer places to those chosen. Out of order only by hand, and with a reason."""
    event, found, seen = at_desk(slug)
    presence.leave(actor().id)
    setup, form, person = setup_of(found), OfferForm(), actor().person
    ids = marked_ids()
    if form.validate_on_submit():
        registrations = desk.chosen(event.id, ids)
        if len(registrations) != len(ids):
            raise NotFound
        if not ids:
            flash(_("Choose at least one person first."), "warn")
            return back_to("registration_console.waiting_list", slug=slug)
        text = form.text.data or None
        made = submit(form, lambda: offers.offer_by_hand(person, event.id, registrations, text, seen=seen_versions()))
        if made:
            words = ngettext("A place is offered to %(num)s person.", "Places are offered to %(num)s people.", made)
            flash(words, "ok")
            return back_to("registration_console.waiting_list", slug=slug)
        event, found, seen = at_desk(slug)
        setup = setup_of(found)
    return _draw(event, setup, seen, form, ids)


def _draw(
    event: Event, setup: RegistrationSetup, seen: Sight, form: OfferForm, ids: list[uuid.UUID]
) -> ResponseReturnValue:
    def at(page: int) -> str:
        return url_for("registration_console.waiting_list", slug=event.slug, page=page if page > 1 else None)

    number = page_number()
    rows, total = desk.waiting_line(event.id, seen, page=number)
    page = render_template(
        "registration/waiting_list.html",
        event=event,
        setup=setup,
        form=form,
        rows=[_row(one, event) | {"checked": one.id in ids} for one in rows],
        offered=[_row(one, event) for one in desk.offered(event.id, seen)],
        total=total,
        left=None if setup.capacity is None else setup.capacity - setup.seats_taken,
        over=line.is_over(event.id, now()),
        pager=pager(at, page=number, size=desk.LINE_SIZE, total=total),
        scripts=["choose-all.js"],
    )
    return page, form.status


def _row(one: desk.InLine, event: Event) -> dict[str, Any]:
    since = show_moment(one.since, event.time_zone, g.lang, year=False)
    return {
        "row": one,
        "since": _("%(day)s, %(time)s", day=since.day, time=since.time),
        "until": shown.moment(one.until, event, g.lang) if one.until else None,
    }
