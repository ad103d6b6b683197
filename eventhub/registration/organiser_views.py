"""The desk: the list with its filters, decisions on chosen rows, and the list as a file."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, pgettext
from werkzeug.utils import redirect

from eventhub.kit import codes, presence
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import ActionForm, given_back, options, submit
from eventhub.kit.i18n import direction
from eventhub.kit.paging import pager
from eventhub.kit.panels import gathered
from eventhub.kit.web import back_to, write_down
from eventhub.programme.models import Event
from eventhub.registration import access, deciding, desk, disclosure, exporting, shown, stages
from eventhub.registration.access import Sight
from eventhub.registration.categories import Rule, needs_security
from eventhub.registration.console import PageTooOld, at_desk, bp, marked_ids, seen_versions, setup_of
from eventhub.registration.desk import Filters, Overview, Row
from eventhub.registration.forms import (
    REASONS_FOR,
    REFUSALS,
    DecisionForm,
    ExportForm,
    FilterForm,
    filters_from,
)
from eventhub.registration.models import RegistrationCategory, RegistrationSetup, State
from eventhub.registration.previews import KINDS, draw_preview, lacks, outcome_of

CHIP_ORDER = (
    "decide",
    "prepared",
    "answered",
    "info",
    "focal",
    "security",
    "objected",
    "accredited",
    "waiting",
    "declined",
    "withdrawn",
    "all",
)


@bp.get("/console/events/<slug>/registrations", endpoint="desk")
@staff
def the_list(slug: str) -> ResponseReturnValue:
    """The list with its filters, and what can be done with chosen rows."""
    event, setup, rules = desk.event_with_categories(slug)
    seen = access.desk_sight(actor().grants, event)
    presence.leave(actor().id)
    known = desk.overview(event.id, actor().id)
    filters = filters_from(request.args, known, CHIP_ORDER, actor().id)
    rows = desk.rows(event.id, filters, seen)
    total = desk.number(event.id, filters, seen, known)
    _note_search(event, filters)
    if total and not rows:  # others have decided meanwhile: the page is past the end
        last = -(-total // filters.size)
        return redirect(
            url_for("registration_console.desk", slug=slug, **_address(filters, page=last if last > 1 else None))
        )
    return render_template(
        "registration/desk.html",
        event=event,
        setup=setup,
        filters=filters,
        chips=_chips(event, filters, known),
        filter_form=_filter_form(event, filters, known),
        rows=[_row(row, rules, setup) for row in rows],
        asks_security=setup is not None and (setup.needs_security or any(one.security for one in rules.values())),
        quotas=[_quota(one) for one in rules.values() if one.quota is not None],
        total=total,
        overview=known,
        pager=_pager(event, filters, total),
        form=None,
        bulk=ActionForm(),
        unsent=_unsent(),
        columns=_columns(event, filters),
        may_set_up=access.may_set_up(actor().grants, event),
        reads_names=seen is Sight.BADGES,
        may_export_security=seen is Sight.BADGES,
        closes=_closes(event, setup),
        scripts=["choose-all.js"],
    )


def _unsent() -> list[tuple[str, str]]:
    """The fields of a decision that was sent when the session had ended: whom it is about, the outcome, the words."""
    kept = given_back()
    fields = kept.items(multi=True) if kept else ()
    return [(name, value) for name, value in fields if name in {"id", "outcome", "reason", "text"}]


def _note_search(event: Event, filters: Filters) -> None:
    """The number of rows alone tells whether somebody is there: so does a length (HEAD), a refused form, a file."""
    if filters.q:
        write_down(partial(disclosure.note_search, actor().id, event.id))


@bp.post("/console/events/<slug>/registrations/preview")
@staff
@stands_on("registration_console.desk")
def preview(slug: str) -> ResponseReturnValue:
    """Who is meant, how many places are left, and what each person will read. Nothing is decided yet."""
    event, setup, _seen = at_desk(slug)
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    outcome = outcome_of(request.form.get("outcome", ""))
    registrations = desk.chosen(event.id, marked_ids())
    if request.form.get("without") == "security":
        lacking = lacks(setup_of(setup), outcome, registrations)
        registrations = [one for one in registrations if one.id not in lacking]
    if not registrations:
        flash(_("Choose at least one person first."), "warn")
        return back_to("registration_console.desk", slug=slug)
    form = DecisionForm(formdata=None)
    reason = request.form.get("reason")
    usual = "" if outcome in REFUSALS else REASONS_FOR[outcome][0]
    form.reason.data = reason if reason in REASONS_FOR[outcome] else usual
    form.text.data = request.form.get("text")
    form.offer(outcome, g.lang)
    return draw_preview(event, setup_of(setup), form, outcome, registrations)


@bp.post("/console/events/<slug>/registrations/decision")
@staff
@stands_on("registration_console.desk")
def decide(slug: str) -> ResponseReturnValue:
    """Decide on everybody that the preview showed: all or, when anything is in the way, nobody."""
    event, setup, _seen = at_desk(slug)
    outcome = outcome_of(request.form.get("outcome", ""))
    registrations = desk.chosen(event.id, marked_ids())
    form = DecisionForm()
    form.offer(outcome, g.lang)
    person, seen = actor().person, seen_versions()
    if form.validate_on_submit():
        if len(registrations) != len(marked_ids()):
            raise NotFound
        decided = submit(
            form,
            lambda: deciding.decide(
                person, registrations, outcome, form.reason.data, form.text.data or None, seen=seen
            ),
        )
        if decided:
            flash(_decided(outcome, decided), "ok")
            return back_to("registration_console.desk", slug=slug)
        registrations = desk.chosen(event.id, marked_ids())
    return draw_preview(event, setup_of(setup), form, outcome, registrations, versions=seen)


@bp.route("/console/events/<slug>/registrations/export", methods=["GET", "POST"])
@staff
def export(slug: str) -> ResponseReturnValue:
    """The filtered list as a file, for a reason that is recorded."""
    event, _setup, seen = at_desk(slug)
    known = desk.overview(event.id, actor().id)
    filters = filters_from(request.args, known, CHIP_ORDER, actor().id)
    form = ExportForm()
    _note_search(event, filters)
    if form.validate_on_submit():
        header, rows = exporting.table(event, filters, seen, g.lang)
        disclosure.record_export(
            actor().person, event, reason=form.reason.data or "", rows=len(rows), kind=form.kind.data, sight=seen
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


SECURITY: Mapping[str, tuple[Any, str]] = {
    "not_asked": (_l("Security not asked yet"), "new"),
    "waits": (_l("Waits for security"), "silent"),
    "objected": (_l("Security objects"), "warn"),
    "clear": (_l("Security: no objection"), "ok"),
    "passed": (_l("Gone on without security"), "warn"),
}
"""What security has said, in a row of the list."""


# The list


def _chips(event: Event, filters: Filters, known: Overview) -> list[dict[str, Any]]:
    words = {
        "decide": _("To decide"),
        "prepared": _("Prepared"),
        "answered": _("Answered"),
        "info": _("Information asked"),
        "focal": _("Focal point"),
        "security": _("Waits for security"),
        "objected": _("Security objects"),
        "accredited": pgettext("state of a registration", "Accredited"),
        "waiting": _("Waiting list"),
        "declined": pgettext("state of a registration", "Declined"),
        "withdrawn": pgettext("state of a registration", "Withdrawn"),
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


def _filter_form(event: Event, filters: Filters, known: Overview) -> FilterForm:
    form = FilterForm(
        data={name: getattr(filters, name) for name in ("q", "category", "mode", "country", "delegation", "sort")}
    )
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
    if known.delegations:
        names = gathered("registration.delegations", event.id, {})
        found = sorted(((names.get(one, one), one) for one in known.delegations), key=_collated)
        form.delegation.choices = options([everything, *((one, name) for name, one in found)])
    else:
        del form.delegation
    return form


def _collated(pair: tuple[str, str]) -> str:
    return codes.collation_key(pair[0], g.lang)


def _quota(row: RegistrationCategory) -> dict[str, Any]:
    return {
        "label": shown.label("participant_category", row.code, g.lang),
        "quota": shown.quota(row, g.lang),
        "is_full": row.quota is not None and row.seats_taken >= row.quota,
    }


def _row(row: Row, rules: Mapping[str, RegistrationCategory], setup: RegistrationSetup | None) -> dict[str, Any]:
    rule = rules.get(row.category or "")
    asked = setup is not None and needs_security(setup, Rule.of(rule) if rule else None)
    said = row.security or ("not_asked" if asked and row.state in stages.ASKABLE else "")
    return {
        "row": row,
        "category": shown.label("participant_category", row.category, g.lang),
        "papers": shown.papers_of(Rule.of(rule)) if rule else "",
        "country": shown.country(row.country, g.lang),
        "days": (now() - row.submitted_at).days,
        "tag": shown.STATES[row.state],
        "prepared": KINDS[row.prepared] if row.prepared else None,
        "security": SECURITY.get(said),
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
    def at(page: int) -> str:
        values = _address(filters, page=page if page > 1 else None)
        return url_for("registration_console.desk", slug=event.slug, **values)

    export = url_for("registration_console.export", slug=event.slug, **_address(filters, page=None))
    return pager(at, page=filters.page, size=filters.size, total=total) | {
        "exports": [{"label": "XLSX, CSV", "url": export}]
    }


def _address(filters: Filters, *, page: int | None = -1) -> dict[str, Any]:
    values: dict[str, Any] = {
        "chip": filters.chip if filters.chip != "decide" else None,
        "q": filters.q or None,
        "category": filters.category or None,
        "mode": filters.mode or None,
        "country": filters.country or None,
        "late": "1" if filters.late else None,
        "delegation": filters.delegation or None,
        "sort": filters.sort if filters.sort != "waiting" else None,
        "size": filters.size if filters.size != 25 else None,
        "page": (filters.page if filters.page > 1 else None) if page == -1 else page,
    }
    return {name: value for name, value in values.items() if value is not None}


def _closes(event: Event, found: RegistrationSetup | None) -> Any:
    return shown.moment(found.closes_at, event, g.lang) if found else None


# Deciding


def _decided(outcome: State, number: int) -> str:
    if outcome is State.ACCREDITED:
        return str(ngettext("%(num)s person is accredited.", "%(num)s people are accredited.", number))
    if outcome is State.WAITLISTED:
        return str(
            ngettext("%(num)s person is on the waiting list.", "%(num)s people are on the waiting list.", number)
        )
    if outcome is State.REVOKED:
        return str(ngettext("%(num)s accreditation is taken back.", "%(num)s accreditations are taken back.", number))
    return str(ngettext("%(num)s registration is declined.", "%(num)s registrations are declined.", number))
