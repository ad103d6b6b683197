"""Somebody applied twice to a call: likely pairs are found by the clock, and people of the fund's desk decide on each.

Nothing is blocked, merged or told to anybody by itself. Of one person's two applications the newest goes on; the older
one is withdrawn, points to it, and keeps its history.
"""

import hashlib
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased, joinedload

from eventhub.funding import pairing
from eventhub.funding.deciding import CallCancelled
from eventhub.funding.desk_models import ComparedApplication, FundPair
from eventhub.funding.models import MOVES, Application, Call, Stand, State
from eventhub.funding.moves import NotPossible, demand_as_seen, hold_rows, move
from eventhub.funding.nearness import demand_distance
from eventhub.kit import audit, files
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound
from eventhub.kit.files import StoredFile
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey, Unreadable, open_sealed, place, seal
from eventhub.kit.tokens import blind
from eventhub.people.models import Organisation, Person
from eventhub.questionnaires import queries as questionnaires
from eventhub.questionnaires.answers import file_of_value, open_quietly
from eventhub.questionnaires.models import Answer, AnswerSet
from eventhub.registration import twins
from eventhub.registration.pair_models import Verdict

STANDING = frozenset({State.SUBMITTED, State.INFO_REQUESTED, State.ELIGIBLE, State.INELIGIBLE, State.UNDER_REVIEW})
"""States of applications of which one person has only one."""
CHOSEN = frozenset(
    {State.RECOMMENDED, State.APPROVED, State.OFFERED, State.ACCEPTED}
    | {State.VISA_PENDING, State.VISA_REFUSED, State.TICKETED}
)
"""States of applications that a slate chose: they are withdrawn by nobody at the desk."""
PAIRED = STANDING | CHOSEN | {State.RESERVE, State.NOT_RECOMMENDED}
"""States in which a pair waits: what a board decides about one of both ends no doubt about who they are."""
QUESTIONS = {"birth_date": "birth", "document_number": "document", "identity_copy": "document"}
"""Keys of the questions whose answers are compared blindly, and where their digests stand."""
KEPT = timedelta(days=30)
"""How long after a call has ended it is known that two applications looked alike."""
AT_ONCE = 500
TWO_PEOPLE = "two_people"
HELD_APART, GOES_ON = "funding.held_apart", "funding.goes_on"
"""Deeds of a pair in the history of an application that stays as it is."""


class DecidedAlready(DomainError):
    """Two officers at once."""

    message = _l("A colleague has decided on this pair meanwhile. The page shows how.")


class ChosenAlready(NotPossible):
    """The application that would be withdrawn is on a slate or holds an offer."""

    message = _l(
        "The older application is on a slate or holds an offer, so it is not withdrawn here. If both are one "
        "person’s, find the newer one not eligible on its own page."
    )


class WordsNeeded(DomainError):
    """Every decision says why."""

    status = 422
    message = _l("Say why, for colleagues. It is kept in both histories.")
    field = "text"


@dataclass(frozen=True)
class Pair:
    """A pair with its two applications, each with its person, organizations and answers."""

    pair: FundPair
    first: Application
    second: Application

    @property
    def both(self) -> tuple[Application, Application]:
        """The one that came first stands first."""
        one, other = sorted((self.first, self.second), key=lambda row: (row.submitted_at or row.created_at, row.id))
        return one, other

    @property
    def older(self) -> Application:
        """The one that is withdrawn where both are one person's."""
        return self.both[0]

    @property
    def newer(self) -> Application:
        """The one that goes on."""
        return self.both[1]

    @property
    def stands(self) -> bool:
        """Whether there is something to decide."""
        return all(one.state in PAIRED for one in self.both)


def to_compare() -> list[uuid.UUID]:
    """The open calls that have applications which were sent or changed since they were compared. One statement."""
    rows = (
        select(Application.call_id)
        .join(Call, Call.id == Application.call_id)
        .outerjoin(ComparedApplication, ComparedApplication.application_id == Application.id)
        .where(*_standing(Application), _is_stale(), Call.stand == Stand.OPEN)
        .distinct()
        .order_by(Application.call_id)
    )
    return list(db.session.scalars(rows))


def compare(call_id: uuid.UUID, limit: int = AT_ONCE) -> int:
    """Compare what is new at a call with everybody there, and write down whom to look at; how many were compared.
    Whoever is worked on at this moment comes next time. Safe to repeat: a pair is written once.
    """
    fresh = _digested(call_id, limit)
    if not fresh:
        return 0
    everybody, mailboxes = _everybody(call_id, fresh)
    found = pairing.found(everybody, mailboxes, fresh.keys())
    # Only now, and without waiting: nobody at the desk waits while names are compared.
    held = _held_fast(fresh.keys() | {one for pair in found for one in (pair.first, pair.second)})
    whole = [pair for pair in found if {pair.first, pair.second} <= held]
    again = {one for pair in found if pair not in whole for one in (pair.first, pair.second)}
    done = [values | {"application_id": one} for one, values in fresh.items() if one in held - again]
    if done:
        row = insert(ComparedApplication)
        renewed = {name: row.excluded[name] for name in ("seen_at", "birth", "document", "delete_after")}
        db.session.execute(row.on_conflict_do_update(index_elements=["application_id"], set_=renewed), done)
    rows = [
        {
            "id": uuid.uuid4(),
            "call_id": call_id,
            "first_id": pair.first,
            "second_id": pair.second,
            "score": pair.score,
            "reasons": [str(reason) for reason in pair.reasons],
        }
        for pair in whole
    ]
    if rows:
        db.session.execute(insert(FundPair).on_conflict_do_nothing(), rows)
    return len(done)


def waiting(call_id: uuid.UUID, viewer: uuid.UUID, *, limit: int = 100) -> list[Pair]:
    """The pairs of a call that wait for a decision, the likeliest first. Those of the viewer's own application do not
    exist for the viewer. One statement.
    """
    rows = _pairs(call_id, viewer).where(FundPair.verdict.is_(None))
    rows = rows.where(_FIRST.state.in_(PAIRED), _SECOND.state.in_(PAIRED))
    order = FundPair.score.desc(), FundPair.found_at, FundPair.id
    return [Pair(*row) for row in db.session.execute(rows.order_by(*order).limit(limit))]


def decided(call_id: uuid.UUID, viewer: uuid.UUID, *, limit: int = 50) -> list[Pair]:
    """The pairs that were decided on, the last first. One statement."""
    rows = _pairs(call_id, viewer).where(FundPair.verdict.is_not(None))
    order = FundPair.decided_at.desc(), FundPair.id
    return [Pair(*row) for row in db.session.execute(rows.order_by(*order).limit(limit))]


def pair_of(call_id: uuid.UUID, pair_id: uuid.UUID, viewer: uuid.UUID) -> Pair:
    """One pair of a call. Raises NotFound, also where one of the two is the viewer's own."""
    row = db.session.execute(_pairs(call_id, viewer).where(FundPair.id == pair_id)).first()
    if row is None:
        raise NotFound
    return Pair(*row)


def told(pair_id: uuid.UUID) -> tuple[Application, Application] | None:
    """For the letter: the application that was withdrawn, with its person and call, and the one that goes on."""
    pair = db.session.get(FundPair, pair_id)
    if pair is None or pair.verdict is not Verdict.SAME or pair.dropped_id is None:
        return None
    rows = select(Application).where(Application.id.in_([pair.first_id, pair.second_id]))
    rows = rows.options(joinedload(Application.person), joinedload(Application.call))
    both = {one.id: one for one in db.session.scalars(rows)}
    dropped = both.pop(pair.dropped_id, None)
    kept = next(iter(both.values()), None)
    return (dropped, kept) if dropped is not None and kept is not None else None


def hold_apart(actor: Person, one: Pair, text: str) -> FundPair:
    """They are two people: nobody is asked again. Raises OwnFile, WordsNeeded, DecidedAlready."""
    demand_distance(actor, one.both)
    if not text.strip():
        raise WordsNeeded
    pair = _held(one)
    _decide(pair, Verdict.DIFFERENT, actor)
    entries = [
        _note(HELD_APART, mine, actor, other=theirs.id)
        for mine, theirs in ((one.first, one.second), (one.second, one.first))
    ]
    audit.say(entries, text)
    return pair


def keep_newest(
    actor: Person, call: Call, one: Pair, text: str, *, seen: Mapping[uuid.UUID, int] | None = None
) -> FundPair:
    """They are one person's: the newest goes on, the older one is withdrawn and points to it; the person is told.

    Raises OwnFile, WordsNeeded, Stale, NotPossible, ChosenAlready, CallCancelled, DecidedAlready.
    """
    demand_distance(actor, one.both)
    if not text.strip():
        raise WordsNeeded
    if call.stand is Stand.CANCELLED:
        raise CallCancelled
    hold_rows(one.both)
    demand_as_seen(one.both, seen)
    pair = _held(one)
    dropped, kept = one.older, one.newer
    if dropped.state in CHOSEN:
        raise ChosenAlready
    if not one.stands or not may_drop(dropped):
        raise NotPossible
    pair.dropped_id = dropped.id
    _decide(pair, Verdict.SAME, actor)
    move(dropped, State.WITHDRAWN, actor=actor, text=text, cause="duplicate", other=kept.id)
    dropped.merged_into_id, dropped.answered_at, dropped.due_at = kept.id, None, None
    dropped.outcome_seen = None
    _note(GOES_ON, kept, actor, text=text, other=dropped.id)
    promise("funding.merged", pair_id=pair.id)
    db.session.flush()
    return pair


def take_back(actor: Person, call: Call, one: Pair, text: str) -> FundPair:
    """It was a mistake: they are two people. The one that was withdrawn is looked at again; the person is told. The
    table of moves has no way back for whoever withdrew: this was not a withdrawal. Raises what ``keep_newest`` raises.
    """
    demand_distance(actor, one.both)
    if not text.strip():
        raise WordsNeeded
    if call.stand is Stand.CANCELLED:
        raise CallCancelled
    dropped = next((mine for mine in one.both if mine.id == one.pair.dropped_id), None)
    if dropped is None:
        raise NotPossible
    hold_rows([dropped])
    pair = _held(one, decided=Verdict.SAME)
    if dropped.state is not State.WITHDRAWN or dropped.merged_into_id is None:
        raise NotPossible
    dropped.state, dropped.changed_at, dropped.merged_into_id = State.SUBMITTED, now(), None
    dropped.reason = dropped.decided_at = None
    _note("funding.submitted", dropped, actor, text=text, cause=TWO_PEOPLE)
    pair.verdict = Verdict.TAKEN_BACK
    promise("funding.taken_up", application_id=dropped.id)
    db.session.flush()
    return pair


def may_drop(application: Application) -> bool:
    """Whether an application can still be withdrawn."""
    return State.WITHDRAWN in MOVES[application.state]


def forget(moment: datetime) -> None:
    """Digests go with the answers they were made from, all else thirty days after the call has ended. Safe to
    repeat.
    """
    gone = update(ComparedApplication).where(ComparedApplication.delete_after <= moment)
    db.session.execute(gone.values(birth=None, document=None, delete_after=None))
    over = select(Call.id).where(Call.ended_at <= moment - KEPT)
    theirs = select(Application.id).where(Application.call_id.in_(over))
    db.session.execute(delete(FundPair).where(FundPair.call_id.in_(over)))
    db.session.execute(delete(ComparedApplication).where(ComparedApplication.application_id.in_(theirs)))


def erase(application_ids: Collection[uuid.UUID]) -> None:
    """A person is erased: what the applications were compared by goes, and that they looked like others."""
    pairs = or_(FundPair.first_id.in_(application_ids), FundPair.second_id.in_(application_ids))
    db.session.execute(delete(FundPair).where(pairs))
    db.session.execute(delete(ComparedApplication).where(ComparedApplication.application_id.in_(application_ids)))


def _held(one: Pair, *, decided: Verdict | None = None) -> FundPair:
    """The pair, locked after its applications and as it is now. Raises DecidedAlready."""
    row = select(FundPair).where(FundPair.id == one.pair.id).with_for_update()
    pair = db.session.scalars(row.execution_options(populate_existing=True)).one_or_none()
    if pair is None or pair.verdict is not decided:
        raise DecidedAlready
    return pair


def _decide(pair: FundPair, verdict: Verdict, actor: Person) -> None:
    pair.verdict, pair.decided_at, pair.decided_by_id = verdict, now(), actor.id
    db.session.flush()


def _note(verb: str, application: Application, actor: Person, **detail: Any) -> audit.AuditEntry:
    return audit.record(verb, application, actor=actor, scope_id=application.call_id, **detail)


def _standing(application: Any) -> tuple[ColumnElement[bool], ...]:
    return application.state.in_(STANDING), application.erased_at.is_(None), application.reference.is_not(None)


def _is_stale() -> ColumnElement[bool]:
    return or_(ComparedApplication.application_id.is_(None), ComparedApplication.seen_at < Application.changed_at)


_FIRST, _SECOND = aliased(Application, name="first_one"), aliased(Application, name="second_one")


def _made() -> Any:
    rows: Any = select(FundPair, _FIRST, _SECOND)
    rows = rows.join(_FIRST, _FIRST.id == FundPair.first_id).join(_SECOND, _SECOND.id == FundPair.second_id)
    for one in (_FIRST, _SECOND):
        rows = rows.options(
            joinedload(one.person).joinedload(Person.seal_key),
            joinedload(one.organisation),
            joinedload(one.nominated_by),
            joinedload(one.answer_set),
        ).where(one.person_id != bindparam("viewer"), one.erased_at.is_(None))
    return rows.where(FundPair.call_id == bindparam("scope"))


_PAIRS = _made()
"""Made once, when nothing else runs, as those of registration/duplicates.py."""


def _pairs(call_id: uuid.UUID, viewer: uuid.UUID) -> Any:
    return _PAIRS.params(scope=call_id, viewer=viewer)


def _digested(call_id: uuid.UUID, limit: int) -> dict[uuid.UUID, dict[str, Any]]:
    """Who is new or changed, with what they are compared by. The house opens answers to make the digests; nobody is
    shown them.
    """
    rows = (
        select(Application.id, Application.changed_at, AnswerSet, SealKey)
        .join(Person, Person.id == Application.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .outerjoin(AnswerSet, AnswerSet.id == Application.answer_set_id)
        .outerjoin(ComparedApplication, ComparedApplication.application_id == Application.id)
        .where(Application.call_id == call_id, *_standing(Application), _is_stale())
        .order_by(Application.submitted_at, Application.id)
        .limit(limit)
    )
    found = {}
    for application_id, changed_at, answer_set, key in db.session.execute(rows).all():
        made: dict[str, Any] = {"seen_at": changed_at, "birth": None, "document": None, "delete_after": None}
        if answer_set is not None and key.destroyed_at is None:
            made |= _sealed_digests(call_id, application_id, answer_set, key)
        found[application_id] = made
    return found


def _sealed_digests(
    call_id: uuid.UUID, application_id: uuid.UUID, answer_set: AnswerSet, key: SealKey
) -> dict[str, Any]:
    definition = questionnaires.version(answer_set.version_id).definition
    asked = {question.id: question for question in definition.questions() if question.key in QUESTIONS}
    if not asked:
        return {}
    made: dict[str, Any] = {}
    ends = []
    for row in db.session.scalars(
        select(Answer).where(Answer.answer_set_id == answer_set.id, Answer.question.in_(asked))
    ):
        question = asked[row.question]
        column = QUESTIONS[question.key]
        value = row.value if row.sealed is None else open_quietly(row, key)
        digest = _digest(call_id, question.key, value)
        if digest is not None:
            made[column] = seal(key, _place(column, application_id), digest)
            ends += [row.delete_after] if row.delete_after else []
    return made | {"delete_after": min(ends, default=None)}


def forget_digests(application_id: uuid.UUID) -> None:
    """An application is somebody else's: what it is compared by was sealed for another person."""
    db.session.execute(delete(ComparedApplication).where(ComparedApplication.application_id == application_id))


def _digest(call_id: uuid.UUID, key: str, value: object) -> bytes | None:
    if key == "birth_date":
        return twins.digest_of_birth(call_id, value)
    if key == "document_number":
        return twins.digest_of_document(call_id, value)
    file = db.session.get(StoredFile, file_id) if (file_id := file_of_value(value)) else None
    if file is None:
        return None
    try:
        # Of what it shows, not of what is stored: sealed, the same paper is never twice the same bytes.
        return blind("paper", call_id, hashlib.sha256(files.read(file)).hexdigest())
    except (files.FileGone, files.FileDamaged, files.StoreAway):
        return None


def _everybody(
    call_id: uuid.UUID, fresh: Mapping[uuid.UUID, Mapping[str, Any]]
) -> tuple[Sequence[twins.Twin], dict[uuid.UUID, str | None]]:
    rows = (
        select(
            *(Application.id, Person.name, Person.name_latin, Person.email),
            *(Application.nationality, Application.residence, Organisation.name_key),
            *(ComparedApplication.birth, ComparedApplication.document, SealKey),
        )
        .join(Person, Person.id == Application.person_id)
        .join(SealKey, SealKey.id == Person.seal_key_id)
        .outerjoin(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(ComparedApplication, ComparedApplication.application_id == Application.id)
        .where(Application.call_id == call_id, *_standing(Application))
        .order_by(Application.submitted_at, Application.id)
    )
    found = list(db.session.execute(rows))
    everybody = [
        twins.Twin(
            row.id,
            twins.names(row.name, row.name_latin),
            row.name_key,
            row.nationality or row.residence,
            _opened(row.SealKey, "birth", row.id, fresh.get(row.id, {}).get("birth", row.birth)),
            _opened(row.SealKey, "document", row.id, fresh.get(row.id, {}).get("document", row.document)),
        )
        for row in found
    ]
    return everybody, {row.id: row.email for row in found}


def _held_fast(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those that still stand and that nobody else holds; none of them is erased until this is written."""
    mine = select(Application.id).where(Application.id.in_(ids), *_standing(Application)).order_by(Application.id)
    return set(db.session.scalars(mine.with_for_update(key_share=True, read=True, skip_locked=True)))


def _opened(key: SealKey, column: str, application_id: uuid.UUID, sealed: bytes | None) -> bytes | None:
    if sealed is None:
        return None
    try:
        return open_sealed(key, _place(column, application_id), sealed)
    except Unreadable:
        return None


def _place(column: str, application_id: uuid.UUID) -> Any:
    return place("compared_application", column, application_id)
