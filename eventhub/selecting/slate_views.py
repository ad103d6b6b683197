"""Slates that leave the room: recommended, approved or sent back, checked for an appeal, as a file, and all of them."""

import uuid
from typing import Any

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding.duplicates import Pair
from eventhub.funding.nearness import StillToCome
from eventhub.kit import audit
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.exports import csv_response
from eventhub.kit.forms import ActionForm, Form, posted, submit
from eventhub.kit.i18n import language, show_number, show_own
from eventhub.kit.money import Money
from eventhub.kit.panels import panels
from eventhub.kit.web import back_to
from eventhub.people.queries import public_names
from eventhub.selecting import access, actions, queries, running, shown
from eventhub.selecting.console import Place, at_board, at_decision, at_slate, bp, meeting
from eventhub.selecting.forms import ExportForm, SendBackForm
from eventhub.selecting.models import Board, Kind, Slate, SlateState
from eventhub.selecting.unfinished import unfinished
from eventhub.selecting.views import sight_of, sight_on, told


@bp.get("/console/funds/<slug>/board/slates")
@staff
def slates(slug: str) -> ResponseReturnValue:
    """Every slate that was made."""
    place = at_board(slug)
    rows = queries.slates(place.reading.call.id)
    return render_template(
        "selecting/slates.html",
        call=place.reading.call,
        slug=place.slug,
        form=ActionForm(),
        rows=[
            {
                "number": one.number,
                "made": show_own(one.made_at, place.reading.call.time_zone, language()),
                "state": shown.STATES[one.state],
                "proven": one.proven,
                "signed": bool(one.signature),
                "present": show_number(len(one.minutes.get("present", ())), language()),
                "aside": show_number(len(one.minutes.get("aside", ())), language()),
                "reason": one.sent_back_reason,
            }
            for one in rows
        ],
    )


@bp.route("/console/funds/<slug>/board/slates/<int:number>/recommend", methods=["GET", "POST"])
@staff
def recommend(slug: str, number: int) -> ResponseReturnValue:
    """The board recommends a slate; the page says what follows from it."""
    place = at_board(slug)
    slate = queries.slate(place.reading.call.id, number)
    if slate is None or (slate.state is not SlateState.DRAFT and not posted()):
        raise NotFound
    form = ActionForm()
    if form.validate_on_submit() and submit(
        form, lambda: actions.recommend(place.person, place.reading, meeting(place), number)
    ):
        flash(_("The slate is recommended. An approver decides; nobody is told before the release."), "ok")
        return back_to("selecting_console.room", slug=slug)
    board = queries.open_board(place.reading.call.id)
    present = queries.present(board.id) if board else []
    names = [one.person.public_name for one in present]
    return _page("selecting/recommend.html", place, slate, form, present=names, left=_left(place, slate))


def _left(place: Place, slate: Slate) -> dict[str, Any]:
    """What speaks for waiting with a slate. Only who sits on the board is led to files."""
    call, sits = place.reading.call, access.sits(actor().grants, place.reading.scope)
    chosen = {uuid.UUID(one["id"]) for one in slate.people if one["chosen"]}
    left = unfinished(place.reading, chosen, place.person.id, place.aside)
    sight = sight_of(place, {str(file.id) for one in left.chosen_pairs for file in one.both})

    def named(pair: Pair) -> list[dict[str, Any]]:
        return [sight.who(str(file.id)) | ({} if sits else {"url": None}) for file in pair.both]

    return {
        "left": left,
        "closes": show_own(call.closes_at, call.time_zone, language()) if call.closes_at > now() else "",
        "both": [named(one) for one in left.chosen_pairs if not {one.first.id, one.second.id} <= chosen],
        "twice": [named(one) for one in left.chosen_pairs if {one.first.id, one.second.id} <= chosen],
        "no_reserves": not slate.reserves["general"],
    }


@bp.route("/console/funds/<slug>/board/slates/<int:number>/decide", methods=["GET", "POST"])
@staff
def decide(slug: str, number: int) -> ResponseReturnValue:
    """The approver looks at a slate, and approves it."""
    place, slate = at_decision(slug, number)
    if slate.state is SlateState.DRAFT:
        raise NotFound
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: actions.approve(place.person, place.reading, number)):
        flash(_("The slate is approved."), "ok")
        return back_to("selecting_console.decide", slug=slug, number=number)
    return _decision(place, slate, form)


@bp.post("/console/funds/<slug>/board/slates/<int:number>/send-back")
@staff
@stands_on("selecting_console.decide")
def send_back(slug: str, number: int) -> ResponseReturnValue:
    """The approver asks the board to look again."""
    place, slate = at_decision(slug, number)
    if slate.state is SlateState.DRAFT:
        raise NotFound
    form = SendBackForm()
    if form.validate_on_submit():
        reason = form.reason.data or ""
        if submit(form, lambda: actions.send_back(place.person, place.reading, number, reason=reason)):
            flash(_("The board is asked to look again."), "ok")
            return back_to("selecting_console.decide", slug=slug, number=number)
    return _decision(place, slate, form)


@bp.post("/console/funds/<slug>/board/slates/<int:number>/check")
@staff
@stands_on("selecting_console.slates")
def check(slug: str, number: int) -> ResponseReturnValue:
    """Calculate a stored slate again, as an appeal asks for."""
    place, form = at_board(slug), ActionForm()
    slate = queries.slate(place.reading.call.id, number)
    if slate is None:
        raise NotFound
    if form.validate_on_submit():
        # An appeal may come when nobody meets any more.
        board = db.session.get_one(Board, slate.board_id)
        run = submit(form, lambda: running.ask(place.person, board, Kind.RECOMPUTE, about=slate))
        if run:
            return back_to("selecting_console.run", slug=slug, run_id=run.id)
    return slates(slug)


@bp.route("/console/funds/<slug>/board/slates/<int:number>/file", methods=["GET", "POST"])
@staff
def export(slug: str, number: int) -> ResponseReturnValue:
    """A slate as a file, for a reason that is recorded: aliases, and nobody for whom the visitor stands aside. It is
    made for this answer and kept nowhere.
    """
    place, slate = at_slate(slug, number)
    form = ExportForm()
    if form.validate_on_submit():
        rows, header = _table(place, slate)
        audit.record(
            "selecting.exported",
            slate,
            actor=actor().person,
            scope_id=slate.call_id,
            text=form.reason.data,
            rows=len(rows),
        )
        return csv_response(rows, header, f"slate-{slate.number}.csv")
    page = render_template(
        "selecting/export.html", call=place.reading.call, slug=slug, number=number, form=form, total=_told(place, slate)
    )
    return page, form.status


def _told(place: Place, slate: Slate) -> int:
    return sum(uuid.UUID(one["id"]) not in place.aside for one in slate.people)


def _table(place: Place, slate: Slate) -> tuple[list[list[object]], list[str]]:
    sight = sight_on(place, slate)
    reserves = {one: turn for turn, one in enumerate(slate.reserves["general"], 1)}
    currency = place.reading.call.currency
    header = [
        _("Rank"),
        _("File"),
        _("Applicant"),
        _("Region"),
        _("Score"),
        _("Cost in %(currency)s", currency=currency),
        _("Status"),
    ]
    rows: list[list[object]] = []
    for one in slate.people:
        known = sight.known.get(uuid.UUID(one["id"]))
        if known is None:
            continue
        cost = Money(sight.cost(one), currency).decimal
        region = shown.cell_label("region", known.region) if known.region else ""
        score = round(one["points"] / 1000, 1)
        tag = shown.tag_of(one, reserves)[0]
        rows.append([one["rank"], known.number, shown.name_of(known), region, score, cost, tag])
    return rows, header


def _decision(place: Place, slate: Slate, form: Form) -> ResponseReturnValue:
    call = place.reading.call
    if place.waits:
        number, near = slate.number, StillToCome.message
        page = render_template("selecting/not_yet.html", call=call, slug=place.slug, number=number, near=near)
        return page, form.status
    ids = [uuid.UUID(one) for one in slate.minutes.get("present", ())]
    names = public_names(ids)
    return _page(
        "selecting/decide.html",
        place,
        slate,
        form,
        sending=form if isinstance(form, SendBackForm) else SendBackForm(formdata=None),
        present=sorted(names.values()),
        aside=show_number(len(slate.minutes.get("aside", ())), language()),
        is_own=actions.is_own(place.person, slate),
        is_near=actions.is_near(place.person, place.reading, slate),
        gone=queries.gone(slate, place.aside) if slate.state is SlateState.RECOMMENDED else 0,
        sits=access.sits(actor().grants, place.reading.scope),
        left=_left(place, slate) if slate.state is SlateState.RECOMMENDED else None,
        beside=panels("selecting.decided", (place.reading, slate)),
    )


def _page(template: str, place: Place, slate: Slate, form: Form, **more: Any) -> ResponseReturnValue:
    page = render_template(
        template, **told(place, slate, everybody=True), call=place.reading.call, slug=place.slug, form=form, **more
    )
    return page, form.status
