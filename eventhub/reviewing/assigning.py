"""Who reads what: gathered for the program that works it out, kept as a draft with figures, given out by an officer.

A draft bears the digest of all it was made from. When it is given out all of that is gathered anew under locks, and it
is refused where anything changed: a tie that was declared meanwhile, a file that was withdrawn, a reader who left.
"""

import hashlib
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from eventhub.funding import moves
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.reviewing import queries, ties
from eventhub.reviewing.exchange import Request
from eventhub.reviewing.models import DONE, OPEN, Draft, Gate, PanelMember, Review, Standing
from eventhub.reviewing.queries import Reading
from eventhub.reviewing.terms import Assigned, File, Held, Panel, Refused, Reviewer, spread


class DraftThere(DomainError):
    """Another draft waits."""

    message = _l("Another draft waits already. Give it out or drop it first.")


class NobodyReads(DomainError):
    """A panel without people, or no files."""

    message = _l("There are no files to read yet, or nobody is on the panel.")


class Outdated(DomainError):
    """Files, ties or the panel changed since the draft was worked out."""

    message = _l("Files, ties or the panel have changed since this was worked out. Drop it and work it out again.")


class NotReady(DomainError):
    """The draft is not worked out, was refused, given out or dropped."""

    message = _l("This draft cannot be given out. Look at it again.")


def ask(person: Person, reading: Reading, *, languages_hard: bool = True) -> Draft:
    """Let a worker find readers for all files that lack some. Raises DraftThere, NobodyReads, OwnFile."""
    call = reading.call
    ties.demand_far(person, call.id)
    db.session.execute(select(Call.id).where(Call.id == call.id).with_for_update())
    if queries.open_draft(call.id) is not None:
        raise DraftThere
    if call.stand is not Stand.OPEN or not queries.to_read(call.id) or not queries.panel(reading):
        raise NobodyReads
    draft = Draft(
        id=uuid.uuid4(),
        call_id=call.id,
        asked_by_id=person.id,
        mends=bool(queries.standing(call.id)),
        figures={"languages_hard": languages_hard},
    )
    db.session.add(draft)
    db.session.flush()
    audit.record("reviewing.readers_asked", draft, actor=person, scope_id=call.id)
    promise("reviewing.assign", call_id=call.id, draft_id=draft.id)
    return draft


def gather(reading: Reading, *, languages_hard: bool) -> Request:
    """All that readers depend on: as many statements for a thousand files as for one."""
    call, rules = reading.call, reading.rules.reviewing
    files, seats, reviews = queries.to_read(call.id), queries.panel(reading), queries.standing(call.id)
    away = {one.member.person_id for one in seats if one.is_away}
    people = {one.member.person_id for one in seats}
    shut: dict[uuid.UUID, set[str]] = {}
    for file, reader in ties.conflicts([reading], people):
        shut.setdefault(file, set()).add(str(reader))
    of_file: dict[uuid.UUID, list[Review]] = {}
    for one in reviews:
        of_file.setdefault(one.application_id, []).append(one)
    panel = Panel(
        tuple(
            File(
                str(one.id),
                one.region,
                frozenset({one.language}),
                frozenset(shut.get(one.id, set())),
                needed(of_file.get(one.id, []), rules.readers, rules.another_above),
            )
            for one in files
        ),
        tuple(
            Reviewer(
                str(one.member.person_id),
                one.member.region,
                frozenset(one.member.languages),
                one.member.most,
                one.member.fewest,
                one.is_away,
            )
            for one in seats
        ),
        languages_hard,
        (),
        call.lottery_commitment or call.id.hex,
    )
    held = tuple(
        Held(
            str(one.application_id),
            str(one.person_id),
            one.state in DONE or (one.state is Standing.BEGUN and one.person_id not in away),
        )
        for one in reviews
        if one.person_id in people
    )
    return Request("reassign" if held else "assign", panel=panel, held=held)


def needed(reviews: list[Review], readers: int, another_above: int) -> int:
    """How many readers a file needs: those of the rules, one in the place of each who abstained, and one more where the
    scores are further apart than the rules allow.
    """
    points = [one.points for one in reviews if one.state is Standing.HANDED_IN]
    apart = spread(points) > another_above
    return readers + sum(one.state is Standing.ABSTAINED for one in reviews) + apart


def digest(request: Request) -> str:
    """The SHA-256 of what an answer depends on, whatever the order of sets: hexadecimal."""
    panel = request.panel or Panel((), ())
    plain = [
        sorted((one.id, one.region, sorted(one.languages), sorted(one.conflicts), one.needs) for one in panel.files),
        sorted((one.id, one.region, sorted(one.languages), one.most, one.least, one.away) for one in panel.reviewers),
        sorted((one.file, one.reviewer, one.begun) for one in request.held),
        [panel.languages_hard, panel.seed],
    ]
    return hashlib.sha256(repr(plain).encode()).hexdigest()


def keep(call_id: uuid.UUID, draft_id: uuid.UUID, mark: str, answer: Assigned | Refused) -> None:
    """Keep what was worked out, unless somebody dropped the draft meanwhile."""
    draft = queries.draft_of(call_id, draft_id, lock=True)
    if draft.dropped_at is not None or draft.done_at is not None:
        return
    draft.done_at, draft.digest = now(), mark
    if isinstance(answer, Refused):
        draft.refused = asdict(answer)
        return
    draft.pairs = [[one.file, one.reviewer] for one in answer.added]
    draft.removed = [[one.file, one.reviewer] for one in answer.removed]
    draft.figures = draft.figures | {
        "loads": answer.loads,
        "without_outsider": list(answer.without_outsider),
        "without_language": len(answer.without_language),
        "below_least": answer.below_least,
        "groups": len(answer.groups),
    }


def drop(person: Person, reading: Reading, draft_id: uuid.UUID) -> Draft:
    """Give a draft up. Raises NotReady where it was given out, and OwnFile."""
    ties.demand_far(person, reading.call.id)
    draft = queries.draft_of(reading.call.id, draft_id, lock=True)
    if draft.released_at is not None or draft.dropped_at is not None:
        raise NotReady
    draft.dropped_at = now()
    audit.record("reviewing.readers_dropped", draft, actor=person, scope_id=reading.call.id)
    return draft


def release(person: Person, reading: Reading, draft_id: uuid.UUID) -> Draft:
    """Give the files out: reviews, gates, mails, and eligible files move under review; in a constant number of
    statements. Raises NotReady, Outdated, OwnFile, and what funding.moves raises.
    """
    call = reading.call
    # Files first, then reviews, as everything else does.
    rows = select(Application.id).where(Application.call_id == call.id, Application.state.in_(queries.READ_IN))
    db.session.execute(rows.order_by(Application.id).with_for_update())
    ties.demand_far(person, call.id)
    draft = queries.draft_of(call.id, draft_id, lock=True)
    if draft.released_at or draft.dropped_at or draft.done_at is None or draft.refused is not None:
        raise NotReady
    db.session.execute(select(PanelMember.id).where(PanelMember.call_id == call.id).with_for_update())
    queries.standing(call.id, lock=True)
    db.session.expire_all()
    reading = queries.call_by_id(call.id)
    request = gather(reading, languages_hard=bool(draft.figures.get("languages_hard", True)))
    if digest(request) != draft.digest:
        raise Outdated
    files = {one.id: one for one in queries.to_read(call.id)}
    panel = request.panel or Panel((), ())
    extra = {uuid.UUID(one.id) for one in panel.files if one.needs > reading.rules.reviewing.readers}
    gates: dict[uuid.UUID, Gate] = {}
    for file, reader in _ids(draft.pairs):
        gate = gates.setdefault(reader, Gate(id=uuid.uuid4(), call_id=call.id, person_id=reader))
        row = Review(
            id=uuid.uuid4(),
            call_id=call.id,
            application_id=file,
            person_id=reader,
            gate_id=gate.id,
            extra=file in extra,
        )
        db.session.add(row)
    db.session.add_all(gates.values())
    lost = _take_back(call, draft.removed)
    given = sorted({file for file, _ in _ids(draft.pairs)})
    begun = [files[one] for one in given if files[one].state is State.ELIGIBLE]
    if begun:
        moves.move_all(begun, State.UNDER_REVIEW, actor=person)
    known = ties.conflicts([reading], {uuid.UUID(one.id) for one in panel.reviewers})
    ties.record(call, known)
    draft.released_at = now()
    audit.record(
        "reviewing.readers_given",
        draft,
        actor=person,
        scope_id=call.id,
        files=len({file for file, _ in draft.pairs}),
        readings=len(draft.pairs),
        taken_back=len(draft.removed),
    )
    for gate in gates.values():
        promise("reviewing.files_wait", gate_id=gate.id)
    for reader, number in lost.items():
        promise("reviewing.taken_back", call_id=call.id, person_id=reader, number=number)
    return draft


def _take_back(call: Call, removed: list[list[str]]) -> Mapping[uuid.UUID, int]:
    """Files that go to others; how many from whom."""
    gone = set(_ids(removed))
    rows = [
        one for one in queries.standing(call.id) if (one.application_id, one.person_id) in gone and one.state in OPEN
    ]
    if rows:
        db.session.execute(
            update(Review)
            .where(Review.id.in_([one.id for one in rows]))
            .values(state=Standing.TAKEN_BACK, ended_at=now(), version=Review.version + 1)
            .execution_options(synchronize_session=False)
        )
    lost: dict[uuid.UUID, int] = {}
    for one in rows:
        lost[one.person_id] = lost.get(one.person_id, 0) + 1
    return lost


def _ids(pairs: list[list[str]]) -> list[tuple[uuid.UUID, uuid.UUID]]:
    return [(uuid.UUID(file), uuid.UUID(reader)) for file, reader in pairs]


def waiting(
    call_id: uuid.UUID,
    readers: int,
    another_above: int,
    *,
    without: Collection[uuid.UUID] = (),
    untold: bool = False,
) -> tuple[int, int]:
    """How many files lack a reader, and how many of those because the others are far apart: for the pages of officers
    and the board. Files in ``without`` are not counted; ``untold``: those that were decided on are, until a release.
    """
    of_file: dict[uuid.UUID, list[Review]] = {}
    for one in queries.standing(call_id):
        of_file.setdefault(one.application_id, []).append(one)
    lacking = apart = 0
    for file in queries.to_read(call_id, untold=untold):
        mine = of_file.get(file.id, [])
        if file.id not in without and needed(mine, readers, another_above) > len(mine):
            lacking += 1
            apart += spread([one.points for one in mine if one.state is Standing.HANDED_IN]) > another_above
    return lacking, apart
