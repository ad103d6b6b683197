"""The grants of a call, and offering lapsed ones once more, many at once, with what that does to the envelopes."""

import uuid
from collections import defaultdict
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from eventhub.awards import access, console_queries, console_shown, queries, releasing, staging, todo
from eventhub.awards.console import Place, at_awards, at_desk, bp, marked_ids, without_sums
from eventhub.awards.console_queries import SIZE, VIEWS, Row
from eventhub.awards.ledger import shown
from eventhub.awards.letters import title_of
from eventhub.awards.models import Award
from eventhub.awards.refusals import SumsHidden
from eventhub.awards.todo import Todo
from eventhub.funding.desk_shown import STATES
from eventhub.funding.models import State
from eventhub.funding.nearness import StillToCome
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import show_date, show_own
from eventhub.kit.paging import page_number, pager
from eventhub.kit.web import back_to

__all__ = ["bp"]
OFFERABLE = frozenset({State.LAPSED})
"""What is offered by hand: a first offer comes with the release alone."""


@bp.get("/console/funds/<slug>/grants")
@staff
def index(slug: str) -> ResponseReturnValue:
    """Everybody who was given something, by what is left to do."""
    return _list(at_awards(slug))


@bp.post("/console/funds/<slug>/grants/offer")
@staff
@stands_on("awards_console.index")
def offer(slug: str) -> ResponseReturnValue:
    """What offering the chosen grants does to the envelopes; with ``go`` they are offered: all, or none."""
    place, form = at_desk(slug), ActionForm()
    sends, ids = request.form.get("go") == "send", marked_ids()
    call = staging.hold_call(place.call_id) if sends else place.reading.call
    found = console_queries.chosen(place.call_id, place.aside, ids, lock=sends)
    if len(found) != len(ids):
        raise NotFound
    if not found:
        flash(_("Choose somebody on the list first."), "warn")
        return back_to("awards_console.index", slug=slug, view="approved")
    able = [one for one in found if one.application.state in OFFERABLE]
    days = place.reading.rules.accept_days
    if form.validate_on_submit() and sends:
        near = releasing.is_near(place.person, place.call_id)
        deed = lambda: releasing.offer_again(place.person, call, found, accept_days=days)  # noqa: E731
        if submit(form, lambda: without_sums(near, deed)):
            said = ngettext("%(num)s grant is offered.", "%(num)s grants are offered.", len(found))
            flash(" ".join((said, _("The letters are on their way."))), "ok")
            return back_to("awards_console.index", slug=slug, view="offered")
        able = console_queries.chosen(place.call_id, place.aside, ids)
        able = [one for one in able if one.application.state in OFFERABLE]
    left = [console_shown.title_of(one) for one in found if one not in able]
    return _preview(place, able, left, form)


def _preview(place: Place, able: list[Award], left: list[str], form: Form) -> ResponseReturnValue:
    new: dict[uuid.UUID, int] = defaultdict(int)
    whole: dict[uuid.UUID, int] = defaultdict(int)
    for one in able:
        whole[one.envelope_id] += one.amount
        new[one.envelope_id] += one.amount if one.application.state is State.LAPSED else 0
    call, rules = place.reading.call, place.reading.rules
    is_near = releasing.is_near(place.person, place.call_id)
    envelopes = queries.envelopes(place.call_id)
    effects = [
        console_shown.effect(row, new[row.id], whole[row.id])
        | {"title": console_shown.envelope_title(rules, row.key, call.original_language)}
        for row in envelopes
        if row.id in whole and not is_near
    ]
    if rules.envelopes_tell and effects:
        every = console_shown.effect(console_shown.as_one(envelopes), sum(new.values()), sum(whole.values()))
        effects = [every | {"title": _("All envelopes together")}]
    page = render_template(
        "awards/offer.html",
        slug=place.slug,
        title=title_of(call, g.lang),
        form=form,
        rows=[
            {
                "id": one.id,
                "name": console_shown.title_of(one),
                "amount": shown(one.envelope, one.amount, g.lang),
                "tag": STATES[one.application.state],
                "url": url_for("awards_console.record", slug=place.slug, award_id=one.id),
            }
            for one in able
        ],
        left=left,
        effects=effects,
        hidden=SumsHidden.message if is_near else None,
        breaks=any(one["breaks"] for one in effects),
        days=rules.accept_days,
    )
    return page, form.status


def _list(place: Place) -> ResponseReturnValue:
    view, page = request.args.get("view", ""), page_number()
    kind = Todo(view) if view in set(Todo) else None
    view = view if kind or view in VIEWS else "all"
    numbers = console_queries.counts(place.call_id, place.aside)
    states, only = VIEWS.get(view), todo.of_kind(kind, now().date()) if kind else None
    if only is None:
        total = sum(number for state, number in numbers.items() if states is None or state in states)
    else:
        total = console_queries.number(place.call_id, place.aside, only)
    found = console_queries.rows(place.call_id, place.aside, states, page=page, only=only) if total else []
    call = place.reading.call

    def at(number: int) -> str:
        return url_for("awards_console.index", slug=place.slug, view=view, page=number if number > 1 else None)

    return render_template(
        "awards/grants.html",
        slug=place.slug,
        title=title_of(call, g.lang),
        chips=_chips(place, numbers, view) + ([_chip(place, kind, total)] if kind else []),
        rows=[_row(place, one) for one in found],
        pager=pager(at, page=page, size=SIZE, total=total),
        bulk=ActionForm(formdata=None),
        may_offer=place.offers and any(one.award.application.state in OFFERABLE for one in found),
        ways=_ways(place),
        near=StillToCome.message if place.aside.waits else None,
        unreleased=any(one.award.application.state is State.APPROVED for one in found),
        release_url=url_for("awards_release.board", slug=place.slug),
        scripts=["choose-all.js"],
    )


def _chips(place: Place, numbers: dict[State, int], view: str) -> list[dict[str, Any]]:
    words = {
        "all": _("All"),
        "approved": _("To offer"),
        "offered": _("Answer awaited"),
        "accepted": pgettext("grants", "Accepted"),
        "home": _("Travelled, report owed"),
        "closed": pgettext("grants", "Closed"),
        "ended": pgettext("grants", "Ended"),
    }
    return [
        {
            "label": label,
            "url": url_for("awards_console.index", slug=place.slug, view=None if name == "all" else name),
            "current": name == view,
            "count": sum(number for state, number in numbers.items() if name == "all" or state in VIEWS[name]),
        }
        for name, label in words.items()
    ]


def _chip(place: Place, kind: Todo, total: int) -> dict[str, Any]:
    """The one that Today leads to."""
    url = url_for("awards_console.index", slug=place.slug, view=kind.value)
    return {"label": console_shown.TODO[kind], "url": url, "current": True, "count": total}


def _row(place: Place, one: Row) -> dict[str, Any]:
    award, zone = one.award, place.reading.call.time_zone
    application = award.application
    report: Any = None
    if one.report:
        report = (pgettext("a report", "Filed"), "ok") if one.report.filed_at else STATES[application.state]
    return {
        "id": award.id,
        "number": application.number,
        "name": console_shown.title_of(award),
        "url": url_for("awards_console.record", slug=place.slug, award_id=award.id),
        "tag": STATES[application.state],
        "amount": shown(award.envelope, award.amount, g.lang),
        "paid": shown(award.envelope, award.spent, g.lang) if award.paid else None,
        "by": show_own(award.accept_by, zone, g.lang)
        if award.accept_by and application.state is State.OFFERED
        else None,
        "visa": console_shown.VISAS[one.visa.state] if one.visa else None,
        "travels": show_date(one.ticket.travels_on, g.lang) if one.ticket else None,
        "report": report,
        "due": show_date(one.report.due, g.lang) if one.report and not one.report.filed_at else None,
        "able": application.state in OFFERABLE,
        "unreached": not application.person.email and application.erased_at is None,
    }


def _ways(place: Place) -> list[dict[str, str]]:
    """The other pages about the money of this call."""
    release = {"label": _("Release of decisions"), "url": url_for("awards_release.board", slug=place.slug)}
    approves = access.may_approve(actor().grants, place.reading.scope)
    return [
        *([release] if place.offers or approves else []),
        {"label": _("Money"), "url": url_for("awards_console.money", slug=place.slug)},
        {"label": _("Payments"), "url": url_for("awards_console.payments", slug=place.slug)},
        {"label": _("Proposed from the reserve list"), "url": url_for("awards_console.reserves", slug=place.slug)},
    ]
