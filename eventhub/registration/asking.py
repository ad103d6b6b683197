"""What a person is asked when registering: the questionnaire by the event's rules, and a category known beforehand.

Such a category travels in addresses as six signs that say nothing of a person to whoever reads over a shoulder.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from flask import request, url_for

from eventhub.people.models import Channel
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.answers import field_name
from eventhub.questionnaires.definition import Definition, Page, Question
from eventhub.questionnaires.forms import AnswerForm
from eventhub.registration import categories, queries
from eventhub.registration.categories import QUESTION
from eventhub.registration.queries import Glance, Intake

CHOSEN = "as"


def definition_of(found: Intake, lang: str) -> Definition | None:
    """The questionnaire that is to be answered, in a language; None where nothing is asked."""
    if found.version_id is None:
        return None
    return found.as_asked(questionnaires.localised(questionnaires.version(found.version_id), lang))


def newcomers_definition(seen: Glance, lang: str) -> Definition | None:
    """The same for somebody who has not begun."""
    if seen.newest_version_id is None:
        return None
    newest = questionnaires.localised(questionnaires.version(seen.newest_version_id), lang)
    return categories.fitted(newest, seen.rules)


def missing(found: Intake, definition: Definition | None, answers: Mapping[str, object]) -> list[tuple[Page, Question]]:
    """What is missing, with the page where it is asked."""
    return categories.gaps(definition, found.rules, answers) if definition else []


def first_address(found: Intake, definition: Definition | None) -> str:
    """Where to begin or to go on."""
    slug = found.event.slug
    if definition is None:
        return url_for("registration.check", slug=slug)
    answers = given.load(found.answer_set) if found.answer_set else {}
    pages = given.visible_pages(definition, answers)
    if found.registration is not None:
        wanting = {page.id for page, _question in missing(found, definition, answers)}
        pages = [page for page in pages if page.id in wanting]
    if not pages:
        return url_for("registration.check", slug=slug)
    return url_for("registration.step", slug=slug, page=pages[0].id, **carried(found, definition, answers))


def guide_address(found: Intake, definition: Definition | None) -> str | None:
    """The guide to the categories; None where none is asked for."""
    return url_for("registration.guide", slug=found.event.slug) if categories.asks_for_one(definition) else None


def newly_agrees(definition: Definition, before: Mapping[str, object], values: Mapping[str, object]) -> bool:
    """Whether these answers say yes to the list of participants, and those before them did not."""
    return any(
        channel is Channel.LIST_OF_PARTICIPANTS and values.get(key) is True and before.get(key) is not True
        for key, channel in queries.consent_channels(definition).items()
    )


def mark_of(category: str) -> str:
    """A category in an address."""
    return sha256(category.encode()).hexdigest()[:6]


def chosen_before(found: Intake, definition: Definition | None) -> str | None:
    """The category that the address brings along, where this event takes it."""
    mark = request.args.get(CHOSEN, "")
    return next((code for code in categories.offered(definition, found.rules) if mark_of(code) == mark), None)


def carried(found: Intake, definition: Definition | None, answers: Mapping[str, object]) -> dict[str, Any]:
    """What the next address brings along: the category, until it is answered."""
    category = None if answers.get(QUESTION) else chosen_before(found, definition)
    return {CHOSEN: mark_of(category)} if category else {}


def prefill(form: AnswerForm, found: Intake, definition: Definition, answers: Mapping[str, object]) -> None:
    """Mark the category on a page that is opened. It is an answer once it is sent, and not before."""
    category = chosen_before(found, definition)
    field = form._fields.get(field_name(QUESTION))
    if request.method == "GET" and category and field is not None and not answers.get(QUESTION):
        field.data = category
