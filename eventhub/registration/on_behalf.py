"""The pages on which somebody fills in the form for another person; behalf.py does it, a feature above says who may."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.errors import NotFound
from eventhub.kit.forms import ActionForm, posted, submit
from eventhub.kit.web import back_to
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires.definition import Definition, Page
from eventhub.questionnaires.forms import AnswerForm, answer_form
from eventhub.registration import asking, attached, behalf
from eventhub.registration.models import Registration
from eventhub.registration.queries import Intake


@dataclass(frozen=True)
class Filling:
    """Whose form is filled in by whom. ``intake`` asks for it anew (``lock``; ``sent_too``: to read what was sent), and
    says whether the actor may. ``feature`` has the pages ``answers`` and ``check``, whose addresses need ``where``;
    ``home`` is the page of the person there, ``trail`` what stands above it.
    """

    actor: Person
    name: str
    event: Event
    intake: Callable[..., Intake]
    feature: str
    home: str
    where: Mapping[str, Any]
    trail: tuple[dict[str, str], ...]

    @property
    def home_url(self) -> str:
        """The address of the person's page."""
        return url_for(self.home, **self.where)

    @property
    def crumbs(self) -> list[dict[str, str]]:
        """The way to that page, and it."""
        return [*self.trail, {"label": self.name, "url": self.home_url}]

    def page_url(self, page: Page) -> str:
        """The address of a page of the form."""
        return url_for(f"{self.feature}.answers", **self.where, page=page.id)


def begin(filling: Filling, form: ActionForm, *, is_begun: bool) -> ResponseReturnValue:
    """To the first page, or back with why not."""
    if is_begun:
        return _next(filling, None)
    for message in [*form.form_errors, *[str(one) for errors in form.errors.values() for one in errors]][:1]:
        flash(str(message), "warn")
    return back_to(filling.home, **filling.where)


def answers(filling: Filling, page_id: str) -> ResponseReturnValue:
    """One page of the form. What holds is kept with each button, as for everybody."""
    found = filling.intake(lock=posted())
    definition = _definition(found)
    asked = _page(definition, page_id)
    said = _said(found)
    form = answer_form(definition, asked, language=g.lang, answers=said)
    if posted():
        holds = form.validate_on_submit()
        kept = None
        if "csrf_token" not in form.errors:
            kept = submit(form, lambda: _kept(filling.actor, found, form))
        if kept and holds and not form.clashed:
            return _next(filling, None if request.form.get("go") == "later" else asked)
    order, shown = [one.id for one in definition.pages], given.visible_pages(definition, said)
    drawn = render_template(
        "registration/behalf_answers.html",
        event=filling.event,
        filling=filling,
        form=form,
        page=asked,
        files=_files(found),
        number=min(len(shown), 1 + sum(order.index(one.id) < order.index(asked.id) for one in shown)),
        total=len(shown) + 1,
        scripts=["site.js"],
    )
    return drawn, form.status


def check(filling: Filling, send: Callable[[Person, Intake], Registration], *, sent: str) -> ResponseReturnValue:
    """All that was filled in, to be looked at before it is sent; ``sent``: what is said then."""
    found = filling.intake(lock=posted())
    form = ActionForm()
    if form.validate_on_submit() and submit(form, lambda: send(filling.actor, found)):
        flash(sent, "ok")
        return back_to(filling.home, **filling.where)
    said = _said(found)
    definition = _definition(found) if found.version_id else None
    page = render_template(
        "registration/behalf_check.html",
        filling=filling,
        form=form,
        sections=given.to_show(definition, said, g.lang, url=filling.page_url, files=_files(found))
        if definition
        else [],
        missing=[(filling.page_url(page), question) for page, question in asking.missing(found, definition, said)],
    )
    return page, form.status


def typed(filling: Filling) -> ResponseReturnValue:
    """What was typed for somebody, until that person takes the link. What is sealed is opened by a button alone."""
    found = filling.intake(lock=posted(), sent_too=True)
    form = ActionForm()
    opened = submit(form, lambda: behalf.open_typed(filling.actor, found)) if form.validate_on_submit() else None
    definition = _definition(found) if found.version_id else None
    page = render_template(
        "registration/behalf_typed.html",
        filling=filling,
        form=form,
        sections=given.to_show(definition, _said(found), g.lang, files=_files(found)) if definition else [],
        opened=[
            {"label": question.label, "value": kinds.show(question, opened[question.key], g.lang)}
            for question in (definition.questions() if definition else ())
            if opened and question.sealed and opened.get(question.key) is not None
        ],
    )
    return page, form.status


def _next(filling: Filling, after: Page | None) -> ResponseReturnValue:
    """The page after one, the first one, or the look at all of it."""
    if after is None and request.form.get("go") == "later":
        flash(_("The answers are kept. You can go on at any time."), "ok")
        return back_to(filling.home, **filling.where)
    found = filling.intake()
    if found.version_id is not None:
        definition = _definition(found)
        order = [page.id for page in definition.pages]
        pages = given.visible_pages(definition, _said(found))
        later = [page for page in pages if after is None or order.index(page.id) > order.index(after.id)]
        if later:
            return back_to(f"{filling.feature}.answers", **filling.where, page=later[0].id)
    return back_to(f"{filling.feature}.check", **filling.where)


def _kept(actor: Person, found: Intake, form: AnswerForm) -> Registration:
    values: Mapping[str, object] = form.settle(found.answer_set, found.key)
    return behalf.keep(actor, found, values, typed_in=form.window)


def _said(found: Intake) -> dict[str, object]:
    """The answers as their owner would see them: of what is sealed, the last characters."""
    return given.load(found.answer_set, found.key) if found.answer_set else {}


def _files(found: Intake) -> dict[str, attached.Attached]:
    if found.answer_set is None:
        return {}
    return attached.told(given.attached(found.answer_set, _said(found)), found.event.time_zone)


def _definition(found: Intake) -> Definition:
    definition = asking.definition_of(found, g.lang)
    if definition is None:
        raise NotFound
    return behalf.without_consents(definition)


def _page(definition: Definition, page_id: str) -> Page:
    try:
        return definition.page(page_id)
    except KeyError:
        raise NotFound from None
