"""The files that a person gave as answers, for the person."""

from flask import Response, request

from eventhub.kit.access import actor, personal
from eventhub.kit.errors import NotFound
from eventhub.kit.files import attachment
from eventhub.kit.forms import ActionForm
from eventhub.people.models import Person
from eventhub.questionnaires import answers as given
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
