"""What somebody answered for a former event, offered again: shown first, taken by a press, looked at page by page.

Consents and what people say of themselves of their own free will are never offered. A sealed answer is sealed anew, a
file is copied and kept by the retention of its new question. What is answered already stays as it is.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import load_only

from eventhub.kit import audit, files
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.files import FileDamaged, FileGone, StoredFile
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds, uploads
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.answers import Sealed
from eventhub.questionnaires.conditions import answered
from eventhub.questionnaires.definition import Definition, Page, Question
from eventhub.questionnaires.kinds import KINDS
from eventhub.questionnaires.models import AnswerSet
from eventhub.questionnaires.uploads import Upload, Wrong
from eventhub.questionnaires.windows import windows_of
from eventhub.registration import actions, categories
from eventhub.registration.models import Registration, State
from eventhub.registration.moves import NotPossible
from eventhub.registration.queries import EVENT_COLUMNS, Intake

EVENTS = 5
"""So many former events are looked at, the last one first."""
OF_ONESELF = frozenset(
    {"minority_basis", "gender", "gender_identity", "sexual_orientation", "ethnicity", "religion", "indigenous_people"}
)
"""Questions of voluntary self-identification: answered each time anew, or not at all."""
STATISTICS = ("statistics",)
"""Who reads an answer that is only ever counted; such questions ask the same kind of thing."""
IDENTITY = frozenset({"document_type", "document_number", "identity_copy", "passport_copy"})
"""What is asked about an identity document, beside the days until which it holds."""
EXPIRY = frozenset({"document_expiry", "document_valid_until", "passport_expiry", "passport_valid_until"})
"""Questions for the last day on which an identity document holds."""
_MARKS = uuid.UUID("6b0f6a3e-6d3c-5d0b-9a39-2f6f2f1b7c11")


class Gap(StrEnum):
    """Why an answer is not offered, so that the person knows that it is to be given anew."""

    CHANGED = "changed"
    """The question takes other answers now."""
    EXPIRED = "expired"
    """The identity document does not hold any more when the event takes place."""
    GONE = "gone"
    """The file was deleted when its time was over."""


class NothingChosen(DomainError):
    """No answer was ticked."""

    status = 422
    message = _l("Tick at least one answer, or close this page and answer everything anew.")
    field = "take"


@dataclass(frozen=True, eq=False)
class Former:
    """A registration that was sent for another event, with what was answered there; sealed answers unopened."""

    registration: Registration
    event: Event
    answer_set: AnswerSet
    definition: Definition
    answers: Mapping[str, object]

    @property
    def mark(self) -> uuid.UUID:
        """What stands in the place of an open window with each answer that was taken from there."""
        return uuid.uuid5(_MARKS, self.registration.id.hex)

    @property
    def sent_on(self) -> date:
        """The day on which it was sent."""
        sent = self.registration.submitted_at
        return (sent or self.registration.created_at).date()


@dataclass(frozen=True)
class Offer:
    """One question that was answered before. ``value`` is None where there is a gap."""

    page: Page
    question: Question
    asked: Question
    """The same in the original language: by its words an option is known again."""
    former: Former
    value: object = None
    gap: Gap | None = None


def formers(person_id: uuid.UUID, found: Intake) -> list[Former]:
    """The last registrations that somebody sent for other events, the newest first. One statement, and one for each."""
    rows = (
        select(Registration, Event, AnswerSet)
        .join(Event, Event.id == Registration.event_id)
        .join(AnswerSet, AnswerSet.id == Registration.answer_set_id)
        .options(load_only(*EVENT_COLUMNS, raiseload=True))
        .where(
            Event.publication != Publication.DRAFT,
            Registration.person_id == person_id,
            Registration.event_id != found.event.id,
            Registration.submitted_at.is_not(None),
            Registration.erased_at.is_(None),
            AnswerSet.seal_key_id == found.key.id,
        )
        .order_by(Registration.submitted_at.desc(), Registration.id)
        .limit(EVENTS)
    )
    return [
        Former(
            registration,
            event,
            answer_set,
            questionnaires.version(answer_set.version_id).definition,
            given.load(answer_set, found.key),
        )
        for registration, event, answer_set in db.session.execute(rows)
    ]


def offers(
    found: Intake, definition: Definition, before: Collection[Former], category: str | None = None
) -> list[Offer]:
    """What may be taken over, in the order of the form, with the gaps; the words are those of ``definition``.

    What is answered already is not offered, nor what the other answers do not lead to. ``category`` is one that the
    person has just chosen on another page: it counts as answered.
    """
    if found.version_id is None:
        return []
    asked = {one.key: one for one in found.as_asked(questionnaires.version(found.version_id).definition).questions()}
    answers = _answers(found, category)
    stored = stored_files(before)
    made: dict[str, Offer] = {}
    for page in definition.pages:
        for question in page.questions:
            if is_asked_again(question, page) and not answered(answers.get(question.key)):
                offer = _offer(found, page, question, asked[question.key], before, stored)
                if offer is not None:
                    made[question.key] = offer
    would_be = answers | {key: one.value for key, one in made.items() if one.gap is None}
    shown = {question.key for _page, question in given.visible_questions(definition, would_be)}
    return [offer for key, offer in made.items() if key in shown]


def take_over(
    actor: Person, found: Intake, definition: Definition, wanted: Collection[str], category: str | None = None
) -> Registration:
    """Take these answers over into the draft, which is begun where there is none: what the person ticked, as far as it
    still holds and was not answered meanwhile. Raises what ``actions.start_draft`` raises.

    ``found`` was read under the registration's lock. That sealed answers were opened for this is written down.
    """
    before = formers(actor.id, found)
    offered = offers(found, definition, before, category)
    chosen = [one for one in offered if one.gap is None and one.question.key in wanted]
    answers = _answers(found, category)
    would_be = answers | {one.question.key: one.value for one in chosen}
    asked = {question.key for _page, question in given.visible_questions(definition, would_be)}
    chosen = [one for one in chosen if one.question.key in asked]
    if not chosen:
        raise NothingChosen
    begun = actions.start_draft(actor, actor, found)
    if begun.registration is None:
        raise NotPossible
    for former in before:
        values = values_of(actor, former, found.key, [one for one in chosen if one.former is former])
        if values:
            actions.save_page(actor, begun, values, typed_in=former.mark)
    db.session.flush()
    return begun.registration


def unseen(found: Intake, definition: Definition, before: Collection[Former]) -> dict[str, Former]:
    """Which answers were taken over and not sent with their page since, by question key. One statement, or none."""
    if found.answer_set is None or not before:
        return {}
    sources = {one.mark: one for one in before}
    kept = windows_of(found.answer_set)
    return {
        question.key: sources[mark]
        for question in definition.questions()
        if (mark := kept.get(question.id)) is not None and mark in sources
    }


def may_take(found: Intake) -> bool:
    """Whether there may be something to take over: somebody has registered before, and here not sent yet."""
    return found.has_former and (found.registration is None or found.registration.state is State.DRAFT)


def _answers(found: Intake, category: str | None) -> dict[str, object]:
    answers = given.load(found.answer_set) if found.answer_set else {}
    return {categories.QUESTION: category} | answers if category else answers


def is_asked_again(question: Question, page: Page) -> bool:
    """Whether former answers to a question may be offered at all."""
    return (
        KINDS[question.kind].asks
        and question.kind != "consent"
        and question.key not in OF_ONESELF
        and question.see != STATISTICS
        and page.id != "self_identification"
    )


def _offer(
    found: Intake,
    page: Page,
    question: Question,
    asked: Question,
    before: Collection[Former],
    stored: Mapping[uuid.UUID, StoredFile],
) -> Offer | None:
    """The newest answer to a question; a gap is told only where no older answer fits either."""
    gap: Offer | None = None
    for former in before:
        value = former.answers.get(question.key)
        if not answered(value):
            continue
        told = gap_of(found.event.last_day, found.key, asked, former, value, stored)
        if told is None:
            try:
                return Offer(page, question, asked, former, fitting(asked, former, value))
            except Wrong:
                told = Gap.CHANGED
        gap = gap or Offer(page, question, asked, former, gap=told)
    return gap


def gap_of(
    last_day: date,
    key: SealKey,
    question: Question,
    former: Former,
    value: object,
    stored: Mapping[uuid.UUID, StoredFile],
) -> Gap | None:
    """Why a former answer is not offered for a question; None where it is, as far as its kind goes (``fitting``)."""
    if question.key in IDENTITY | EXPIRY and _has_expired(last_day, key, former):
        return Gap.EXPIRED
    if question.kind != "file":
        return None
    file_id = given.file_of_value(value)
    file = stored.get(file_id) if file_id else None
    if file is None:
        return Gap.GONE
    fits = file.media_type in uploads.allowed_files(question) and file.size <= uploads.most_bytes(question)
    return None if fits else Gap.CHANGED


def _has_expired(last_day: date, key: SealKey, former: Former) -> bool:
    """Whether the identity document that was named there does not hold until the end of the event."""
    days = {key: former.answers[key] for key in EXPIRY if key in former.answers}
    if any(isinstance(day, Sealed) for day in days.values()):
        # Opened to be compared with a day, and shown to nobody.
        opened = given.opened(former.answer_set, key)
        days = {name: opened.get(name) for name in days}
    return any(isinstance(day, str) and day < last_day.isoformat() for day in days.values())


def fitting(new: Question, former: Former, value: object) -> object:
    """An answer as the new question takes it; a sealed one that was not opened as it is. Raises Wrong."""
    old = former.definition.question(new.key)
    same_kind = old.kind == new.kind or (old.kind, new.kind) == ("short_text", "long_text")
    if not same_kind or old.variant != new.variant or (old.sealed and not new.sealed):
        raise Wrong(None)
    if isinstance(value, Sealed):
        for option in old.options:
            _same_option(old, new, option.id)
        return value
    if old.options:
        value = (
            [_same_option(old, new, one) for one in value] if isinstance(value, list) else _same_option(old, new, value)
        )
    cleaned = kinds.clean(new, value)
    if not answered(cleaned):
        raise Wrong(None)
    return cleaned


def _same_option(old: Question, new: Question, chosen: object) -> str:
    """The option of the new question that says the same. Raises Wrong where none does."""
    was = next((one for one in old.options if one.id == chosen), None)
    if was is None:
        raise Wrong(None)
    for one in new.options:
        if str(one.label) == str(was.label) if one.label.language == was.label.language else one.id == was.id:
            return one.id
    raise Wrong(None)


def stored_files(before: Collection[Former]) -> dict[uuid.UUID, StoredFile]:
    """The files behind former answers, as far as they are there still."""
    there: dict[uuid.UUID, StoredFile] = {}
    for former in before:
        there |= {file.id: file for file in given.attached(former.answer_set, former.answers).values()}
    return there


def values_of(actor: Person, former: Former, key: SealKey, chosen: Collection[Offer]) -> dict[str, object]:
    """What is kept of these offers: opened where it was sealed, which is recorded, and files read to be stored anew."""
    values: dict[str, object] = {one.question.key: one.value for one in chosen}
    sealed = sorted(name for name, value in values.items() if isinstance(value, Sealed))
    if sealed:
        # On the former answers themselves: no desk is to learn from this who comes to which other event.
        audit.record("answer.carried_over", former.answer_set, actor=actor, questions=sealed)
        opened = given.opened(former.answer_set, key)
        values |= {name: opened.get(name) for name in sealed}
    for one in chosen:
        name = one.question.key
        if one.question.kind == "file":
            values[name] = _copied(former, values[name])
        elif name in sealed:
            values[name] = _opened(one, values[name])
    return {name: value for name, value in values.items() if value is not None}


def _copied(former: Former, value: object) -> Upload | None:
    """The same file, to be stored anew; None where it has gone just now."""
    try:
        return Upload(given.file_name(value), files.read(given.stored_file(former.answer_set, value)))
    except (FileGone, FileDamaged, NotFound):
        return None


def _opened(one: Offer, value: object) -> object:
    try:
        return fitting(one.asked, one.former, value)
    except Wrong:
        return None
