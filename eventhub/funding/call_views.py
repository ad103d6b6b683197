"""The public pages of calls: the same for everybody, kept in memory, without a session. The guide keeps nothing."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from eventhub.funding import attending, call_shown, guide
from eventhub.funding import call_queries as queries
from eventhub.funding.models import Call, CallRules, Stand
from eventhub.funding.rules import GuideQuestion, Rules, Words, read
from eventhub.funding.views import bp
from eventhub.kit.access import public
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import Form, options
from eventhub.kit.i18n import said_by_clock, show_date
from eventhub.kit.pages import changes_at, kept_page
from eventhub.programme import shown as programme

__all__ = ["bp"]


@bp.get("/funds")
@public
@kept_page("funding")
def calls() -> ResponseReturnValue:
    """All calls: those that take applications or will, then those that are over."""
    g.section = "forums"
    found = queries.public_calls()
    for one in found:
        _changes_with(one)
    entries = [_entry(one) for one in found]
    return render_template(
        "funding/calls.html",
        coming=[one for one in entries if one["coming"]],
        past=[one for one in entries if not one["coming"]],
    )


@bp.get("/funds/<slug>")
@public
@kept_page("funding", "programme")
def call(slug: str) -> ResponseReturnValue:
    """A call: what is paid, who can apply, by when, and all its rules in plain words."""
    g.section = "forums"
    found = queries.public_call(slug)
    _changes_with(found)
    rules, lang = read(found.rules), g.lang
    history = [one for one in queries.rules_of(found.id) if one.agreed_at]
    return render_template(
        "funding/call.html",
        scripts=["local-time.js"],
        call=found,
        tag=call_shown.tag_of(found),
        kind=call_shown.KINDS[found.kind],
        due=_due(found),
        opens=call_shown.moment_of(found, found.opens_at, lang),
        window=_window(found),
        paid=call_shown.paid(rules, found.currency, lang),
        budget=call_shown.show_money(rules.budget, found.currency, lang),
        limits=call_shown.limits(rules),
        choosing=call_shown.choosing(rules, lang),
        balance=[call_shown.balance_line(one, lang) for one in call_shown.in_order(rules.balance)],
        after=call_shown.after(rules),
        there=_attending(found),
        rubric=_rubric(rules, found),
        has_guide=bool(rules.guide),
        apply_url=apply_url(found),
        history=[_past(one) for one in history],
        digest=history[0].digest if history else None,
    )


@bp.route("/funds/<slug>/guide", methods=["GET", "POST"], endpoint="guide")
@public
def guide_page(slug: str) -> ResponseReturnValue:
    """Who can apply? A few questions on one page, answered at once with the reason. Nothing is kept."""
    g.section = "forums"
    found = queries.public_call(slug)
    questions = read(found.rules).guide
    if not questions or found.stand is not Stand.OPEN:
        raise NotFound
    form = _guide_form(questions, found)
    verdict = None
    if form.validate_on_submit():
        answers = {one.id: form[one.id].data or "" for one in questions}
        verdict = guide.judge(questions, answers)
        for one in verdict.open if not verdict.stopped else ():
            form[one.id].errors = [_l("Choose one of the answers")]
    page = render_template(
        "funding/guide.html",
        call=found,
        form=form,
        fields=[form[one.id] for one in questions],
        stopped=[(_text(one.question, found), _text(one.reason, found)) for one in verdict.stopped] if verdict else [],
        may_apply=verdict is not None and verdict.may_apply,
        window=_window(found),
        apply_url=apply_url(found),
        opens=call_shown.moment_of(found, found.opens_at, g.lang),
        due=said_by_clock(call_shown.moment_of(found, found.closes_at, g.lang)),
    )
    return page, form.status


def apply_url(found: Call) -> str | None:
    """Where an application begins; None while the call takes none."""
    if not call_shown.is_taking(found) or "funding.apply" not in current_app.view_functions:
        return None
    return url_for("funding.apply", slug=found.slug)


def _guide_form(questions: tuple[GuideQuestion, ...], found: Call) -> Form:
    class Meta(Form.Meta):
        csrf = False

    fields: dict[str, Any] = {"Meta": Meta}
    for one in questions:
        fields[one.id] = RadioField(
            _text(one.question, found),
            description=_text(one.help, found) if one.help else "",
            choices=options([(guide.YES, _l("Yes")), (guide.NO, _l("No"))]),
            validate_choice=False,
        )
    made: Form = type("GuideForm", (Form,), fields)()
    return made


def _text(words: Words, found: Call) -> Any:
    return programme.words(words, found.original_language, g.lang)


def _window(found: Call) -> str:
    if found.stand is not Stand.OPEN:
        return "ended"
    if call_shown.is_taking(found):
        return "open"
    return "not_yet" if now() < found.opens_at else "closed"


def _changes_with(found: Call) -> None:
    if found.stand is Stand.OPEN:
        changes_at(found.opens_at)
        changes_at(found.closes_at)


def _attending(found: Call) -> dict[str, Any] | None:
    """That a grant needs a registration for the event beside it, by when, and the way there."""
    there = attending.of_person(None, found)
    if there is None:
        return None
    changes_at(there.opens_at)
    changes_at(there.closes_at)
    # Whom to write to is said to whoever applied: nobody asks to be let in without a grant.
    words = there.words(g.lang)[: 1 if there.step is attending.Step.TOO_LATE else 2]
    endpoint, values, says = there.way or ("programme.event", {"slug": there.event.slug}, attending.THE_EVENT)
    return {"words": words, "url": url_for(endpoint, **values), "label": says}


def _entry(found: Call) -> dict[str, Any]:
    due = call_shown.moment_of(found, found.closes_at, g.lang)
    month, day = programme.leaf(found.closes_at.astimezone(ZoneInfo(found.time_zone)).date(), g.lang)
    return {
        "url": url_for("funding.call", slug=found.slug),
        "title": programme.words(found.title, found.original_language, g.lang),
        "lead": programme.words(found.lead, found.original_language, g.lang),
        "month": month,
        "day": day,
        "when": gettext("Apply by %(moment)s", moment=said_by_clock(due)),
        "tag": call_shown.tag_of(found),
        "coming": _window(found) in {"open", "not_yet"},
    }


def _due(found: Call) -> dict[str, Any]:
    """The deadline, and the one before it where it was extended."""
    announced = queries.deadlines_of(found.id)
    due = call_shown.moment_of(found, found.closes_at, g.lang)
    said: dict[str, Any] = {"when": f"{due.day}, {due.time}", "datetime": due.iso, "zone": due.place}
    if len(announced) > 1:
        before = call_shown.moment_of(found, announced[-2].closes_at, g.lang)
        said |= {"was": f"{before.day}, {before.time}", "since": show_date(announced[-1].announced_at.date(), g.lang)}
    return said


def _rubric(rules: Rules, found: Call) -> list[dict[str, Any]]:
    return [
        {
            "title": _text(one.title, found),
            "question": _text(one.question, found),
            "weight": one.weight,
            "anchors": [(anchor.points, _text(anchor.text, found)) for anchor in one.anchors],
        }
        for one in rules.reviewing.rubric
    ]


def _past(one: CallRules) -> dict[str, Any]:
    day = (one.agreed_at or one.proposed_at).date()
    first = one.number == 1
    return {
        "day": show_date(day, g.lang),
        "title": gettext("The call opened") if first else gettext("The rules changed"),
        "reason": None if first else one.reason,
        "digest": one.digest,
    }
