"""How an event takes registrations: its settings, deadlines and questionnaire; and the counts for partners."""

import uuid
from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit import codes
from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.forms import ActionForm, Form, options, submit
from eventhub.kit.i18n import show_moment
from eventhub.kit.web import back_to
from eventhub.people.access import holds
from eventhub.people.models import Role
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import actions as questionnaire_actions
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import Purpose
from eventhub.registration import access, counts, desk, opening, queries, shown
from eventhub.registration.console import PageTooOld, bp, setup_of, to_set_up
from eventhub.registration.forms import SetupForm
from eventhub.registration.models import Deadline, RegistrationSetup, SeatAt
from eventhub.registration.time_forms import ZONED, ExtendForm, instant, local_time


@bp.route("/console/events/<slug>/registration-settings", methods=["GET", "POST"])
@staff
def setup(slug: str) -> ResponseReturnValue:
    """When registration opens and closes, how many places there are, and what is asked."""
    event, found = to_set_up(slug)
    form = _setup_form(event, found)
    if form.validate_on_submit():
        saved = submit(form, lambda: _save_setup(event, found, form))
        if saved is not None:
            flash(_("The settings are saved."), "ok")
            return back_to("registration_console.setup", slug=slug)
        event, found = to_set_up(slug)
    return _draw_setup(event, found, form, _extend_form(event, found))


@bp.post("/console/events/<slug>/registration-settings/deadline")
@staff
def extend(slug: str) -> ResponseReturnValue:
    """Announce a later deadline."""
    event, found = to_set_up(slug)
    form = ExtendForm()
    if form.validate_on_submit():
        done = submit(form, lambda: _extend(event, setup_of(found), form))
        if done is not None:
            flash(_("The new deadline is announced. Everybody with a draft gets a mail."), "ok")
            return back_to("registration_console.setup", slug=slug)
    return _draw_setup(event, found, _setup_form(event, found, fresh=True), form, shown_form=form)


@bp.post("/console/events/<slug>/registration-settings/questionnaire")
@staff
def new_questionnaire(slug: str) -> ResponseReturnValue:
    """A questionnaire of this event's own, to be written in the editor."""
    event, _found = to_set_up(slug)
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    made = questionnaire_actions.create(
        actor().person,
        purpose=Purpose.REGISTRATION,
        name=_("Registration for %(event)s", event=event.code),
        scope_id=event.id,
        original_language=event.original_language,
    )
    return back_to("questionnaires_console.edit", questionnaire_id=made.id)


@bp.get("/console/events/<slug>/registration-counts")
@staff
def partner_counts(slug: str) -> ResponseReturnValue:
    """What a host partner may know: one fixed table, rounded and frozen."""
    event, _setup = desk.event_of(slug)
    access.sight(actor().grants, event)
    midnight, cells = counts.table(event.id)
    return render_template(
        "registration/counts.html",
        event=event,
        as_of=show_moment(midnight, "UTC", g.lang),
        cells=[{"label": codes.label("participant_category", cell.category, g.lang), "cell": cell} for cell in cells],
    )


def _setup_form(event: Event, found: RegistrationSetup | None, *, fresh: bool = False) -> SetupForm:
    data: dict[str, Any] = {"waiting_list": True, "needs_accreditation": event.kind in shown.FORUMS}
    data["seat_at"] = (SeatAt.ACCREDITATION if event.kind in shown.FORUMS else SeatAt.SUBMISSION).value
    if found is not None:
        data = {name: getattr(found, name) for name in FIELDS}
        data |= {name: local_time(getattr(found, name), event.time_zone) for name in ZONED}
        data |= {"seat_at": found.seat_at.value, "questionnaire_id": str(found.questionnaire_id or "")}
    form = SetupForm(formdata=None, data=data) if fresh else SetupForm(data=data)
    form.questionnaire_id.choices = options([("", _("Nothing is asked")), *_questionnaires(event, found)])
    return form


FIELDS = (
    "grace_hours",
    "needs_accreditation",
    "capacity",
    "waiting_list",
    "offers_by_hand",
    "offer_hours",
    "leaves_on_lapse",
    "shows_place",
    "releases_by_another",
    "needs_security",
    "security_within_days",
    "public_list",
    "answer_within_days",
)


def _questionnaires(event: Event, found: RegistrationSetup | None) -> list[tuple[str, str]]:
    """Published ones of this event and its series, and the one in use."""
    known = [
        one for one in questionnaires.questionnaires({event.id, event.series_id}) if one.purpose is Purpose.REGISTRATION
    ]
    if found and found.questionnaire_id and found.questionnaire_id not in {one.id for one in known}:
        known.append(questionnaires.questionnaire(found.questionnaire_id))
    numbers = questionnaires.latest_numbers([one.id for one in known])
    return [
        (str(one.id), _("%(name)s (version %(number)s)", name=one.name, number=numbers[one.id]))
        for one in known
        if one.id in numbers
    ]


def _save_setup(event: Event, found: RegistrationSetup | None, form: SetupForm) -> RegistrationSetup:
    values: dict[str, Any] = {name: form[name].data for name in FIELDS}
    values["seat_at"] = SeatAt(form.seat_at.data)
    values["questionnaire_id"] = uuid.UUID(form.questionnaire_id.data) if form.questionnaire_id.data else None
    for name, fold in ZONED.items():
        values[name] = instant(form[name], event.time_zone, fold, getattr(found, name) if found else None)
    return opening.set_up(actor().person, event, setup=found, **values)


def _extend(event: Event, found: RegistrationSetup, form: ExtendForm) -> Deadline:
    try:
        return opening.extend_deadline(actor().person, event, found, instant(form.until, event.time_zone, 1))
    except opening.NotLater as error:
        error.field = form.until.name
        raise


def _extend_form(event: Event, found: RegistrationSetup | None) -> ExtendForm | None:
    if found is None:
        return None
    return ExtendForm(formdata=None, data={"until": local_time(found.closes_at, event.time_zone)})


def _draw_setup(
    event: Event,
    found: RegistrationSetup | None,
    form: SetupForm,
    extend_form: ExtendForm | None,
    *,
    shown_form: Form | None = None,
) -> ResponseReturnValue:
    opened = found is not None and found.opens_at <= now() and event.publication is not Publication.DRAFT
    page = render_template(
        "registration/setup.html",
        event=event,
        setup=found,
        form=shown_form or form,
        setup_form=form,
        extend_form=extend_form if opened else None,
        opened=opened,
        announced=[shown.moment(row.closes_at, event, g.lang) for row in queries.deadlines(event.id)],
        questionnaire_id=found.questionnaire_id if found else None,
        bulk=ActionForm(formdata=None),
        may_edit=holds(actor().grants, Role.ORGANISER, scope=access.scope_of(event)),
    )
    return page, (shown_form or form).status
