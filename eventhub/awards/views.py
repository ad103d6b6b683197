"""A person's own pages about a grant, the answer behind a mailed link, and the nominator's page."""

import uuid
from typing import Any

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from markupsafe import Markup, escape

from eventhub.awards import (
    awarding,
    leaving,
    leftovers,
    letters,
    own_shown,
    queries,
    receipts,
    replacing,
    reporting,
    stays,
)
from eventhub.awards.forms import AnswerForm, OwnAnswerForm, ReplaceForm, ReportForm
from eventhub.awards.ledger import shown
from eventhub.awards.models import Award, AwardLine, Outcome, TravelReport, VisaState
from eventhub.awards.money_models import FundEnvelope
from eventhub.awards.refusals import LinkUnknown
from eventhub.awards.travelling import is_replaceable, visa_of
from eventhub.funding import attending, told
from eventhub.funding.attending import Attending
from eventhub.funding.models import State
from eventhub.funding.subject import helped, subject
from eventhub.kit.access import actor, by_token, personal
from eventhub.kit.clock import now
from eventhub.kit.codes import label
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import options, posted, submit
from eventhub.kit.i18n import show_date, show_moment
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.questionnaires import windows

bp = Blueprint("awards", __name__)

STATES: dict[State, Any] = {
    State.OFFERED: _l("Your answer is awaited"),
    State.ACCEPTED: _l("You have accepted"),
    State.VISA_PENDING: _l("Your visa is awaited"),
    State.VISA_REFUSED: _l("Your visa was refused"),
    State.TICKETED: _l("Your ticket is bought"),
    State.TRAVELLED: _l("You have travelled"),
    State.REPORT_DUE: _l("Your report is due"),
    State.REPORT_OVERDUE: _l("Your report is overdue"),
    State.CLOSED: lazy_pgettext("a grant", "Closed"),
    State.DECLINED_BY_APPLICANT: _l("You have declined"),
    State.LAPSED: _l("The offer has ended"),
    State.CANCELLED: _l("The grant has ended"),
    State.WITHDRAWN: _l("You have withdrawn"),
}
ASKED, FILED = "file", "filed"
"""The two presses that file a report: after the first it is read once more, and nothing has changed."""
ENDED = frozenset({Outcome.REPLACED, Outcome.CANCELLED, Outcome.WITHDRAWN})
"""Outcomes after which a grant that was offered is none any more, whoever ended it."""


@bp.route("/awaited/<token>", methods=["GET", "POST"])
@by_token
def answer(token: str) -> ResponseReturnValue:
    """What is offered, until when, and two buttons. Looking changes nothing; only the buttons do, and the one that
    declines asks once more.
    """
    award = queries.behind(token)
    person = award.application.person
    if person.asks_second_step:
        own = {"reference": award.application.reference}
        return back_to("people.me") if person.discreet else back_to("awards.mine", **own)
    form = AnswerForm()
    if form.validate_on_submit() and form.answer.data != "ask":
        accepts = form.answer.data == "accept"
        if submit(form, lambda: awarding.answer(token, accepts=accepts)):
            return back_to("awards.answer", token=token)
        award = queries.behind(token)
    is_open = _is_open(award)
    # Once it is answered, the link alone tells no amount: that stands behind the sign-in.
    lines = _lines(award, queries.lines([award.id])) if is_open else []
    found = _journey(award) if award.outcome is Outcome.ACCEPTED else None
    return _draw(
        "awards/answer.html",
        award,
        form,
        _attending(award),
        neutral=person.discreet,
        lines=lines,
        amount=_amount(award) if is_open else "",
        duties_days=found.report_days if found else 0,
        asking=url_for("funding_thread.mine", reference=award.application.reference),
    )


@bp.route("/me/grants/<reference>", methods=["GET", "POST"])
@personal
def mine(reference: str) -> ResponseReturnValue:
    """My grant: where it stands, what is paid for what, and an offer's two buttons."""
    person = subject()
    award = queries.own_award(person, reference, lock=posted())
    form = OwnAnswerForm()
    if form.validate_on_submit() and form.answer.data != "ask":
        accepts = form.answer.data == "accept"
        if submit(form, lambda: awarding.answer_held(actor().person, award, accepts=accepts)):
            return back_to("awards.mine", reference=reference)
        award = queries.own_award(person, reference)
    stay = stays.stay_of(award) if award.outcome is Outcome.ACCEPTED else None
    found, rows, there = _journey(award), queries.lines([award.id]), _attending(award)
    may_leave = leaving.may_leave(award, found.event, found.ticket)
    return _draw(
        "awards/mine.html",
        award,
        form,
        there,
        lines=_lines(award, rows),
        amount=_amount(award),
        kind=own_shown.kind(award, found),
        next=own_shown.next_of(award, found),
        paid_out=leftovers.told(award, g.lang) if award.ended_at else [],
        steps=own_shown.steps(award, found, rows, there=there if helped() is None else None),
        facts=own_shown.facts(award, found, shown(award.envelope, award.spent, g.lang), there),
        linked=helped() is None,
        remote=own_shown.remote(award, there),
        leave=url_for("awards.leave", reference=reference) if may_leave else None,
        report=found.report,
        allowance=url_for("awards.allowance", reference=reference) if stay else None,
        asking=url_for("funding_thread.mine", reference=award.application.reference),
    )


@bp.route("/me/grants/<reference>/report", methods=["GET", "POST"])
@personal
def report(reference: str) -> ResponseReturnValue:
    """The report on the journey: kept as often as one likes, filed once."""
    award = queries.own_award(subject(), reference, lock=posted())
    row = queries.report_of(award.id)
    if row is None:
        raise NotFound
    form = ReportForm(data=reporting.answers(award, row))
    form.drawn.data = form.drawn.data or str(reporting.drawn(award, row))
    if row.filed_at is None and form.validate_on_submit() and _keep_or_file(actor().person, award, row, form):
        return back_to("awards.report", reference=reference)
    page = render_template(
        "awards/report.html",
        title=letters.title_of(award.application.call, g.lang),
        form=form,
        fields=[form[key] for key, _words, _needed in reporting.QUESTIONS],
        needed={key for key, _words, needed in reporting.QUESTIONS if needed},
        report=row,
        asks=posted() and request.form.get("go") == ASKED and not form.errors and not form.form_errors,
        due=show_date(row.due, g.lang),
        is_overdue=row.due < now().date(),
        answers=[{"label": form[key].label.text, "value": form[key].data, "kind": "long"} for key in form.said()],
        back=url_for("awards.mine", reference=reference),
        keep=url_for("awards.keep", reference=reference),
        scripts=["autosave.js"],
    )
    return page, form.status


@bp.route("/replace/<token>", methods=["GET", "POST"])
@by_token
def replace(token: str) -> ResponseReturnValue:
    """A nominator's page: who comes in somebody's place. Without an account."""
    row = queries.replacement(token)
    if row is None:
        raise LinkUnknown
    award = queries.award(row.award_id)
    is_open = replacing.is_open(row, now()) and is_replaceable(award)
    found = replacing.candidates(award) if is_open else []
    form = ReplaceForm()
    form.application.choices = options((str(one.id), one.listed_name) for one in found)
    if is_open and form.validate_on_submit():
        chosen = uuid.UUID(form.application.data)
        if submit(form, lambda: replacing.name(token, chosen)):
            return back_to("awards.replace", token=token)
        row = queries.replacement(token) or row
    page = render_template(
        "awards/replace.html",
        title=letters.title_of(award.application.call, g.lang),
        form=form,
        is_open=is_open,
        is_named=row.new_application_id is not None,
        has_any=bool(found),
    )
    return page, form.status


def _keep_or_file(person: Person, award: Award, row: TravelReport, form: ReportForm) -> bool:
    """False when it was filed with gaps, another window wrote other words, or it is to be read once more: all is shown,
    and what was written is kept.
    """
    drawn = windows.read(form.drawn.data)
    window = drawn.window if drawn else None
    found = reporting.settled(award, row, form.said(), drawn)
    for key, said in found.answers.items():
        if key not in found.clashes:
            form[key].data = said
    if found.clashes:
        reporting.keep(award, row, found.answers, window=window)
        form.drawn.data = str(reporting.drawn(award, row, window))
        return not form.show_at_fields({key: _clash(found.answers[key]) for key in found.clashes})
    if request.form.get("go") not in {ASKED, FILED}:
        if submit(form, lambda: reporting.keep(award, row, found.answers, window=window)):
            flash(_("Kept. You can go on whenever you like."), "ok")
            return True
        return False
    needed = [key for key, _words, needed in reporting.QUESTIONS if needed]
    missing = [key for key in needed if not reporting.is_a_sentence(found.answers[key])]
    if missing or request.form.get("go") != FILED:
        reporting.keep(award, row, found.answers, window=window)
        form.drawn.data = str(reporting.drawn(award, row, window))
        form.show_at_fields(dict.fromkeys(missing, _("Write a sentence or two")))
        return False
    return bool(submit(form, lambda: reporting.file(person, award, row, found.answers)))


def _clash(kept: str) -> Any:
    """What another window wrote, whole: nothing of it is lost from sight."""
    if not kept:
        return _("Changed in another window: no answer is kept now. Send again to keep this one.")
    message = escape(_("Changed in another window. Kept now: %(value)s. Send again to keep yours instead."))
    return message % {"value": Markup("<bdi>{}</bdi>").format(kept)}


def _draw(
    template: str, award: Award, form: OwnAnswerForm, there: Attending | None, *, neutral: bool = False, **given: Any
) -> ResponseReturnValue:
    person = award.application.person
    # The day was set by the call's clock: its end would be an odd minute of another day elsewhere.
    until, call = award.accept_by or award.approved_at, award.application.call
    here = show_moment(until, call.time_zone, g.lang)
    is_open = _is_open(award)
    page = render_template(
        template,
        there=there,
        award=award,
        application=award.application,
        title=letters.title_of(award.application.call, g.lang),
        state=state_of(award),
        due=here,
        own_time=told.due(until, call, person.time_zone).other,
        paid=letters.PAID if award.application.state in own_shown.AHEAD else None,
        is_open=is_open,
        accepted=award.outcome is Outcome.ACCEPTED,
        declined=award.outcome is Outcome.DECLINED,
        asks=form.answer.data == "ask" and not form.errors,
        why_ended=letters.why_ended(award.outcome) if award.outcome in ENDED else None,
        report_days=queries.rules_of(award.application.call_id).report_days if is_open else 0,
        neutral=neutral,
        form=form,
        **given,
    )
    return page, form.status


def state_of(award: Award) -> Any:
    """Where a grant stands, in words for its person: whom somebody else replaced has not withdrawn, and a visa that is
    there is not awaited. One statement at the most.
    """
    if award.application.state is State.VISA_PENDING and award.outcome is Outcome.ACCEPTED:
        visa = visa_of(award)
        if visa is not None and visa.state is VisaState.GRANTED:
            return _("Visa granted")
    state = State.CANCELLED if award.outcome is Outcome.REPLACED else award.application.state
    return STATES.get(state, state.value)


def _is_open(award: Award) -> bool:
    """Whether an answer is still taken."""
    waits = award.outcome is None and award.application.state is State.OFFERED
    return waits and award.accept_by is not None and now() <= award.accept_by


def _attending(award: Award) -> Attending | None:
    """Whether the person is registered for the event, while the journey lies ahead."""
    if award.application.state not in own_shown.AHEAD:
        return None
    return attending.of_person(award.application.person_id, award.application.call)


def _amount(award: Award) -> str:
    return shown(award.envelope, award.amount, g.lang)


def _journey(award: Award) -> own_shown.Journey:
    return own_shown.journey(award, queries.rules_of(award.application.call_id).report_days)


def _lines(award: Award, rows: list[AwardLine]) -> list[dict[str, Any]]:
    envelope = db.session.get_one(FundEnvelope, award.envelope_id)
    return [
        {
            "label": label("fund_cost_line", row.kind.value, g.lang),
            "approved": shown(envelope, row.approved or 0, g.lang),
            "actual": shown(envelope, row.actual, g.lang) if row.actual is not None else None,
            "authorised": shown(envelope, row.authorised, g.lang) if row.authorised is not None else None,
            "receipt": row.receipt_id is not None,
            "send": url_for("awards.receipt", reference=award.application.reference, line_id=row.id)
            if receipts.is_wanted(award, row)
            else None,
        }
        for row in rows
    ]
