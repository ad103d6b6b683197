"""What is not on the pages of a registration, for the person who gave it: files, and answers that are kept sealed."""

from flask import Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventhub.kit.access import actor, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import ActionForm, submit
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.definition import Question
from eventhub.registration import disclosure, queries
from eventhub.registration.console import PageTooOld
from eventhub.registration.queries import Intake
from eventhub.registration.reference import read_reference
from eventhub.registration.views import bp

__all__ = ["bp"]


@bp.route("/events/<slug>/register/files/<question>", methods=["GET", "POST"])
@personal
def draft_file(slug: str, question: str) -> Response:
    """A file of one's own draft."""
    person: Person = actor().person
    return _own_file(person, queries.intake(slug, person), question)


@bp.route("/me/registrations/<reference>/files/<question>", methods=["GET", "POST"])
@personal
def own_file(reference: str, question: str) -> Response:
    """A file of one's own registration."""
    person: Person = actor().person
    known = read_reference(reference)
    if known is None:
        raise NotFound
    return _own_file(person, queries.own(person, known), question)


@bp.route("/events/<slug>/register/sealed/answers", methods=["GET", "POST"])
@personal
def sealed_answers(slug: str) -> ResponseReturnValue:
    """What I answered, or what was filled in for me, and is kept sealed: shown by a button alone, and written down."""
    person: Person = actor().person
    found = queries.intake(slug, person)
    if found.registration is None or found.answer_set is None:
        raise NotFound
    form = ActionForm()
    opened = submit(form, lambda: disclosure.open_own_answers(person, found)) if form.validate_on_submit() else None
    reference = found.registration.reference
    page = render_template(
        "registration/sealed.html",
        intake=found,
        form=form,
        rows=[
            {"label": question.label, "value": kinds.show(question, value, g.lang), "kind": "long"}
            for question, value in (opened or ())
        ],
        is_open=opened is not None,
        back=(
            url_for("registration.mine_one", reference=reference)
            if reference
            else url_for("registration.check", slug=slug)
        ),
    )
    return page, form.status


def _own_file(person: Person, found: Intake, key: str) -> Response:
    """To be saved, never shown. A sealed one is opened by POST alone, and that is written down."""
    question = _question(found, key)
    if found.answer_set is None or question.sealed != (request.method == "POST"):
        raise NotFound
    if not question.sealed:
        return attachment(given.stored_file(found.answer_set, given.load(found.answer_set).get(key)))
    if not ActionForm().validate_on_submit():
        raise PageTooOld
    return attachment(*disclosure.open_own_file(person, found, question))


def _question(found: Intake, key: str) -> Question:
    if found.answer_set is not None:
        for question in questionnaires.version(found.answer_set.version_id).definition.questions():
            if question.key == key and question.kind == "file":
                return question
    raise NotFound
