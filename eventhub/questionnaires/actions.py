"""What changes questionnaires and answers: drafts, versions, translations, answer sets, erasure and retention."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, delete, func, select, update

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db, table_of
from eventhub.kit.errors import DomainError, Stale, means
from eventhub.kit.files import StoredFile
from eventhub.kit.i18n import LANGUAGES
from eventhub.kit.sealed import SealKey
from eventhub.kit.text import multi_line
from eventhub.people.models import Channel, Person
from eventhub.questionnaires import kinds
from eventhub.questionnaires.answers import PURPOSE, applicable, complete, files_of, load, open_quietly, opened, save
from eventhub.questionnaires.checks import check
from eventhub.questionnaires.definition import Definition, DefinitionWrong, Problem, read, to_json
from eventhub.questionnaires.models import (
    Answer,
    AnswerSet,
    Purpose,
    Questionnaire,
    QuestionnaireText,
    QuestionnaireVersion,
)
from eventhub.questionnaires.queries import Published, draft, newest_version, version
from eventhub.questionnaires.uploads import Wrong
from eventhub.questionnaires.wording import source_digest, texts_of

BATCH = 500

TO_PUT_RIGHT = timedelta(days=7)
"""An end that was typed wrong deletes nothing for so long."""


class NotReady(DomainError):
    """The draft does not hold; ``problems`` say where."""

    status = 422
    message = _l("This questionnaire cannot be published yet. Look at what is marked.")

    def __init__(self, problems: list[Problem], message: Any = None) -> None:
        super().__init__(message)
        self.problems = problems


class NothingNew(DomainError):
    """The draft says the same as the newest version."""

    message = _l("Nothing has changed since the last version.")


class Incomplete(DomainError):
    """A required question that applies has no answer."""

    status = 422
    message = _l("Some answers are still missing.")


class AlreadySent(DomainError):
    """Answers that were sent are not sent again."""

    message = _l("These answers were sent already.")


class TwoAtOnce(DomainError):
    """Two people published at the same moment."""

    message = _l("Somebody else published this questionnaire at the same moment. Look at their version first.")


means("uq_questionnaire_version_questionnaire_id_number", TwoAtOnce())


def create(
    actor: Person | None,
    *,
    purpose: Purpose,
    name: str,
    scope_id: uuid.UUID | None = None,
    original_language: str = "en",
    definition: Definition | None = None,
) -> Questionnaire:
    """A new questionnaire, empty or with a first draft. ``scope_id`` is the event, series or call it belongs to."""
    questionnaire = Questionnaire(
        id=uuid.uuid4(),
        purpose=purpose,
        scope_id=scope_id,
        name=name,
        original_language=original_language,
        draft=to_json(definition) if definition else {"pages": []},
    )
    db.session.add(questionnaire)
    db.session.flush()
    audit.record("questionnaire.created", questionnaire, actor=actor, scope_id=scope_id)
    return questionnaire


def copy(actor: Person | None, source: Questionnaire, *, name: str, scope_id: uuid.UUID | None) -> Questionnaire:
    """A new questionnaire with the draft and the translations of another: last year's, for this year."""
    made = create(
        actor,
        purpose=source.purpose,
        name=name,
        scope_id=scope_id,
        original_language=source.original_language,
        definition=draft(source),
    )
    for row in db.session.scalars(select(QuestionnaireText).where(QuestionnaireText.questionnaire_id == source.id)):
        db.session.add(
            QuestionnaireText(
                questionnaire_id=made.id,
                item=row.item,
                part=row.part,
                source=row.source,
                source_digest=row.source_digest,
                texts=dict(row.texts),
            )
        )
    db.session.flush()
    return made


def save_draft(actor: Person, questionnaire: Questionnaire, definition: Definition, *, seen: int) -> Questionnaire:
    """Keep the working definition. ``seen`` is the lock number of the page it was edited on.

    Raises Stale, and NotReady for a definition that could not even be read again.
    """
    _not_stale(questionnaire, seen)
    data = to_json(definition)
    try:
        read(data, questionnaire.original_language)
    except DefinitionWrong as error:
        raise NotReady(error.problems, _l("This cannot be kept: %(problem)s", problem=str(error))) from None
    questionnaire.draft = data
    questionnaire.changed_at = now()
    db.session.flush()
    audit.record("questionnaire.edited", questionnaire, actor=actor, scope_id=questionnaire.scope_id)
    return questionnaire


def rename(actor: Person, questionnaire: Questionnaire, name: str, *, seen: int) -> Questionnaire:
    """Change the name that staff know it by. Raises Stale."""
    _not_stale(questionnaire, seen)
    questionnaire.name = name
    db.session.flush()
    audit.record("questionnaire.renamed", questionnaire, actor=actor, scope_id=questionnaire.scope_id)
    return questionnaire


def publish(actor: Person | None, questionnaire: Questionnaire, *, seen: int | None = None) -> QuestionnaireVersion:
    """Make the draft a version that nobody can change any more. Raises NotReady, NothingNew, Stale and TwoAtOnce."""
    if seen is not None:
        _not_stale(questionnaire, seen)
    problems = publishing_problems(questionnaire)
    if problems:
        raise NotReady(problems)
    definition = to_json(draft(questionnaire))
    last = newest_version(questionnaire.id)
    if last is not None and to_json(last.definition) == definition:
        raise NothingNew
    version = QuestionnaireVersion(
        id=uuid.uuid4(),
        questionnaire_id=questionnaire.id,
        number=last.number + 1 if last else 1,
        definition=definition,
        published_by_id=actor.id if actor else None,
    )
    db.session.add(version)
    db.session.flush()
    audit.record(
        "questionnaire.published", questionnaire, actor=actor, scope_id=questionnaire.scope_id, number=version.number
    )
    return version


def publishing_problems(questionnaire: Questionnaire) -> list[Problem]:
    """Everything that keeps the draft from being published."""
    try:
        definition = draft(questionnaire)
    except DefinitionWrong as error:
        return error.problems
    channels = {channel.value for channel in Channel}
    unknown = [
        Problem(f"{question.key}.purpose", _l("Say what this consent is about."), question.id)
        for question in definition.questions()
        if question.kind == "consent" and question.purpose not in channels
    ]
    return check(definition) + unknown


def translate(
    actor: Person | None,
    questionnaire: Questionnaire,
    texts: Mapping[tuple[str, str], Mapping[str, str]],
    *,
    seen: int | None = None,
) -> Questionnaire:
    """Keep translations: (item, part) to the text by language. An empty text takes a translation away.

    The originals are those of the draft now; parts that are not in it are left out. Makes no version. Raises Stale
    when the draft changed since ``seen``: its words may be others now.
    """
    if seen is not None:
        _not_stale(questionnaire, seen)
    originals = {(text.item, text.part): str(text.words) for text in texts_of(draft(questionnaire))}
    known = {
        (row.item, row.part, row.source_digest): row
        for row in db.session.scalars(
            select(QuestionnaireText).where(QuestionnaireText.questionnaire_id == questionnaire.id).with_for_update()
        )
    }
    changed = 0
    for (item, part), given in texts.items():
        source = originals.get((item, part))
        if source is not None:
            row = known.get((item, part, source_digest(source)))
            changed += _translate_one(questionnaire, item, part, source, row, given)
    db.session.flush()
    if changed:
        audit.record(
            "questionnaire.translated", questionnaire, actor=actor, scope_id=questionnaire.scope_id, texts=changed
        )
    return questionnaire


def start_answers(published: Published, owner: Person) -> AnswerSet:
    """An empty set of answers to a version, sealed with the owner's key. The feature that asks keeps its id."""
    answer_set = AnswerSet(id=uuid.uuid4(), version_id=published.id, owner_id=owner.id, seal_key_id=owner.seal_key_id)
    db.session.add(answer_set)
    db.session.flush()
    return answer_set


def finish_answers(answer_set: AnswerSet, definition: Definition) -> AnswerSet:
    """Drop the answers that do not apply, and date the set as sent. Raises Incomplete and AlreadySent."""
    if answer_set.sent_at is not None:
        raise AlreadySent
    answers = load(answer_set)
    if complete(definition, answers):
        raise Incomplete
    drop_inapplicable(answer_set, definition, answers)
    answer_set.sent_at = answer_set.changed_at = now()
    db.session.flush()
    return answer_set


def drop_inapplicable(answer_set: AnswerSet, definition: Definition, answers: Mapping[str, object]) -> None:
    """Delete the answers to questions that do not apply any more (also after a sent set was changed)."""
    keep = applicable(definition, answers)
    gone = [question for question in definition.questions() if question.key in answers and question.key not in keep]
    if gone:
        _delete_answers((Answer.answer_set_id == answer_set.id) & Answer.question.in_([one.id for one in gone]))


def carry_over(source: AnswerSet, source_key: SealKey, target: AnswerSet, target_key: SealKey) -> int:
    """Copy what still fits into an empty set of another version or questionnaire of the same person; how many answers.

    Questions meet by key. What the new version does not ask, asks otherwise, or seals no longer, is left behind; so
    are files and consents, which are given anew each time.
    """
    if source.owner_id != target.owner_id:
        raise ValueError("answers are carried over for their owner only")
    found = _questions(source)
    wanted = _questions(target)
    fitting: dict[str, object] = {}
    for key, value in opened(source, source_key).items():
        question = wanted.get(key)
        if question is None or question.kind in ("file", "consent") or question.kind != found[key].kind:
            continue
        if found[key].sealed and not question.sealed:
            continue
        try:
            fitting[key] = kinds.clean(question, value)
        except Wrong:
            continue
    save(target, target_key, fitting)
    return len(fitting)


def erase_answers(person: Person) -> int:
    """Delete every answer of a person and give their files up; how many answers. Sets stay as empty shells."""
    mine = select(AnswerSet.id).where(AnswerSet.owner_id == person.id)
    count = _delete_answers(Answer.answer_set_id.in_(mine))
    # A file whose sealed answer can no longer be opened is still the person's own.
    for file in db.session.scalars(
        select(StoredFile).where(
            StoredFile.owner_id == person.id, StoredFile.purpose == PURPOSE, StoredFile.deleted_at.is_(None)
        )
    ):
        files.remove(file)
    return count


def retain_anew(answer_sets: Select[Any], ends: datetime) -> int:
    """What the days of retention count from has moved to ``ends`` for these sets (a statement of their ids); how many
    answers are kept longer or shorter. What falls due sooner than it did stays a week yet. Safe to repeat.
    """
    table, moment, count = table_of(Answer), now(), 0
    for version_id in db.session.scalars(select(AnswerSet.version_id).where(AnswerSet.id.in_(answer_sets)).distinct()):
        of_version = select(AnswerSet.id).where(AnswerSet.id.in_(answer_sets), AnswerSet.version_id == version_id)
        kept: dict[int, list[str]] = {}
        for question in version(version_id).definition.questions():
            if question.retention_days is not None:
                kept.setdefault(question.retention_days, []).append(question.id)
        for days, questions in kept.items():
            due = func.greatest(ends + timedelta(days=days), func.least(table.c.delete_after, moment + TO_PUT_RIGHT))
            these = table.c.answer_set_id.in_(of_version), table.c.question.in_(questions)
            renewed = update(table).where(*these, table.c.delete_after.is_not(None)).values(delete_after=due)
            count += len(db.session.execute(renewed.returning(table.c.id)).all())
    return count


def delete_expired(moment: datetime | None = None, limit: int = BATCH) -> int:
    """Delete answers whose days of retention are over; how many. Each set gets a record of it. Run until 0.

    Safe when two run at once.
    """
    moment = moment or now()
    due = db.session.execute(
        select(Answer.id, Answer.answer_set_id)
        .where(Answer.delete_after.is_not(None), Answer.delete_after <= moment)
        .order_by(Answer.delete_after)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    sets: dict[uuid.UUID, int] = {}
    for row in due:
        sets[row.answer_set_id] = sets.get(row.answer_set_id, 0) + 1
    _delete_answers(Answer.id.in_([row.id for row in due]))
    for answer_set in db.session.scalars(select(AnswerSet).where(AnswerSet.id.in_(list(sets)))):
        audit.record("answers.expired", answer_set, actor=None, reason="retention", number=sets[answer_set.id])
    return len(due)


def _questions(answer_set: AnswerSet) -> dict[str, Any]:
    return {question.key: question for question in version(answer_set.version_id).definition.questions()}


def _delete_answers(where: Any) -> int:
    rows = db.session.execute(
        delete(Answer).where(where).returning(Answer.answer_set_id, Answer.question, Answer.value, Answer.sealed)
    ).all()
    for file in files_of([row.value for row in rows] + _sealed_files([row for row in rows if row.sealed is not None])):
        files.remove(file)
    return len(rows)


def _sealed_files(rows: list[Any]) -> list[object]:
    """The opened values of sealed answers that are files: the only ones whose content must be known to delete them."""
    if not rows:
        return []
    pairs = db.session.execute(
        select(AnswerSet, SealKey)
        .join(SealKey, SealKey.id == AnswerSet.seal_key_id)
        .where(AnswerSet.id.in_({row.answer_set_id for row in rows}))
    )
    sets = {answer_set.id: (answer_set, key) for answer_set, key in pairs}
    found: list[object] = []
    for row in rows:
        answer_set, key = sets[row.answer_set_id]
        if any(one.id == row.question and one.kind == "file" for one in _questions(answer_set).values()):
            found.append(open_quietly(row, key))
    return found


def _translate_one(
    questionnaire: Questionnaire,
    item: str,
    part: str,
    source: str,
    row: QuestionnaireText | None,
    given: Mapping[str, str],
) -> bool:
    texts: Texts = dict(row.texts) if row else {}
    for language, text in given.items():
        if language in LANGUAGES and language != questionnaire.original_language:
            texts[language] = multi_line(text)
    texts = {language: text for language, text in texts.items() if text}
    if texts == (row.texts if row else {}):
        return False
    if row is None:
        row = QuestionnaireText(
            questionnaire_id=questionnaire.id, item=item, part=part, source=source, source_digest=source_digest(source)
        )
        db.session.add(row)
    row.texts, row.changed_at = texts, now()
    return True


def _not_stale(questionnaire: Questionnaire, seen: int) -> None:
    if questionnaire.lock != seen:
        raise Stale
