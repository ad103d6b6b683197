"""Organisers' pages of a fund: balance, money and timeline of a call, and reports for donors."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.awards import (
    console_queries,
    dashboard,
    dashboard_access,
    dashboard_counts,
    dashboard_orders,
    dashboard_shown,
    releasing,
)
from eventhub.awards.dashboard_forms import ReportForm
from eventhub.awards.dashboard_models import SLOW, DonorReport, ReportKind
from eventhub.awards.refusals import SumsHidden
from eventhub.funding.desk_shown import clock_of
from eventhub.kit import files
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import submit
from eventhub.kit.i18n import AUTONYMS, show_by, show_date
from eventhub.kit.web import back_to
from eventhub.reviewing.queries import Reading, call_of

bp = Blueprint("awards_numbers", __name__)


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "funds"


@bp.get("/console/funds/<slug>/overview")
@staff
def overview(slug: str) -> ResponseReturnValue:
    """Balance, money and timeline of a call, and the reports that were asked for."""
    return _page(_seen(slug))


@bp.post("/console/funds/<slug>/overview/report")
@staff
@stands_on("awards_numbers.overview")
def report(slug: str) -> ResponseReturnValue:
    """Ask for a report for donors."""
    reading = _seen(slug, people=True)
    if releasing.is_near(actor().person, reading.call.id):
        raise SumsHidden
    form = ReportForm()
    if form.validate_on_submit():
        asked = submit(
            form,
            lambda: dashboard_orders.ask(
                actor().person,
                reading.call,
                ReportKind(form.kind.data),
                form.language.data,
                reason=form.reason.data or "",
            ),
        )
        if asked is not None:
            return back_to("awards_numbers.overview", slug=slug, _anchor="donors")
    return _page(reading, form)


@bp.get("/console/funds/<slug>/overview/report/<uuid:order_id>")
@staff
def fetch(slug: str, order_id: uuid.UUID) -> ResponseReturnValue:
    """The file, for whoever asked for it, within a day, while the role still reaches it."""
    reading = _seen(slug, people=True)
    file = dashboard_orders.fetch(actor().person, reading.call, order_id)
    kind = file.name.rpartition(".")[2]
    return files.attachment(file, f"{slug}-{now():%Y-%m-%d}.{kind}")


def _seen(slug: str, *, people: bool = False) -> Reading:
    reading = call_of(slug)
    may = dashboard_access.may_see_people if people else dashboard_access.may_oversee
    if not may(actor().grants, reading.scope):
        raise NotFound
    return reading


def _page(reading: Reading, sent: ReportForm | None = None) -> ResponseReturnValue:
    call, rules = reading.call, reading.rules
    exact = dashboard_access.may_see_people(actor().grants, reading.scope)
    today = now().astimezone(ZoneInfo(call.time_zone)).date()
    found, event = dashboard_counts.balance(call.id), console_queries.event_of(call)
    # Whoever sees single grants without the own one must not read what all of them come to.
    is_near = exact and releasing.is_near(actor().person, call.id)
    sums = None if is_near else dashboard.money(call, exact=exact, tells=rules.envelopes_tell)
    money = dashboard_shown.money_rows(call, rules, sums) if sums else None
    page = render_template(
        "awards/numbers_overview.html",
        call=call,
        title=dashboard_shown.title_of(call),
        form=sent,
        exact=exact,
        found=found,
        figures=dashboard_shown.totals(found, event.last_day if event else None) if found else [],
        tables=dashboard_shown.tables(found, rules) if found else [],
        others=dashboard_shown.other_targets(found, rules) if found else [],
        said=dashboard_shown.said(found) if found and found.filed else [],
        counted_on=show_date(found.counted_on, g.lang) if found else "",
        money=money,
        hidden=SumsHidden.message if is_near else None,
        spans=dashboard_shown.spans(dashboard.timeline(reading, today), today, exact=exact),
        report_form=(sent or ReportForm(data={"language": g.lang})) if exact and not is_near else None,
        orders=[_told(reading, one) for one in dashboard_orders.of_owner(actor().person, call)] if exact else [],
    )
    return page, sent.status if sent else 200


def _told(reading: Reading, order: DonorReport) -> dict[str, Any]:
    waits = order.made_at is None and now() - order.asked_at < SLOW
    if order.made_at is not None:
        tag: tuple[Any, str] = (pgettext("state of a paper", "Ready"), "ok")
    else:
        tag = (_("Being made"), "go") if waits else (_("Not made"), "stop")
    return {
        "title": order.kind.value.upper(),
        "tag": tag,
        "waits": waits,
        "problem": None
        if waits or order.made_at
        else _("It takes much longer than it should. We have been told, and look at it."),
        "language": AUTONYMS[order.language],
        "asked": show_by(order.asked_at, clock_of(reading.call, actor().time_zone, g.lang), g.lang),
        "url": url_for("awards_numbers.fetch", slug=reading.call.slug, order_id=order.id) if order.made_at else None,
    }
