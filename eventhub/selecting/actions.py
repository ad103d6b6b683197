"""What a board does: it meets, stands aside, pins, recommends; and another person approves or sends back.

Nobody outside hears of it: whoever applied still sees the former state (``outcome_seen``) until the release.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm.attributes import set_committed_value

from eventhub.funding import behalf
from eventhub.funding.models import Application, CallRules, State
from eventhub.funding.moves import hold_rows, move_all
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, NotFound, means
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Place, SealKey, Unreadable, open_sealed, place, resealed, seal
from eventhub.people.models import Person
from eventhub.reviewing import ties
from eventhub.reviewing.models import Conflict
from eventhub.reviewing.queries import Reading
from eventhub.selecting import inputs, queries, signing
from eventhub.selecting.models import Board, Pin, Presence, Recusal, Slate, SlateState


class MeetingOpen(DomainError):
    """One meeting at a time."""

    message = _l("The board meets already. Open the page again.")


class NoMeeting(DomainError):
    """Pins, calculations and recommendations belong to a meeting."""

    message = _l("The board does not meet at present. Open a meeting first.")


class NotThere(DomainError):
    """Only those who take part in the meeting decide."""

    status = 422
    message = _l("You are not among those present. Say first that you are here.")


class NoQuorum(DomainError):
    """Too few are there."""

    status = 422
    message = _l("Too few members are present to recommend a slate.")


class MovedOn(DomainError):
    """Somebody else was quicker."""

    message = _l("Somebody decided on this slate a moment ago. Look again.")


class Outdated(DomainError):
    """Something that the slate was made from has changed."""

    message = _l("Files, scores, rules or pins have changed since this slate was made. Calculate again.")


class OwnSlate(DomainError):
    """Recommend and approve are two people."""

    status = 403
    message = _l("You took part in recommending this slate, so another person has to decide.")


class TooNear(DomainError):
    """Nobody decides on a file to which they have a tie of their own."""

    status = 403
    message = _l("You have a tie to somebody on this slate, so another person has to decide.")


class Altered(DomainError):
    """The signature does not hold."""

    message = _l("This slate is not as it was signed. Tell an administrator.")


means("ix_fund_board_open", MeetingOpen())
means("ix_fund_slate_standing", MovedOn())
means("ix_fund_pin_standing", MovedOn())
MOVES_TO_CHOSEN = frozenset({State.UNDER_REVIEW, State.RESERVE, State.NOT_RECOMMENDED})
MOVES_TO_RESERVE = frozenset({State.UNDER_REVIEW, State.RECOMMENDED})
MOVES_TO_NOT = frozenset({State.UNDER_REVIEW, State.RECOMMENDED, State.RESERVE})


def open_board(person: Person, reading: Reading) -> Board:
    """A meeting begins; whoever opens it has the chair and is there. Raises MeetingOpen."""
    if queries.open_board(reading.call.id) is not None:
        raise MeetingOpen
    board = Board(
        id=uuid.uuid4(), call_id=reading.call.id, quorum=reading.rules.board.quorum, chair_id=person.id, opened_at=now()
    )
    db.session.add(board)
    db.session.flush()
    db.session.add(Presence(board_id=board.id, person_id=person.id))
    audit.record("selecting.board_opened", board, actor=person, scope_id=board.call_id)
    return board


def close_board(person: Person, board: Board) -> Board:
    """The meeting is over."""
    board = _held(board)
    board.closed_at = now()
    audit.record("selecting.board_closed", board, actor=person, scope_id=board.call_id)
    return board


def come(person: Person, board: Board) -> Presence:
    """A member is there, or there again."""
    board = _held(board)
    rows = select(Presence).where(Presence.board_id == board.id, Presence.person_id == person.id)
    row = db.session.scalar(rows)
    if row is None:
        row = Presence(board_id=board.id, person_id=person.id)
        db.session.add(row)
    row.left_at = None
    db.session.flush()
    audit.record("selecting.came", board, actor=person, scope_id=board.call_id)
    return row


def leave(person: Person, board: Board) -> Board:
    """A member goes."""
    board = _held(board)
    gone = update(Presence).where(Presence.board_id == board.id, Presence.person_id == person.id)
    db.session.execute(gone.values(left_at=now()))
    audit.record("selecting.left", board, actor=person, scope_id=board.call_id)
    return board


def recuse(person: Person, board: Board, application: Application) -> Recusal:
    """A member stands aside for a file, which is not there for them from now on."""
    row = Recusal(call_id=board.call_id, application_id=application.id, person_id=person.id)
    db.session.add(row)
    db.session.flush()
    audit.record("selecting.recused", application, actor=person, scope_id=board.call_id)
    return row


def pin(person: Person, board: Board, application: Application, *, must: bool, reason: str) -> Pin:
    """Somebody must, or must not, be chosen; a former pin of the file ends. Raises NotFound for files that are not to
    be chosen any more.
    """
    _held(board)
    _demand_there(person, board)
    if application.state not in inputs.OPEN:
        raise NotFound
    former = queries.pin(board.call_id, application.id)
    if former is not None:
        former.dropped_at, former.dropped_by_id = now(), person.id
        db.session.flush()
    row = Pin(
        id=uuid.uuid4(), call_id=board.call_id, application_id=application.id, must=must, by_id=person.id, at=now()
    )
    row.reason = seal(application.person.seal_key, _place(row), reason)
    row.application = application
    db.session.add(row)
    db.session.flush()
    audit.record("selecting.pinned", application, actor=person, scope_id=board.call_id, must=must)
    return row


def unpin(person: Person, board: Board, row: Pin) -> Pin:
    """A pin ends. Raises MovedOn."""
    _held(board)
    _demand_there(person, board)
    if row.dropped_at is not None:
        raise MovedOn
    row.dropped_at, row.dropped_by_id = now(), person.id
    audit.record("selecting.unpinned", row, actor=person, scope_id=board.call_id)
    return row


def reason_of(row: Pin) -> str | None:
    """Why somebody is pinned, for the board; None after an erasure."""
    try:
        return open_sealed(row.application.person.seal_key, _place(row), row.reason).decode()
    except Unreadable:
        return None


def recommend(person: Person, reading: Reading, board: Board, number: int) -> Slate:
    """The board recommends a slate: everybody moves in a number of statements that does not depend on how many, and
    nobody outside is told. Raises NoMeeting, NotThere, NoQuorum, MovedOn, TooNear, Outdated, Stale.
    """
    board = _held(board)
    _demand_there(person, board)
    there = [one.person_id for one in queries.present(board.id)]
    if len(there) < board.quorum:
        raise NoQuorum
    slate = queries.slate(board.call_id, number, lock=True)
    if slate is None:
        raise NotFound
    if slate.state is not SlateState.DRAFT:
        raise MovedOn
    if _is_party(person, reading, slate):
        raise TooNear
    files = inputs.files_of(board.call_id)
    if is_outdated(reading, slate, files):
        raise Outdated
    former = queries.standing(board.call_id)
    if former is not None:
        former.state = SlateState.SUPERSEDED
        db.session.flush()
    hold_rows(files)
    stood_aside = queries.aside(reading, there)
    slate.minutes = {
        "present": sorted(str(one) for one in there),
        "quorum": board.quorum,
        "chair": str(board.chair_id),
        "aside": {str(one): sorted(str(each) for each in ids) for one, ids in stood_aside.items() if ids},
        "previous": queries.last_signature(board.call_id),
    }
    groups = _groups(slate, files)
    slate.minutes["before"] = {str(one.id): one.state.value for group in groups.values() for one in group}
    slate.recommended_by_id, slate.recommended_at = person.id, now()
    slate.signature = signing.sign(slate)
    slate.state = SlateState.RECOMMENDED
    db.session.flush()
    _move(person, slate, groups)
    audit.record("selecting.recommended", slate, actor=person, scope_id=board.call_id, number=number)
    return slate


def approve(person: Person, reading: Reading, number: int) -> Slate:
    """The approver agrees; the money and the letters follow from there. Raises MovedOn, OwnSlate, TooNear, Altered."""
    slate = _to_decide(person, reading, number)
    slate.state, slate.approved_by_id, slate.approved_at = SlateState.APPROVED, person.id, now()
    db.session.flush()
    audit.record("selecting.approved", slate, actor=person, scope_id=slate.call_id, number=number)
    promise("selecting.approved", slate_id=slate.id)
    return slate


def send_back(person: Person, reading: Reading, number: int, *, reason: str) -> Slate:
    """The approver asks the board to look again; what was approved before stands again, and whoever it concerns is
    where they were: under review, where nothing was approved yet. Raises MovedOn, OwnSlate, TooNear, Altered.
    """
    slate = _to_decide(person, reading, number)
    slate.state, slate.sent_back_by_id, slate.sent_back_at = SlateState.SENT_BACK, person.id, now()
    slate.sent_back_reason = reason
    db.session.flush()
    former = queries.replaced(slate)
    if former is not None:
        former.state = SlateState.APPROVED
    for one in (slate, *queries.never_approved(slate.call_id, former)):
        _move_back(person, one, former or slate)
    audit.record("selecting.sent_back", slate, actor=person, scope_id=slate.call_id, number=number)
    return slate


def is_outdated(reading: Reading, slate: Slate, files: Iterable[Application]) -> bool:
    """Whether something that a slate was made from is different now: rules, scores, pins, or who is there."""
    agreed = db.session.scalar(
        select(CallRules.digest)
        .where(CallRules.call_id == reading.call.id, CallRules.agreed_at.is_not(None))
        .order_by(CallRules.number.desc())
        .limit(1)
    )
    scoring = inputs.newest_scoring(reading.call.id)
    pins = sorted(str(one.id) for one in inputs.standing_pins(reading.call.id))
    if (agreed or "", scoring.id if scoring else None, pins) != (slate.rules_digest, slate.scoring_id, slate.pins):
        return True
    known = {str(one.id): one for one in files}
    listed = {one["id"]: one["chosen"] for one in slate.people}
    return not listed.keys() <= known.keys() or any(
        one.state in inputs.TAKEN and not listed.get(key) for key, one in known.items()
    )


def hand_on(application: Application, before: SealKey, after: SealKey) -> None:
    """A file is somebody else's: why it was pinned is sealed for that person. What does not open any more stays."""
    rows = select(Pin).where(Pin.application_id == application.id).order_by(Pin.id).with_for_update()
    for row in db.session.scalars(rows.execution_options(populate_existing=True)).all():
        row.reason = resealed(before, after, _place(row), row.reason) or row.reason


behalf.HANDED_ON.append(hand_on)


def _to_decide(person: Person, reading: Reading, number: int) -> Slate:
    slate = queries.slate(reading.call.id, number, lock=True)
    if slate is None or slate.state is SlateState.DRAFT:
        raise NotFound
    if slate.state is not SlateState.RECOMMENDED:
        raise MovedOn
    if is_own(person, slate):
        raise OwnSlate
    if is_near(person, reading, slate):
        raise TooNear
    if not signing.is_signed(slate):
        raise Altered
    return slate


def is_own(person: Person, slate: Slate) -> bool:
    """Whether somebody recommended this slate, or was present when it was."""
    return person.id == slate.recommended_by_id or str(person.id) in slate.minutes.get("present", ())


def is_near(person: Person, reading: Reading, slate: Slate) -> bool:
    """Whether the approver has to stand aside for one of the chosen."""
    chosen = {uuid.UUID(one["id"]) for one in slate.people if one["chosen"]}
    return not chosen.isdisjoint(queries.aside(reading, [person.id])[person.id])


def _is_party(person: Person, reading: Reading, slate: Slate) -> bool:
    """Whether somebody of the board has a tie to one of the listed that is closer than a country. All who are listed
    count, not the chosen alone: whoever is refused must not learn who is chosen. A file for which a member stood aside
    in the meeting is minuted instead.
    """
    listed = [uuid.UUID(one["id"]) for one in slate.people]
    found = ties.conflicts([reading], [person.id], listed)
    return any(kinds - {Conflict.NATIONALITY, Conflict.OTHER} for kinds in found.values())


def _held(board: Board) -> Board:
    held = queries.open_board(board.call_id, lock=True)
    if held is None or held.id != board.id:
        raise NoMeeting
    return held


def _demand_there(person: Person, board: Board) -> None:
    if person.id not in {one.person_id for one in queries.present(board.id)}:
        raise NotThere


def _place(row: Pin) -> Place:
    return place("fund_pin", "reason", row.id)


def _move_back(person: Person, slate: Slate, former: Slate) -> None:
    """Undo the moves of a slate that was sent back. The table of moves has no way back: nobody decided otherwise here.
    Whoever left or was moved by somebody else since stays there.
    """
    before = {uuid.UUID(one): State(state) for one, state in slate.minutes.get("before", {}).items()}
    rows = select(Application).where(Application.id.in_(before), Application.erased_at.is_(None))
    held = rows.order_by(Application.id).with_for_update().execution_options(populate_existing=True)
    chosen, reserves = _said(slate)
    for one in db.session.scalars(held).all():
        key = str(one.id)
        went = State.RECOMMENDED if key in chosen else State.RESERVE if key in reserves else State.NOT_RECOMMENDED
        if one.state is not went:
            continue
        one.state, one.changed_at = before[one.id], now()
        if one.outcome_seen is one.state:
            one.outcome_seen = None
        audit.record(f"funding.{one.state.value}", one, actor=person, scope_id=one.call_id, slate=former.number)
    db.session.flush()


def _said(slate: Slate) -> tuple[set[str], set[str]]:
    """Whom a slate chooses, and who stands in reserve."""
    chosen = {one["id"] for one in slate.people if one["chosen"]}
    reserves = {*slate.reserves["general"], *(each for ids in slate.reserves["by_cell"].values() for each in ids)}
    return chosen, reserves


def _groups(slate: Slate, files: Iterable[Application]) -> dict[State, list[Application]]:
    """Who moves where when this slate is recommended."""
    chosen, reserves = _said(slate)
    listed = {one["id"] for one in slate.people}
    groups: dict[State, list[Application]] = {State.RECOMMENDED: [], State.RESERVE: [], State.NOT_RECOMMENDED: []}
    for one in files:
        key = str(one.id)
        if key in chosen and one.state in MOVES_TO_CHOSEN:
            groups[State.RECOMMENDED].append(one)
        elif key in reserves and key not in chosen and one.state in MOVES_TO_RESERVE:
            groups[State.RESERVE].append(one)
        elif key in listed - chosen - reserves and one.state in MOVES_TO_NOT:
            groups[State.NOT_RECOMMENDED].append(one)
    return groups


def _move(person: Person, slate: Slate, groups: Mapping[State, Sequence[Application]]) -> None:
    moving = [one for group in groups.values() for one in group]
    # What the applicant knows of stays what it was, until the release.
    hidden = (
        update(Application)
        .where(Application.id.in_([one.id for one in moving]), Application.outcome_seen.is_(None))
        .values(outcome_seen=Application.state)
        .returning(Application.id, Application.outcome_seen)
        .execution_options(synchronize_session=False)
    )
    seen = {row.id: row.outcome_seen for row in db.session.execute(hidden)}
    for one in moving:
        if one.id in seen:
            set_committed_value(one, "outcome_seen", seen[one.id])
    for target, group in groups.items():
        if group:
            move_all(group, target, actor=person, slate=slate.number)
