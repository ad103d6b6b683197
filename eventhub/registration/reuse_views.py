"""What was answered for former events, shown to be ticked and taken over with one press."""

from typing import Any

from flask import flash, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from eventhub.kit.access import actor, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.forms import posted, submit
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires.answers import Sealed
from eventhub.questionnaires.definition import Definition
from eventhub.registration import asking, queries, reuse, shown
from eventhub.registration.forms import ReuseForm
from eventhub.registration.queries import Intake
from eventhub.registration.reuse import Gap, Offer
from eventhub.registration.views import bp
from eventhub.registration.windows import Window

__all__ = ["bp"]

GAPS: dict[Gap, Any] = {
    Gap.CHANGED: _l("This question takes other answers now. Please answer it anew."),
    Gap.EXPIRED: _l(
        "The document does not hold any more when the event ends. Please name the one you will travel with."
    ),
    Gap.GONE: _l("The file was deleted when its time was over. Please send it again."),
}
LONGEST = 300


@bp.route("/events/<slug>/register/former", methods=["GET", "POST"])
@personal
def former(slug: str) -> ResponseReturnValue:
    """Former answers with where they are from, each with a box; the button takes over what is ticked."""
    person: Person = actor().person
    found = queries.intake_alone(slug, person) if posted() else queries.intake(slug, person)
    definition = asking.definition_of(found, g.lang)
    if definition is None or not reuse.may_take(found):
        return back_to("registration.start", slug=slug)
    if shown.openness(found.event, found.setup, found.rules)[0] not in {Window.OPEN, Window.GRACE}:
        return back_to("registration.start", slug=slug)
    form, category = ReuseForm(), asking.chosen_before(found, definition)
    if form.validate_on_submit():
        wanted = set(form.take.data or ())
        taken = submit(form, lambda: reuse.take_over(person, found, definition, wanted, category))
        if taken is not None:
            return _on(slug, person, len(wanted))
    offers = reuse.offers(found, definition, reuse.formers(person.id, found), category)
    page = render_template(
        "registration/former.html",
        intake=found,
        form=form,
        pages=_pages(offers, form),
        some=any(one.gap is None for one in offers),
        begin=asking.first_address(found, definition),
    )
    return page, form.status


def _on(slug: str, person: Person, number: int) -> ResponseReturnValue:
    """To the first page of the form, where everything that was taken over is looked at."""
    words = ngettext(
        "%(num)s answer is taken over. Look at it below, and change what is different now.",
        "%(num)s answers are taken over. Look at them page by page, and change what is different now.",
        number,
    )
    flash(words, "ok")
    found = queries.intake(slug, person)
    definition = _needed(found)
    carried = asking.carried(found, definition, given.load(found.answer_set) if found.answer_set else {})
    return back_to("registration.step", slug=slug, page=definition.pages[0].id, **carried)


def _pages(offers: list[Offer], form: ReuseForm) -> list[dict[str, Any]]:
    """The boxes page by page. Ticked from the start: taken over is what is still ticked when the button is pressed."""
    pages: dict[str, dict[str, Any]] = {}
    sent = set(form.take.data or ()) if posted() else None
    for number, one in enumerate(offers):
        page = pages.setdefault(one.page.id, {"title": one.page.title, "options": [], "gaps": []})
        where = shown.origin(one.former.event, one.former.sent_on, g.lang)
        if one.gap is not None:
            page["gaps"].append({"label": one.question.label, "why": GAPS[one.gap], "origin": where})
            continue
        page["options"].append(
            {
                "id": f"take-{number}",
                "value": one.question.key,
                "label": one.question.label,
                "checked": sent is None or one.question.key in sent,
                "hint": Markup("{}<br>{}").format(_value(one), where),
            }
        )
    return list(pages.values())


def _value(one: Offer) -> Markup:
    if isinstance(one.value, Sealed):
        return Markup('<span class="ltr">{}</span>').format(str(one.value))
    said = kinds.show(one.question, one.value, g.lang)
    return Markup("<bdi>{}</bdi>").format(said if len(said) <= LONGEST else f"{said[:LONGEST]}…")


def _needed(found: Intake) -> Definition:
    definition = asking.definition_of(found, g.lang)
    if definition is None:
        raise NotFound
    return definition
