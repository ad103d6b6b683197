"""Choosing again how to take part, where the way that was chosen exists no more: one press, or withdraw."""

from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.access import actor, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import submit
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.registration import actions, admission, asking, queries, shown, switching, ways
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake
from eventhub.registration.reference import read_reference
from eventhub.registration.time_forms import WayForm
from eventhub.registration.views import bp

__all__ = ["bp"]

WITHDRAW = "withdraw"


@bp.route("/me/registrations/<reference>/way", methods=["GET", "POST"])
@personal
def way(reference: str) -> ResponseReturnValue:
    """The ways that exist now, a button each, and the way out. Looking changes nothing."""
    person: Person = actor().person
    form = WayForm()
    sent = form.is_submitted()
    found = _own(person, reference, lock=sent)
    if form.validate_on_submit() and submit(form, lambda: _chosen(person, found, form.way.data or "")):
        if form.way.data == WITHDRAW:
            flash(_("Your registration is withdrawn."), "ok")
        else:
            flash(_("You have chosen how to take part."), "ok")
        return back_to("registration.mine_one", reference=reference)
    found = _own(person, reference) if sent else found
    registration = found.registration
    if registration is None or not found.must_choose:
        return back_to("registration.mine_one", reference=reference)
    choice = switching.awaited(registration, found.event)
    page = render_template(
        "registration/way.html",
        intake=found,
        form=form,
        before=shown.label(ways.LIST, registration.attendance_mode, g.lang),
        ways=_ways(found),
        due=shown.due(choice.due_at, found.event, g.lang, zone=person.time_zone) if choice else None,
        may_withdraw=queries.may_withdraw(registration),
    )
    return page, form.status


def _chosen(person: Person, found: Intake, chosen: str) -> Registration:
    return actions.withdraw(person, found) if chosen == WITHDRAW else switching.choose_way(person, found, chosen)


def _ways(found: Intake) -> list[dict[str, Any]]:
    """The ways that the event has and the form offers, in the form's words, each with whether it is full."""
    definition = asking.definition_of(found, g.lang)
    questions = definition.questions() if definition else ()
    offered = next((one.options for one in questions if one.key == ways.QUESTION and one.kind == "choice"), None)
    names = {one.id: one.label for one in offered or ()}
    limits = admission.places_of_ways(found.event.id) if found.counted_ways else {}
    has_seat = found.registration is not None and found.registration.has_seat
    rows = []
    for code in ways.of_event(found.event.mode):
        if offered is not None and code not in names:
            continue
        limit = limits.get(code)
        full = has_seat and limit is not None and limit.seats_taken >= limit.quota
        rows.append({"code": code, "label": names.get(code) or shown.label(ways.LIST, code, g.lang), "full": full})
    return rows


def _own(person: Person, reference: str, *, lock: bool = False) -> Intake:
    known = read_reference(reference)
    if known is None:
        raise NotFound
    return queries.own(person, known, lock=lock, seats=lock)
