"""Staff's pages of rounds: how they go, who is silent, whom to call, when a series asks."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from eventhub.commitments import phones
from eventhub.commitments import shown as commitments
from eventhub.commitments.models import FOLLOWED
from eventhub.kit import audit
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.kit.forms import ActionForm, submit
from eventhub.kit.i18n import in_language, show_date, show_number, show_own
from eventhub.kit.paging import page_number, pager
from eventhub.kit.text import single_line
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.people.queries import public_names
from eventhub.programme.models import Series
from eventhub.rounds import access, asking, board, calling, opening, queries, shown
from eventhub.rounds.board import Figures, Row, View
from eventhub.rounds.forms import REACHED, CallForm, PlanForm, ReasonForm
from eventhub.rounds.models import Plan, Round, RoundLink

bp = Blueprint("rounds_console", __name__)
LINK = "/console/rounds/links/<uuid:link_id>"


@bp.get("/console/rounds")
@staff
def index() -> ResponseReturnValue:
    """All rounds in reach, those that run first."""
    g.section = "commitments"
    grants = actor().grants
    if not access.may_look(grants):
        raise NotFound
    slug = single_line(request.args.get("event", ""))[:200] or None
    found = board.rounds(grants, event=slug)
    numbers = board.figures([one.id for one in found])
    return render_template(
        "rounds/index.html",
        rows=[_round(one, numbers.get(one.id, Figures())) for one in found],
        plans=[
            {"title": _series_title(one), "url": url_for("rounds_console.plan", slug=one.slug)}
            for one in board.series_to_plan(grants)
        ],
    )


@bp.get("/console/rounds/<uuid:round_id>")
@staff
def board_of(round_id: uuid.UUID) -> ResponseReturnValue:
    """The response board of a round, live."""
    g.section = "commitments"
    found = _kept(round_id)
    asked, page = request.args.get("view", ""), page_number()
    view = View(asked) if asked in {one.value for one in View} else View.SILENT
    figures = board.counts(found.id)
    total = board.total_of(found, view)
    return render_template(
        "rounds/board.html",
        round=found,
        title=shown.titled(found, g.lang),
        figures=_figures(figures),
        chips=[
            {
                "label": label,
                "url": url_for("rounds_console.board_of", round_id=found.id, view=one.value),
                "current": one is view,
                "count": number,
            }
            for one, label, number in (
                (View.SILENT, _("Silent"), figures.silent),
                (View.ANSWERED, _("Answered"), figures.answered),
                (View.DIFFERING, _("Answered differently"), figures.differing),
                (View.BOUNCED, _("The email came back"), figures.bounced),
                (View.ALL, _("All"), figures.asked),
            )
        ],
        rows=[_row(one) for one in board.rows_of(found, view, page)],
        to_call=figures.to_call + figures.without_mailbox,
        state=_state(found),
        pager=pager(
            lambda number: url_for("rounds_console.board_of", round_id=found.id, view=view.value, page=number),
            page=page,
            size=board.PER_PAGE,
            total=total,
        ),
    )


@bp.get("/console/rounds/<uuid:round_id>/calls")
@staff
def calls(round_id: uuid.UUID) -> ResponseReturnValue:
    """Whom to call: silent after the last mail; and what has no mailbox to ask."""
    g.section = "commitments"
    found = _kept(round_id)
    links, orphans = board.call_list(found)
    ids = [one.id for one in links]
    waiting, noted, told = board.waiting_of(ids), board.calls_of(ids), calling.told_of(ids)
    return render_template(
        "rounds/calls.html",
        round=found,
        title=shown.titled(found, g.lang),
        rows=[
            {
                "url": url_for("rounds_console.link", link_id=one.id),
                "who": shown.who(one),
                "email": one.email,
                "makers": " · ".join(told[one.id][0]) if one.id in told else "",
                "has_phone": one.id in told and told[one.id][1],
                "number": waiting.get(one.id, 0),
                "tag": _link_tag(one),
                "calls": len(noted.get(one.id, ())),
                "last": _call(noted[one.id][0]) if one.id in noted else None,
            }
            for one in links
        ],
        orphans=[_row(one) for one in orphans],
        action=ActionForm(),
    )


@bp.get(LINK)
@staff
def link(link_id: uuid.UUID) -> ResponseReturnValue:
    """One mailbox: what it was asked, what it said, whom it handed something to, and calls."""
    return _draw_link(link_id)


@bp.post(f"{LINK}/calls")
@staff
@stands_on("rounds_console.link")
def note_call(link_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what came of a call."""
    found, form = _kept_link(link_id, lock=True), CallForm()
    if form.validate_on_submit():
        reached = next(one for one in REACHED if one.value == form.reached.data)
        text = form.text.data or ""
        if submit(form, lambda: asking.called(actor().person, found, reached, text)):
            flash(_("The note is kept."), "ok")
            return back_to("rounds_console.link", link_id=link_id)
    return _draw_link(link_id, call=form)


@bp.post(f"{LINK}/telephone")
@staff
@stands_on("rounds_console.link")
def read_phone(link_id: uuid.UUID) -> ResponseReturnValue:
    """Show the telephone number of a mailbox, for a reason that is kept."""
    mine, form = _kept_link(link_id), ReasonForm()
    found = or_not_found(calling.phone_of(mine))
    if form.validate_on_submit() and submit(form, lambda: calling.read_phone(actor().person, found, form.reason.data)):
        return _draw_link(link_id, number=phones.read(found[0]))
    return _draw_link(link_id, read=form)


@bp.post(f"{LINK}/nudge")
@staff
@stands_on("rounds_console.link")
def nudge(link_id: uuid.UUID) -> ResponseReturnValue:
    """One more mail, now."""
    return _press(link_id, asking.nudge, _("An email with the link goes out."))


@bp.post(f"{LINK}/renew")
@staff
@stands_on("rounds_console.link")
def renew(link_id: uuid.UUID) -> ResponseReturnValue:
    """A new link, mailed; the former one opens nothing."""
    return _press(link_id, asking.renew, _("An email with the link goes out."))


@bp.post(f"{LINK}/revoke")
@staff
@stands_on("rounds_console.link")
def revoke(link_id: uuid.UUID) -> ResponseReturnValue:
    """The link opens nothing any more."""
    return _press(link_id, asking.revoke, _("The link opens nothing any more."))


def _press(link_id: uuid.UUID, deed: Callable[[Person, RoundLink], RoundLink], said: str) -> ResponseReturnValue:
    found, form = _kept_link(link_id, lock=True), ActionForm()
    if form.validate_on_submit() and submit(form, lambda: deed(actor().person, found)):
        flash(said, "ok")
        return back_to("rounds_console.link", link_id=link_id)
    return _draw_link(link_id, action=form)


@bp.post("/console/rounds/items/<uuid:item_id>/next")
@staff
def ask_next(item_id: uuid.UUID) -> ResponseReturnValue:
    """Ask one more mailbox of a commitment."""
    found, form = board.item_of(item_id), ActionForm()
    access.demand_keep(actor().grants, found.round.event)
    if form.validate_on_submit():
        if submit(form, lambda: asking.ask_next(actor().person, found)):
            flash(_("An email with the link goes out."), "ok")
        else:
            flash(" ".join(str(one) for one in form.form_errors), "warn")
    return back_to("rounds_console.calls", round_id=found.round_id)


@bp.route("/console/series/<slug>/rounds", methods=["GET", "POST"])
@staff
def plan(slug: str) -> ResponseReturnValue:
    """When the makers of a series are asked."""
    g.section = "commitments"
    series = access.demand_plan(actor().grants, board.series_of(slug))
    form = PlanForm(opening.rhythm_of(queries.plan_of(series.id)))
    if form.validate_on_submit() and submit(form, lambda: _keep_plan(series, form)):
        flash(_("The plan is kept. Rounds that run go on as they began."), "ok")
        return back_to("rounds_console.plan", slug=slug)
    return render_template("rounds/plan.html", form=form, slug=slug, title=_series_title(series)), form.status


def _keep_plan(series: Series, form: PlanForm) -> Plan:
    rhythm = form.rhythm()
    kept = opening.keep_plan(series.id, rhythm)
    audit.record("rounds.planned", series, actor=actor().person, scope_id=series.id, every=rhythm.every)
    return kept


def _kept(round_id: uuid.UUID) -> Round:
    found = board.round_of(round_id)
    access.demand_keep(actor().grants, found.event)
    return found


def _kept_link(link_id: uuid.UUID, *, lock: bool = False) -> RoundLink:
    found = board.link_of(link_id)
    access.demand_keep(actor().grants, found.round.event)
    return board.link_of(link_id, lock=True) if lock else found


def _draw_link(
    link_id: uuid.UUID,
    call: CallForm | None = None,
    action: ActionForm | None = None,
    read: ReasonForm | None = None,
    number: str = "",
) -> ResponseReturnValue:
    g.section = "commitments"
    mine = _kept_link(link_id)
    found = queries.behind_link(link_id)
    assert found is not None  # noqa: S101 (just asked)
    noted = board.calls_of([link_id]).get(link_id, [])
    names = public_names([one.author_id for one in noted if one.author_id])
    form, colleagues = call or action or read, board.colleagues_of(mine)
    done = board.answered([link_id, *(one.id for one in colleagues)])
    zone, is_running = mine.round.event.time_zone, mine.round.closed_at is None
    page = render_template(
        "rounds/link.html",
        link=mine,
        round=mine.round,
        title=shown.titled(mine.round, g.lang),
        who=shown.who(mine),
        tag=_link_tag(mine, is_answered=link_id in done),
        paused=show_date(mine.paused_until, g.lang) if mine.paused_until else None,
        rows=[
            {
                "url": url_for("commitments_console.record", commitment_id=one.commitment.id),
                "reference": one.commitment.reference,
                "title": commitments.titled(one.commitment),
                "makers": commitments.made_by(one.commitment),
                "tag": shown.status(one),
                "answers": [
                    shown.answer(said, g.lang, zone) | {"own": said.link_id == link_id} for said in one.answers
                ],
                "differs": queries.differs(one.answers),
                "item_id": one.item.id,
                "may_ask": is_running and one.item.answered_at is None and one.commitment.state in FOLLOWED,
            }
            for one in found.asked
        ],
        colleagues=[
            {
                "who": shown.who(one),
                "url": url_for("rounds_console.link", link_id=one.id),
                "tag": _link_tag(one, is_answered=one.id in done),
            }
            for one in colleagues
        ],
        calls=[_call(one) | {"who": names.get(one.author_id, "—") if one.author_id else "—"} for one in noted],
        mailed=mine.mailed,
        may_nudge=found.is_open(now())
        and mine.email is not None
        and any(one.item.answered_at is None and one.is_followed for one in found.asked),
        may_renew=is_running and mine.email is not None and mine.ended in asking.MAY_RENEW,
        may_revoke=is_running and mine.ended is None,
        form=form,
        phone=number,
        read_form=(read or ReasonForm(formdata=None)) if not number and calling.phone_of(mine) else None,
        call_form=call or CallForm(formdata=None),
        action=action or ActionForm(formdata=None),
    )
    return page, form.status if form else 200


def _round(found: Round, figures: Figures) -> dict[str, Any]:
    return {
        "url": url_for("rounds_console.board_of", round_id=found.id),
        "title": shown.titled(found, g.lang),
        "dates": f"{show_date(found.opened_at.date(), g.lang)} – {shown.ends(found, g.lang)}",
        "asked": show_number(figures.asked, g.lang),
        "rate": _rate(figures),
        "tag": _state(found),
    }


def _state(found: Round) -> tuple[str, str]:
    return (pgettext("a round", "Closed"), "silent") if found.closed_at else (pgettext("a round", "Open"), "go")


def _rate(figures: Figures) -> str:
    share = 100 * figures.answered // figures.asked if figures.asked else 0
    return str(_("%(num)s %%", num=show_number(share, g.lang)))


def _figures(figures: Figures) -> list[dict[str, Any]]:
    return [
        {"label": _("Asked about"), "value": show_number(figures.asked, g.lang)},
        {"label": _("Answered"), "value": f"{show_number(figures.answered, g.lang)} · {_rate(figures)}"},
        {"label": _("Silent"), "value": show_number(figures.silent, g.lang)},
        {"label": _("The email came back"), "value": show_number(figures.bounced, g.lang)},
        {
            "label": _("Median time to answer"),
            "value": shown.lasted(figures.median) if figures.median is not None else "—",
        },
    ]


def _row(one: Row) -> dict[str, Any]:
    commitment, link_ = one.item.commitment, one.link
    stands = queries.stands(one.answers)
    if queries.differs(one.answers):
        tag = (_("Answered differently"), "warn")
    elif stands is not None:
        tag = (shown.says(stands, g.lang), commitments.SAYS[stands.says])
    elif one.item.contact_id is None:
        tag = (_("Nobody to ask"), "stop")
    else:
        tag = _link_tag(link_) if link_ and link_.ended else (_("Silent"), "silent")
    return {
        "url": url_for("rounds_console.link", link_id=link_.id)
        if link_
        else url_for("commitments_console.record", commitment_id=commitment.id),
        "record": url_for("commitments_console.record", commitment_id=commitment.id),
        "title": commitments.titled(commitment),
        "reference": commitment.reference,
        "makers": commitments.made_by(commitment),
        "who": shown.who(link_) if link_ else "—",
        "tag": tag,
        "item_id": one.item.id,
        "mails": link_.mailed if link_ else 0,
    }


def _link_tag(one: RoundLink, *, is_answered: bool = False) -> tuple[str, str]:
    if is_answered and one.ended is None:
        return _("Answered"), "ok"
    if one.ended is not None:
        words, kind = shown.ENDED[one.ended]
        return str(words), kind
    if one.paused_until is not None:
        return _("Asks for later: %(day)s", day=show_date(one.paused_until, g.lang)), "go"
    return _("Not answered"), "new"


def _call(one: Any) -> dict[str, Any]:
    return {
        "when": show_own(one.called_at, actor().time_zone, g.lang),
        "came": REACHED[one.reached],
        "text": one.text,
    }


def _series_title(series: Series) -> str:
    return in_language(series.title, g.lang, series.original_language).text
