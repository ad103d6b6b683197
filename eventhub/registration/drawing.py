"""A page of the questionnaire as people see it, and the first page of everybody who comes to register."""

from collections.abc import Mapping
from uuid import uuid4

from flask import current_app, g, render_template, request, session
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from eventhub.kit import blanks
from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.i18n import UNCHOSEN, show_by
from eventhub.people.sessions import Visitor
from eventhub.programme.shown import clock_of
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.definition import Definition, Page
from eventhub.questionnaires.forms import AnswerForm, answer_form
from eventhub.registration import asking, attached, queries, reuse, shown
from eventhub.registration.models import State
from eventhub.registration.queries import Glance, Intake
from eventhub.registration.windows import Window

SCRIPTS = ["site.js"]
OF_READER = ("csrf_token", "form_key", "window")
"""What differs from one newcomer to the next."""


def draw_step(
    found: Intake, definition: Definition, asked: Page, form: AnswerForm, answers: Mapping[str, object]
) -> tuple[str, int]:
    """One page of the questionnaire with its form, and its status."""
    pages = given.visible_pages(definition, answers)
    if asked not in pages:
        pages = sorted([*pages, asked], key=lambda page: place_of(definition, page))
    place, space, _word = shown.openness(found.event, found.setup, found.rules)
    number = pages.index(asked)
    carried = asking.carried(found, definition, answers)
    asking.prefill(form, found, definition, answers)
    asking.say_what_closed(form, found, answers)
    before = reuse.formers(current_user.id, found) if reuse.may_take(found) else []
    taken, category = reuse.unseen(found, definition, before), asking.chosen_before(found, definition)
    page = render_template(
        "registration/step.html",
        intake=found,
        form=form,
        former=sum(one.gap is None for one in reuse.offers(found, definition, before, category)) if before else 0,
        origins={key: shown.origin(one.event, one.sent_on, g.lang) for key, one in taken.items()},
        files=attached.own(found) if form.has_files else {},
        page=asked,
        number=number + 1,
        total=len(pages) + (1 if len(definition.pages) > 1 else 0),
        single=len(definition.pages) == 1,
        back=pages[number - 1] if number else None,
        window=place,
        room=space,
        saved=_saved(found),
        carried=carried,
        scripts=SCRIPTS,
    )
    return page, form.status if request.method == "POST" else 200


def newcomers_page(slug: str, visitor: Visitor) -> str | None:
    """The page of a questionnaire that has only one, for somebody who has not begun. It is drawn once for everybody and
    kept under all that it is made of, so that a change of any of it shows at once.

    None where somebody reads something else: whoever has begun, has registered for another event before or comes with a
    category, the discreet (who have a way out and neutral titles), whoever is told something or gets back what was
    typed before a sign-in, and everybody while registration is not open. Raises NotFound.
    """
    settings: Settings = current_app.extensions["eventhub.settings"]
    # Under any other name of the house the page is drawn each time: names can be made up, and would push others out.
    if request.root_url.rstrip("/") not in {settings.origin, settings.neutral_origin}:
        return None
    if request.args or visitor.discreet or not session.keys().isdisjoint({"_flashes", "kept"}):
        return None
    seen = queries.glance(slug, visitor.id)
    definition = None if seen.has_begun or seen.has_former else asking.newcomers_definition(seen, g.lang)
    if definition is None or len(definition.pages) != 1:
        return None
    kept: blanks.Blanks = current_app.extensions[blanks.EXTENSION]
    key = _made_of(seen, definition)
    if Window.OPEN not in key:
        return None
    page = kept.get(key)
    if page is None:
        found = queries.open_intake(slug)
        page = blanks.cut(OF_READER, lambda marks: _draw_for_nobody(found, definition, marks))
        # What changed while it was drawn may stand on it or not: then it is nobody's.
        if _made_of(queries.glance(slug, visitor.id), definition) != key:
            return None
        kept.put(key, page)
    values = {"csrf_token": generate_csrf(), "form_key": str(uuid4()), "window": uuid4().hex}
    return blanks.filled(page, values)


def place_of(definition: Definition, page: Page) -> int:
    """Which page it is."""
    return definition.pages.index(page)


def _made_of(seen: Glance, definition: Definition) -> blanks.Key:
    place, space, _word = shown.openness(seen.row, seen.row, seen.rules)
    return request.root_url, request.path, definition, place, space, now().date(), seen.facts


def _draw_for_nobody(found: Intake, definition: Definition, marks: Mapping[str, str]) -> str:
    form = answer_form(definition, definition.pages[0], language=g.lang, answers={}, sent=None)
    form.csrf_token.current_token, form.form_key.data = marks["csrf_token"], marks["form_key"]
    form.drawn.data = str(form.drawn.data).replace(form.window.hex if form.window else "", marks["window"])
    page, _status = draw_step(found, definition, definition.pages[0], form, {})
    return page


def _saved(found: Intake) -> str | None:
    if found.registration is None or found.registration.state is not State.DRAFT:
        return None
    clock = clock_of(found.event, current_user.time_zone if current_user.is_authenticated else UNCHOSEN, g.lang)
    when = show_by(found.registration.changed_at, clock, g.lang)
    return str(_("Saved at %(time)s", time=_("%(time)s, %(place)s", time=when.time, place=when.place)))
