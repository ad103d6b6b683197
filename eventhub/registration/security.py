"""The little that security sees: the name on the badge, nationality, kind of document, and a photograph by the rule."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager

from eventhub.kit.db import Texts, db
from eventhub.kit.errors import NotFound, Stale
from eventhub.kit.panels import gathered
from eventhub.kit.tokens import blind
from eventhub.people.models import Person, RoleGrant
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import answers as given
from eventhub.questionnaires import kinds
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.definition import Question
from eventhub.registration import access, queries, shown, stages
from eventhub.registration.access import Sight
from eventhub.registration.copies import PHOTOGRAPH
from eventhub.registration.models import Approval, Registration, RegistrationSetup, Stage, Word

NATIONALITY = ("nationality", "nationality_status")
"""Questions that say it, the first that is answered counts."""
DOCUMENT = "document_type"
NUMBER = "document_number"
"""Sealed: opened for a reason alone."""
PAGE = 50
LONGEST_FILE = 5_000
NAME_SEEN = "registration.name_seen"


@dataclass(frozen=True)
class Rule:
    """What the badges of an event bear: the legal name or the public one, and a photograph or none."""

    legal: bool
    photos: bool


@dataclass(frozen=True)
class Line:
    """One person as security sees it."""

    approval: Approval
    name: str
    nationality: str
    document: str


@dataclass(frozen=True)
class Waiting:
    """An event about whose people security is asked."""

    slug: str
    title: Texts
    original_language: str
    number: int
    oldest: datetime


def rule_of(event: Event) -> Rule:
    """What badges bear is a feature's further up; without it they bear the public name alone."""
    found = gathered("checkin.badge_name", event, {})
    return Rule(legal=bool(found.get("legal")), photos=bool(found.get("photos")))


def lines(
    event: Event, viewer: uuid.UUID, lang: str, *, waiting: bool, page: int = 1, size: int = PAGE
) -> tuple[list[Line], int]:
    """One page of those who wait for an answer, the longest wait first, or of those who have one; and how many there
    are. Four statements at the most.
    """
    where = (
        *_about(event.id, viewer),
        Approval.answered_at.is_(None) if waiting else Approval.answered_at.is_not(None),
    )
    total = db.session.scalar(_from(select(func.count())).where(*where)) or 0
    order = Approval.asked_at if waiting else Approval.answered_at.desc()
    rows = _with_people().where(*where).order_by(order, Approval.id).limit(size).offset((page - 1) * size)
    return _told(list(db.session.scalars(rows)), rule_of(event), lang), total


def one(event: Event, viewer: uuid.UUID, approval_id: uuid.UUID) -> Approval:
    """One that stands, with registration, person, key and answers. Raises NotFound."""
    row = (
        _with_people()
        .options(
            contains_eager(Approval.registration).joinedload(Registration.answer_set),
            contains_eager(Approval.registration).contains_eager(Registration.person).joinedload(Person.seal_key),
        )
        .where(Approval.id == approval_id, *_about(event.id, viewer))
    )
    found: Approval | None = db.session.scalar(row)
    if found is None:
        raise NotFound
    return found


def told(approval: Approval, event: Event, lang: str) -> Line:
    """One in the words of the page."""
    return _told([approval], rule_of(event), lang)[0]


def seal_of_name(registration: Registration, event: Event) -> bytes:
    """A keyed digest of the name that security's page shows: whether somebody is called otherwise since then."""
    return blind(NAME_SEEN, registration.id, _name(registration, rule_of(event)))


def say(
    actor: Person, approval: Approval, event: Event, word: Word, note: str | None, *, seen: int, seen_name: str
) -> Approval:
    """What security says about the person of this name (``stages.say``). Raises Stale where the page showed another."""
    name = seal_of_name(approval.registration, event)
    if name.hex() != seen_name:
        raise Stale
    return stages.say(actor, approval.id, word, note, seen=seen, name_seen=name)


def follow(person_id: uuid.UUID) -> None:
    """Somebody has perhaps another public name: security's word about the former one does not count any more. Safe to
    repeat.
    """
    theirs = Registration.person_id == person_id, Registration.erased_at.is_(None), Registration.state.in_(stages.OPEN)
    rows = _with_people().where(*theirs, Approval.lapsed_at.is_(None), Approval.name_seen.is_not(None))
    rows = rows.order_by(Registration.id).with_for_update(of=Registration).execution_options(populate_existing=True)
    for approval in db.session.scalars(rows).all():
        event = db.session.get_one(Event, approval.registration.event_id)
        if seal_of_name(approval.registration, event) != approval.name_seen:
            stages.lapse(None, approval.registration, ask_again=True)


def asked(registration: Registration, key: str, kind: str | None = None) -> Question | None:
    """A question that the registration's form asked, by its key; None where it did not."""
    if registration.answer_set is None:
        return None
    definition = questionnaires.version(registration.answer_set.version_id).definition
    found = (one for one in definition.questions() if one.key == key and (kind is None or one.kind == kind))
    return next(found, None)


def photograph(registration: Registration) -> Question | None:
    """The question that the badge's photograph answers, if there is one."""
    return asked(registration, PHOTOGRAPH, "file")


def waiting(grants: Iterable[RoleGrant], viewer: uuid.UUID) -> list[Waiting]:
    """The events within reach at which security is asked, the longest wait first. One statement, or none."""
    series, events = access.secured(grants)
    if series is not None and not (series or events):
        return []
    found: Any = (
        _from(select(Event.slug, Event.title, Event.original_language, func.count(), func.min(Approval.asked_at)))
        .join(Event, Event.id == Registration.event_id)
        .where(*_standing(viewer), Approval.answered_at.is_(None), Event.publication != Publication.CANCELLED)
        .group_by(Event.id)
        .order_by(func.min(Approval.asked_at))
    )
    if series is not None:
        found = found.where(or_(Event.series_id.in_(series), Event.id.in_(events)))
    return [Waiting(*row) for row in db.session.execute(found)]


def setup_of(event_id: uuid.UUID) -> RegistrationSetup:
    """How the event takes registrations. Raises NotFound where it takes none."""
    found = db.session.get(RegistrationSetup, event_id)
    if found is None:
        raise NotFound
    return found


def _from(rows: Any) -> Any:
    return (
        rows.select_from(Approval)
        .join(Registration, Registration.id == Approval.registration_id)
        .join(Person, Person.id == Registration.person_id)
    )


def _with_people() -> Select[Any]:
    return (
        select(Approval)
        .join(Approval.registration)
        .join(Registration.person)
        .options(contains_eager(Approval.registration).contains_eager(Registration.person))
    )


def _standing(viewer: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    """What is said about oneself does not exist."""
    return (
        Approval.stage == Stage.SECURITY,
        Approval.lapsed_at.is_(None),
        Registration.erased_at.is_(None),
        Registration.state.in_(stages.OPEN),
        Registration.person_id != viewer,
    )


def _about(event_id: uuid.UUID, viewer: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (Registration.event_id == event_id, *_standing(viewer))


def _told(approvals: Sequence[Approval], rule: Rule, lang: str) -> list[Line]:
    sets = [row.registration.answer_set_id for row in approvals if row.registration.answer_set_id]
    version_of = queries.versions_of(sets) if sets else {}
    answers = given.load_many(version_of) if version_of else {}
    questions = {version_id: _questions(version_id, lang) for version_id in set(version_of.values())}
    found = []
    for row in approvals:
        one, said = row.registration, {}
        if one.answer_set_id in version_of:
            said = _words(questions[version_of[one.answer_set_id]], answers[one.answer_set_id], lang)
        name = _name(one, rule)
        nationality = next((said[key] for key in NATIONALITY if key in said), "")
        found.append(Line(row, name, nationality, said.get(DOCUMENT, "")))
    return found


def _name(registration: Registration, rule: Rule) -> str:
    return shown.name_of(registration, Sight.BADGES if rule.legal else Sight.PUBLIC_NAMES)


def _words(questions: Mapping[str, Question], answers: Mapping[str, object], lang: str) -> dict[str, str]:
    """Open answers in words; what is sealed stays away."""
    return {
        key: kinds.show(question, value, lang)
        for key, question in questions.items()
        if (value := answers.get(key)) is not None and not isinstance(value, given.Sealed)
    }


def _questions(version_id: uuid.UUID, lang: str) -> dict[str, Question]:
    definition = questionnaires.localised(questionnaires.version(version_id), lang)
    return {one.key: one for one in definition.questions() if one.key in {*NATIONALITY, DOCUMENT}}
