"""Answers: which questions apply, what is missing, how answers are shown, kept, and revealed.

In memory answers are a mapping of question keys to JSON values; in the database rows by stable question ids. A sealed
answer is never read by accident: ``load`` gives a Sealed in its place, and only ``reveal`` and ``opened`` open it.
"""

import base64
import json
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.files import StoredFile
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, seal
from eventhub.questionnaires import kinds, queries, uploads
from eventhub.questionnaires.access import may_see
from eventhub.questionnaires.conditions import Answers, answered, holds
from eventhub.questionnaires.definition import Definition, Page, Question, Words
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.models import Answer, AnswerSet
from eventhub.questionnaires.uploads import Upload, Wrong

DOTS = "•••••"
PURPOSE = "answer"


@dataclass(frozen=True)
class Sealed:
    """A sealed answer that was not opened: there is one, and perhaps its last characters for its owner."""

    tail: str = ""
    mark: str = field(default="", compare=False)
    """Changes with every sealing (windows.py); says nothing of the value."""
    file: uuid.UUID | None = field(default=None, compare=False)
    """Of a sealed file, for its owner: which one it is."""

    def __str__(self) -> str:
        return DOTS + self.tail


@dataclass(frozen=True)
class Row:
    """One answer on a summary: what components/summary_list.html draws."""

    key: str
    label: Words
    value: str
    kind: str
    sealed: bool
    url: str | None = None
    file: object | None = None
    """How the file of the answer is told and opened, in the words of who shows it."""


@dataclass(frozen=True)
class Section:
    """The answers of one page."""

    page: Page
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Attached:
    """The file of one answer. ``key`` is held so that reading the file does not ask for it again."""

    file: StoredFile
    is_sealed: bool
    key: SealKey


class AnswerWrong(DomainError):
    """A value that is no answer to its question."""

    status = 422
    message = _l("This is not an answer to the question.")


class AnswerGone(DomainError):
    """The answer was erased, or the key of its owner was destroyed."""

    status = 410
    message = _l("This answer is no longer here.")


def field_name(key: str) -> str:
    """The name of a question's form field."""
    return f"q_{key}"


def visible_questions(definition: Definition, answers: Answers) -> list[tuple[Page, Question]]:
    """What applies, in order. An answer to a question that does not apply counts as not given."""
    seen: dict[str, object] = {}
    found: list[tuple[Page, Question]] = []
    for page in definition.pages:
        if not holds(page.show_if, seen):
            continue
        for question in page.questions:
            if holds(question.show_if, seen):
                found.append((page, question))
                seen[question.key] = answers.get(question.key)
    return found


def visible_pages(definition: Definition, answers: Answers) -> list[Page]:
    """The pages that have something to show."""
    return list(dict.fromkeys(page for page, _ in visible_questions(definition, answers)))


def applicable(definition: Definition, answers: Answers) -> dict[str, object]:
    """The answers without those to questions that do not apply."""
    shown = {question.key for _, question in visible_questions(definition, answers)}
    return {key: value for key, value in answers.items() if key in shown}


def complete(definition: Definition, answers: Answers) -> list[tuple[Page, Question]]:
    """The required questions that apply and have no answer; none means it can be sent."""
    return [
        (page, question)
        for page, question in visible_questions(definition, answers)
        if question.required and KINDS[question.kind].asks and not is_answered(question, answers.get(question.key))
    ]


def is_answered(question: Question, value: object) -> bool:
    """Whether the question has an answer; a consent that is required must be given."""
    return value is True if question.kind == "consent" and question.required else answered(value)


def to_show(
    definition: Definition,
    answers: Answers,
    language: str,
    *,
    url: Callable[[Page], str] | None = None,
    who: Collection[str] | None = None,
    files: Mapping[str, object] | None = None,
) -> list[Section]:
    """The answers page by page, for "check your answers" and for staff.

    ``definition`` is already in ``language``. ``url`` gives the page where an answer is changed. ``who`` are the
    viewers (access.viewers); None is the owner. Sealed values are masked for all; what may not be seen is not there.
    ``files`` says by question key how the files behind the answers are told and opened.
    """
    sections: dict[Page, list[Row]] = {}
    for page, question in visible_questions(definition, answers):
        kind = KINDS[question.kind]
        if not kind.asks or (who is not None and not may_see(question, who)):
            continue
        value = answers.get(question.key)
        shown = "" if value is None else str(value) if question.sealed else kinds.show(question, value, language)
        look = "ltr" if question.sealed and value is not None else kind.look
        file = (files or {}).get(question.key)
        row = Row(question.key, question.label, shown, look, question.sealed, url(page) if url else None, file)
        sections.setdefault(page, []).append(row)
    return [Section(page, tuple(rows)) for page, rows in sections.items()]


def load(answer_set: AnswerSet, key: SealKey | None = None) -> dict[str, object]:
    """The answers by question key; sealed ones as Sealed, with their last characters when ``key`` is given.

    One statement (the version is kept in process). Answers to questions the version does not have are left out.
    """
    found: dict[str, object] = {}
    for question, row in _answered(answer_set):
        if row.sealed is None:
            found[question.key] = row.value
        else:
            tail, file = _told_to_owner(answer_set, question, key, row.sealed)
            found[question.key] = Sealed(tail, _mark(row.sealed), file)
    return found


def load_many(answer_sets: Mapping[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, dict[str, object]]:
    """The answers of many sets, {answer set id: version id}, for lists and exports: one statement, nothing opened."""
    keys = {
        version_id: {question.id: question.key for question in queries.version(version_id).definition.questions()}
        for version_id in set(answer_sets.values())
    }
    found: dict[uuid.UUID, dict[str, object]] = {answer_set_id: {} for answer_set_id in answer_sets}
    for row in _rows(Answer.answer_set_id.in_(list(answer_sets))):
        key = keys[answer_sets[row.answer_set_id]].get(row.question)
        if key is not None:
            found[row.answer_set_id][key] = row.value if row.sealed is None else Sealed()
    return found


def opened(answer_set: AnswerSet, key: SealKey) -> dict[str, object]:
    """The answers with the sealed ones opened: to carry them over or to give them to their owner, never for a page.

    Raises AnswerGone when the key was destroyed.
    """
    return {
        question.key: row.value if row.sealed is None else _open(answer_set.id, question.id, key, row.sealed)
        for question, row in _answered(answer_set)
    }


def _renewing() -> Any:
    """Made once: written out for each number of rows, it would be compiled in every request."""
    table = table_of(Answer)
    statement = insert(table)
    changing = ("value", "sealed", "delete_after", "changed_at", "typed_in")
    renewed = {name: statement.excluded[name] for name in changing}
    return statement.on_conflict_do_update(index_elements=[table.c.answer_set_id, table.c.question], set_=renewed)


_KEEP = _renewing()


def save(
    answer_set: AnswerSet,
    key: SealKey,
    values: Mapping[str, object],
    *,
    retain_from: datetime | None = None,
    typed_in: uuid.UUID | None = None,
) -> None:
    """Keep the answers of a page: all in one statement; None takes an answer away, what is not named stays.

    Files are stored and the ones they replace given up. ``retain_from`` is the instant from which days of retention
    count (the end of the event); now when it is not given. ``typed_in`` is the open window (windows.py). Raises
    AnswerWrong and what files.store raises, with the form's field; ValueError for a key that is not the set's.
    """
    chosen = _chosen(answer_set, key, values)
    if not chosen:
        return
    kept = _kept_files(answer_set, key, [question.id for question, _ in chosen if question.kind == "file"])
    moment = now()
    rows = _to_keep(answer_set, key, chosen, kept, retain_from or moment, typed_in)
    renewed_files = {question.id: file_of_value(value) for question, value in chosen}
    for file in files_of(old for question_id, old in kept.items() if file_of_value(old) != renewed_files[question_id]):
        files.remove(file)
    # The set itself may not be written yet.
    db.session.flush()
    db.session.execute(_KEEP, rows)
    answer_set.changed_at = moment


def first_rows(
    answer_set: AnswerSet,
    key: SealKey,
    values: Mapping[str, object],
    *,
    retain_from: datetime,
    typed_in: uuid.UUID | None = None,
) -> list[dict[str, Any]]:
    """The rows of the first answers of a set that is not written yet; files are stored. Raises what ``save`` raises."""
    return _to_keep(answer_set, key, _chosen(answer_set, key, values), {}, retain_from, typed_in)


def keep_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write such rows, once the set itself is written."""
    if rows:
        db.session.execute(_KEEP, list(rows))


def reveal(
    answer_set: AnswerSet,
    question: Question,
    key: SealKey,
    *,
    actor: object,
    reason: str,
    scope_id: uuid.UUID | None = None,
) -> Any:
    """Open one sealed answer for somebody who gave a reason; recorded in the same transaction.

    Whether the actor may see the question is the caller's to ask (access.may_see). Raises NotFound and AnswerGone.
    """
    where = (Answer.answer_set_id == answer_set.id) & (Answer.question == question.id)
    row = next(iter(_rows(where)), None)
    if row is None or row.sealed is None:
        raise NotFound
    value = _open(answer_set.id, question.id, key, row.sealed)
    audit.record("answer.revealed", answer_set, actor=actor, scope_id=scope_id, text=reason, question=question.id)
    return value


def stored_file(answer_set: AnswerSet, value: object) -> StoredFile:
    """The file behind an opened answer to a file question of this set. Raises NotFound, also for anybody else's."""
    found = attached(answer_set, {"": value})
    if not found:
        raise NotFound
    return found[""]


def attached(answer_set: AnswerSet, answers: Answers) -> dict[str, StoredFile]:
    """The files behind loaded answers, by question key; sealed ones where ``load`` had the owner's key. One statement,
    or none.
    """
    ids = {key: file_id for key, value in answers.items() if (file_id := file_of_value(value))}
    if not ids:
        return {}
    theirs = StoredFile.owner_id == answer_set.owner_id, StoredFile.purpose == PURPOSE, StoredFile.deleted_at.is_(None)
    rows = select(StoredFile).where(StoredFile.id.in_(list(ids.values())), *theirs)
    found = {file.id: file for file in db.session.scalars(rows)}
    return {key: found[file_id] for key, file_id in ids.items() if file_id in found}


def file_name(value: object) -> str:
    """What the person called the file behind an opened answer."""
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


def attached_to(answer_set_ids: Collection[uuid.UUID], key: str, who: Collection[str]) -> dict[uuid.UUID, Attached]:
    """The files given to the question with this key in many sets of answers, as far as the viewers ``who`` may see it.

    A sealed answer is opened: the caller records it. As many statements for a thousand sets as for one.
    """
    pairs = select(AnswerSet, SealKey).join(SealKey, SealKey.id == AnswerSet.seal_key_id)
    sets = {row[0].id: row for row in db.session.execute(pairs.where(AnswerSet.id.in_(answer_set_ids)))}
    asked = {
        (version_id, question.id)
        for version_id in {answer_set.version_id for answer_set, _key in sets.values()}
        for question in queries.version(version_id).definition.questions()
        if question.key == key and question.kind == "file" and may_see(question, who)
    }
    if not asked:
        return {}
    wanted: dict[uuid.UUID, tuple[uuid.UUID, bool, SealKey]] = {}
    where = Answer.answer_set_id.in_(list(sets)) & Answer.question.in_({question for _version, question in asked})
    for row in _rows(where):
        answer_set, seal_key = sets[row.answer_set_id]
        value = row.value if row.sealed is None else open_quietly(row, seal_key)
        file_id = file_of_value(value)
        if file_id is not None and (answer_set.version_id, row.question) in asked:
            wanted[row.answer_set_id] = file_id, row.sealed is not None, seal_key
    rows = select(StoredFile).where(
        StoredFile.id.in_([file_id for file_id, _sealed, _key in wanted.values()]),
        StoredFile.purpose == PURPOSE,
        StoredFile.deleted_at.is_(None),
    )
    found = {file.id: file for file in db.session.scalars(rows)}
    return {
        answer_set_id: Attached(found[file_id], is_sealed, seal_key)
        for answer_set_id, (file_id, is_sealed, seal_key) in wanted.items()
        if file_id in found and found[file_id].owner_id == sets[answer_set_id][0].owner_id
    }


def files_of(values: Iterable[object]) -> Iterator[StoredFile]:
    """The files among stored answers, to be given up with them."""
    ids = [file_id for value in values if (file_id := file_of_value(value))]
    if ids:
        yield from db.session.scalars(select(StoredFile).where(StoredFile.id.in_(ids)))


def file_of_value(value: object) -> uuid.UUID | None:
    """Which file a stored answer names."""
    if isinstance(value, Sealed):
        return value.file
    named = value.get("file") if isinstance(value, dict) else None
    return uuid.UUID(named) if isinstance(named, str) else None


def _answered(answer_set: AnswerSet) -> Iterator[tuple[Question, Any]]:
    """Each stored answer with its question, without those to questions that the version does not have."""
    known = {question.id: question for question in queries.version(answer_set.version_id).definition.questions()}
    for row in _rows(Answer.answer_set_id == answer_set.id):
        if row.question in known:
            yield known[row.question], row


def _rows(where: Any) -> Any:
    return db.session.execute(
        select(Answer.answer_set_id, Answer.question, Answer.value, Answer.sealed).where(
            where, Answer.value.is_not(None) | Answer.sealed.is_not(None)
        )
    )


def _chosen(answer_set: AnswerSet, key: SealKey, values: Mapping[str, object]) -> list[tuple[Question, object]]:
    if key.id != answer_set.seal_key_id:
        raise ValueError("the answers are sealed with another key")
    known = {question.key: question for question in queries.version(answer_set.version_id).definition.questions()}
    return [(known[name], value) for name, value in values.items() if name in known and KINDS[known[name].kind].asks]


def _to_keep(
    answer_set: AnswerSet,
    key: SealKey,
    chosen: Sequence[tuple[Question, object]],
    kept: Mapping[str, object],
    retain_from: datetime,
    typed_in: uuid.UUID | None,
) -> list[dict[str, Any]]:
    moment = now()
    return [
        _row(answer_set, key, question, _ready(answer_set, key, question, value, kept.get(question.id)))
        | {"delete_after": _delete_after(question, retain_from), "changed_at": moment, "typed_in": typed_in}
        for question, value in chosen
    ]


def _row(answer_set: AnswerSet, key: SealKey, question: Question, value: object) -> dict[str, object]:
    sealed = None
    if question.sealed and value is not None:
        body = json.dumps(value, ensure_ascii=False)
        sealed = seal(key, answer_place(answer_set.id, question.id), body)
    return {
        "id": uuid.uuid4(),
        "answer_set_id": answer_set.id,
        "question": question.id,
        "value": None if question.sealed else value,
        "sealed": sealed,
    }


def _ready(answer_set: AnswerSet, key: SealKey, question: Question, value: object, kept: object) -> object:
    if isinstance(value, Upload):
        try:
            file = files.store(
                value.data,
                name="file" if question.sealed else value.name,
                allowed=uploads.allowed_files(question),
                purpose=PURPOSE,
                owner_id=answer_set.owner_id,
                key=key if question.sealed else None,
                limit=question.limits.max_bytes or files.LIMIT,
            )
        except DomainError as error:
            error.field = field_name(question.key)
            raise
        # The name of a sealed file stands here alone, sealed with the answer: it may say as much as the file.
        return {"file": str(file.id), "name": files.named(file.media_type, value.name), "size": file.size}
    try:
        cleaned = kinds.clean(question, value)
    except Wrong as error:
        raise AnswerWrong(error.message, field=field_name(question.key)) from None
    if question.kind == "file" and cleaned is not None:
        # Named, not sent: only the file that this very answer holds already, or anybody's could be had by its id.
        if file_of_value(kept) != file_of_value(cleaned):
            raise AnswerWrong(KINDS[question.kind].missing, field=field_name(question.key))
        return kept
    return cleaned


def _kept_files(answer_set: AnswerSet, key: SealKey, questions: Collection[str]) -> dict[str, object]:
    """What the answers to file questions hold now, by question id."""
    if not questions:
        return {}
    where = (Answer.answer_set_id == answer_set.id) & Answer.question.in_(questions)
    return {row.question: row.value if row.sealed is None else open_quietly(row, key) for row in _rows(where)}


def open_quietly(row: Any, key: SealKey) -> object:
    """The sealed value of an answer's row that is about to go, or None when it cannot be opened any more."""
    try:
        return _open(row.answer_set_id, row.question, key, row.sealed)
    except AnswerGone:
        return None


def _open(answer_set_id: uuid.UUID, question_id: str, key: SealKey, sealed: bytes) -> Any:
    try:
        return json.loads(open_sealed(key, answer_place(answer_set_id, question_id), sealed))
    except Unreadable:
        raise AnswerGone from None


def _told_to_owner(
    answer_set: AnswerSet, question: Question, key: SealKey | None, sealed: bytes
) -> tuple[str, uuid.UUID | None]:
    """What the owner of the key is told of a sealed answer: its last characters, or which file it is."""
    length = KINDS[question.kind].tail
    if key is None or not (length or question.kind == "file"):
        return "", None
    try:
        value = _open(answer_set.id, question.id, key, sealed)
    except AnswerGone:
        return "", None
    if question.kind == "file":
        return "", file_of_value(value)
    text = str(value)
    return text[-length:] if len(text) >= 2 * length else "", None


def _mark(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed[-6:]).decode()


def answer_place(answer_set_id: uuid.UUID, question_id: str) -> Place:
    """Where a sealed answer lives."""
    return place("answer", "sealed", f"{answer_set_id}:{question_id}")


def _delete_after(question: Question, start: datetime) -> datetime | None:
    return None if question.retention_days is None else start + timedelta(days=question.retention_days)
