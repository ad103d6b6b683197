"""The pages of the doors: choose a gate, scan or type, register a walk-in, set rules, look at the counts, export.

Place filled on another page: ``console.event``.
"""

import uuid
from typing import Any

from flask import Response, flash, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.checkin import access, actions, exporting, queries, rooms, shown
from eventhub.checkin.console import PHONE_CSP, at_door, bp
from eventhub.checkin.forms import AttendanceForm, ListForm, ReferenceForm, RuleForm, UndoForm, WalkInForm
from eventhub.checkin.models import GateKey, GateRule
from eventhub.checkin.queries import Gate
from eventhub.kit import audit, codes
from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import options, submit
from eventhub.kit.i18n import UNCHOSEN, direction, in_language, show_by, show_moment
from eventhub.kit.panels import Panel
from eventhub.kit.web import Link, back_to
from eventhub.people.models import Person
from eventhub.programme.models import Event, Mode, Session
from eventhub.programme.moving import Plan
from eventhub.programme.shown import clock_of
from eventhub.registration.doors import Newcomer, passes_over
from eventhub.registration.models import Registration
from eventhub.registration.shown import label

ONLINE = "online:"
"""Before the id of a session, among the gates at which an entry is undone."""


@bp.get("/console/events/<slug>/check-in")
@staff
def index(slug: str) -> ResponseReturnValue:
    """Choose a gate: those of today first."""
    event = at_door(slug)
    day = queries.today(event)
    found = [_told(gate, event) | {"today": day in gate.days} for gate in queries.gates(event)]
    return render_template(
        "checkin/index.html",
        event=event,
        title=_title(event),
        today=[one for one in found if one["today"]],
        others=[one for one in found if not one["today"]],
        may_set_rules=access.may_set_rules(actor().grants, event),
        may_export=_may_export(event),
    )


@bp.route("/console/events/<slug>/check-in/gates/<gate>", methods=["GET", "POST"])
@staff
def door(slug: str, gate: str) -> ResponseReturnValue:
    """The page that a phone at the door shows all day. Without script the reference is typed and sent."""
    event = at_door(slug)
    at = queries.gate_of(event, gate)
    form = ReferenceForm()
    if form.validate_on_submit():
        scan = submit(form, lambda: actions.scan_typed(actor().person, event, at, form.reference.data or ""))
        if scan is not None:
            return back_to("checkin_console.door", slug=slug, gate=gate, scan=scan.id, _anchor="result")
    return _door_page(event, at, form, _result(event, request.args.get("scan")))


@bp.route("/console/events/<slug>/check-in/gates/<gate>/walk-in", methods=["GET", "POST"])
@staff
def walk_in(slug: str, gate: str) -> ResponseReturnValue:
    """Register somebody who stands at the door."""
    event = at_door(slug)
    at, setup = queries.gate_of(event, gate), queries.setup_of(event.id)
    may_accredit = access.may_accredit(actor().grants, event)
    may_decide = access.may_decide(actor().grants, event)
    at_once = may_accredit or (setup is not None and not setup.needs_accreditation)
    form = WalkInForm()
    form.category.choices = _categories([("", _("Choose"))])
    if form.validate_on_submit():
        made = submit(
            form,
            lambda: actions.register_walk_in(
                actor().person,
                event,
                setup,
                at,
                Newcomer(form.name.data or "", form.category.data, form.contact.data or None),
                may_accredit=may_accredit,
                may_decide=may_decide,
                text=form.text.data or None,
            ),
        )
        if made is not None:
            registration, scan = made
            if scan is None:
                where = registration.reference
                flash(
                    _("Filed under %(reference)s. Send the person to the accreditation desk.", reference=where), "warn"
                )
                return back_to("checkin_console.door", slug=slug, gate=gate)
            flash(_("Registered under %(reference)s.", reference=registration.reference), "ok")
            return back_to("checkin_console.door", slug=slug, gate=gate, scan=scan.id, _anchor="result")
    page = render_template(
        "checkin/walk_in.html",
        form=form,
        at_once=at_once,
        open=at.open_at(now(), event.time_zone),
        others_wait=passes_over(setup, accredit=at_once),
        may_decide=may_decide,
        **_frame(event, at),
    )
    return page, form.status


@bp.route("/console/events/<slug>/check-in/gates/<gate>/rule", methods=["GET", "POST"])
@staff
def rule(slug: str, gate: str) -> ResponseReturnValue:
    """Who passes a gate."""
    event = at_door(slug)
    if not access.may_set_rules(actor().grants, event):
        raise NotFound
    at = queries.gate_of(event, gate)
    form = _rule_form(queries.rule_of(event.id, at.key))
    if form.validate_on_submit() and submit(form, lambda: _save(event, at, form)):
        flash(_("The rule is saved. Phones without a connection follow it once they have one."), "ok")
        return back_to("checkin_console.index", slug=slug)
    return render_template("checkin/rule.html", form=form, **_frame(event, at)), form.status


@bp.get("/console/events/<slug>/check-in/counts")
@staff
def counts(slug: str) -> ResponseReturnValue:
    """How many are in, gate by gate, and how many joined online; where a door and the server disagree."""
    event = at_door(slug)
    found = queries.counts(event)
    names = {one.gate.key: shown.gate_name(one.gate, event, g.lang) for one in found}
    as_of = show_by(now(), clock_of(event, UNCHOSEN, g.lang), g.lang)
    rows = [
        {
            "name": names[one.gate.key],
            "count": one,
            "last": show_moment(one.last, event.time_zone, g.lang, year=False) if one.last else None,
            "categories": [
                (label("participant_category", code, g.lang) or _("Participant"), number)
                for code, number in one.categories.most_common()
            ],
        }
        for one in found
    ]
    doubts = [
        {
            "scan": one.scan,
            "reference": one.reference,
            "inside": one.inside,
            "gate": names.get(one.scan.key, ""),
            "at": show_moment(one.scan.scanned_at, event.time_zone, g.lang, year=False),
        }
        for one in queries.to_look_at(event.id)
    ]
    return render_template(
        "checkin/counts.html",
        event=event,
        title=_title(event),
        rows=rows,
        online=_online(event),
        doubts=doubts,
        at=_("%(time)s, %(place)s", time=as_of.time, place=as_of.place),
        may_undo=access.may_decide(actor().grants, event),
    )


@bp.route("/console/events/<slug>/check-in/undo", methods=["GET", "POST"])
@staff
def undo(slug: str) -> ResponseReturnValue:
    """Undo an entry that was a mistake. ``scan`` in the address fills in whose and where."""
    event = at_door(slug)
    if not access.may_decide(actor().grants, event):
        raise NotFound
    form = UndoForm(data=_entry_of(event, request.args.get("scan")))
    names = shown.gate_names(event, g.lang)
    online = {f"{ONLINE}{one.id}": one for one in rooms.held(event)}
    form.gate.choices = options(
        [
            ("", _("Choose")),
            *((str(key), name) for key, name in names.items()),
            *((key, _("Online: %(session)s", session=_session_name(one, event))) for key, one in online.items()),
        ]
    )
    if form.validate_on_submit():
        chosen = form.gate.data
        key = GateKey(session_id=online[chosen].id) if chosen in online else queries.gate_of(event, chosen).key
        undone = submit(
            form,
            lambda: actions.undo_entry(
                actor().person,
                event,
                key,
                form.reference.data or "",
                reason=form.reason.data or "",
                online=chosen in online,
            ),
        )
        if undone is not None:
            flash(_("The entry was undone. The scans stay on record."), "ok")
            return back_to("checkin_console.counts", slug=slug)
    return render_template("checkin/undo.html", event=event, title=_title(event), form=form), form.status


@bp.route("/console/events/<slug>/check-in/export", methods=["GET", "POST"])
@staff
def export(slug: str) -> ResponseReturnValue:
    """The attendance or every scan as a file, for a reason that is recorded."""
    event = at_door(slug)
    seen = access.export_sight(actor().grants, event)
    form = AttendanceForm()
    names = shown.gate_names(event, g.lang)
    form.gate.choices = options([("", _("All")), *((str(key), name) for key, name in names.items())])
    if form.validate_on_submit():
        key = GateKey.read(form.gate.data) if form.gate.data else None
        what = form.what.data
        if what == "attendance":
            header, rows = exporting.attendance(event, key, seen, g.lang)
        else:
            header, rows = exporting.scans(event, key, g.lang)
        audit.record(
            "checkin.exported",
            event,
            actor=actor(),
            scope_id=event.id,
            text=form.reason.data,
            what=what,
            gate=form.gate.data,
            rows=len(rows),
            kind=form.kind.data,
            sight=seen.value,
        )
        name = f"{event.code}-{what}-{now():%Y-%m-%d}"
        if form.kind.data == "csv":
            return csv_response(rows, header, f"{name}.csv")
        return xlsx_response(
            rows, header, f"{name}.xlsx", sheet=pgettext("at the doors", "Attendance"), rtl=direction(g.lang) == "rtl"
        )
    return render_template("checkin/export.html", event=event, title=_title(event), form=form), form.status


def data(person: Person) -> Panel:
    """What doors noted about a person, in the copy of all data."""
    return Panel("", queries.own_data(person.id) | {"online": rooms.own_data(person.id)})


def console_event(event: Event) -> Panel | None:
    """The way to the doors from an event's page, for those who work there. An online event has rooms alone."""
    if not access.may_check_in(actor().grants, event):
        return None
    if event.mode is Mode.ONLINE:
        return Panel("", {"links": [Link(_("Online attendance"), url_for("checkin_console.counts", slug=event.slug))]})
    return Panel("", {"links": [Link(_("Check-in"), url_for("checkin_console.index", slug=event.slug))]})


def moving(plan: Plan) -> Panel | None:
    """The gates, when a whole event moves."""
    if plan.event.mode is Mode.ONLINE:
        return Panel("", {"moves": [{"label": _("Online rooms"), "value": _("They open before each session as now.")}]})
    told = _("Each stands open on its new day, with the rules it has. Online rooms open before each session as now.")
    return Panel("", {"moves": [{"label": _("Gates"), "value": told}]})


def _session_name(one: Session, event: Event) -> str:
    return shown.session_name(one.title, one.starts_at, event, g.lang)


def _online(event: Event) -> list[dict[str, Any]]:
    """How many joined each session online."""
    return [
        {
            "name": _session_name(one.session, event),
            "opens": show_moment(one.session.room_opens_at, event.time_zone, g.lang, year=False),
            "joined": one.joined,
            "last": show_moment(one.last, event.time_zone, g.lang, year=False) if one.last else None,
        }
        for one in rooms.counts(event)
    ]


def _door_page(event: Event, at: Gate, form: ReferenceForm, result: shown.Result | None) -> ResponseReturnValue:
    day = queries.today(event)
    today = {at.key, *(one.key for one in queries.gates(event) if day in one.days)}
    phone = {
        "event": str(event.id),
        "code": "".join(sign for sign in event.code.upper() if sign.isalnum()),
        "gate": str(at.key),
        "zone": event.time_zone,
        "list": url_for("checkin_console.hand_out", slug=event.slug),
        "scans": url_for("checkin_console.take_in", slug=event.slug),
        "worker": url_for("checkin_console.worker", slug=event.slug),
        "keep": sorted(url_for("checkin_console.door", slug=event.slug, gate=key) for key in today),
        "words": shown.words(),
    }
    page = render_template(
        "checkin/door.html",
        form=form,
        list_form=ListForm(formdata=None),
        result=result,
        phone=phone,
        open=at.open_at(now(), event.time_zone),
        **_frame(event, at),
    )
    response: Response = make_response(page, form.status)
    response.headers["Content-Security-Policy"] = PHONE_CSP
    return response


def _result(event: Event, scan_id: str | None) -> shown.Result | None:
    try:
        known = uuid.UUID(scan_id or "")
    except ValueError:
        return None
    try:
        return shown.result(event, queries.own_scan(event, actor().id, known), g.lang)
    except NotFound:
        return None


def _entry_of(event: Event, scan_id: str | None) -> dict[str, str]:
    try:
        scan = queries.scan_of(event.id, uuid.UUID(scan_id or ""))
    except (ValueError, NotFound):
        return {}
    found = queries.bearers(event.id, Registration.id == scan.registration_id) if scan.registration_id else []
    return {"gate": str(scan.key)} | ({"reference": found[0].reference} if found else {})


def _frame(event: Event, at: Gate) -> dict[str, Any]:
    return {"event": event, "title": _title(event), "gate": at.key, "gate_name": shown.gate_name(at, event, g.lang)}


def _told(gate: Gate, event: Event) -> dict[str, Any]:
    limits = [label("participant_category", code, g.lang) for code in sorted(gate.let_in)]
    return {
        "key": gate.key,
        "name": shown.gate_name(gate, event, g.lang),
        "url": url_for("checkin_console.door", slug=event.slug, gate=gate.key),
        "rule": url_for("checkin_console.rule", slug=event.slug, gate=gate.key),
        "closed": gate.closed,
        "capacity": gate.capacity,
        "limits": limits,
    }


def _title(event: Event) -> str:
    return in_language(event.title, g.lang, event.original_language).text


def _may_export(event: Event) -> bool:
    try:
        access.export_sight(actor().grants, event)
    except NotFound:
        return False
    return True


def _categories(before: list[tuple[str, str]]) -> list[Any]:
    named = [(code, codes.label("participant_category", code, g.lang)) for code in codes.codes("participant_category")]
    return options([*before, *named])


def _rule_form(found: GateRule | None) -> RuleForm:
    data = {
        "closed": found.closed if found else False,
        "capacity": found.capacity if found else None,
        "categories": found.categories if found else [],
        "modes": (found.modes if found else None) or [queries.IN_PERSON],
    }
    form = RuleForm(data=data)
    form.categories.choices = _categories([])
    form.modes.choices = options(
        [(code, codes.label("attendance_mode", code, g.lang)) for code in codes.codes("attendance_mode")]
    )
    return form


def _save(event: Event, at: Gate, form: RuleForm) -> GateRule:
    return actions.set_rule(
        actor().person,
        event,
        at.key,
        categories=form.categories.data or [],
        modes=form.modes.data or [],
        capacity=form.capacity.data,
        closed=bool(form.closed.data),
    )
