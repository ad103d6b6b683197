"""Questionnaires of every kind of question, their versions, and answers."""

import itertools
import uuid
from typing import Any

from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.questionnaires import actions, queries
from eventhub.questionnaires.definition import Definition, read
from eventhub.questionnaires.models import AnswerSet, Purpose, Questionnaire
from eventhub.questionnaires.queries import Published

NUMBERS = itertools.count(1)


def question(key: str, kind: str = "short_text", **given: Any) -> dict[str, Any]:
    """One question as JSON, its id made from its key."""
    base: dict[str, Any] = {"id": f"q{key}", "key": key, "kind": kind, "label": f"{key} label"}
    if kind in ("choice", "choices"):
        base["options"] = options("red", "green", "blue")
    if kind == "consent":
        base["purpose"] = "photo"
    return base | given


def options(*ids: str) -> list[dict[str, str]]:
    """Answers to choose from."""
    return [{"id": one, "label": f"{one} label"} for one in ids]


def page(page_id: str, *questions: dict[str, Any], **given: Any) -> dict[str, Any]:
    """One page as JSON."""
    return {"id": page_id, "title": f"{page_id} title", "questions": list(questions)} | given


def define(*pages: dict[str, Any], language: str = "en") -> Definition:
    """A definition of these pages."""
    return read({"pages": list(pages)}, language)


def every_kind() -> dict[str, Any]:
    """A page with one question of each kind, none required."""
    kinds = (
        "short_text long_text number date choice choices country language organisation phone email file consent section"
    )
    return page("pall", *(question(kind, kind) for kind in kinds.split()))


def make_questionnaire(*pages: dict[str, Any], **given: Any) -> Questionnaire:
    """A questionnaire for registration with this draft; one question when no page is given."""
    definition = define(*(pages or (page("pone", question("name")),)))
    values: dict[str, Any] = {"purpose": Purpose.REGISTRATION, "name": f"Questionnaire {next(NUMBERS)}"}
    return actions.create(None, **(values | given), definition=definition)


def publish(*pages: dict[str, Any], **given: Any) -> Published:
    """A published questionnaire."""
    return published(make_questionnaire(*pages, **given))


def published(questionnaire: Questionnaire) -> Published:
    """The version that publishing the draft now makes."""
    return queries.version(actions.publish(None, questionnaire).id)


def begin(version: Published, person: Person) -> tuple[AnswerSet, SealKey]:
    """An empty answer set of a person, and the key it is sealed with."""
    return actions.start_answers(version, person), db.session.get_one(SealKey, person.seal_key_id)


def redraft(questionnaire: Questionnaire, *pages: dict[str, Any]) -> Questionnaire:
    """The same questionnaire with another draft."""
    definition = define(*pages)
    editor = type("Editor", (), {"id": uuid.uuid4()})()
    return actions.save_draft(editor, questionnaire, definition, seen=questionnaire.lock)
