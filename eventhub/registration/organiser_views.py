"""The desk: list and decisions, a record, exports, counts for partners, and how an event takes registrations."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventhub.kit import audit, codes
from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import ActionForm, Form, options, submit
from eventhub.kit.i18n import AUTONYMS, LANGUAGES, direction, show_moment
from eventhub.kit.mail import render
from eventhub.kit.web import back_to
from eventhub.people.access import holds
from eventhub.people.models import Role
from eventhub.programme.local_time import instant_of, is_repeated
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaire_actions
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.models import Purpose
from eventhub.registration import access, actions, counts, desk, exporting, letters, queries, shown
from eventhub.registration.access import Sight
from eventhub.registration.desk import Filters, Overview, Row
from eventhub.registration.forms import (
    REASONS_FOR,
    DecisionForm,
    ExportForm,
    ExtendForm,
    FilterForm,
    NoteForm,
    RevealForm,
    SetupForm,
    filters_from,
    local_value,
)
from eventhub.registration.models import Deadline, Registration, RegistrationSetup, SeatAt, State
from eventhub.registration.moves import can_move

bp = Blueprint("registration_console", __name__)

CHIP_ORDER = ("decide", "info", "focal", "accredited", "waiting", "declined", "withdrawn", "all")


class PageTooOld(DomainError):
    """A button of a page that was open too long; nothing was typed, so nothing is lost."""

    message = _l("This page was open too long. Open it again and press the button once more.")


ZONED = {"opens_at": 0, "closes_at": 1}
"""Of an hour that comes twice, registration opens in the first and closes in the second."""


@bp.get("/console/events/<slug>/registrations", endpoint="desk")
@staff
def the_list(slug: str) -> ResponseReturnValue:
    """The list with its filters, and what can be done with chosen rows."""
    event, setup, seen = _at_desk(slug)
    known = desk.overview(event.id)
    filters = filters_from(request.args, known, CHIP_ORDER)
    rows = desk.rows(event.id, filters, seen)
    total = desk.number(event.id, filters, seen, known)
    return render_template(
        "registration/desk.html",
        event=event,
        setup=setup,
        filters=filters,
        chips=_chips(event, filters, known),
        filter_form=_filter_form(filters, known),
        rows=[_row(row) for row in rows],
        total=total,
        overview=known,
        pager=_pager(event, filters, total),
        form=None,
        bulk=ActionForm(),
        columns=_columns(event, filters),
        may_set_up=access.may_set_up(actor().grants, event),
        closes=_closes(event, setup),
        scripts=["choose-all.js"],
    )


@bp.post("/console/events/<slug>/registrations/preview")
@staff
def preview(slug: str) -> ResponseReturnValue:
    """Who is meant, how many places are left, and what each person will read. Nothing is decided yet."""
    event, setup, _seen = _at_desk(slug)
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    outcome = _outcome(request.form.get("outcome", ""))
    registrations = desk.chosen(event.id, _ids())
    if not registrations:
        flash(_("Choose at least one person first."), "warn")
        return back_to("registration_console.desk", slug=slug)
    form = DecisionForm(formdata=None)
    reason = request.form.get("reason")
    form.reason.data = reason if reason in REASONS_FOR[outcome] else REASONS_FOR[outcome][0]
    form.text.data = request.form.get("text")
    form.offer(outcome, g.lang)
    return _draw_preview(event, _setup(setup), form, outcome, registrations)


@bp.post("/console/events/<slug>/registrations/decision")
@staff
def decide(slug: str) -> ResponseReturnValue:
    """Decide on everybody that the preview showed: all or, when anything is in the way, nobody."""
    event, setup, _seen = _at_desk(slug)
    outcome = _outcome(request.form.get("outcome", ""))
    registrations = desk.chosen(event.id, _ids())
    form = DecisionForm()
    form.offer(outcome, g.lang)
    person, seen = actor().person, _versions()
    if form.validate_on_submit():
        if len(registrations) != len(set(_ids())):
            raise NotFound
        decided = submit(
            form,
            lambda: actions.decide(person, registrations, outcome, form.reason.data, form.text.data or None, seen=seen),
        )
        if decided:
            flash(_decided(outcome, decided), "ok")
            return back_to("registration_console.desk", slug=slug)
        registrations = desk.chosen(event.id, _ids())
    return _draw_preview(event, _setup(setup), form, outcome, registrations)


@bp.route("/console/events/<slug>/registrations/export", methods=["GET", "POST"])
@staff
def export(slug: str) -> ResponseReturnValue:
    """The filtered list as a file, for a reason that is recorded."""
    event, _setup, seen = _at_desk(slug)
    known = desk.overview(event.id)
    filters = filters_from(request.args, known, CHIP_ORDER)
    form = ExportForm()
    if form.validate_on_submit():
        header, rows = exporting.table(event, filters, seen, g.lang)
        audit.record(
            "registration.exported",
            event,
            actor=actor().person,
            scope_id=event.id,
            text=form.reason.data,
            rows=len(rows),
            kind=form.kind.data,
            sight=seen.value,
        )
        name = f"{event.code}-registrations-{now():%Y-%m-%d}"
        if form.kind.data == "csv":
            return csv_response(rows, header, f"{name}.csv")
        return xlsx_response(rows, header, f"{name}.xlsx", sheet=_("Registrations"), rtl=direction(g.lang) == "rtl")
    page = render_template(
        "registration/export.html",
        event=event,
        form=form,
        filters=filters,
        total=desk.number(event.id, filters, seen, known),
        columns=exporting.header(event, seen, g.lang),
        address=url_for("registration_console.export", slug=slug, **_address(filters)),
        back=url_for("registration_console.desk", slug=slug, **_address(filters)),
    )
    return page, form.status


@bp.get("/console/events/<slug>/registrations/<uuid:registration_id>")
@staff
def record(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """One registration: answers, decisions, history."""
    event, setup, seen = _at_desk(slug)
    return _draw_record(event, _setup(setup), seen, desk.record(event.id, registration_id))


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/note")
@staff
def note(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """A word for colleagues in the record's history."""
    event, setup, seen = _at_desk(slug)
    registration, person = desk.record(event.id, registration_id), actor().person
    form = NoteForm()
    if form.validate_on_submit() and submit(form, lambda: actions.note(person, registration, form.text.data or "")):
        flash(_("Your note is kept."), "ok")
        return back_to("registration_console.record", slug=slug, registration_id=registration_id)
    return _draw_record(event, _setup(setup), seen, registration, note_form=form)


@bp.post("/console/events/<slug>/registrations/<uuid:registration_id>/sealed")
@staff
def reveal(slug: str, registration_id: uuid.UUID) -> ResponseReturnValue:
    """Open the sealed answers this role may see, once, for a reason; the answer to this request alone shows them."""
    event, setup, seen = _at_desk(slug)
    registration, person = desk.record(event.id, registration_id), actor().person
    form = RevealForm()
    sealed = _sealed_keys(registration, seen)
    answer_set = registration.answer_set
    if not sealed or answer_set is None:
        raise NotFound
    opened: dict[str, object] | None = None
    if form.validate_on_submit():
        opened = submit(
            form,
            lambda: actions.reveal(
                person, registration, answer_set, registration.person.seal_key, sealed, form.reason.data or ""
            ),
        )
    return _draw_record(event, _setup(setup), seen, registration, reveal_form=form, opened=opened)


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


@bp.route("/console/events/<slug>/registration-settings", methods=["GET", "POST"])
@staff
def setup(slug: str) -> ResponseReturnValue:
    """When registration opens and closes, how many places there are, and what is asked."""
    event, found = _may_set_up(slug)
    form = _setup_form(event, found)
    if form.validate_on_submit():
        saved = submit(form, lambda: _save_setup(event, found, form))
        if saved is not None:
            flash(_("The settings are saved."), "ok")
            return back_to("registration_console.setup", slug=slug)
        event, found = _may_set_up(slug)
    return _draw_setup(event, found, form, _extend_form(event, found))


@bp.post("/console/events/<slug>/registration-settings/deadline")
@staff
def extend(slug: str) -> ResponseReturnValue:
    """Announce a later deadline."""
    event, found = _may_set_up(slug)
    form = ExtendForm()
    if form.validate_on_submit():
        done = submit(form, lambda: _extend(event, _setup(found), form))
        if done is not None:
            flash(_("The new deadline is announced. Everybody with a draft gets a mail."), "ok")
            return back_to("registration_console.setup", slug=slug)
    return _draw_setup(event, found, _setup_form(event, found, fresh=True), form, shown_form=form)


@bp.post("/console/events/<slug>/registration-settings/questionnaire")
@staff
def new_questionnaire(slug: str) -> ResponseReturnValue:
    """A questionnaire of this event's own, to be written in the editor."""
    event, _found = _may_set_up(slug)
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


def _at_desk(slug: str) -> tuple[Event, RegistrationSetup | None, Sight]:
    event, found = desk.event_of(slug)
    return event, found, access.desk_sight(actor().grants, event)


def _may_set_up(slug: str) -> tuple[Event, RegistrationSetup | None]:
    event, found = desk.event_of(slug)
    if not access.may_set_up(actor().grants, event):
        raise NotFound
    return event, found


def _setup(found: RegistrationSetup | None) -> RegistrationSetup:
    if found is None:
        raise NotFound
    return found


# The list


def _chips(event: Event, filters: Filters, known: Overview) -> list[dict[str, Any]]:
    words = {
        "decide": _("To decide"),
        "info": _("Information asked"),
        "focal": _("Focal point"),
        "accredited": _("Accredited"),
        "waiting": _("Waiting list"),
        "declined": _("Declined"),
        "withdrawn": _("Withdrawn"),
        "all": _("All"),
    }
    return [
        {
            "label": words[name],
            "url": url_for(
                "registration_console.desk", slug=event.slug, **(_address(filters, page=None) | {"chip": name})
            ),
            "current": name == filters.chip,
            "count": known.chips[name],
        }
        for name in CHIP_ORDER
        if known.chips[name] or name in {"decide", "accredited", "all", filters.chip}
    ]


def _filter_form(filters: Filters, known: Overview) -> FilterForm:
    form = FilterForm(data={name: getattr(filters, name) for name in ("q", "category", "mode", "country", "sort")})
    form.late.data = "1" if filters.late else ""
    everything = ("", _("All"))
    form.category.choices = options(
        [
            everything,
            *((code, shown.label("participant_category", code, g.lang)) for code in known.categories),
        ]
    )
    form.mode.choices = options(
        [everything, *((code, shown.label("attendance_mode", code, g.lang)) for code in known.modes)]
    )
    named = sorted(((shown.country(code, g.lang), code) for code in known.countries), key=_collated)
    form.country.choices = options([everything, *((code, name) for name, code in named)])
    return form


def _collated(pair: tuple[str, str]) -> str:
    return codes.collation_key(pair[0], g.lang)


def _row(row: Row) -> dict[str, Any]:
    return {
        "row": row,
        "category": shown.label("participant_category", row.category, g.lang),
        "country": shown.country(row.country, g.lang),
        "days": (now() - row.submitted_at).days,
        "tag": shown.STATES[row.state],
    }


def _columns(event: Event, filters: Filters) -> list[dict[str, Any]]:
    def by(name: str) -> str:
        values = _address(filters, page=None) | {"sort": name}
        return url_for("registration_console.desk", slug=event.slug, **values)

    def sorted_by(name: str) -> str | None:
        return "ascending" if filters.sort == name else None

    waiting = "descending" if filters.sort == "waiting" else "ascending" if filters.sort == "newest" else None
    return [
        {"label": _("Choose"), "check": True},
        {"label": _("Person and organization"), "url": by("name"), "sort": sorted_by("name")},
        {"label": _("Category")},
        {"label": _("Country"), "url": by("country"), "sort": sorted_by("country")},
        {
            "label": _("Waiting"),
            "num": True,
            "url": by("newest" if filters.sort == "waiting" else "waiting"),
            "sort": waiting,
        },
        {"label": _("Status")},
    ]


def _pager(event: Event, filters: Filters, total: int) -> dict[str, Any]:
    pages = max(1, -(-total // filters.size))

    def at(page: int) -> str:
        values = _address(filters, page=page if page > 1 else None)
        return url_for("registration_console.desk", slug=event.slug, **values)

    near = sorted({1, pages, *range(max(1, filters.page - 2), min(pages, filters.page + 2) + 1)})
    export = _address(filters, page=None)
    return {
        "first": min((filters.page - 1) * filters.size + 1, total),
        "last": min(filters.page * filters.size, total),
        "total": total,
        "links": [{"label": page, "url": at(page), "current": page == filters.page} for page in near]
        if pages > 1
        else [],
        "previous_url": at(filters.page - 1) if 1 < filters.page <= pages else None,
        "next_url": at(filters.page + 1) if filters.page < pages else None,
        "exports": [
            {"label": "XLSX, CSV", "url": url_for("registration_console.export", slug=event.slug, **export)},
        ],
    }


def _address(filters: Filters, *, page: int | None = -1) -> dict[str, Any]:
    values: dict[str, Any] = {
        "chip": filters.chip if filters.chip != "decide" else None,
        "q": filters.q or None,
        "category": filters.category or None,
        "mode": filters.mode or None,
        "country": filters.country or None,
        "late": "1" if filters.late else None,
        "sort": filters.sort if filters.sort != "waiting" else None,
        "size": filters.size if filters.size != 25 else None,
        "page": (filters.page if filters.page > 1 else None) if page == -1 else page,
    }
    return {name: value for name, value in values.items() if value is not None}


def _closes(event: Event, found: RegistrationSetup | None) -> Any:
    return shown.moment(found.closes_at, event, g.lang) if found else None


# Deciding


def _ids() -> list[uuid.UUID]:
    found = []
    for value in request.form.getlist("id")[: desk.BULK_LIMIT]:
        try:
            found.append(uuid.UUID(value))
        except ValueError:
            raise NotFound from None
    return found


def _versions() -> dict[uuid.UUID, int]:
    """At which version the preview showed each registration: what a colleague decided since must be seen first."""
    found = {}
    for value in request.form.getlist("seen")[: desk.BULK_LIMIT]:
        one, _colon, version = value.partition(":")
        try:
            found[uuid.UUID(one)] = int(version)
        except ValueError:
            raise NotFound from None
    return found


def _outcome(value: str) -> State:
    try:
        outcome = State(value)
    except ValueError:
        raise NotFound from None
    if outcome not in actions.OUTCOMES:
        raise NotFound
    return outcome


def _draw_preview(
    event: Event,
    found: RegistrationSetup,
    form: DecisionForm,
    outcome: State,
    registrations: Sequence[Registration],
) -> ResponseReturnValue:
    person = actor().person
    seen = access.desk_sight(actor().grants, event)
    able = [
        one
        for one in registrations
        if can_move(one.state, outcome) and person.id not in {one.person_id, one.filed_by_id}
    ]
    unable = [one for one in registrations if one not in able]
    needed = sum(not one.has_seat for one in able) if outcome is State.ACCREDITED else 0
    left = None if found.capacity is None else found.capacity - found.seats_taken
    page = render_template(
        "registration/preview.html",
        event=event,
        setup=found,
        form=form,
        outcome=outcome,
        able=[(one, _name(one, seen), shown.STATES[one.state]) for one in able],
        unable=[(one, _name(one, seen), _why_not(one, outcome)) for one in unable],
        needed=needed,
        left=left,
        letters=_letters(event, found, form, outcome, able),
        discreet=sum(one.person.discreet for one in able),
    )
    return page, form.status


def _letters(
    event: Event, found: RegistrationSetup, form: DecisionForm, outcome: State, able: Sequence[Registration]
) -> list[dict[str, Any]]:
    """The letter in each language, to one of those concerned; the languages that are needed stand first."""
    plain = next((one for one in able if not one.person.discreet and one.person.email), None)
    if plain is None:
        return []
    wanted = {one.person.language for one in able}
    found_letters = []
    example = Registration(
        reference=plain.reference, reason=form.reason.data, state=outcome, late=plain.late, event_id=event.id
    )
    for lang in sorted(LANGUAGES, key=lambda code: (code not in wanted, LANGUAGES.index(code))):
        written = letters.letter(
            letters.DECISIONS[outcome],
            example,
            event,
            found,
            person=plain.person,
            language=lang,
            text=form.text.data or None,
        )
        if written is not None:
            mail = render(written, "<preview@localhost>", now())
            found_letters.append(
                {
                    "lang": lang,
                    "direction": direction(lang),
                    "name": AUTONYMS[lang],
                    "subject": mail.subject,
                    "text": mail.text,
                    "needed": sum(one.person.language == lang for one in able),
                }
            )
    return found_letters


def _why_not(one: Registration, outcome: State) -> Any:
    if not can_move(one.state, outcome):
        return shown.STATES[one.state][0]
    return _("Your own registration")


def _decided(outcome: State, number: int) -> str:
    if outcome is State.ACCREDITED:
        return str(ngettext("%(num)s person is accredited.", "%(num)s people are accredited.", number))
    if outcome is State.WAITLISTED:
        return str(
            ngettext("%(num)s person is on the waiting list.", "%(num)s people are on the waiting list.", number)
        )
    return str(ngettext("%(num)s registration is declined.", "%(num)s registrations are declined.", number))


def _name(one: Registration, seen: Sight) -> str:
    return one.person.name if seen is Sight.BADGES else one.person.public_name


# One record


def _draw_record(
    event: Event,
    found: RegistrationSetup,
    seen: Sight,
    registration: Registration,
    *,
    note_form: NoteForm | None = None,
    reveal_form: RevealForm | None = None,
    opened: dict[str, object] | None = None,
) -> ResponseReturnValue:
    sent = next((form for form in (note_form, reveal_form) if form is not None and form.errors), None)
    page = render_template(
        "registration/record.html",
        event=event,
        setup=found,
        registration=registration,
        name=_name(registration, seen),
        alias=registration.person.alias if seen is Sight.BADGES else None,
        sections=_sections(registration, seen),
        sealed=bool(_sealed_keys(registration, seen)),
        opened=_opened(registration, opened) if opened is not None else None,
        outcomes=[outcome for outcome in actions.OUTCOMES if can_move(registration.state, outcome)],
        own=actor().person.id in {registration.person_id, registration.filed_by_id},
        lines=[line for line in (_deed(one) for one in desk.deeds(registration.id)) if line],
        form=sent,
        bulk=ActionForm(formdata=None),
        note_form=note_form or NoteForm(formdata=None),
        reveal_form=reveal_form or RevealForm(formdata=None),
        word=shown.STATES[registration.state],
        sent_on=show_moment(registration.submitted_at, event.time_zone, g.lang) if registration.submitted_at else None,
    )
    return page, sent.status if sent else 200


def _definition(registration: Registration) -> Any:
    if registration.answer_set is None:
        return None
    return questionnaires.localised(questionnaires.version(registration.answer_set.version_id), g.lang)


def _sections(registration: Registration, seen: Sight) -> list[given.Section]:
    definition = _definition(registration)
    if definition is None or registration.answer_set is None:
        return []
    return given.to_show(definition, given.load(registration.answer_set), g.lang, who=access.viewers(seen))


def _sealed_keys(registration: Registration, seen: Sight) -> set[str]:
    return {row.key for section in _sections(registration, seen) for row in section.rows if row.sealed and row.value}


def _opened(registration: Registration, opened: dict[str, object]) -> list[dict[str, str]]:
    definition = _definition(registration)
    return [
        {"label": question.label, "value": exporting.words(question, opened[question.key], g.lang)}
        for question in definition.questions()
        if question.key in opened
    ]


def _deed(one: desk.Deed) -> dict[str, Any] | None:
    verb = one.entry.verb.removeprefix("registration.")
    words = {
        "changed": _("Answers changed"),
        "revealed": _("Sealed answers read"),
        "note": _("Note"),
    }
    if verb in words:
        title, kind = words[verb], "warn" if verb == "revealed" else ""
    elif verb in set(State):
        title, kind = shown.STATES[State(verb)]
        kind = kind if kind in {"ok", "warn", "silent"} else ""
    else:
        return None
    questions = ", ".join(one.entry.detail.get("questions", ()))
    reason = one.entry.reason
    parts = [
        shown.label("decision_reason.registration", reason, g.lang) if reason else "",
        questions,
        one.text or "",
    ]
    when = show_moment(one.entry.at, actor().person.time_zone, g.lang)
    return {
        "when": f"{when.day}, {when.time}",
        "datetime": when.iso,
        "title": title,
        "kind": kind,
        "who": one.who,
        "text": " · ".join(part for part in parts if part) or None,
    }


# Settings


def _setup_form(event: Event, found: RegistrationSetup | None, *, fresh: bool = False) -> SetupForm:
    data: dict[str, Any] = {"waiting_list": True, "needs_accreditation": event.kind in shown.FORUMS}
    data["seat_at"] = (SeatAt.ACCREDITATION if event.kind in shown.FORUMS else SeatAt.SUBMISSION).value
    if found is not None:
        zone = ZoneInfo(event.time_zone)
        data = {name: getattr(found, name) for name in FIELDS}
        data |= {name: getattr(found, name).astimezone(zone).replace(tzinfo=None) for name in ZONED}
        data |= {"seat_at": found.seat_at.value, "questionnaire_id": str(found.questionnaire_id or "")}
    form = SetupForm(formdata=None, data=data) if fresh else SetupForm(data=data)
    form.questionnaire_id.choices = options([("", _("Nothing is asked")), *_questionnaires(event, found)])
    return form


FIELDS = ("grace_hours", "needs_accreditation", "capacity", "waiting_list", "answer_within_days")


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
        values[name] = _instant(form[name], event.time_zone, fold)
        if found is not None and _same_minute(values[name], getattr(found, name)):
            values[name] = getattr(found, name)
    return actions.set_up(actor().person, event, setup=found, **values)


def _extend(event: Event, found: RegistrationSetup, form: ExtendForm) -> Deadline:
    try:
        return actions.extend_deadline(actor().person, event, found, _instant(form.until, event.time_zone, 1))
    except actions.NotLater as error:
        error.field = form.until.name
        raise


def _instant(field: Any, zone: str, fold: int) -> datetime:
    local = local_value(field)
    try:
        return instant_of(local, zone, fold if is_repeated(local, zone) else None)
    except DomainError as error:
        error.field = field.name
        raise


def _same_minute(one: datetime, other: datetime) -> bool:
    # The browser's field knows no seconds: what nobody touched has not changed.
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


def _extend_form(event: Event, found: RegistrationSetup | None) -> ExtendForm | None:
    if found is None:
        return None
    local = found.closes_at.astimezone(ZoneInfo(event.time_zone)).replace(tzinfo=None)
    return ExtendForm(formdata=None, data={"until": local})


def _draw_setup(
    event: Event,
    found: RegistrationSetup | None,
    form: SetupForm,
    extend_form: ExtendForm | None,
    *,
    shown_form: Form | None = None,
) -> ResponseReturnValue:
    opened = found is not None and found.opens_at <= now()
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
