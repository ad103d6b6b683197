"""The board room: the slate with its budget and balance, what rules cost, what if, who is there, what is asked."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.funding import call_shown
from eventhub.funding.nearness import StillToCome
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, Form, submit
from eventhub.kit.i18n import language, show_money, show_number, show_own
from eventhub.kit.money import Money
from eventhub.kit.web import back_to
from eventhub.selecting import access, actions, money_shown, queries, running, shown
from eventhub.selecting.console import Place, at_board, at_door, bp, meeting
from eventhub.selecting.forms import TryForm
from eventhub.selecting.models import UNDER_WAY, Board, Kind, Run, RunState, Slate, SlateState
from eventhub.selecting.shown import Sight

SOON = "4"
"""Seconds after which a page with a calculation under way is asked for again, by a header: no script is needed."""
DEEDS = ("open", "close", "come", "leave")
TRIES = ("cut", "fares", "five")
CUT, RISE, GONE = 10, 6, 5
"""The questions that are always asked: per cent of the budget, per cent of fares, people."""


@bp.get("/console/funds/<slug>/board")
@staff
def room(slug: str) -> ResponseReturnValue:
    """The room with the newest slate, or the one that was asked for."""
    return _draw(at_door(slug))


@bp.post("/console/funds/<slug>/board/meeting")
@staff
@stands_on("selecting_console.room")
def meet(slug: str) -> ResponseReturnValue:
    """Open or close a meeting; come or leave."""
    place, form = at_door(slug), ActionForm()
    deed = request.form.get("deed", "")
    if deed not in DEEDS:
        raise NotFound

    def done() -> object:
        if deed == "open":
            return actions.open_board(place.person, place.reading)
        board = meeting(place)
        return {"close": actions.close_board, "come": actions.come, "leave": actions.leave}[deed](place.person, board)

    if form.validate_on_submit() and submit(form, done):
        return back_to("selecting_console.room", slug=slug)
    return _draw(place, form)


@bp.post("/console/funds/<slug>/board/calculate")
@staff
@stands_on("selecting_console.room")
def calculate(slug: str) -> ResponseReturnValue:
    """Ask for a slate, or for the last one again with as few changes as possible."""
    place, form = at_board(slug), ActionForm()
    kind = {"solve": Kind.SOLVE, "resolve": Kind.RESOLVE}.get(request.form.get("kind", ""))
    if kind is None:
        raise NotFound

    def done() -> Run:
        about = queries.slate(place.reading.call.id) if kind is Kind.RESOLVE else None
        what = {"keep": True} if about else {}
        return running.ask(place.person, meeting(place), kind if about else Kind.SOLVE, about=about, what=what)

    if form.validate_on_submit() and submit(form, done):
        flash(_("The calculation has begun. This page shows it by itself when it is done."), "ok")
        return back_to("selecting_console.room", slug=slug)
    return _draw(place, form)


@bp.post("/console/funds/<slug>/board/try")
@staff
@stands_on("selecting_console.room")
def what_if(slug: str) -> ResponseReturnValue:
    """Ask what would be if: nothing of it is kept as a slate."""
    place = at_board(slug)
    form = TryForm(place.reading.call.currency)
    about = queries.slate(place.reading.call.id)
    if about is None:
        raise NotFound
    wanted = request.form.get("what", "")
    if form.validate_on_submit() and (wanted in TRIES or form.demand_something()):
        what = _usual(place, wanted, about) if wanted in TRIES else form.what()
        run = submit(form, lambda: running.ask(place.person, meeting(place), Kind.RESOLVE, about=about, what=what))
        if run:
            return back_to("selecting_console.run", slug=slug, run_id=run.id)
    return _draw(place, form)


@bp.get("/console/funds/<slug>/board/runs/<uuid:run_id>")
@staff
def run(slug: str, run_id: uuid.UUID) -> ResponseReturnValue:
    """One calculation: how far it is, or what it says."""
    place = at_board(slug)
    return _draw_run(place, queries.run(place.reading.call.id, run_id), ActionForm())


@bp.post("/console/funds/<slug>/board/runs/<uuid:run_id>/stop")
@staff
@stands_on("selecting_console.run")
def stop(slug: str, run_id: uuid.UUID) -> ResponseReturnValue:
    """The board does not want to know any more."""
    place, form = at_board(slug), ActionForm()
    found = queries.run(place.reading.call.id, run_id)
    if form.validate_on_submit() and submit(form, lambda: running.stop(place.person, found)):
        return back_to("selecting_console.run", slug=slug, run_id=run_id)
    return _draw_run(place, found, form)


def sight_of(place: Place, ids: set[str]) -> Sight:
    """Names of whoever a page speaks of, without those that the visitor stands aside for."""
    wanted = {uuid.UUID(one) for one in ids} - place.aside

    def url(one: uuid.UUID) -> str:
        return url_for("selecting_console.file", slug=place.slug, application_id=one)

    return Sight(queries.names(place.reading, wanted, masked=place.masked), place.aside, url)


def sight_on(place: Place, slate: Slate, *, everybody: bool = True) -> Sight:
    """The same for a page with a slate: with what everybody on it costs."""
    costs = queries.open_costs(place.reading, [uuid.UUID(one["id"]) for one in slate.people])
    return replace(sight_of(place, listed(slate, everybody=everybody)), costs=costs)


def listed(slate: Slate, *, everybody: bool) -> set[str]:
    """Whom a page with a slate names."""
    if everybody:
        return {one["id"] for one in slate.people}
    reserves = slate.reserves["general"][: shown.SHOWN_RESERVES]
    chosen = shown.ends_of([one for one in slate.people if one["chosen"]])
    return {one["id"] for one in chosen} | {one["id"] for one in slate.people if one["pin"]} | set(reserves)


def told(place: Place, slate: Slate, *, everybody: bool = False) -> dict[str, Any]:
    """What every page with a slate shows of it."""
    sight = sight_on(place, slate, everybody=everybody)
    rules, currency = place.reading.rules, place.reading.call.currency
    return {
        "sight": sight,
        "slate": slate,
        "state": shown.STATES[slate.state],
        "budget": money_shown.budget(
            slate, currency, rules, place.reading.call.original_language, None if sees_needs(place) else sight
        ),
        "rows": shown.rows(slate, sight, currency, everybody=everybody),
        "balance": shown.balance(slate, rules),
        "ties": _ties(place, slate),
        "everybody": everybody,
        "number_chosen": show_number(len(slate.result["seats"]), language()),
        "change": _change(slate.change, sight) if slate.change else None,
        "made": show_own(slate.made_at, place.reading.call.time_zone, language()),
    }


def _ties(place: Place, slate: Slate) -> dict[str, str] | None:
    """The rule of equal scores, where it decided about somebody on the page."""
    if not any(one["tied"] and one["chosen"] and uuid.UUID(one["id"]) not in place.aside for one in slate.people):
        return None
    return {
        "order": call_shown.tie_order(place.reading.rules, language()),
        "url": url_for("funding.call", slug=place.slug, _anchor="how"),
    }


def sees_needs(place: Place) -> bool:
    """Whether a visitor reads exact sums: who approves the money and does not sit on the board. A member may make
    slates at will, and the difference of two sums would tell what one person needs.
    """
    return not access.sits(actor().grants, place.reading.scope)


def _draw(place: Place, form: Form | None = None) -> ResponseReturnValue:
    reading, asked = place.reading, request.args.get("slate", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 7 else None
    slate = None if place.waits else queries.slate(reading.call.id, number)
    board = queries.open_board(reading.call.id)
    everybody = "all" in request.args
    runs = [] if place.waits else queries.runs(reading.call.id, slate.id if slate else None)
    view: dict[str, Any] = told(place, slate, everybody=everybody) if slate else {"slate": None}
    if slate:
        view |= {
            "prices": shown.prices(shown.newest(runs, Kind.PRICES, slate), reading.rules, view["sight"]),
            "curve": shown.curve(shown.newest(runs, Kind.CURVE, slate), slate.result["places"]),
        }
    own = TryForm(reading.call.currency, formdata=None) if not isinstance(form, TryForm) else form
    failed = next((one for one in runs if one.kind in {Kind.SOLVE, Kind.RESOLVE}), None)
    answer = make_response(
        render_template(
            "selecting/room.html",
            **view,
            call=reading.call,
            slug=place.slug,
            near=StillToCome.message if place.waits else None,
            form=form or ActionForm(),
            own=own,
            board=_meeting(place, board),
            runs=[shown.run_line(one, _run_url(place, one)) for one in runs if one.state in UNDER_WAY],
            failed=_failed(place, failed),
            waiting=show_number(queries.waiting(reading.call.id), language()),
            may_approve=bool(slate and slate.state is SlateState.RECOMMENDED)
            and access.approves(actor().grants, reading.scope),
        ),
        form.status if form else 200,
    )
    if any(one.state in UNDER_WAY for one in runs) and request.method == "GET":
        answer.headers["Refresh"] = SOON
    return answer


def _meeting(place: Place, board: Board | None) -> dict[str, Any] | None:
    if board is None:
        return None
    present = queries.present(board.id)
    return {
        "names": [one.person.public_name for one in present],
        "number": len(present),
        "members": place.reading.rules.board.members,
        "quorum": board.quorum,
        "is_quorum": len(present) >= board.quorum,
        "am_there": any(one.person_id == place.person.id for one in present),
        "since": show_own(board.opened_at, place.reading.call.time_zone, language()),
    }


def _failed(place: Place, last: Run | None) -> dict[str, Any] | None:
    """Why the last calculation of a slate brought none."""
    if last is None:
        return None
    if last.state is RunState.FAILED and last.failed:
        return {"lines": [shown.FAILURES[last.failed]], "people": False}
    if last.state is RunState.DONE and last.kind is Kind.SOLVE and last.slate_id is None and last.answer:
        return {"lines": shown.impossible(last.answer, place.reading.rules), "people": True}
    return None


def _usual(place: Place, wanted: str, about: Slate) -> dict[str, Any]:
    if wanted == "cut":
        return {"budget": (about.result["budget"] or _told_cost(place, about.result["seats"])) * (100 - CUT) // 100}
    if wanted == "fares":
        return {"fares": RISE}
    seats = [one["id"] for one in about.people if one["chosen"]]
    # Spread over the list, so that it is neither the best nor the last who go.
    return {"gone": seats[:: max(1, len(seats) // GONE)][:GONE]}


def _run_url(place: Place, one: Run) -> str:
    return url_for("selecting_console.run", slug=place.slug, run_id=one.id)


def _draw_run(place: Place, found: Run, form: Form) -> ResponseReturnValue:
    answer, view = found.answer or {}, {}
    if found.kind is Kind.RESOLVE and "slate" in answer and isinstance(answer["slate"], dict):
        named = {one for name in ("leaves", "joins", "other_way") for one in answer[name]}
        sight = sight_of(place, named | set(found.ask.get("gone", ())))
        view = {
            "change": _change(answer, sight) | {"gone": sight.all(found.ask.get("gone", ()))},
            "points": shown.points(answer["slate"]["points"]),
            "places": show_number(len(answer["slate"]["seats"]), language()),
            "cost": show_money(
                Money(_told_cost(place, answer["slate"]["seats"]), place.reading.call.currency), language()
            ),
            "proven": answer["slate"]["proven"],
        }
    elif found.kind in {Kind.SOLVE, Kind.RESOLVE} and "contradictions" in answer:
        view = {"impossible": shown.impossible(answer, place.reading.rules)}
    elif found.kind is Kind.RECOMPUTE and answer:
        view = {"again": answer}
    page = render_template(
        "selecting/run.html",
        call=place.reading.call,
        slug=place.slug,
        form=form,
        run=shown.run_line(found, ""),
        run_id=found.id,
        under_way=found.state in UNDER_WAY,
        tried=_tried(found, place),
        **view,
    )
    response = make_response(page, form.status)
    if found.state in UNDER_WAY and request.method == "GET":
        response.headers["Refresh"] = SOON
    return response


def _told_cost(place: Place, seats: Sequence[Mapping[str, Any]]) -> int:
    """What all on a slate or in a trial cost, in minor units, as the board may see it of each person."""
    costs = queries.open_costs(place.reading, [uuid.UUID(one["candidate"]) for one in seats])
    return sum(costs.get(uuid.UUID(one["candidate"]), {}).get(one["variant"], 0) for one in seats)


def _tried(found: Run, place: Place) -> list[str]:
    lang, lines = language(), []
    if "budget" in found.ask:
        amount = show_money(Money(found.ask["budget"], place.reading.call.currency), lang)
        lines.append(_("The budget is %(amount)s", amount=amount))
    if found.ask.get("fares"):
        lines.append(_("Fares rise by %(number)s%%", number=show_number(found.ask["fares"], lang)))
    if found.ask.get("places"):
        lines.append(_("There are %(number)s places", number=show_number(found.ask["places"], lang)))
    if found.ask.get("gone"):
        lines.append(_("People who withdraw: %(number)s", number=show_number(len(found.ask["gone"]), lang)))
    return lines


def _change(change: dict[str, Any], sight: Sight) -> dict[str, Any]:
    return {name: sight.all(change[name]) for name in ("leaves", "joins", "other_way")} | {
        "stays": show_number(len(change["stays"]), language())
    }
