"""Places for each way of taking part, and how people come together from now on: pages of the registration settings."""

from datetime import datetime, timedelta

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.forms import submit
from eventhub.kit.i18n import show_number
from eventhub.kit.web import back_to
from eventhub.programme.models import Event, Mode, Publication
from eventhub.programme.shown import MODES
from eventhub.registration import admission, line, shown, switching, ways
from eventhub.registration.console import bp, setup_of, to_set_up
from eventhub.registration.models import State
from eventhub.registration.time_forms import SwitchForm, instant, local_time, ways_form

__all__ = ["bp"]

LONGEST_NUMBER = 10
USUAL_TIME = timedelta(days=7)


@bp.route("/console/events/<slug>/registration-settings/ways", methods=["GET", "POST"])
@staff
def way_places(slug: str) -> ResponseReturnValue:
    """How many places there are for each way of taking part."""
    event, found = to_set_up(slug)
    setup_of(found)
    limits = admission.places_of_ways(event.id)
    # A way that the event has no more can still lose its limit.
    shown_ways = [code for code in _all_ways() if code in ways.of_event(event.mode) or code in limits]
    form = ways_form(
        {code: shown.label(ways.LIST, code, g.lang) for code in shown_ways},
        {code: limits[code].quota if code in limits else None for code in shown_ways},
    )
    if form.validate_on_submit():
        wanted: dict[str, int | None] = {code: form[code].data for code in shown_ways}
        done = submit(form, lambda: (admission.limit_ways(actor().person, event, wanted),))
        if done is not None:
            flash(_("The settings are saved."), "ok")
            return back_to("registration_console.way_places", slug=slug)
        event, _found = to_set_up(slug)
        limits = admission.places_of_ways(event.id)
    page = render_template(
        "registration/way_places.html",
        event=event,
        form=form,
        fields=[form[code] for code in shown_ways],
        taken={
            code: _("%(taken)s of %(all)s places taken", taken=_number(row.seats_taken), all=_number(row.quota))
            for code, row in limits.items()
        },
    )
    return page, form.status


@bp.route("/console/events/<slug>/registration-settings/mode", methods=["GET", "POST"])
@staff
def switch(slug: str) -> ResponseReturnValue:
    """Whom a change would concern, and the button that makes it and asks them to choose again."""
    event, found = to_set_up(slug)
    setup_of(found)
    form = SwitchForm(data=_usual(event))
    mode = _mode(form.mode.data if form.is_submitted() else request.args.get("to")) or event.mode
    if form.validate_on_submit():
        number = submit(form, lambda: (_switch(event, mode, form),))
        if number is not None:
            asked = ngettext(
                "%(num)s person is asked to choose again.", "%(num)s people are asked to choose again.", number[0]
            )
            flash(asked if number[0] else _("The settings are saved."), "ok")
            return back_to("registration_console.switch", slug=slug)
        event, found = to_set_up(slug)
    form.mode.data, form.version.data = mode.value, str(event.version)
    whom = switching.concerned(event.id, mode)
    page = render_template(
        "registration/switch.html",
        event=event,
        form=form,
        modes=[(one.value, MODES[one], one is mode) for one in Mode],
        is_change=mode is not event.mode,
        mode_name=MODES[mode],
        whom=whom,
        unasked=whom.total - whom.unanswered,
        by_way=[
            {"label": shown.label(ways.LIST, code, g.lang), "code": code, "number": _number(whom.by_way[code])}
            for code in _all_ways()
            if whom.by_way[code]
        ],
        by_state=[
            {"label": shown.STATES[state][0], "value": _number(whom.by_state[state])}
            for state in State
            if whom.by_state[state]
        ],
        may=event.publication is not Publication.CANCELLED,
    )
    return page, form.status


def _switch(event: Event, mode: Mode, form: SwitchForm) -> int:
    until = instant(form.until, event.time_zone, 1)
    seen = form.version.data or ""
    version = int(seen) if seen.isdecimal() and len(seen) < LONGEST_NUMBER else 0
    return switching.switch(actor().person, event, mode, until, version=version)


def _mode(value: str | None) -> Mode | None:
    return Mode(value) if value in set(Mode) else None


def _usual(event: Event) -> dict[str, datetime | None]:
    """A week, or until the event begins."""
    begins = line.begins(event.id)
    due = now() + USUAL_TIME
    return {"until": local_time(min(due, begins) if begins else due, event.time_zone)}


def _all_ways() -> tuple[str, ...]:
    return ways.of_event(Mode.HYBRID)


def _number(number: int) -> str:
    return show_number(number, g.lang)
