"""Behind the link of an evaluation: the form, and the thanks. And the summary that anybody may read.

Looking changes nothing. A press writes one sealed row and leaves nothing else (answering.py).
"""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from eventhub.evaluations import answering, queries, results, shown
from eventhub.evaluations.answering import LinkOver
from eventhub.evaluations.forms import form_class
from eventhub.evaluations.queries import Behind
from eventhub.kit.access import by_token, public
from eventhub.kit.clock import now
from eventhub.kit.errors import NotFound
from eventhub.kit.form_keys import leave_no_key
from eventhub.kit.forms import submit
from eventhub.kit.i18n import show_date
from eventhub.kit.pages import packed_page
from eventhub.kit.web import back_to

bp = Blueprint("evaluations", __name__)
LINK = "/evaluation/<token>"


@bp.route(LINK, methods=["GET", "POST"])
@by_token
def form(token: str) -> ResponseReturnValue:
    """How was it?"""
    leave_no_key()
    found = _behind(token)
    if found.is_spent:
        return back_to("evaluations.thanks", token=token)
    if not queries.is_open(found.evaluation, found.event, now()):
        raise LinkOver
    asked = form_class(tuple(found.evaluation.questions))()
    if asked.validate_on_submit():
        given = asked.given()
        if submit(asked, lambda: answering.answer(token, given, g.lang)) is not None:
            return back_to("evaluations.thanks", token=token)
    page = render_template(
        "evaluations/form.html",
        form=asked,
        fields=[asked[code] for code in found.evaluation.questions if code in asked],
        event_title=shown.title_of(found.event, g.lang),
        until=show_date(found.evaluation.closes_on, g.lang),
    )
    return page, asked.status


@bp.get(f"{LINK}/thanks")
@by_token
def thanks(token: str) -> ResponseReturnValue:
    """That the answers are in, and what it means that nobody can see whose they are."""
    found = _behind(token)
    if not found.is_spent:
        return back_to("evaluations.form", token=token)
    return render_template("evaluations/thanks.html", event_title=shown.title_of(found.event, g.lang))


@bp.get("/events/<slug>/evaluation")
@public
@packed_page
def summary(slug: str) -> ResponseReturnValue:
    """What those who attended said of an event, once an organizer has published it."""
    event, evaluation = shown.published(slug)
    if evaluation is None:
        raise NotFound
    return render_template(
        "evaluations/summary.html",
        event=event,
        event_title=shown.title_of(event, g.lang),
        figures=shown.figures(evaluation, g.lang),
        results=[shown.result(one, g.lang) for one in results.of(evaluation)],
        quotes=shown.quotes(evaluation),
    )


def _behind(token: str) -> Behind:
    found = queries.behind(token)
    if found is None:
        raise LinkOver
    return found
