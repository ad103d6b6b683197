"""Behind the link of a maker: the words, and a button. Without an account; looking changes nothing."""

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from eventhub.commitments import capturing, confirming, queries, shown
from eventhub.commitments.confirming import LinkClosed
from eventhub.commitments.forms import ConfirmForm, CorrectForm, TokenForm
from eventhub.commitments.models import Answer
from eventhub.commitments.queries import Behind
from eventhub.commitments.views import bp
from eventhub.kit.access import by_token
from eventhub.kit.clock import now
from eventhub.kit.forms import Form, submit
from eventhub.kit.i18n import direction, said_by_clock, show_date, show_moment

__all__ = ["bp"]

LINK = "/confirm/<token>"


@bp.route(LINK, methods=["GET", "POST"])
@by_token
def confirm(token: str) -> ResponseReturnValue:
    """Are these your words? One press says yes."""
    found = queries.behind(token)
    if found is None or not confirming.is_open(found, now()):
        return _closed(found)
    form = ConfirmForm(data={"seen": str(found.commitment.newest)})
    if form.validate_on_submit():
        text = form.text.data or ""
        if submit(form, lambda: confirming.confirm(token, seen=form.number(), text=text)):
            return render_template("commitments/answered.html", answer=Answer.CONFIRMED.value)
        found = queries.behind(token) or found
        form.seen.data = str(found.commitment.newest)
    return _draw("commitments/confirm.html", found, form, token)


@bp.route(f"{LINK}/correct", methods=["GET", "POST"])
@by_token
def correct(token: str) -> ResponseReturnValue:
    """The words as they should be: kept beside those that were written down."""
    found = queries.behind(token)
    if found is None or not confirming.is_open(found, now()):
        return _too_late(found) if request.method == "POST" else _closed(found)
    before = capturing.words_of(found.commitment.words)
    form = CorrectForm(data={"wording": before.wording, "due_on": before.due_on, "seen": str(found.commitment.newest)})
    if form.validate_on_submit():
        words = capturing.Words(**(vars(before) | {"wording": form.wording.data or "", "due_on": form.due_on.data}))
        reason = form.reason.data or ""
        if submit(form, lambda: confirming.correct(token, words, seen=form.number(), reason=reason)):
            return render_template("commitments/answered.html", answer=Answer.CORRECTED.value)
        found = queries.behind(token) or found
        form.seen.data = str(found.commitment.newest)
    return _draw("commitments/correct.html", found, form, token)


@bp.route(f"{LINK}/not-me", methods=["GET", "POST"])
@by_token
def not_me(token: str) -> ResponseReturnValue:
    """Not me: the mailbox is forgotten, and the next one is asked."""
    found = queries.behind(token)
    if found is None or found.asking.closed_at is not None:
        raise LinkClosed
    form = TokenForm()
    if form.validate_on_submit() and submit(form, lambda: confirming.refuse(token)):
        return render_template("commitments/answered.html", answer=Answer.NOT_ME.value)
    return render_template("commitments/not_me.html", form=form, token=token), form.status


def _too_late(found: Behind | None) -> ResponseReturnValue:
    """Another window was there first: what is typed here was not taken, and stands on the page to be copied. Sent twice
    it was.
    """
    form = CorrectForm()
    form.validate_on_submit()
    answer, words = (found.asking.answer, found.commitment.words.wording) if found else (None, "")
    if answer is None or (answer is Answer.CORRECTED and words == form.wording.data):
        return _closed(found)
    due = show_date(form.due_on.data, g.lang) if form.due_on.data else None
    return render_template("commitments/too_late.html", answer=answer.value, form=form, due=due), 409


def _closed(found: Behind | None) -> ResponseReturnValue:
    """Whoever opens an answered link again reads what was answered; any other link says nothing."""
    answer = found.asking.answer if found else None
    if answer not in {Answer.CONFIRMED, Answer.CORRECTED}:
        raise LinkClosed
    return render_template("commitments/answered.html", answer=answer.value)


def _draw(template: str, found: Behind, form: Form, token: str) -> ResponseReturnValue:
    commitment = found.commitment
    until = show_moment(found.asking.until, commitment.event.time_zone, g.lang)
    page = render_template(
        template,
        form=form,
        token=token,
        commitment=commitment,
        version=commitment.words,
        direction_said=direction(commitment.language),
        makers=shown.made_by(commitment),
        event_title=shown.event_title(commitment.event),
        details=shown.details(commitment),
        milestones=shown.steps(commitment.milestones),
        indicators=shown.indicators(commitment.indicators),
        thread=queries.notes_of(commitment, for_maker=True),
        until=said_by_clock(until),
        until_iso=until.iso,
    )
    return page, form.status
