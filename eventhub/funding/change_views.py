"""What happens to a call in the console once it is written: it opens, its rules change by two people, it ends."""

from datetime import datetime
from typing import Any

from flask import flash, g
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from eventhub.funding import access, call_shown, calls, opening, timing
from eventhub.funding import call_queries as queries
from eventhub.funding.call_forms import AgreeForm, CancelForm, ExtendForm, StampForm, given, instant
from eventhub.funding.console import bp
from eventhub.funding.models import Call, CallRules, Stand
from eventhub.funding.setup_console import current_of, differing, page, scope, sent, to_run, whole
from eventhub.funding.setup_views import ROOT, readiness, short_in_words
from eventhub.kit.access import actor, staff, stands_on
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm
from eventhub.kit.i18n import said_by_clock, show_own
from eventhub.kit.web import back_to
from eventhub.questionnaires.queries import newest_version

__all__ = ["bp"]


@bp.route(f"{ROOT}/<slug>/open", methods=["GET", "POST"])
@staff
def call_open(slug: str) -> ResponseReturnValue:
    """Ready to open? All gaps at once, then the button."""
    call = to_run(slug)
    if call.stand is not Stand.DRAFT:
        raise NotFound
    known = queries.standing(call)
    form = StampForm(stamp=known.stamp)
    if sent(form, lambda: opening.open_call(actor().person, call, stamp=form.stamp.data or "")):
        flash(gettext("The call is public. Its rules are frozen."), "ok")
        return back_to(".call", slug=slug)
    call = to_run(slug)
    if call.stand is not Stand.DRAFT:
        return _moved_on(slug)
    known = queries.standing(call)
    form.stamp.data = known.stamp
    rows = readiness(call, known)
    ready, unseen = not any(row["tag"][1] == "stop" for row in rows), any(row.get("unseen") for row in rows)
    return page("open", call, here=".call", form=form, rows=rows, ready=ready, unseen=unseen)


@bp.get(f"{ROOT}/<slug>/change")
@staff
def call_change(slug: str) -> ResponseReturnValue:
    """The proposed change: what was, what would be, why; and all changes there were."""
    return _change(slug)


@bp.post(f"{ROOT}/<slug>/change/agree")
@staff
@stands_on("funding_console.call_change")
def call_agree(slug: str) -> ResponseReturnValue:
    """Agree to the change, as a second person."""
    call = queries.call_to_agree(actor().grants, slug)
    form = AgreeForm()
    if sent(form, lambda: opening.agree(actor().person, call, digest=form.digest.data or "")):
        flash(gettext("The rules are changed, and everybody who applied is being told."), "ok")
        return back_to(".call", slug=slug)
    return _change(slug, form)


@bp.post(f"{ROOT}/<slug>/change/drop")
@staff
@stands_on("funding_console.call_change")
def call_drop(slug: str) -> ResponseReturnValue:
    """Drop the change: the rules stay as they are."""
    call = queries.call_to_agree(actor().grants, slug)
    form = ActionForm()
    if sent(form, lambda: opening.drop(actor().person, call)):
        flash(gettext("The change is dropped. The rules stay as they were."), "ok")
        return back_to(".call_change", slug=slug)
    return _change(slug, form)


@bp.post(f"{ROOT}/<slug>/change/form")
@staff
@stands_on("funding_console.call_change")
def call_form(slug: str) -> ResponseReturnValue:
    """Propose that applicants get the newest version of the form."""
    call = to_run(slug)
    newest = newest_version(call.questionnaire_id) if call.questionnaire_id else None
    form = StampForm(is_open=True)
    if newest is None or call.stand is not Stand.OPEN:
        raise NotFound
    if sent(
        form,
        lambda: calls.edit(actor().person, call, stamp=form.stamp.data or "", version_id=newest.id, reason=form.why),
    ):
        flash(gettext("The change is proposed. It holds once a second person agrees."), "warn")
        return back_to(".call_change", slug=slug)
    return _change(slug, form)


@bp.route(f"{ROOT}/<slug>/extend", methods=["GET", "POST"])
@staff
def call_extend(slug: str) -> ResponseReturnValue:
    """A later deadline: the old one stays visible, and everybody with a draft is told once."""
    call = to_run(slug)
    if call.stand is not Stand.OPEN:
        raise NotFound
    form = ExtendForm(before=call.closes_at.isoformat())
    if queries.is_decided(call.id) and not form.is_submitted():
        return page("extend", call, here=".call", closes="", later=None, shut=True)
    later = sent(form, lambda: _later(call, form))
    if later is not None and form.is_said:
        flash(gettext("The deadline is extended, and everybody with a draft is being told."), "ok")
        return back_to(".call", slug=slug)
    call = to_run(slug)
    form.before.data = call.closes_at.isoformat()
    form.told.data = form.closes_at.data.isoformat() if later is not None and form.closes_at.data else ""
    return page(
        "extend",
        call,
        here=".call",
        form=form,
        closes=_in_words(call, call.closes_at),
        later=_in_words(call, later) if later is not None else None,
        short=_short(call, later) if later is not None else None,
        shut=False,
    )


def _later(call: Call, form: ExtendForm) -> datetime:
    """The later deadline of the form; it holds once it was said back in words."""
    closes_at, before = instant(form.closes_at, call.time_zone), form.before.data or ""
    if form.is_said:
        opening.extend(actor().person, call, closes_at, before=before, reason=form.reason.data or "")
    else:
        opening.demand_later(call, closes_at, before=before)
    return closes_at


def _short(call: Call, later: datetime) -> str | None:
    rules = queries.standing(call).rules
    return short_in_words(rules) if timing.is_short(timing.event_of(call), later, rules) else None


def _in_words(call: Call, moment: datetime) -> str:
    return said_by_clock(call_shown.moment_of(call, moment, g.lang))


@bp.route(f"{ROOT}/<slug>/cancel", methods=["GET", "POST"])
@staff
def call_cancel(slug: str) -> ResponseReturnValue:
    """Call it off, with a reason for everybody."""
    call = to_run(slug)
    form = CancelForm(original=call.original_language)
    if call.stand is not Stand.OPEN:
        return _moved_on(slug)
    if sent(form, lambda: opening.cancel(actor().person, call, reason=given(form.why_off))):
        flash(gettext("The call is cancelled. Its page says so."), "warn")
        return back_to(".call", slug=slug)
    call = to_run(slug)
    if call.stand is not Stand.OPEN:
        return _moved_on(slug)
    given_out = queries.has_awards(call.id)
    return page("cancel", call, here=".call", form=form, numbers=queries.counts(call.id), given_out=given_out)


def _moved_on(slug: str) -> ResponseReturnValue:
    """Somebody was faster: the overview says where the call stands."""
    flash(str(calls.NotADraft.message), "warn")
    return back_to(".call", slug=slug)


def _change(slug: str, form: Any = None) -> ResponseReturnValue:
    call = queries.call_to_agree(actor().grants, slug)
    if call.stand is not Stand.OPEN:
        return _moved_on(slug)
    known = queries.standing(call)
    proposed = known.proposed
    history = queries.rules_of(call.id)
    names = queries.names_of([who for one in history for who in (one.proposed_by_id, one.agreed_by_id)])
    newest = newest_version(call.questionnaire_id) if call.questionnaire_id else None
    if isinstance(form, StampForm):
        form.stamp.data = known.stamp
    return page(
        "change",
        call,
        here=".call_change",
        form=form,
        proposed=proposed,
        who=names.get(proposed.proposed_by_id) if proposed and proposed.proposed_by_id else None,
        own=proposed is not None and proposed.proposed_by_id == actor().id,
        changes=differing(call, current_of(known), whole(known)) if proposed else [],
        other_form=proposed is not None
        and known.current is not None
        and proposed.version_id != known.current.version_id,
        agree=AgreeForm(formdata=None, digest=proposed.digest) if proposed else None,
        newer=newest if newest and newest.id != known.version_id and access.runs(actor().grants, scope(call)) else None,
        form_change=form if isinstance(form, StampForm) else StampForm(formdata=None, stamp=known.stamp, is_open=True),
        history=[_past(one, names) for one in history if one is not proposed],
    )


def _past(one: CallRules, names: dict[Any, str]) -> dict[str, Any]:
    at = one.agreed_at or one.dropped_at or one.proposed_at
    if one.number == 1:
        title = gettext("Call opened: its rules are frozen")
    else:
        title = gettext("Change of rules agreed to") if one.agreed_at else gettext("Change of rules dropped")
    return {
        "when": show_own(at, actor().time_zone, g.lang),
        "datetime": at.isoformat(timespec="minutes"),
        "title": title,
        "kind": "ok" if one.agreed_at else "silent",
        "who": names.get(one.agreed_by_id or one.proposed_by_id),
        "text": one.reason,
        "digest": one.digest,
    }
