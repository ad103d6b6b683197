"""Which categories an event takes, and the rules of each: a page of its registration settings."""

from typing import Any

from flask import flash, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from eventhub.kit import codes
from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.web import back_to
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.definition import Definition
from eventhub.registration import admission, categories, opening, queries, shown
from eventhub.registration.console import PageTooOld, bp, setup_of, to_set_up
from eventhub.registration.forms import CategoryForm
from eventhub.registration.models import Deadline, RegistrationCategory, RegistrationSetup
from eventhub.registration.time_forms import ZONED, ExtendForm, instant, local_time

__all__ = ["bp"]


@bp.get("/console/events/<slug>/registration-settings/categories")
@staff
def category_list(slug: str) -> ResponseReturnValue:
    """All categories of the code list: which of them this event takes, and by which rules."""
    event, found = to_set_up(slug)
    setup, definition = setup_of(found), _newest(setup_of(found))
    rules, rows = categories.rules_of(event.id), categories.rows_of(event.id)
    return render_template(
        "registration/categories.html",
        event=event,
        lines=[_line(event, code, rules, rows, setup) for code in codes.codes(categories.LIST)],
        has_any=bool(rules),
        asks=categories.asks_for_one(definition),
        unasked=[shown.PAPERS[paper] for paper in categories.papers_missing_from(definition, rules)],
        unasked_keys=[paper.value for paper in categories.papers_missing_from(definition, rules)],
        questionnaire_id=setup.questionnaire_id,
        usual=ActionForm(formdata=None),
    )


@bp.post("/console/events/<slug>/registration-settings/categories")
@staff
def usual_categories(slug: str) -> ResponseReturnValue:
    """Take those that the questionnaire offers, with the papers that are usually asked."""
    event, found = to_set_up(slug)
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    number = admission.take_usual(actor().person, event, categories.offered(_newest(setup_of(found)), ()))
    if number:
        flash(ngettext("%(num)s category is added.", "%(num)s categories are added.", number), "ok")
    else:
        flash(_("All categories of the questionnaire are here already. Nothing was added."), "warn")
    return back_to("registration_console.category_list", slug=slug)


@bp.route("/console/events/<slug>/registration-settings/categories/<code>", methods=["GET", "POST"])
@staff
def category(slug: str, code: str) -> ResponseReturnValue:
    """The rules of one category."""
    event, found = to_set_up(slug)
    offered = categories.offered(_newest(setup_of(found)), ())
    if code not in codes.codes(categories.LIST):
        raise NotFound
    rows = categories.rows_of(event.id)
    form = _form(event, rows.get(code))
    if form.validate_on_submit():
        along = submit(form, lambda: _save(event, code, form, rows.get(code), offered))
        if along is not None:
            flash(_("The rules of the category are saved."), "ok")
            if along:
                flash(ngettext("%(num)s category is added.", "%(num)s categories are added.", along), "ok")
            return back_to("registration_console.category_list", slug=slug)
        event, found = to_set_up(slug)
        rows = categories.rows_of(event.id)
    return _draw(event, setup_of(found), code, form, rows, offered)


@bp.post("/console/events/<slug>/registration-settings/categories/<code>/deadline")
@staff
def extend_category(slug: str, code: str) -> ResponseReturnValue:
    """Announce a later deadline for one category."""
    event, found = to_set_up(slug)
    rows = categories.rows_of(event.id)
    if code not in rows:
        raise NotFound
    form = ExtendForm()
    if form.validate_on_submit():
        done = submit(form, lambda: _extend(event, setup_of(found), code, form))
        if done is not None:
            flash(_("The new deadline is announced. Everybody with a draft in this category gets a mail."), "ok")
            return back_to("registration_console.category", slug=slug, code=code)
        event, found = to_set_up(slug)
        rows = categories.rows_of(event.id)
    offered = categories.offered(_newest(setup_of(found)), ())
    plain = _form(event, rows.get(code), fresh=True)
    return _draw(event, setup_of(found), code, plain, rows, offered, extend_form=form)


def _draw(
    event: Event,
    setup: RegistrationSetup,
    code: str,
    form: CategoryForm,
    rows: dict[str, RegistrationCategory],
    offered: tuple[str, ...],
    *,
    extend_form: ExtendForm | None = None,
) -> ResponseReturnValue:
    row = rows.get(code)
    closes_at = (row.closes_at if row else None) or setup.closes_at
    opened = (
        row is not None
        and row.is_open
        and (row.opens_at or setup.opens_at) <= now()
        and event.publication is not Publication.DRAFT
    )
    fresh = ExtendForm(formdata=None, data={"until": local_time(closes_at, event.time_zone)}) if opened else None
    page = render_template(
        "registration/category.html",
        event=event,
        form=extend_form or form,
        category_form=form,
        extend_form=extend_form or fresh,
        opened=opened,
        announced=[shown.moment(one.closes_at, event, g.lang) for one in queries.deadlines(event.id, code)],
        label=shown.label(categories.LIST, code, g.lang),
        taken=row.seats_taken if row else None,
        code=code,
        would_close=0 if rows else sum(one != code for one in offered),
    )
    return page, (extend_form or form).status


def _save(
    event: Event, code: str, form: CategoryForm, row: RegistrationCategory | None, offered: tuple[str, ...]
) -> int:
    chosen: dict[str, Any] = form.rules | {"is_open": bool(form.is_open.data), "others": _others()}
    for name, fold in ZONED.items():
        before = getattr(row, name) if row else None
        chosen[name] = instant(form[name], event.time_zone, fold, before) if form[name].data else None
    return admission.save_category(actor().person, event, code, offered=offered, **chosen)


def _extend(event: Event, setup: RegistrationSetup, code: str, form: ExtendForm) -> Deadline:
    until = instant(form.until, event.time_zone, 1)
    try:
        return opening.extend_deadline(actor().person, event, setup, until, category=code)
    except opening.NotLater as error:
        error.field = form.until.name
        raise


def _others() -> str | None:
    """What is to become of the other categories, by the button that was pressed."""
    pressed = request.form.get("others")
    return pressed if pressed in {"keep", "close"} else None


def _newest(setup: RegistrationSetup) -> Definition | None:
    """The newest published version of the event's questionnaire."""
    found = questionnaires.newest_version(setup.questionnaire_id) if setup.questionnaire_id else None
    return found.definition if found else None


def _form(event: Event, row: RegistrationCategory | None, *, fresh: bool = False) -> CategoryForm:
    kept: dict[str, Any] = {"formdata": None} if fresh else {}
    if row is None:
        return CategoryForm(data={"is_open": True}, **kept)
    names = ("is_open", "quota", "asks_letter", "asks_attestation", "asks_identity", "may_speak", "is_listed")
    data: dict[str, Any] = {name: getattr(row, name) for name in names}
    data["accreditation"] = "" if row.accreditation is None else "yes" if row.accreditation else "no"
    data["security"] = "" if row.security is None else "yes" if row.security else "no"
    data |= {name: local_time(getattr(row, name), event.time_zone) for name in ZONED}
    return CategoryForm(data=data | {"colour": row.colour.value if row.colour else ""}, **kept)


def _line(
    event: Event, code: str, rules: categories.Rules, rows: dict[str, RegistrationCategory], setup: RegistrationSetup
) -> dict[str, Any]:
    row, rule = rows.get(code), categories.rule_of(rules, code)
    return {
        "code": code,
        "label": shown.label(categories.LIST, code, g.lang),
        "row": row,
        "is_open": row is not None and row.is_open,
        "quota": shown.quota(row, g.lang),
        "opens": shown.moment(row.opens_at, event, g.lang) if row and row.opens_at else None,
        "closes": shown.moment(row.closes_at, event, g.lang) if row and row.closes_at else None,
        "papers": shown.papers_of(rule),
        "looked_at": categories.is_looked_at(setup, rule),
        "secured": row is not None and categories.needs_security(setup, rule),
        "colour": shown.COLOURS[row.colour] if row and row.colour else None,
    }
