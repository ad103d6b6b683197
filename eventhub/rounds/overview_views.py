"""Staff's pages over many rounds: who is silent, and how rounds compare."""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from eventhub.commitments import shown as commitments
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.codes import label
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import in_language, show_date, show_number, show_own
from eventhub.kit.paging import page_number, pager
from eventhub.kit.web import back_to
from eventhub.programme.models import Series
from eventhub.rounds import access, asking, board, comparing, moving, shown, silence
from eventhub.rounds.forms import REACHED
from eventhub.rounds.models import RoundLink
from eventhub.rounds.moving import SILENT, Line, Move, Step
from eventhub.rounds.organiser_views import bp
from eventhub.rounds.silence import Asked, Quiet, Silent

__all__ = ["bp"]

VIEWS = {
    Quiet.ALL: lazy_pgettext("commitments", "Silent"),
    Quiet.UNCALLED: _l("Not called yet"),
    Quiet.SPOKEN: _l("Spoken to"),
    Quiet.BOUNCED: _l("The email came back"),
    Quiet.NOBODY: _l("Nobody to ask"),
}
MOVES = {
    Move.UP: _l("Moved up"),
    Move.DOWN: _l("Moved down"),
    Move.CHANGED: _l("Changed or taken back"),
    Move.FELL_SILENT: _l("Fell silent"),
    Move.SPOKE: _l("Answered again"),
    Move.STILL_SILENT: _l("Still silent"),
    Move.SAME: _l("As before"),
}
SHARES: tuple[tuple[tuple[str, ...], Any, str | None], ...] = (
    (("fulfilled",), lazy_pgettext("commitments", "Fulfilled"), "ok"),
    (("in_progress",), lazy_pgettext("commitments", "In progress"), ""),
    (("planning", "not_started"), lazy_pgettext("commitments", "Planning, or not started"), "soft"),
    (("changed",), lazy_pgettext("commitments", "Changed"), "warn"),
    (("withdrawn",), lazy_pgettext("commitments", "Taken back"), "stop"),
    ((SILENT,), lazy_pgettext("commitments", "Silent"), None),
)
"""What was said in a round, as its chart shows it: from the start, the last one without a colour."""


@bp.get("/console/rounds/silence")
@staff
def silent() -> ResponseReturnValue:
    """Who is silent in the newest round of each event."""
    g.section = "commitments"
    grants = actor().grants
    if not access.may_look(grants):
        raise NotFound
    asked, page = _asked(), page_number()
    numbers = silence.counts(grants, asked)
    kept = _kept_values(asked)
    places = silence.places(grants)
    return render_template(
        "rounds/silence.html",
        rows=[_silent(one) for one in silence.page_of(grants, asked, page)],
        chips=[
            {
                "label": words,
                "url": url_for("rounds_console.silent", **(kept | {"view": one.value})),
                "current": one is asked.view,
                "count": show_number(numbers[one], g.lang),
            }
            for one, words in VIEWS.items()
        ],
        series=_options({one.slug: _series_title(one) for one, _event in places}, asked.series),
        events=_options({one.slug: commitments.event_title(one) for _series, one in places}, asked.event),
        comparisons=[
            {
                "label": _("Comparison of rounds: %(series)s", series=title),
                "url": url_for("rounds_console.compare", slug=slug),
            }
            for slug, title in {one.slug: _series_title(one) for one, _event in places}.items()
        ],
        view=asked.view.value,
        kept=kept,
        action=ActionForm(formdata=None),
        pager=pager(
            lambda number: url_for("rounds_console.silent", **kept, page=number),
            page=page,
            size=silence.PER_PAGE,
            total=numbers[asked.view],
        ),
    )


@bp.post("/console/rounds/silence/<uuid:link_id>/nudge")
@staff
@stands_on("rounds_console.silent")
def nudge_silent(link_id: uuid.UUID) -> ResponseReturnValue:
    """One more mail to somebody on the board, now."""
    found = board.link_of(link_id)
    access.demand_keep(actor().grants, found.round.event)
    held, form = board.link_of(link_id, lock=True), ActionForm()
    if form.validate_on_submit():
        if submit(form, lambda: asking.nudge(actor().person, held)):
            flash(_("An email with the link goes out."), "ok")
        else:
            flash(" ".join(str(one) for one in form.form_errors), "warn")
    return back_to("rounds_console.silent", **_kept_values(_asked()))


@bp.get("/console/series/<slug>/rounds/comparison")
@staff
def compare(slug: str) -> ResponseReturnValue:
    """The rounds of a series, or of one of its events, beside each other, and who moved between two of them."""
    g.section = "commitments"
    series, events = comparing.events_of(actor().grants, slug)
    event = next((one for one in events if one.slug == request.args.get("event")), None)
    answers = comparing.answers_of([one.id for one in ([event] if event else events)])
    lines, steps = moving.lines(answers), moving.steps(answers)
    wanted = request.args.get("after", "")
    step = next((one for one in steps if str(one.after) == wanted), steps[-1] if steps else None)
    asked = request.args.get("move", "")
    move = Move(asked) if asked in set(Move) else _first_of(step)
    chosen: dict[str, Any] = {"slug": slug} | ({"event": event.slug} if event else {})
    return render_template(
        "rounds/comparison.html",
        title=_series_title(series),
        slug=slug,
        events=_options({one.slug: commitments.event_title(one) for one in events}, event.slug if event else None),
        rows=[_line(one) for one in lines],
        legend=[{"label": words, "kind": "track" if kind is None else kind} for _says, words, kind in SHARES],
        points=[{"label": _("After %(months)s", months=shown.months(one.step)), "parts": _parts(one)} for one in lines],
        share_rows=[[shown.months(one.step), *(show_number(part, g.lang) for part in _shares(one))] for one in lines],
        steps=[
            {
                "label": _(
                    "From %(before)s to %(after)s", before=shown.months(one.before), after=shown.months(one.after)
                ),
                "url": url_for("rounds_console.compare", **chosen, after=one.after),
                "current": one is step,
            }
            for one in steps
        ],
        moves=_moves(step, move, chosen) if step else [],
        is_open=bool(step and next(one.is_open for one in lines if one.step == step.after)),
        table=_table(step) if step else None,
        named=_named(step, move, answers) if step else [],
        most=comparing.NAMED,
        move=MOVES[move],
    )


def _asked() -> Asked:
    view = request.args.get("view", "")
    return Asked(
        Quiet(view) if view in set(Quiet) else Quiet.ALL,
        request.args.get("series", "")[:200] or None,
        request.args.get("event", "")[:200] or None,
    )


def _kept_values(asked: Asked) -> dict[str, Any]:
    named = {"view": asked.view.value, "series": asked.series, "event": asked.event}
    return {name: value for name, value in named.items() if value and value != Quiet.ALL.value}


def _options(known: dict[str, str], chosen: str | None) -> list[dict[str, Any]]:
    return [{"value": slug, "label": title, "chosen": slug == chosen} for slug, title in known.items()]


def _silent(one: Silent) -> dict[str, Any]:
    item, link = one.row.item, one.row.link
    commitment = item.commitment
    return {
        "url": url_for("rounds_console.link", link_id=link.id)
        if link
        else url_for("commitments_console.record", commitment_id=commitment.id),
        "title": commitments.titled(commitment),
        "reference": commitment.reference,
        "makers": commitments.made_by(commitment),
        "event": commitments.event_title(commitment.event),
        "since": show_date(one.heard_on, g.lang) if one.heard_on else "—",
        "rounds": one.rounds,
        "who": shown.who(link) if link else "—",
        "mails": one.mails,
        "tag": _tag(one),
        "call": _called(one),
        "nudge": link.id if link and _may_nudge(one, link) else None,
    }


def _may_nudge(one: Silent, link: RoundLink) -> bool:
    return one.row.item.round.closed_at is None and link.ended is None and link.email is not None


def _tag(one: Silent) -> tuple[str, str] | None:
    if one.row.item.contact_id is None:
        return _("Nobody to ask"), "stop"
    if one.came_back:
        return _("The email came back"), "stop"
    return None


def _called(one: Silent) -> dict[str, str] | None:
    if not one.calls:
        return None
    last = one.calls[0]
    return {"came": str(REACHED[last.reached]), "when": show_own(last.called_at, actor().time_zone, g.lang)}


def _line(one: Line) -> dict[str, Any]:
    return {
        "label": _("After %(months)s", months=shown.months(one.step)),
        "is_open": one.is_open,
        "parts": _parts(one),
        "numbers": [
            show_number(one.asked, g.lang),
            _("%(num)s %%", num=show_number(one.rate, g.lang)),
            show_number(one.says[SILENT], g.lang),
            shown.lasted(one.median) if one.median is not None else "—",
        ],
    }


def _shares(one: Line) -> list[int]:
    return [sum(one.says[says] for says in kinds) for kinds, _words, _kind in SHARES]


def _parts(one: Line) -> list[dict[str, Any]]:
    return [
        {"percent": 100 * number / one.asked, "kind": kind}
        for number, (_says, _words, kind) in zip(_shares(one), SHARES, strict=True)
        if one.asked and kind is not None
    ]


def _first_of(step: Step | None) -> Move:
    """The first move in the order of the page that somebody made."""
    return next((one for one in MOVES if step and step.moves[one]), Move.UP)


def _moves(step: Step, move: Move, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "label": words,
            "url": url_for("rounds_console.compare", **chosen, after=step.after, move=one.value) + "#who",
            "current": one is move,
            "count": show_number(len(step.moves[one]), g.lang),
        }
        for one, words in MOVES.items()
    ]


def _table(step: Step) -> dict[str, Any]:
    """From which status to which: rows as it was, columns as it is."""
    order = [one for one in (*_statuses(), SILENT) if any(one in pair for pair in step.table)]
    return {
        "columns": [{"label": _status(one), "num": True} for one in order],
        "rows": [
            {"label": _status(before), "cells": [step.table[before, after] for after in order]}
            for before in order
            if any(step.table[before, after] for after in order)
        ],
    }


def _statuses() -> tuple[str, ...]:
    return (*moving.RANKS, "changed", "withdrawn")


def _status(says: str) -> str:
    return label("self_report", says, g.lang) if says else str(VIEWS[Quiet.ALL])


def _named(step: Step, move: Move, answers: Sequence[moving.Answer]) -> list[dict[str, Any]]:
    said = {(one.commitment, one.step): one.says for one in answers}
    ids = [one for one in step.moves[move] if isinstance(one, uuid.UUID)]
    return [
        {
            "url": url_for("commitments_console.record", commitment_id=one.id),
            "title": commitments.titled(one),
            "reference": one.reference,
            "makers": commitments.made_by(one),
            "before": _status(said[one.id, step.before]),
            "after": _status(said[one.id, step.after]),
        }
        for one in comparing.named(ids)
    ]


def _series_title(series: Series) -> str:
    return in_language(series.title, g.lang, series.original_language).text
