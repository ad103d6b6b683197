"""Questionnaires as they are read: versions kept in process for ever, translations until they change."""

import threading
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select

from eventhub.kit.db import db
from eventhub.kit.errors import or_not_found
from eventhub.questionnaires.definition import Definition, read
from eventhub.questionnaires.models import AnswerSet, Purpose, Questionnaire, QuestionnaireText, QuestionnaireVersion
from eventhub.questionnaires.wording import Wording, localise

KEPT = 500
Key = TypeVar("Key")
Thing = TypeVar("Thing")


@dataclass(frozen=True, eq=False)
class Published:
    """A published version, read and ready."""

    id: uuid.UUID
    questionnaire_id: uuid.UUID
    number: int
    purpose: Purpose
    name: str
    published_at: datetime
    definition: Definition


_LOCK = threading.Lock()
_VERSIONS: dict[uuid.UUID, Published] = {}
_WORDINGS: dict[uuid.UUID, tuple[tuple[datetime | None, int], Wording]] = {}
_LOCALISED: dict[tuple[uuid.UUID, str], tuple[Wording, Definition]] = {}


def version(version_id: uuid.UUID) -> Published:
    """A published version; it never changes, so it is read once per process. Raises NotFound."""
    found = _VERSIONS.get(version_id)
    if found is None:
        rows = select(QuestionnaireVersion, Questionnaire).join(QuestionnaireVersion.questionnaire)
        row = db.session.execute(rows.where(QuestionnaireVersion.id == version_id)).first()
        found = _published(*or_not_found(row))
        _keep(_VERSIONS, version_id, found)
    return found


def newest_version(questionnaire_id: uuid.UUID) -> Published | None:
    """The version that new answers are given to; None while nothing is published."""
    newest = db.session.scalar(
        select(QuestionnaireVersion.id)
        .where(QuestionnaireVersion.questionnaire_id == questionnaire_id)
        .order_by(QuestionnaireVersion.number.desc())
        .limit(1)
    )
    return version(newest) if newest else None


def texts(questionnaire_id: uuid.UUID) -> Wording:
    """All translations of a questionnaire; one small statement while they have not changed."""
    stamp = db.session.execute(
        select(func.max(QuestionnaireText.changed_at), func.count()).where(
            QuestionnaireText.questionnaire_id == questionnaire_id
        )
    ).one()
    known = _WORDINGS.get(questionnaire_id)
    if known is not None and known[0] == tuple(stamp):
        return known[1]
    rows = db.session.execute(
        select(
            QuestionnaireText.item, QuestionnaireText.part, QuestionnaireText.source_digest, QuestionnaireText.texts
        ).where(QuestionnaireText.questionnaire_id == questionnaire_id)
    )
    wording = Wording({(row.item, row.part, row.source_digest): row.texts for row in rows})
    _keep(_WORDINGS, questionnaire_id, ((stamp[0], stamp[1]), wording))
    return wording


def localised(published: Published, language: str) -> Definition:
    """A version in a language: the same object until a translation changes, so that forms made from it are kept."""
    if language == published.definition.language:
        return published.definition
    wording = texts(published.questionnaire_id)
    known = _LOCALISED.get((published.id, language))
    if known is not None and known[0] is wording:
        return known[1]
    definition = localise(published.definition, wording, language)
    _keep(_LOCALISED, (published.id, language), (wording, definition))
    return definition


def find_questionnaire(questionnaire_id: uuid.UUID) -> Questionnaire | None:
    """One questionnaire, or None."""
    return db.session.get(Questionnaire, questionnaire_id)


def questionnaire(questionnaire_id: uuid.UUID) -> Questionnaire:
    """One questionnaire. Raises NotFound."""
    return or_not_found(find_questionnaire(questionnaire_id))


def questionnaires(scopes: Collection[uuid.UUID] | None) -> list[Questionnaire]:
    """The questionnaires of these scopes, newest first; all of them for None."""
    rows = select(Questionnaire).order_by(Questionnaire.created_at.desc(), Questionnaire.id)
    if scopes is not None:
        rows = rows.where(Questionnaire.scope_id.in_(scopes))
    return list(db.session.scalars(rows))


def draft(questionnaire: Questionnaire) -> Definition:
    """The working definition, perhaps unfinished."""
    return read(questionnaire.draft or {"pages": []}, questionnaire.original_language)


@dataclass(frozen=True)
class VersionLine:
    """A version in the editor's list: how many people have begun or sent answers to it."""

    id: uuid.UUID
    number: int
    published_at: datetime
    begun: int
    sent: int


def version_lines(questionnaire_id: uuid.UUID) -> list[VersionLine]:
    """All versions, newest first, with how much each is used. One statement."""
    rows = db.session.execute(
        select(
            QuestionnaireVersion.id,
            QuestionnaireVersion.number,
            QuestionnaireVersion.published_at,
            func.count(AnswerSet.id),
            func.count(AnswerSet.sent_at),
        )
        .outerjoin(AnswerSet, AnswerSet.version_id == QuestionnaireVersion.id)
        .where(QuestionnaireVersion.questionnaire_id == questionnaire_id)
        .group_by(QuestionnaireVersion.id)
        .order_by(QuestionnaireVersion.number.desc())
    )
    return [VersionLine(*row) for row in rows]


def latest_numbers(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The newest version's number of each questionnaire that has one."""
    rows = db.session.execute(
        select(QuestionnaireVersion.questionnaire_id, func.max(QuestionnaireVersion.number))
        .where(QuestionnaireVersion.questionnaire_id.in_(ids))
        .group_by(QuestionnaireVersion.questionnaire_id)
    )
    return {row[0]: row[1] for row in rows}


def _published(row: QuestionnaireVersion, owner: Questionnaire) -> Published:
    return Published(
        row.id,
        row.questionnaire_id,
        row.number,
        owner.purpose,
        owner.name,
        row.published_at,
        read(row.definition, owner.original_language),
    )


def _keep(store: dict[Key, Thing], key: Key, thing: Thing) -> None:
    with _LOCK:
        if len(store) >= KEPT:
            store.clear()
        store[key] = thing
