"""The fund's desk: the list of a call's files with its filters, decisions on chosen ones, and the list as a file."""

from functools import partial
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from werkzeug.utils import redirect

from eventhub.funding import deciding, desk, desk_shown, exporting, looking
from eventhub.funding.console import PageTooOld, at_desk, bp, marked_ids, seen_versions
from eventhub.funding.desk import CHIPS, Desk, Filters, Overview, Row
from eventhub.funding.desk_forms import EligibilityForm, ExportForm, FilterForm, filters_from
from eventhub.funding.desk_previews import draw_preview, outcome_of
from eventhub.funding.file_check import Gap
from eventhub.funding.models import Stand, State
from eventhub.kit import presence
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import direction
from eventhub.kit.paging import pager
from eventhub.kit.web import back_to, write_down


@bp.get("/console/funds/<slug>/files")
@staff
def files(slug: str) -> ResponseReturnValue:
    """The list with its filters, and what can be done with chosen rows."""
    place = at_desk(slug)
    presence.leave(actor().id)
    known = desk.overview(place)
    filters = filters_from(request.args, known)
    ids = desk.lacking(place, filters) if filters.lacking else None
    rows = desk.rows(place, filters, ids=ids)
    total = desk.number(place, filters, ids=ids)
    _note_search(place, filters)
    if total and not rows:  # others have decided meanwhile: the page is past the end
        last = -(-total // filters.size)
        return redirect(
            url_for("funding_console.files", slug=slug, **_address(filters, page=last if last > 1 else None))
        )
    missing = desk.gaps_of(place, rows)
    form = FilterForm(
        data={name: getattr(filters, name) for name in ("q", "region", "organisation", "lacking", "vouched", "sort")}
    )
    form.late.data = "1" if filters.late else ""
    form.offer(known, g.lang)
    return render_template(
        "funding/files.html",
        place=place,
        title=desk_shown.title_of(place.call, g.lang),
        filters=filters,
        chips=_chips(place, filters, known),
        filter_form=form,
        rows=[_row(row, place, missing[row.id]) for row in rows],
        total=total,
        overview=known,
        pager=_pager(place, filters, total),
        bulk=ActionForm(),
        decides=place.call.stand is not Stand.CANCELLED,
        columns=_columns(place, filters),
        is_over=place.call.closes_at <= now(),
        closes=desk_shown.moment(place.call, place.call.closes_at, actor().person.time_zone, g.lang),
        scripts=["choose-all.js"],
    )


@bp.post("/console/funds/<slug>/files/preview")
@staff
@stands_on("funding_console.files")
def preview(slug: str) -> ResponseReturnValue:
    """Who is meant, and what each person will read. Nothing is decided yet."""
    place = at_desk(slug)
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    outcome = outcome_of(request.form.get("outcome", ""))
    applications = desk.chosen(place.call.id, marked_ids())
    if not applications:
        flash(_("Choose at least one file first."), "warn")
        return back_to("funding_console.files", slug=slug)
    form = EligibilityForm(formdata=None)
    form.offer(outcome, g.lang)
    reason = request.form.get("reason")
    if form.reason and reason in deciding.REASONS:
        form.reason.data = reason
    form.text.data = (request.form.get("text") or "")[:2000]
    return draw_preview(place, form, outcome, applications)


@bp.post("/console/funds/<slug>/files/decision")
@staff
@stands_on("funding_console.files")
def decide(slug: str) -> ResponseReturnValue:
    """Decide on everybody that the preview showed: all or, when anything is in the way, nobody."""
    place = at_desk(slug)
    outcome = outcome_of(request.form.get("outcome", ""))
    applications = desk.chosen(place.call.id, marked_ids())
    form = EligibilityForm()
    form.offer(outcome, g.lang)
    person, seen = actor().person, seen_versions()
    if form.validate_on_submit():
        if len(applications) != len(marked_ids()):
            raise NotFound
        reason = form.reason.data if form.reason else None
        decided = submit(
            form,
            lambda: deciding.decide(
                person, place.call, applications, outcome, reason, form.text.data or None, seen=seen
            ),
        )
        if decided:
            flash(_decided(outcome, decided), "ok")
            return back_to("funding_console.files", slug=slug)
        applications = desk.chosen(place.call.id, marked_ids())
    return draw_preview(place, form, outcome, applications, versions=seen)


@bp.route("/console/funds/<slug>/files/export", methods=["GET", "POST"])
@staff
def export(slug: str) -> ResponseReturnValue:
    """The filtered list as a file, for a reason that is recorded. It is made for this answer and kept nowhere."""
    place = at_desk(slug)
    filters = filters_from(request.args, desk.overview(place))
    form = ExportForm()
    _note_search(place, filters)
    if form.validate_on_submit():
        header, rows = exporting.table(place, filters, g.lang)
        looking.record_export(
            actor().person, place.call, reason=form.reason.data or "", rows=len(rows), kind=form.kind.data
        )
        name = f"{place.call.code}-{now():%Y-%m-%d}"
        if form.kind.data == "csv":
            return csv_response(rows, header, f"{name}.csv")
        return xlsx_response(rows, header, f"{name}.xlsx", sheet=_("List"), rtl=direction(g.lang) == "rtl")
    ids = desk.lacking(place, filters) if filters.lacking else None
    page = render_template(
        "funding/export.html",
        place=place,
        title=desk_shown.title_of(place.call, g.lang),
        form=form,
        total=desk.number(place, filters, ids=ids),
        columns=exporting.header(place),
        address=url_for("funding_console.export", slug=slug, **_address(filters)),
        back=url_for("funding_console.files", slug=slug, **_address(filters)),
    )
    return page, form.status


def _note_search(place: Desk, filters: Filters) -> None:
    """The number of rows alone tells whether somebody is there: so does a length (HEAD), a refused form, a file."""
    if filters.q:
        write_down(partial(looking.note_search, actor().id, place.call.id))


def _chips(place: Desk, filters: Filters, known: Overview) -> list[dict[str, Any]]:
    words = {
        "decide": _("To decide"),
        "answered": _("Answered"),
        "info": _("Waits for the applicant"),
        "silent": _("No answer in time"),
        "eligible": pgettext("files", "Eligible"),
        "ineligible": pgettext("files", "Not eligible"),
        "further": pgettext("files at the desk", "Further on"),
        "open": _("Without a decision"),
        "withdrawn": pgettext("files", "Withdrawn"),
        "all": _("All"),
    }
    return [
        {
            "label": words[name],
            "url": url_for(
                "funding_console.files",
                slug=place.call.slug,
                **(_address(filters, page=None) | {"chip": name}),
            ),
            "current": name == filters.chip,
            "count": known.chips[name],
        }
        for name in CHIPS
        if name == filters.chip or (known.chips[name] and name != "open") or name in {"decide", "eligible", "all"}
    ]


def _row(row: Row, place: Desk, missing: list[Gap]) -> dict[str, Any]:
    return {
        "row": row,
        "region": desk_shown.region(row.region, g.lang),
        "country": desk_shown.country(row.residence, g.lang),
        "days": (now() - row.submitted_at).days,
        "tag": desk_shown.STATES[row.state],
        "missing": len(missing) if row.state in {State.SUBMITTED, State.INFO_REQUESTED} else 0,
        "silent": row.state is State.INFO_REQUESTED
        and row.answered_at is None
        and row.due_at is not None
        and row.due_at < now(),
        "needed": desk.needed_vouchers(place.rules),
    }


def _columns(place: Desk, filters: Filters) -> list[dict[str, Any]]:
    def by(name: str) -> str:
        values = _address(filters, page=None) | {"sort": name}
        return url_for("funding_console.files", slug=place.call.slug, **values)

    def sorted_by(name: str) -> str | None:
        return "ascending" if filters.sort == name else None

    waiting = "descending" if filters.sort == "waiting" else "ascending" if filters.sort == "newest" else None
    return [
        {"label": _("Choose"), "check": True},
        {"label": _("Person and organization"), "url": by("name"), "sort": sorted_by("name")},
        {"label": _("Region")},
        {"label": _("Vouched")},
        {
            "label": _("Waiting"),
            "num": True,
            "url": by("newest" if filters.sort == "waiting" else "waiting"),
            "sort": waiting,
        },
        {"label": _("Status")},
    ]


def _pager(place: Desk, filters: Filters, total: int) -> dict[str, Any]:
    def at(page: int) -> str:
        values = _address(filters, page=page if page > 1 else None)
        return url_for("funding_console.files", slug=place.call.slug, **values)

    export_url = url_for("funding_console.export", slug=place.call.slug, **_address(filters, page=None))
    return pager(at, page=filters.page, size=filters.size, total=total) | {
        "exports": [{"label": "XLSX, CSV", "url": export_url}]
    }


def _address(filters: Filters, *, page: int | None = -1) -> dict[str, Any]:
    values: dict[str, Any] = {
        "chip": filters.chip if filters.chip != "decide" else None,
        "q": filters.q or None,
        "region": filters.region or None,
        "organisation": filters.organisation or None,
        "late": "1" if filters.late else None,
        "vouched": filters.vouched or None,
        "lacking": filters.lacking or None,
        "sort": filters.sort if filters.sort != "waiting" else None,
        "size": filters.size if filters.size != 25 else None,
        "page": (filters.page if filters.page > 1 else None) if page == -1 else page,
    }
    return {name: value for name, value in values.items() if value is not None}


def _decided(outcome: State, number: int) -> str:
    if outcome is State.ELIGIBLE:
        return str(ngettext("%(num)s application is eligible.", "%(num)s applications are eligible.", number))
    return str(ngettext("%(num)s application is not eligible.", "%(num)s applications are not eligible.", number))
