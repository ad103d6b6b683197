"""Somebody registered twice for an event: likely pairs are found by the clock, and people of the desk decide on each.

Nothing is blocked, merged or told to anybody by itself. A pair stands as long as both registrations do.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, DateTime, bindparam, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased, joinedload

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey, Unreadable, open_sealed, place, seal
from eventhub.people.models import Organisation, Person
from eventhub.programme.models import Event, Publication
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.answers import open_quietly
from eventhub.questionnaires.models import Answer, AnswerSet
from eventhub.registration import cancelling, offers, twins
from eventhub.registration.models import MOVES, Registration, State
from eventhub.registration.moves import NotPossible, demand_as_seen, demand_distance, hold_rows, put_right
from eventhub.registration.pair_models import ComparedRegistration, RegistrationPair, Verdict
from eventhub.registration.queries import TAKING_PART
from eventhub.registration.seats import hold_seats

STANDING = TAKING_PART - {State.DECLINED, State.REVOKED, State.NO_SHOW}
"""States of registrations of which one person has only one."""
QUESTIONS = {"date_of_birth": "birth", "document_number": "document"}
"""Keys of the questions whose answers are compared blindly, and where their digests stand."""
KEPT = timedelta(days=30)
"""How long after the event it is known that two registrations looked alike."""
AT_ONCE = 500


class DecidedAlready(DomainError):
    """Two officers at once."""

    message = _l("A colleague has decided on this pair meanwhile. The page shows how.")


class WordsNeeded(DomainError):
    """Every decision says why."""

    status = 422
    message = _l("Say why, for colleagues. It is kept in both histories.")
    field = "text"


TWO_PEOPLE = "two_people"
HELD_APART, GOES_ON = "registration.held_apart", "registration.goes_on"
"""Deeds of a pair in the history of a registration that stays as it is."""


@dataclass(frozen=True)
class Pair:
    """A pair with its two registrations, each with its person, organization and answers."""

    pair: RegistrationPair
    first: Registration
    second: Registration

    @property
    def both(self) -> tuple[Registration, Registration]:
        """The one that came first stands first."""
        one, other = sorted((self.first, self.second), key=lambda row: (row.submitted_at or row.created_at, row.id))
        return one, other

    def other_than(self, registration_id: uuid.UUID) -> Registration:
        """The other one of the two."""
        return self.second if self.first.id == registration_id else self.first


def to_compare(moment: datetime) -> list[uuid.UUID]:
    """The events to come that have registrations which were sent or changed since they were compared."""
    day = func.timezone(Event.time_zone, moment)
    rows = (
        select(Registration.event_id)
        .join(Event, Event.id == Registration.event_id)
        .outerjoin(ComparedRegistration, ComparedRegistration.registration_id == Registration.id)
        .where(*_standing(Registration), _is_stale(), Event.publication == Publication.PUBLISHED)
        .where(Event.last_day >= cast(day, Event.last_day.type))
        .distinct()
        .order_by(Registration.event_id)
    )
    return list(db.session.scalars(rows))


def compare(event_id: uuid.UUID, limit: int = AT_ONCE) -> int:
    """Compare what is new at an event with everybody there, and write down whom to look at; how many were compared.
    Whoever is worked on at this moment comes next time. Safe to repeat: a pair is written once.
    """
    fresh = _digested(event_id, limit)
    if not fresh:
        return 0
    found = twins.found(_everybody(event_id, fresh), fresh.keys())
    # Only now, and without waiting: nobody at the desk waits while names are compared.
    held = _held_fast(fresh.keys() | {one for pair in found for one in (pair.first, pair.second)})
    whole = [pair for pair in found if {pair.first, pair.second} <= held]
    again = {one for pair in found if pair not in whole for one in (pair.first, pair.second)}
    done = [values | {"registration_id": one} for one, values in fresh.items() if one in held - again]
    if done:
        row = insert(ComparedRegistration)
        renewed = {name: row.excluded[name] for name in ("seen_at", "birth", "document", "delete_after")}
        db.session.execute(row.on_conflict_do_update(index_elements=["registration_id"], set_=renewed), done)
    rows = [
        {
            "id": uuid.uuid4(),
            "event_id": event_id,
            "first_id": pair.first,
            "second_id": pair.second,
            "score": pair.score,
            "reasons": pair.reasons,
        }
        for pair in whole
    ]
    if rows:
        db.session.execute(insert(RegistrationPair).on_conflict_do_nothing(), rows)
    return len(done)


def waiting(event_id: uuid.UUID, viewer: uuid.UUID, *, limit: int = 100) -> list[Pair]:
    """The pairs of an event that wait for a decision, the likeliest first. Those of the viewer's own registration do
    not exist for the viewer. One statement.
    """
    rows = _pairs(event_id, viewer).where(RegistrationPair.verdict.is_(None))
    rows = rows.where(_both_stand(), Event.publication == Publication.PUBLISHED)
    order = RegistrationPair.score.desc(), RegistrationPair.found_at, RegistrationPair.id
    return [Pair(*row) for row in db.session.execute(rows.order_by(*order).limit(limit))]


def decided(event_id: uuid.UUID, viewer: uuid.UUID, *, limit: int = 50) -> list[Pair]:
    """The pairs that were decided on, the last first. One statement."""
    rows = _pairs(event_id, viewer).where(RegistrationPair.verdict.is_not(None))
    order = RegistrationPair.decided_at.desc(), RegistrationPair.id
    return [Pair(*row) for row in db.session.execute(rows.order_by(*order).limit(limit))]


def pair_of(event_id: uuid.UUID, pair_id: uuid.UUID, viewer: uuid.UUID) -> Pair:
    """One pair of an event. Raises NotFound, also where one of the two is the viewer's own."""
    row = db.session.execute(_pairs(event_id, viewer).where(RegistrationPair.id == pair_id)).first()
    if row is None:
        raise NotFound
    return Pair(*row)


def told(pair_id: uuid.UUID) -> tuple[Registration, Registration] | None:
    """For the letter: the registration that was withdrawn, with its person and event, and the one that goes on."""
    pair = db.session.get(RegistrationPair, pair_id)
    if pair is None or pair.verdict is not Verdict.SAME:
        return None
    rows = select(Registration).where(Registration.id.in_([pair.first_id, pair.second_id]))
    both = {
        one.id: one
        for one in db.session.scalars(rows.options(joinedload(Registration.person), joinedload(Registration.event)))
    }
    dropped = both.pop(pair.dropped_id, None) if pair.dropped_id else None
    kept = next(iter(both.values()), None)
    return (dropped, kept) if dropped is not None and kept is not None else None


def hold_apart(actor: Person, one: Pair, text: str) -> RegistrationPair:
    """They are two people: nobody is asked again. Raises OwnFile, WordsNeeded, DecidedAlready."""
    demand_distance(actor, one.both)
    if not text.strip():
        raise WordsNeeded
    pair = _held(one)
    _decide(pair, Verdict.DIFFERENT, actor)
    entries = [_note(HELD_APART, mine, actor, other=theirs.id) for mine, theirs in _each(one)]
    audit.say(entries, text)
    return pair


def keep_one(
    actor: Person, one: Pair, kept_id: uuid.UUID, text: str, *, seen: Mapping[uuid.UUID, int] | None = None
) -> RegistrationPair:
    """They are one person's: this one goes on, the other one is withdrawn, and its seat is the next one's in line. Its
    answers stay where they are, as long as those of anybody who withdrew.

    Raises OwnFile, WordsNeeded, Stale, NotPossible, NotAnyMore, DecidedAlready.
    """
    demand_distance(actor, one.both)
    if not text.strip():
        raise WordsNeeded
    dropped = one.other_than(kept_id)
    kept = one.other_than(dropped.id)
    hold_seats(dropped.event_id)
    cancelling.demand_taking_place(dropped.event_id)
    hold_rows(one.both)
    demand_as_seen(one.both, seen)
    pair = _held(one)
    if kept.state not in STANDING or not may_drop(dropped):
        raise NotPossible
    pair.dropped_id, pair.dropped_from = dropped.id, dropped.state.value
    _decide(pair, Verdict.SAME, actor)
    promise("registration.dropped", pair_id=pair.id)
    promise("registration.withdrawn_calendar", registration_id=dropped.id)
    offers.leave(actor, dropped, reason="duplicate", text=text, other=kept.id)
    _note(GOES_ON, kept, actor, text=text, other=dropped.id)
    db.session.flush()
    return pair


def take_back(actor: Person, one: Pair, text: str) -> RegistrationPair:
    """It was a mistake: they are two people. The one that was withdrawn is looked at again, without a seat, where its
    focal point has not spoken by that one; the person is told. Raises what ``keep_one`` raises.
    """
    demand_distance(actor, one.both)
    if not text.strip():
        raise WordsNeeded
    if one.pair.dropped_id is None:
        raise NotPossible
    dropped = one.other_than(one.other_than(one.pair.dropped_id).id)
    hold_seats(dropped.event_id)
    cancelling.demand_taking_place(dropped.event_id)
    hold_rows([dropped])
    pair = _held(one, decided=Verdict.SAME)
    waits = pair.dropped_from == State.AWAITING_FOCAL_POINT.value
    target = State.AWAITING_FOCAL_POINT if waits and dropped.delegation_id else State.UNDER_REVIEW
    put_right(dropped, target)
    dropped.reason = dropped.decided_at = None
    _note(f"registration.{target.value}", dropped, actor, text=text, cause=TWO_PEOPLE)
    pair.verdict = Verdict.TAKEN_BACK
    promise("registration.taken_up", registration_id=dropped.id)
    db.session.flush()
    return pair


def hand_on(before: Registration, after: Registration) -> None:
    """Two registrations of one person became one: with whom it may be one is asked of the one that stays."""
    theirs = or_(RegistrationPair.first_id == before.id, RegistrationPair.second_id == before.id)
    known = or_(RegistrationPair.first_id == after.id, RegistrationPair.second_id == after.id)
    ids = {
        one
        for row in db.session.execute(select(RegistrationPair.first_id, RegistrationPair.second_id).where(known))
        for one in row
    }
    for pair in db.session.scalars(select(RegistrationPair).where(theirs).order_by(RegistrationPair.id)).all():
        other = pair.second_id if pair.first_id == before.id else pair.first_id
        if other in ids or pair.dropped_id == before.id:
            continue
        pair.first_id, pair.second_id = sorted((other, after.id))
    db.session.flush()


def tells_of_another(entry: audit.AuditEntry) -> bool:
    """Whether a line of a history, or its words, are about somebody of a like name, too: only for those who read legal
    names, since it would tell whose a public name is.
    """
    return entry.verb in {HELD_APART, GOES_ON} or entry.detail.get("cause") == TWO_PEOPLE or "other" in entry.detail


def may_drop(registration: Registration) -> bool:
    """Whether a registration can still be withdrawn: not that of somebody who came."""
    return State.WITHDRAWN in MOVES[registration.state]


def forget(moment: datetime) -> None:
    """Digests go with the answers they were made from, all else thirty days after the event. Safe to repeat."""
    gone = update(ComparedRegistration).where(ComparedRegistration.delete_after <= moment)
    db.session.execute(gone.values(birth=None, document=None, delete_after=None))
    ended = func.timezone(Event.time_zone, cast(Event.last_day + 1, DateTime(timezone=False))) <= moment - KEPT
    over = select(Event.id).where(ended)
    theirs = select(Registration.id).where(Registration.event_id.in_(over))
    db.session.execute(delete(RegistrationPair).where(RegistrationPair.event_id.in_(over)))
    db.session.execute(delete(ComparedRegistration).where(ComparedRegistration.registration_id.in_(theirs)))


def erase(registration_ids: Collection[uuid.UUID]) -> None:
    """A person is erased: what the registrations were compared by goes, and that they looked like others."""
    pairs = or_(RegistrationPair.first_id.in_(registration_ids), RegistrationPair.second_id.in_(registration_ids))
    db.session.execute(delete(RegistrationPair).where(pairs))
    db.session.execute(delete(ComparedRegistration).where(ComparedRegistration.registration_id.in_(registration_ids)))


def follow_days(event_id: uuid.UUID) -> None:
    """The days of an event moved, and with them those of its answers: digests are made anew by the clock."""
    theirs = select(Registration.id).where(Registration.event_id == event_id)
    anew = update(ComparedRegistration).where(ComparedRegistration.registration_id.in_(theirs))
    db.session.execute(anew.values(seen_at=datetime.fromtimestamp(0, tz=now().tzinfo)))


def _held(one: Pair, *, decided: Verdict | None = None) -> RegistrationPair:
    """The pair, locked after its registrations and as it is now. Raises DecidedAlready."""
    row = select(RegistrationPair).where(RegistrationPair.id == one.pair.id).with_for_update()
    pair = db.session.scalars(row.execution_options(populate_existing=True)).one_or_none()
    if pair is None or pair.verdict is not decided:
        raise DecidedAlready
    return pair


def _decide(pair: RegistrationPair, verdict: Verdict, actor: Person) -> None:
    pair.verdict, pair.decided_at, pair.decided_by_id = verdict, now(), actor.id
    db.session.flush()


def _note(verb: str, registration: Registration, actor: Person, **detail: Any) -> audit.AuditEntry:
    return audit.record(verb, registration, actor=actor, scope_id=registration.event_id, **detail)


def _each(one: Pair) -> Sequence[tuple[Registration, Registration]]:
    return (one.first, one.second), (one.second, one.first)


def _standing(registration: Any) -> tuple[ColumnElement[bool], ...]:
    return registration.state.in_(STANDING), registration.erased_at.is_(None), registration.reference.is_not(None)


def _is_stale() -> ColumnElement[bool]:
    return or_(ComparedRegistration.registration_id.is_(None), ComparedRegistration.seen_at < Registration.changed_at)


_FIRST, _SECOND = aliased(Registration, name="first_one"), aliased(Registration, name="second_one")


def _made() -> Any:
    rows: Any = select(RegistrationPair, _FIRST, _SECOND)
    rows = rows.join(_FIRST, _FIRST.id == RegistrationPair.first_id).join(
        _SECOND, _SECOND.id == RegistrationPair.second_id
    )
    for one in (_FIRST, _SECOND):
        rows = rows.options(
            joinedload(one.person).joinedload(Person.seal_key),
            joinedload(one.organisation),
            joinedload(one.answer_set),
        ).where(one.person_id != bindparam("viewer"), one.erased_at.is_(None))
    return rows.join(Event, Event.id == RegistrationPair.event_id).where(
        RegistrationPair.event_id == bindparam("scope")
    )


_PAIRS = _made()
"""Made once, when nothing else runs: of aliases that several threads use for the first time at once, SQLAlchemy 2.1
makes wrong statements from then on.
"""


def _pairs(event_id: uuid.UUID, viewer: uuid.UUID) -> Any:
    return _PAIRS.params(scope=event_id, viewer=viewer)


def _both_stand() -> ColumnElement[bool]:
    return _FIRST.state.in_(STANDING) & _SECOND.state.in_(STANDING)


def _digested(event_id: uuid.UUID, limit: int) -> dict[uuid.UUID, dict[str, Any]]:
    """Who is new or changed, with what they are compared by. The house opens two answers of each to make the digests;
    nobody is shown them.
    """
    rows = (
        select(Registration.id, Registration.changed_at, AnswerSet, SealKey)
        .join(Person, Person.id == Registration.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .outerjoin(AnswerSet, AnswerSet.id == Registration.answer_set_id)
        .outerjoin(ComparedRegistration, ComparedRegistration.registration_id == Registration.id)
        .where(Registration.event_id == event_id, *_standing(Registration), _is_stale())
        .order_by(Registration.submitted_at, Registration.id)
        .limit(limit)
    )
    found = {}
    for registration_id, changed_at, answer_set, key in db.session.execute(rows).all():
        made: dict[str, Any] = {"seen_at": changed_at, "birth": None, "document": None, "delete_after": None}
        if answer_set is not None and key.destroyed_at is None:
            made |= _sealed_digests(event_id, registration_id, answer_set, key)
        found[registration_id] = made
    return found


def _held_fast(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those that still stand and that nobody else holds; none of them is erased until this is written."""
    mine = select(Registration.id).where(Registration.id.in_(ids), *_standing(Registration)).order_by(Registration.id)
    return set(db.session.scalars(mine.with_for_update(key_share=True, read=True, skip_locked=True)))


def _sealed_digests(
    event_id: uuid.UUID, registration_id: uuid.UUID, answer_set: AnswerSet, key: SealKey
) -> dict[str, Any]:
    definition = questionnaires.version(answer_set.version_id).definition
    asked = {question.id: QUESTIONS[question.key] for question in definition.questions() if question.key in QUESTIONS}
    if not asked:
        return {}
    made: dict[str, Any] = {}
    ends = []
    given = select(Answer).where(Answer.answer_set_id == answer_set.id, Answer.question.in_(asked))
    for row in db.session.scalars(given):
        column = asked[row.question]
        value = row.value if row.sealed is None else open_quietly(row, key)
        digest = (
            twins.digest_of_birth(event_id, value) if column == "birth" else twins.digest_of_document(event_id, value)
        )
        if digest is not None:
            made[column] = seal(key, _place(column, registration_id), digest)
            ends += [row.delete_after] if row.delete_after else []
    return made | {"delete_after": min(ends, default=None)}


def _everybody(event_id: uuid.UUID, fresh: Mapping[uuid.UUID, Mapping[str, Any]]) -> list[twins.Twin]:
    rows = (
        select(
            *(Registration.id, Registration.legal_name, Registration.display_name, Person.name, Person.name_latin),
            *(Registration.country, Organisation.name_key),
            *(ComparedRegistration.birth, ComparedRegistration.document, SealKey),
        )
        .join(Person, Person.id == Registration.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .outerjoin(Organisation, Organisation.id == Registration.organisation_id)
        .outerjoin(ComparedRegistration, ComparedRegistration.registration_id == Registration.id)
        .where(Registration.event_id == event_id, *_standing(Registration))
        .order_by(Registration.submitted_at, Registration.id)
    )
    return [
        twins.Twin(
            row.id,
            twins.names(row.legal_name or row.display_name, row.name, row.name_latin),
            row.name_key,
            row.country,
            _opened(row.SealKey, "birth", row.id, fresh.get(row.id, {}).get("birth", row.birth)),
            _opened(row.SealKey, "document", row.id, fresh.get(row.id, {}).get("document", row.document)),
        )
        for row in db.session.execute(rows)
    ]


def _opened(key: SealKey, column: str, registration_id: uuid.UUID, sealed: bytes | None) -> bytes | None:
    if sealed is None:
        return None
    try:
        return open_sealed(key, _place(column, registration_id), sealed)
    except Unreadable:
        return None


def _place(column: str, registration_id: uuid.UUID) -> Any:
    return place("compared_registration", column, registration_id)
