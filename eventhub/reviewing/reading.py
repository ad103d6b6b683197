"""What a reader does: declares ties before files open, keeps and hands in a review, abstains, steps back.

Every deed holds the application first and then the review, as everything does that moves a file.
"""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from eventhub.funding.models import State
from eventhub.funding.rules import Criterion, Rules
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Unreadable, open_sealed, place, seal
from eventhub.people.models import Person
from eventhub.reviewing import queries, ties
from eventhub.reviewing.models import DECLARED, OPEN, STEPS, Conflict, Review, Standing, Tie
from eventhub.reviewing.queries import Reading

MOST_WORDS = 4000
"""Characters of one reason."""


class ReadingOver(DomainError):
    """The files of this call are decided on, or the review was handed in already."""

    message = _l("This review cannot be changed any more.")


class TieStays(DomainError):
    """A file went to somebody else for this tie: whoever declared it must not get it back by saying otherwise."""

    message = _l("You stepped back from this file, so the tie stays.")


class OtherWindow(DomainError):
    """Another window saved the same review meanwhile."""

    message = _l(
        "This review was changed in another window. What you typed here is still on this page: press again to keep it."
    )


class NoAnchor(DomainError):
    """Points that stand on no anchor of the criterion."""

    status = 422
    message = _l("Choose one of the answers on the list")


@dataclass(frozen=True)
class Said:
    """What a reader gives a file: points and reasons by criterion, and how sure the reader is (1 to 3)."""

    marks: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    confidence: int | None = None

    def lacks(self, rules: Rules) -> dict[str, bool]:
        """What is missing before it can be handed in: criteria without points (True) or without a reason (False)."""
        rubric = rules.reviewing.rubric
        return {f"mark_{one.id}": True for one in rubric if one.id not in self.marks} | {
            f"why_{one.id}": False for one in rubric if not self.words.get(one.id)
        }


def said(review: Review) -> Said:
    """What was kept. Reasons that do not open any more (the applicant was erased) are not there."""
    words: dict[str, str] = {}
    if review.words is not None:
        try:
            words = json.loads(open_sealed(review.application.person.seal_key, _where(review), review.words))
        except Unreadable:
            words = {}
    return Said(dict(review.marks), words, review.confidence)


def said_of(reviews: Collection[Review], of: Review) -> list[Said]:
    """What others handed in on the file of this review."""
    key = of.application.person.seal_key
    found = []
    for one in reviews:
        try:
            words = json.loads(open_sealed(key, _where(one), one.words)) if one.words else {}
        except Unreadable:
            words = {}
        found.append(Said(dict(one.marks), words, one.confidence))
    return found


def points_of(rules: Rules, marks: Mapping[str, int]) -> float:
    """All marks as points from 0 to 100: each criterion's share of its highest anchor, times its weight."""
    return float(
        sum(one.weight * marks[one.id] / one.anchors[-1].points for one in rules.reviewing.rubric if one.id in marks)
    )


def found(person: Person, review_id: uuid.UUID, *, lock: bool = False) -> tuple[Review, Reading]:
    """Somebody's review and its call. Raises NotFound where the file is not in this reader's hands: never given, taken
    away, behind a gate, or one that the reader must not see.
    """
    review = queries.find_own_review(person.id, review_id, lock=lock)
    # Of a file that is not there the same is asked, so that nobody can tell one kind of nothing from another.
    calls = queries.readings([review.call_id if review else review_id])
    file_id = review.application_id if review else review_id
    is_shut = bool(ties.conflicts(list(calls.values()), [person.id], [file_id]))
    if review is None or is_shut or review.gate.declared_at is None:
        raise NotFound
    return review, calls[review.call_id]


def declare(
    person: Person,
    gate_id: uuid.UUID,
    *,
    organisations: Collection[uuid.UUID] = (),
    countries: Collection[str] = (),
    files: Mapping[uuid.UUID, Conflict] | None = None,
) -> int:
    """Pass a gate and declare ties; how many files go to somebody else for them. A second time changes nothing.

    ``files`` says by review which tie there is to one of the files behind it. Only what the gate shows can be named.
    """
    gate = queries.own_gate(person.id, gate_id, lock=True)
    if gate.declared_at is not None:
        return 0
    reading = queries.call_by_id(gate.call_id)
    behind = queries.behind(gate)
    shown = {each for one in behind for each, _name in one.organisations}
    lands = {each for one in behind for each in one.countries}
    reviews = {one.review_id: one.application_id for one in behind}
    about: list[dict[str, Any]] = [
        {"kind": Conflict.ORGANISATION, "organisation_id": one} for one in sorted(set(organisations) & shown)
    ]
    about += [{"kind": Conflict.OTHER, "country": one} for one in sorted(set(countries) & lands)]
    about += [
        {"kind": kind, "application_id": reviews[one]}
        for one, kind in (files or {}).items()
        if one in reviews and kind in DECLARED
    ]
    for one in about:
        db.session.add(Tie(id=uuid.uuid4(), call_id=gate.call_id, person_id=person.id, **one))
    gate.declared_at = now()
    db.session.flush()
    shut = {file for file, _reader in ties.conflicts([reading], [person.id], list(reviews.values()))}
    if shut:
        db.session.execute(
            update(Review)
            .where(Review.gate_id == gate.id, Review.application_id.in_(shut), Review.state.in_(OPEN))
            .values(state=Standing.RECUSED, ended_at=now(), version=Review.version + 1)
            .execution_options(synchronize_session=False)
        )
    audit.record(
        "reviewing.gate_passed", gate, actor=person, scope_id=gate.call_id, declared=len(about), stepped_back=len(shut)
    )
    return len(shut)


def keep(person: Person, review_id: uuid.UUID, given: Said, *, seen: int, window: uuid.UUID) -> Review:
    """Keep what is typed. ``seen``: the version the page showed, ``window``: the open page. Raises NotFound,
    ReadingOver, NoAnchor, OtherWindow.
    """
    review, reading = found(person, review_id, lock=True)
    _demand_open(review)
    _demand_same(review, seen, window)
    _write(review, reading.rules, given, window)
    if review.state is Standing.ASSIGNED:
        _step(review, Standing.BEGUN)
        audit.record("reviewing.begun", review, actor=person, scope_id=review.call_id)
    return review


def hand_in(person: Person, review_id: uuid.UUID, given: Said, *, seen: int, window: uuid.UUID) -> Review:
    """Hand a review in: whole, and for good. Raises what ``keep`` raises, and ValueError for one that is not whole."""
    review, reading = found(person, review_id, lock=True)
    if review.state is Standing.HANDED_IN and review.typed_in == window:
        return review
    _demand_open(review)
    _demand_same(review, seen, window)
    if given.lacks(reading.rules) or given.confidence is None:
        raise ValueError("not whole")
    _write(review, reading.rules, given, window)
    review.points = points_of(reading.rules, given.marks)
    _step(review, Standing.HANDED_IN)
    review.ended_at = now()
    audit.record("reviewing.handed_in", review, actor=person, scope_id=review.call_id)
    return review


def abstain(person: Person, review_id: uuid.UUID) -> Review:
    """Say that one cannot judge: no score, which is not zero. What was kept stays. Raises NotFound, ReadingOver."""
    review, _reading = found(person, review_id, lock=True)
    _demand_open(review)
    _step(review, Standing.ABSTAINED)
    review.ended_at = now()
    audit.record("reviewing.abstained", review, actor=person, scope_id=review.call_id)
    return review


def recuse(person: Person, review_id: uuid.UUID, kind: Conflict) -> Review:
    """Step back from a file at any moment: it is gone for this reader. A score that was given is void, stays on record,
    and all scores are reckoned anew. Raises NotFound, ReadingOver.
    """
    if kind not in DECLARED:
        raise NotFound
    review, _reading = found(person, review_id, lock=True)
    if review.application.state is not State.UNDER_REVIEW:
        raise ReadingOver
    had_score = review.state is Standing.HANDED_IN
    db.session.add(
        Tie(
            id=uuid.uuid4(),
            call_id=review.call_id,
            person_id=person.id,
            kind=kind,
            application_id=review.application_id,
        )
    )
    _step(review, Standing.VOIDED if had_score else Standing.RECUSED)
    review.ended_at = now()
    # Minuted with what it did to the scores; what was said of the file stays sealed with the review.
    audit.record(
        "reviewing.score_voided" if had_score else "reviewing.stepped_back",
        review,
        actor=person,
        scope_id=review.call_id,
        kind=kind.value,
        number=review.application.number,
    )
    if had_score:
        promise("reviewing.calibrate", call_id=review.call_id)
    return review


def withdraw_tie(person: Person, tie_id: uuid.UUID) -> Tie:
    """Take a declared tie to an organization or a country back, dated; files that went to others stay with them. Raises
    NotFound, and TieStays for a tie to one file.
    """
    rows = select(Tie).where(
        Tie.id == tie_id, Tie.person_id == person.id, Tie.derived.is_(False), Tie.withdrawn_at.is_(None)
    )
    tie = db.session.scalar(rows.with_for_update())
    if tie is None:
        raise NotFound
    if tie.application_id is not None:
        raise TieStays
    tie.withdrawn_at = now()
    audit.record("reviewing.tie_withdrawn", tie, actor=person, scope_id=tie.call_id, kind=tie.kind.value)
    return tie


def _where(review: Review) -> Any:
    return place("fund_review", "words", review.id)


def _demand_open(review: Review) -> None:
    if review.state not in OPEN or review.application.state is not State.UNDER_REVIEW:
        raise ReadingOver


def _demand_same(review: Review, seen: int, window: uuid.UUID) -> None:
    if review.version != seen and review.typed_in != window:
        raise OtherWindow


def _write(review: Review, rules: Rules, given: Said, window: uuid.UUID) -> None:
    rubric: dict[str, Criterion] = {one.id: one for one in rules.reviewing.rubric}
    for name, points in given.marks.items():
        if name not in rubric or points not in {anchor.points for anchor in rubric[name].anchors}:
            raise NoAnchor(field=f"mark_{name}")
    if given.confidence not in {None, 1, 2, 3}:
        raise NoAnchor(field="sure")
    words = {name: text[:MOST_WORDS] for name, text in given.words.items() if name in rubric and text}
    review.marks, review.confidence = dict(given.marks), given.confidence
    text = json.dumps(words, ensure_ascii=False)
    review.words = seal(review.application.person.seal_key, _where(review), text) if words else None
    review.saved_at, review.typed_in = now(), window


def _step(review: Review, target: Standing) -> None:
    if target not in STEPS[review.state]:
        raise ReadingOver
    review.state = target
