"""The guide to the categories: at most four questions before any account, and what to have at hand.

The answers are sent and not kept: no address, no history and no session holds them.
"""

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from eventhub.kit.access import public
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import options
from eventhub.questionnaires.definition import Definition
from eventhub.registration import asking, categories, eligibility, queries, shown
from eventhub.registration.eligibility import Advice, Step
from eventhub.registration.forms import GuideForm
from eventhub.registration.queries import Intake
from eventhub.registration.views import bp

__all__ = ["bp"]


@bp.route("/events/<slug>/register/guide", methods=["GET", "POST"])
@public
def guide(slug: str) -> ResponseReturnValue:
    """One question more on the page each time it is sent, then the category and its papers."""
    found = queries.open_intake(slug)
    definition = asking.definition_of(found, g.lang)
    if definition is None or not categories.asks_for_one(definition):
        raise NotFound
    form = _form()
    holds = form.validate_on_submit()
    answers = {step: form[step.value].data or "" for step in Step}
    changed = _to_change(answers)
    advice = eligibility.advise(answers) if holds and changed is None else None
    g.section = "forums" if found.event.kind in shown.FORUMS else "dialogues"
    steps = eligibility.steps(answers)
    if changed is not None:
        steps = steps[: steps.index(changed) + 1]
    elif holds and advice is None:
        _mark_missing(form, answers)
    form.asked.data = " ".join(steps)
    page = render_template(
        "registration/guide.html",
        event=found.event,
        form=form,
        fields=[form[step.value] for step in steps],
        given=[{"label": form[one.value].label.text, "value": _words(form, one), "change": one.value} for one in steps],
        advice=_told(found, definition, advice) if advice else None,
    )
    return page, form.status


def _to_change(answers: dict[Step, str]) -> Step | None:
    """The question whose button was pressed beside its answer: the page goes back to it, and to those before it."""
    pressed = request.form.get("change", "")
    return next((step for step in eligibility.steps(answers) if step.value == pressed), None)


def _form() -> GuideForm:
    form = GuideForm()
    form.whom.choices = options([(code, _whom(code)) for code in eligibility.WHOM])
    form.witness.choices = options([(code, _witness(code)) for code in eligibility.WITNESSES])
    return form


def _mark_missing(form: GuideForm, answers: dict[Step, str]) -> None:
    """The button without an answer: a question that was not there yet is no mistake."""
    step = eligibility.next_step(answers)
    if step is not None and step.value in (form.asked.data or "").split():
        form[step.value].errors = [_l("Choose one of the answers")]


def _told(found: Intake, definition: Definition, advice: Advice) -> dict[str, object]:
    """What the page says: which category, whether this event takes it, the papers, and the way in."""
    rule = categories.rule_of(found.rules, advice.category)
    asked = rule.papers if rule else eligibility.usual_papers(advice.category)
    carried: dict[str, Any] = {asking.CHOSEN: asking.mark_of(advice.category)}
    return {
        "category": shown.label(categories.LIST, advice.category, g.lang),
        "is_taken": advice.category in categories.offered(definition, found.rules),
        "papers": [{"name": shown.PAPERS[paper], "key": paper.value} for paper in advice.papers(asked)],
        "is_stuck": advice.is_stuck(asked),
        "when": asking.when_open(found, rule) if rule and rule.is_taken else None,
        "is_own_rule": rule is not None,
        "has_questions": advice.has_questions,
        "is_looked_at": categories.is_looked_at(found.setup, rule),
        "way_in": url_for("registration.start", slug=found.event.slug, **carried),
    }


def _words(form: GuideForm, step: Step) -> str:
    field = form[step.value]
    return next((str(one.label) for one in field.iter_choices() if one.value == field.data), "")


def _whom(code: str) -> object:
    if code in {eligibility.ORGANISATION, eligibility.COMMUNITY}:
        return shown.label("organisation_kind", code, g.lang)
    return shown.label(categories.LIST, code, g.lang)


def _witness(code: str) -> object:
    return _l("Nobody we could ask") if code == eligibility.NOBODY else shown.label("organisation_kind", code, g.lang)
