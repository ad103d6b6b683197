"""Visas: the own page that says where it stands, the desk's list with its filters and ages, and one of its rows."""

import uuid
from datetime import date
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.arrangements import due, visas, words
from eventhub.arrangements.console import at_desk
from eventhub.arrangements.console import bp as console
from eventhub.arrangements.forms import VisaDeskForm, VisaForm, visa_choices
from eventhub.arrangements.models import TOLD, Visa, VisaStatus
from eventhub.arrangements.queries import WANTED_IN
from eventhub.arrangements.views import bp, own
from eventhub.arrangements.visas import Row
from eventhub.kit.access import actor, personal, staff
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import submit
from eventhub.kit.i18n import show_date
from eventhub.kit.paging import page_number, pager
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.registration import shown
from eventhub.registration.access import Sight

__all__ = ["bp", "console"]

UNSAID = "unsaid"
"""The filter for those who have said nothing."""


@bp.route("/me/registrations/<reference>/visa", methods=["GET", "POST"])
@personal
def visa(reference: str) -> ResponseReturnValue:
    """Where one's own visa stands."""
    person: Person = actor().person
    found, registration = own(person, reference, lock=request.method == "POST")
    if not visas.travels(found.event, registration.attendance_mode):
        raise NotFound
    standing = visas.of(registration.id)
    form = VisaForm(data={"stands": standing.status.value if standing and standing.status in TOLD else ""})
    form.stands.choices = visa_choices([one for one in visas.next_of(standing) if one in TOLD], standing)
    if form.validate_on_submit():
        status, said = VisaStatus(form.stands.data), form.text.data or ""
        if submit(form, lambda: visas.say(person, found, status, form.day.data, said)):
            if status is VisaStatus.REFUSED:
                flash(_("We are sorry. Your message is with the secretariat, which will write to you here."), "ok")
                return back_to("registration.questions", reference=reference)
            flash(_("We have noted where your visa stands."), "ok")
            return back_to("arrangements.visa", reference=reference)
    page = render_template(
        "arrangements/visa.html",
        form=form,
        reference=reference,
        event=found.event,
        tag=words.VISAS[standing.status] if standing else None,
        days=_days(standing),
        takes=found.event.publication is not Publication.CANCELLED
        and registration.state in WANTED_IN
        and due.today(found.event) <= found.event.last_day,
        refused={"question": "stands", "in": ["refused"]},
        scripts=["show-if.js"],
    )
    return page, form.status


@console.get("/console/events/<slug>/arrangements/visas")
@staff
def visa_list(slug: str) -> ResponseReturnValue:
    """Who comes in person and where the visas stand: whoever has waited longest first."""
    event, sight = at_desk(slug)
    asked, page = request.args.get("status", ""), page_number()
    status = VisaStatus(asked) if asked in set(VisaStatus) else None
    counted = visas.numbers(event)
    total = counted.get(None, 0) if asked == UNSAID else counted.get(status, 0) if status else sum(counted.values())

    def at(number: int) -> str:
        return url_for(
            "arrangements_console.visa_list", slug=slug, status=asked or None, page=number if number > 1 else None
        )

    chips = [
        ("", _("All"), sum(counted.values())),
        (UNSAID, _("Nothing said"), counted.get(None, 0)),
        *((one.value, words.VISAS[one][0], counted.get(one, 0)) for one in VisaStatus),
    ]
    return render_template(
        "arrangements/visas.html",
        event=event,
        chips=[
            {
                "label": label,
                "url": url_for("arrangements_console.visa_list", slug=slug, status=value or None),
                "current": value == (asked if asked == UNSAID or status else ""),
                "count": number,
            }
            for value, label, number in chips
        ],
        rows=[_told(one, event, sight) for one in visas.rows(event, status, page, unsaid=asked == UNSAID)],
        pager=pager(at, page=page, size=visas.AT_ONCE, total=total),
    )


@console.route("/console/events/<slug>/arrangements/visas/<uuid:registration_id>", methods=["GET", "POST"])
@staff
def visa_of(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """Where one visa stands, as the desk heard."""
    event, sight = at_desk(slug)
    found = visas.row(event, registration_id)
    standing = found.visa
    form = VisaDeskForm(
        data={"stands": standing.status.value if standing else "", "version": str(standing.version if standing else 0)}
    )
    form.stands.choices = visa_choices(visas.next_of(standing), standing)
    if form.validate_on_submit():
        typed = form.version.data or ""
        version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1
        status = VisaStatus(form.stands.data)
        person: Person = actor().person
        if submit(form, lambda: visas.hear(person, event, found.registration, status, form.day.data, seen=version)):
            flash(_("Saved."), "ok")
            return back_to("arrangements_console.visa_list", slug=slug)
    page = render_template(
        "arrangements/visa_of.html",
        form=form,
        event=event,
        row=_told(found, event, sight),
        days=_days(standing),
        record=url_for("registration_console.record", slug=slug, registration_id=registration_id),
    )
    return page, form.status


def _told(one: Row, event: Event, sight: Sight) -> dict[str, Any]:
    registration, standing = one.registration, one.visa
    age = (due.today(event) - due.local_day(event, standing.changed_at)).days if standing else None
    return {
        "name": shown.name_of(registration, sight),
        "reference": registration.reference,
        "organisation": registration.organisation.name if registration.organisation else None,
        "country": shown.country(registration.country, g.lang),
        "tag": words.VISAS[standing.status] if standing else None,
        "age": _age(age) if age is not None else None,
        "url": url_for("arrangements_console.visa_of", slug=event.slug, registration_id=registration.id),
    }


def _age(days: int) -> str:
    return str(ngettext("for %(num)s day", "for %(num)s days", days) if days > 0 else _("Today"))


def _days(standing: Visa | None) -> list[dict[str, str]]:
    """The days of a visa, the first one first."""
    if standing is None:
        return []
    known: list[tuple[str, date | None]] = [
        (_("Needed since"), standing.asked_on),
        (_("Letter made on"), standing.letter_on),
        (_("Applied for on"), standing.applied_on),
        (_("Answered on"), standing.decided_on),
    ]
    return [{"label": label, "value": show_date(day, g.lang)} for label, day in known if day is not None]
