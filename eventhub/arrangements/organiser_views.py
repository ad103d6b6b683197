"""The order sheet of an event at the desk: its lines by due day, one line with its wishes, the sheet as a file."""

import uuid
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.arrangements import access, due, exporting, ordering, queries, sheet, words
from eventhub.arrangements.console import at_desk, bp, marked, seen
from eventhub.arrangements.forms import LeadForm, MoveForm, NamesForm, SheetForm
from eventhub.arrangements.models import BY_DESK, MOVES, Status
from eventhub.arrangements.sheet import Line, LineKey
from eventhub.kit import audit
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import ActionForm, Form, posted, submit
from eventhub.kit.i18n import direction, show_date, show_moment
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names
from eventhub.programme.models import Event
from eventhub.registration import disclosure
from eventhub.registration.access import Sight
from eventhub.registration.copies import NEEDS
from eventhub.registration.models import Registration
from eventhub.registration.shown import name_of

__all__ = ["bp"]

CANCELLED = "cancelled"
"""The button that says that orders nobody needs any more are cancelled."""


@bp.get("/console/events/<slug>/arrangements")
@staff
def index(slug: str) -> ResponseReturnValue:
    """What must be ordered, by the day until which it can be. Late lines are marked. Nobody is named here."""
    event, _seen = at_desk(slug)
    today, lines = due.today(event), sheet.lines(event)
    rows = [_row(line, event) | {"late": line.is_late(today)} for line in lines]
    return render_template(
        "arrangements/index.html",
        event=event,
        days=_by_day(rows),
        late=sum(row["late"] for row in rows),
        called_off=queries.called_off(event.id),
        lead=queries.lead_days(event.id),
        may_set_up=access.may_set_up(actor().grants, event),
    )


@bp.route("/console/events/<slug>/arrangements/lines/<key>", methods=["GET", "POST"])
@staff
def line(slug: str, key: str) -> ResponseReturnValue:
    """One line of the sheet: its wishes without names, and the buttons that say how far they are."""
    event, sight = at_desk(slug)
    found = sheet.line_of(event, LineKey.read(key)) if request.method == "GET" else None
    form = MoveForm()
    if form.validate_on_submit():
        done = submit(form, partial(_moved, event, LineKey.read(key), request.form.get("status", ""), form))
        if done:
            flash(ngettext("%(num)s row is moved.", "%(num)s rows are moved.", done), "ok")
            return _onward(event, LineKey.read(key))
    return _line_page(event, found or sheet.line_of(event, LineKey.read(key)), sight, form)


@bp.post("/console/events/<slug>/arrangements/lines/<key>/names")
@staff
@stands_on("arrangements_console.line")
def names(slug: str, key: str) -> ResponseReturnValue:
    """Whose wishes these are, in their own words: once, for a reason; the answer to this request alone shows them."""
    event, sight = at_desk(slug)
    found = sheet.line_of(event, LineKey.read(key))
    form, bearers = NamesForm(), queries.bearers(event.id, [one.need.id for one in found.wanted])
    if not bearers:
        raise NotFound
    if form.validate_on_submit() and submit(form, lambda: _noted(event, bearers, form.reason.data or "")):
        return _line_page(event, found, sight, MoveForm(formdata=None), bearers=bearers)
    return _line_page(event, found, sight, MoveForm(formdata=None), names_form=form)


@bp.route("/console/events/<slug>/arrangements/export", methods=["GET", "POST"])
@staff
def export(slug: str) -> ResponseReturnValue:
    """The order sheet as a file: counts for conference services, names for those alone who meet the persons."""
    event, sight = at_desk(slug)
    form = SheetForm()
    if form.validate_on_submit():
        found = submit(form, lambda: _table(event, sight, form))
        if found is not None:
            header, rows = found
            if form.kind.data == "csv":
                return csv_response(rows, header, f"{event.slug}.csv")
            rtl = direction(g.lang) == "rtl"
            return xlsx_response(rows, header, f"{event.slug}.xlsx", sheet=_("Order sheet"), rtl=rtl)
    return render_template("arrangements/export.html", event=event, form=form), form.status


@bp.route("/console/events/<slug>/arrangements/settings", methods=["GET", "POST"])
@staff
def setup(slug: str) -> ResponseReturnValue:
    """How early things are ordered."""
    event, _seen = at_desk(slug)
    if not access.may_set_up(actor().grants, event):
        raise NotFound
    form = LeadForm(data={"lead_days": queries.lead_days(event.id)})
    if form.validate_on_submit():
        days = form.lead_days.data or 0
        if submit(form, lambda: ordering.set_lead_days(actor().person, event, days)):
            flash(_("Saved."), "ok")
            return back_to("arrangements_console.index", slug=slug)
    return render_template("arrangements/settings.html", event=event, form=form), form.status


def _moved(event: Event, key: LineKey, status: str, form: MoveForm) -> int:
    person = actor().person
    if status == CANCELLED:
        return ordering.cancel_orders(person, event, marked(), seen=seen())
    if status not in set(Status):
        raise NotFound
    target = Status(status)
    if key.kind != sheet.PROGRAMME:
        return ordering.move_needs(person, event, marked(), target, answer=form.answer.data or "", seen=seen())
    if key.session_id is None:
        raise NotFound
    versions = seen()
    version = versions.get(key.session_id, -1)
    ordering.move_service(person, event, key.session_id, key.language, target, seen=version)
    return 1


def _onward(event: Event, key: LineKey) -> ResponseReturnValue:
    """Back to the line, or to the sheet where nothing is left of it."""
    if any(one.key == key for one in sheet.lines(event)):
        return back_to("arrangements_console.line", slug=event.slug, key=str(key))
    return back_to("arrangements_console.index", slug=event.slug)


def _noted(event: Event, bearers: dict[uuid.UUID, Registration], reason: str) -> list[audit.AuditEntry]:
    registrations = {one.id: one for one in bearers.values()}
    return disclosure.note_reads(actor().person, event, list(registrations.values()), questions=NEEDS, reason=reason)


def _table(event: Event, sight: Sight, form: SheetForm) -> exporting.Table:
    if form.names.data:
        lines = sheet.lines(event)
        bearers = queries.bearers(event.id, [one.need.id for found in lines for one in found.wanted])
        _noted(event, bearers, form.reason.data or "")
        table = exporting.named(lines, bearers, event, sight, g.lang)
    else:
        table = exporting.counts(event, g.lang)
    audit.record(
        "arrangements.exported",
        event,
        actor=actor().person,
        scope_id=event.id,
        text=form.reason.data or None,
        rows=len(table[1]),
        kind=form.kind.data,
        names=bool(form.names.data),
    )
    return table


def _row(found: Line, event: Event) -> dict[str, Any]:
    return {
        "what": words.what(found, g.lang),
        "where": words.where(found.session, event, g.lang),
        "number": found.number,
        "to_cancel": found.to_cancel,
        "counted": words.counted(found),
        "from_programme": found.from_programme,
        "has_changed": found.has_changed,
        "is_met": found.is_met,
        "announced": found.announced,
        "due": found.due,
        "url": url_for("arrangements_console.line", slug=event.slug, key=str(found.key)),
    }


def _by_day(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    days: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(row["due"], []).append(row)
    return [
        {
            "iso": day.isoformat(),
            "label": show_date(day, g.lang, weekday=True),
            "rows": mine,
            "late": any(row["late"] for row in mine),
        }
        for day, mine in days.items()
    ]


def _line_page(
    event: Event,
    found: Line,
    sight: Sight,
    form: MoveForm,
    *,
    names_form: NamesForm | None = None,
    bearers: dict[uuid.UUID, Registration] | None = None,
) -> ResponseReturnValue:
    """``bearers``: whose wishes these are, where that was written down."""
    today = due.today(event)
    sent: Form = names_form or form
    page = render_template(
        "arrangements/line.html",
        event=event,
        row=_row(found, event) | {"late": found.is_late(today)},
        due=show_date(found.due, g.lang, weekday=True),
        key=str(found.key),
        wishes=_wishes(found, event, sight, bearers, set(marked()) if form.errors else None),
        given_up=[{"id": one.need.id, "version": one.need.version} for one in found.given_up],
        service=_service(found),
        targets=_targets(found),
        cancelled=CANCELLED,
        form=form,
        once=ActionForm(formdata=None),
        names_form=names_form or (NamesForm(formdata=None) if posted() else NamesForm()),
        sent=sent if sent.errors else None,
        shows_names=bearers is not None,
        scripts=["choose-all.js"],
    )
    return page, sent.status


def _wishes(
    found: Line,
    event: Event,
    sight: Sight,
    bearers: dict[uuid.UUID, Registration] | None,
    chosen: set[uuid.UUID] | None,
) -> list[dict[str, Any]]:
    steps = queries.steps([one.need.id for one in found.wanted])
    by_desk = [step for mine in steps.values() for step in mine if step.status in BY_DESK]
    who = public_names({step.actor_id for step in by_desk if step.actor_id})
    zone = actor().person.time_zone
    marks = chosen or set()
    rows = []
    for number, one in enumerate(found.wanted, 1):
        bearer = bearers.get(one.need.id) if bearers else None
        rows.append(
            {
                "id": one.need.id,
                "version": one.need.version,
                "checked": one.need.id in marks,
                "label": _("Wish %(number)s", number=number),
                "tag": words.STATUSES[one.need.status],
                "came_late": one.need.asked_at.astimezone(ZoneInfo(event.time_zone)).date() > found.due,
                "name": name_of(bearer, sight) if bearer else None,
                "reference": bearer.reference if bearer else None,
                "url": url_for("registration_console.record", slug=event.slug, registration_id=bearer.id)
                if bearer
                else None,
                "words": one.wish.words if bearer else None,
                "steps": [
                    {
                        "word": words.STATUSES[step.status][0],
                        "at": show_moment(step.at, zone, g.lang),
                        "who": who.get(step.actor_id, "") if step.actor_id else "",
                    }
                    for step in steps.get(one.need.id, [])
                    # When somebody asked is when somebody registered: the list of registrations would tell who.
                    if bearer or step.status in BY_DESK
                ],
            }
        )
    return rows


def _service(found: Line) -> dict[str, Any] | None:
    if not found.from_programme:
        return None
    row = found.service
    return {"seen": f"{found.key.session_id}:{row.version if row else 0}", "status": row.status if row else None}


def _targets(found: Line) -> list[tuple[str, Any]]:
    """The steps that lead on from where something of this line stands, in the words of buttons."""
    labels = {
        Status.NOTED: _("Mark as noted"),
        Status.ORDERED: _("Mark as ordered"),
        Status.CONFIRMED: _("Mark as confirmed"),
        Status.DELIVERED: _("Mark as provided"),
        Status.NOT_POSSIBLE: _("Say that it is not possible"),
        Status.TAKEN_BACK: _("Order cancelled"),
    }
    if found.from_programme:
        if not found.announced:
            return [(Status.TAKEN_BACK.value, labels[Status.TAKEN_BACK])]
        here = found.service.status if found.service else Status.ASKED
        start = Status.ASKED if here is Status.TAKEN_BACK else here
        reached = set(MOVES[start]) | ({Status.ORDERED} if found.has_changed else set())
        return [(one.value, labels[one]) for one in BY_DESK if one in reached]
    reached = {target for one in found.wanted for target in MOVES[one.need.status]}
    return [(one.value, labels[one]) for one in BY_DESK if one in reached]
