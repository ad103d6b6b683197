"""Bringing commitments from a spreadsheet: a template, the file, a look at each row, the drafts."""

import uuid
from collections.abc import Iterable
from datetime import date

from flask import Blueprint, Response, flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from eventhub.commitments import access, queries, shown
from eventhub.commitments.capturing import Words
from eventhub.kit.access import actor, staff
from eventhub.kit.codes import country_name, label
from eventhub.kit.errors import DomainError
from eventhub.kit.exports import csv_response, xlsx_response
from eventhub.kit.forms import posted, submit
from eventhub.kit.i18n import AUTONYMS, show_date, show_money
from eventhub.kit.money import Money, digits_of
from eventhub.kit.text import safe_file_name
from eventhub.kit.web import back_to
from eventhub.programme.models import Event
from eventhub.tracker import importing, judging, reading
from eventhub.tracker.forms import TableForm, WriteForm

bp = Blueprint("tracker_console", __name__)

PLACE = "/console/events/<slug>/commitments/import"


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "commitments"


@bp.route(PLACE, methods=["GET", "POST"])
@staff
def bring(slug: str) -> ResponseReturnValue:
    """Choose a file; nothing is written by sending it."""
    event, form = _kept(slug), TableForm()
    if form.validate_on_submit():
        sheet = submit(
            form,
            lambda: importing.bring(
                actor().person,
                event,
                reading.table(form.upload()),
                name=safe_file_name(form.name()),
                language=g.lang,
            ),
        )
        if sheet is not None:
            return back_to("tracker_console.look", slug=slug, sheet_id=sheet.id)
        event = _kept(slug)
    page = render_template(
        "tracker/bring.html",
        event=event,
        event_title=shown.event_title(event),
        form=form,
        columns=judging.COLUMNS,
    )
    return page, form.status


@bp.get(f"{PLACE}/template.<any(csv, xlsx):kind>")
@staff
def template(slug: str, kind: str) -> Response:
    """An empty table with its head, to fill in."""
    _kept(slug)
    make = csv_response if kind == "csv" else xlsx_response
    return make([], list(judging.COLUMNS), f"commitments-template.{kind}")


@bp.route(f"{PLACE}/<uuid:sheet_id>", methods=["GET", "POST"])
@staff
def look(slug: str, sheet_id: uuid.UUID) -> ResponseReturnValue:
    """What each row would become, and what is wrong where; then the drafts, once."""
    event, form = _kept(slug), WriteForm()
    sheet = importing.sheet_of(event, sheet_id, lock=posted())
    if form.validate_on_submit():
        done = submit(
            form,
            lambda: importing.write(actor().person, event, sheet, seen=form.number(), language=g.lang),
        )
        if done is not None:
            said = ngettext("%(num)s draft is written.", "%(num)s drafts are written.", done.written or 0)
            flash(said, "ok")
            return back_to("commitments_console.index", event=slug)
        event = _kept(slug)
        sheet = importing.sheet_of(event, sheet_id)
    verdict = None if sheet.done_at else _verdict(event, sheet.rows)
    form.seen.data = str(len(verdict.good)) if verdict else ""
    page = render_template(
        "tracker/look.html",
        event=event,
        event_title=shown.event_title(event),
        sheet=sheet,
        form=form,
        good=len(verdict.good) if verdict else 0,
        bad=[one for one in verdict.rows if one.problems] if verdict else [],
        rows=verdict.rows if verdict else [],
        read=_read,
        unread=verdict.unread if verdict else [],
    )
    return page, form.status


def _read(one: judging.Judged) -> list[tuple[str, str]]:
    """What was read from a row without a problem, column by column, as the record will say it."""
    if one.words is None or one.described is None:
        return []
    words, said = one.words, one.described
    kinds = " · ".join(label("commitment_maker_type", maker.kind, g.lang) for maker in said.makers)
    named = (
        ("wording", words.wording if words.title else ""),
        ("maker_types", kinds),
        ("maker_countries", _places(maker.country for maker in said.makers)),
        ("language", AUTONYMS[one.language]),
        ("said_on", _day(one.said_on)),
        ("speaker", said.speaker),
        ("start_on", _day(words.start_on)),
        ("due_on", _day(words.due_on)),
        ("amount", _amount(words)),
        ("beneficiaries", words.beneficiaries),
        ("type", label("commitment_type", said.kind, g.lang) if said.kind else ""),
        ("themes", " · ".join(label("theme", code, g.lang) for code in said.themes)),
        ("groups", " · ".join(label("group_concerned", code, g.lang) for code in said.groups)),
        ("sdgs", ", ".join(said.sdgs)),
        ("countries", _places(said.countries)),
        ("recommendations", " | ".join(", ".join(part for part in one if part) for one in said.recommendations)),
        ("contact_email", one.email or ""),
    )
    return [(name, text) for name, text in named if text]


def _places(found: Iterable[str | None]) -> str:
    return " · ".join(country_name(code, g.lang) for code in found if code)


def _amount(words: Words) -> str:
    if words.amount is None or words.currency is None:
        return ""
    return show_money(Money(int(words.amount.scaleb(digits_of(words.currency))), words.currency), g.lang)


def _day(day: date | None) -> str:
    return show_date(day, g.lang) if day else ""


def _verdict(event: Event, rows: list[list[object]]) -> judging.Verdict:
    try:
        return judging.judge(event, rows, g.lang)
    except DomainError:
        return judging.Verdict([], [])


def _kept(slug: str) -> Event:
    return access.demand_keep(actor().grants, queries.event_of(slug))
