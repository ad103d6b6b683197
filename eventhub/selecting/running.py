"""Questions to the solver: asked on a page, answered by a worker, kept beside the slate that they are about.

A page never waits for one. Between taking a question up and keeping its answer no transaction is open.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from eventhub.funding.models import Application, Call
from eventhub.funding.rules import Bound, CostLine, Rules, Support, Unit
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import Unreadable, new_key
from eventhub.people.models import Person
from eventhub.reviewing.queries import call_by_id
from eventhub.selecting import counting, problem, signing, slate, snapshot
from eventhub.selecting.inputs import OPEN, RULE, SEALED, TAKEN, Inputs, NoInputs, What, files_of, gather, standing_pins
from eventhub.selecting.models import UNDER_WAY, Board, Failed, Kind, Run, RunState, Slate
from eventhub.selecting.reserves import reserves
from eventhub.selecting.slate import Missing

SECONDS = 30.0
"""The longest search (FUNDING.md, selecting)."""
MANY = 6
"""So many questions of one call may be under way."""
AFTER = (Kind.WHY, Kind.PRICES, Kind.CURVE)
"""What is asked as soon as a slate is made."""
FROM = ("former", "accepted", "gone")
"""What a slate of fewest changes is made from beside the problem."""
VERBS: Mapping[Kind, str] = {
    Kind.SOLVE: "solve",
    Kind.WHY: "why_not",
    Kind.CURVE: "curve",
    Kind.PRICES: "prices",
    Kind.RESOLVE: "resolve",
    Kind.RECOMPUTE: "recompute",
}


class TooManyRuns(DomainError):
    """The solver has enough to do for this call."""

    status = 422
    message = _l("Several calculations are under way. Wait until one of them is done.")


class TooSmall(DomainError):
    """Where traits are sealed, a trial leaves room for so few people that its answer would tell of one of them."""

    status = 422
    message = _l("Leave room for at least five people who are not pinned. A smaller trial would tell of single people.")


@dataclass(frozen=True)
class Work:
    """A question that a worker has taken up: what the child is asked, and what the answer is kept with."""

    run_id: uuid.UUID
    kind: Kind
    verb: str
    request: Mapping[str, Any]
    inputs: Inputs | None = None
    files: Sequence[Application] = ()


def ask(
    person: Person | None,
    board: Board,
    kind: Kind,
    *,
    about: Slate | None = None,
    what: Mapping[str, Any] | None = None,
) -> Run:
    """Owe an answer. The same question that is under way already is not asked twice. Raises TooManyRuns, TooSmall."""
    asked = dict(what or {})
    if about is not None:
        _demand_room(about, asked)
    if kind in {Kind.SOLVE, Kind.RESOLVE}:
        _demand_choice(board.call_id, asked)
    open_runs = list(
        db.session.scalars(select(Run).where(Run.call_id == board.call_id, Run.state.in_(UNDER_WAY)).with_for_update())
    )
    about_id = about.id if about else None
    for one in open_runs:
        if (one.kind, one.slate_id, one.ask) == (kind, about_id, asked):
            return one
    if person is not None and sum(one.asked_by_id is not None for one in open_runs) >= MANY:
        raise TooManyRuns
    run = Run(
        id=uuid.uuid4(),
        call_id=board.call_id,
        board_id=board.id,
        slate_id=about_id,
        kind=kind,
        ask=asked,
        asked_by_id=person.id if person else None,
    )
    db.session.add(run)
    db.session.flush()
    audit.record(f"selecting.asked_{kind.value}", run, actor=person, scope_id=board.call_id)
    promise("selecting.run", run_id=run.id)
    return run


def _demand_room(about: Slate, asked: Mapping[str, Any]) -> None:
    """Whoever names all that may come reads out of yes or no which cells they stand in: by few places, by little money,
    by fares that eat the money up, or by pinning out who else there is.
    """
    rules = call_by_id(about.call_id).rules
    tried = {"places", "budget", "fares"} & asked.keys()
    if not tried or not _is_telling(rules):
        return
    places, budget = asked.get("places"), asked.get("budget", rules.budget)
    pins = standing_pins(about.call_id)
    must = {str(one.application_id) for one in pins if one.must}
    must |= {one["id"] for one in about.people if one["pin"] == "must"}
    out = {str(one.application_id) for one in pins if not one.must}
    # Fares raise the tickets alone; that all of a cost rises is the cautious side.
    cost = {one["id"]: -(-one["cost"] * (100 + int(asked.get("fares", 0))) // 100) for one in about.people}
    free = sorted(cost[one] for one in cost.keys() - must - out)
    need = sum(cost[one] for one in cost.keys() & must) + sum(free[-counting.FEWEST :])
    is_full = places is not None and places < len(must) + counting.FEWEST
    is_spent = budget is not None and bool({"budget", "fares"} & tried) and budget < need
    if len(free) < counting.FEWEST or is_full or is_spent or (out and len(free) + len(must) < _least(rules, places)):
        raise TooSmall


def _least(rules: Rules, places: int | None) -> int:
    """How many files stay at the least beside those that are pinned out: five more than come, or than rules ask for.
    With fewer, whether there is a slate says how many of the rest are in a sealed cell.
    """
    asked = sum(one.value for one in rules.balance if one.bound is Bound.LEAST and one.unit is Unit.PEOPLE)
    return max(places or 0, asked) + counting.FEWEST


def _demand_choice(call_id: uuid.UUID, asked: Mapping[str, Any]) -> None:
    """Pins that leave nothing to choose make a question about the pinned alone: whether there is a slate at all then
    says in which cells they stand. Five files without a pin, and room for them, are left at the least.
    """
    rules, pins = call_by_id(call_id).rules, {one.application_id: one.must for one in standing_pins(call_id)}
    if not pins or not _is_telling(rules):
        return
    rows = select(Application.id, Application.state, Application.cost).where(
        Application.call_id == call_id,
        Application.state.in_([*OPEN, *TAKEN]),
        Application.erased_at.is_(None),
        Application.merged_into_id.is_(None),
        Application.cost.is_not(None),
    )
    found = db.session.execute(rows).all()
    must = [row.cost for row in found if row.state in OPEN and pins.get(row.id)]
    held = must + [row.cost for row in found if row.state in TAKEN]
    free = sorted(row.cost for row in found if row.state in OPEN and row.id not in pins)
    places, budget = asked.get("places", rules.places), asked.get("budget", rules.budget)
    is_full = places is not None and places < len(held) + counting.FEWEST
    is_spent = budget is not None and budget < sum(held) + sum(free[: counting.FEWEST])
    few = any(not must for must in pins.values()) and len(free) + len(held) < _least(rules, places)
    if len(free) < counting.FEWEST or few or (must and (is_full or is_spent)):
        raise TooSmall


def _is_telling(rules: Rules) -> bool:
    return rules.envelopes_tell or any(one.dimension.value in SEALED for one in rules.balance)


def stop(person: Person, run: Run) -> Run:
    """The board does not want to know any more."""
    if run.state in UNDER_WAY:
        run.state, run.ended_at = RunState.STOPPED, now()
        audit.record("selecting.stopped", run, actor=person, scope_id=run.call_id)
    return run


def take_up(run_id: uuid.UUID) -> Work | None:
    """What the child is to be asked; None where nothing is left to do. Raises NoInputs."""
    run = db.session.scalar(select(Run).where(Run.id == run_id).with_for_update())
    if run is None or run.state not in UNDER_WAY:
        return None
    run.state, run.done, run.of_all = RunState.RUNNING, 0, 0
    if run.kind in {Kind.SOLVE, Kind.RESOLVE}:
        return _with_inputs(run)
    about = slate_of(run.slate_id)
    if about is None:
        raise NoInputs(Failed.NO_FILES)
    try:
        text = signing.snapshot_of(about)
    except Unreadable:
        raise NoInputs(Failed.REFUSED) from None
    if run.kind is Kind.RECOMPUTE:
        before = (about.change or {}).get("from", {})
        return Work(run.id, run.kind, VERBS[run.kind], {"snapshot": text, "seconds": SECONDS, **before})
    asked = snapshot.restored(text)
    request: dict[str, Any] = {"problem": problem.as_data(asked), "seconds": SECONDS}
    if run.kind is not Kind.CURVE:
        request["slate"] = _plain(about)
    elif _is_telling(call_by_id(run.call_id).rules):
        # With as many places as pins, whether there is a point at all says in which cells the pinned stand.
        request["least"] = len(asked.pinned(must=True)) + counting.FEWEST
    if run.kind is Kind.WHY:
        request["who"] = run.ask.get("who")
    return Work(run.id, run.kind, VERBS[run.kind], request)


def _with_inputs(run: Run) -> Work:
    reading = call_by_id(run.call_id)
    asker = db.session.get(Person, run.asked_by_id) if run.asked_by_id else None
    what = What(
        run.ask.get("budget"), int(run.ask.get("fares", 0)), run.ask.get("places"), tuple(run.ask.get("gone", ()))
    )
    try:
        _demand_choice(run.call_id, run.ask)
    except TooSmall:
        # Pins that came after the question: whoever asks again is told why.
        raise NoInputs(Failed.DIED) from None
    inputs = gather(reading, asker, what)
    request: dict[str, Any] = {"problem": problem.as_data(inputs.problem), "seconds": SECONDS}
    if run.kind is Kind.RESOLVE:
        about = slate_of(run.slate_id)
        known = {one.id for one in inputs.problem.candidates}
        former = [] if about is None else [seat for seat in about.result["seats"] if seat["candidate"] in known]
        # An award may stand in another way than the seat of then.
        ways = {one.id: one.variants[0].id for one in inputs.problem.candidates if one.id in inputs.accepted}
        former = [{**seat, "variant": ways.get(seat["candidate"], seat["variant"])} for seat in former]
        request |= {"former": former, "accepted": sorted(inputs.accepted), "gone": list(what.gone)}
    return Work(run.id, run.kind, VERBS[run.kind], request, inputs, files_of(run.call_id))


def progress(run_id: uuid.UUID, done: int, of_all: int) -> bool:
    """How far it is. False when the board does not want to know any more."""
    held = db.session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.RUNNING)
        .values(done=done, of_all=of_all)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    return held.first() is not None


def fail(run_id: uuid.UUID, why: Failed) -> None:
    """There is no answer; the page says why, and it can be asked again."""
    run = db.session.scalar(select(Run).where(Run.id == run_id).with_for_update())
    if run is not None and run.state in UNDER_WAY:
        run.state, run.failed, run.ended_at = RunState.FAILED, why, now()
        audit.record("selecting.failed", run, actor=None, scope_id=run.call_id, why=why.value)


def keep(work: Work, data: Any) -> Slate | None:
    """Keep an answer; the slate, where one was made of it."""
    run = db.session.scalar(select(Run).where(Run.id == work.run_id).with_for_update())
    if run is None or run.state is not RunState.RUNNING:
        return None
    run.state, run.ended_at = RunState.DONE, now()
    made: Slate | None = None
    if work.kind is Kind.RECOMPUTE:
        run.answer = _compared(run, data)
    elif work.kind is Kind.SOLVE and "seats" in data:
        made = _slate(run, work, data, None)
    elif work.kind is Kind.RESOLVE and run.ask.get("keep") and "slate" in data:
        change = {name: data[name] for name in ("stays", "leaves", "joins", "other_way")}
        # What it was made from beside the problem: without it an appeal would not get the same slate again.
        change["from"] = {name: work.request[name] for name in FROM}
        made = _slate(run, work, data["slate"], change)
    else:
        run.answer = data if isinstance(data, dict) else {"rows": data}
    if made is not None:
        run.slate_id, run.answer = made.id, {"slate": made.number}
        board = db.session.get_one(Board, run.board_id)
        _drop_unasked(run.call_id)
        for kind in AFTER:
            ask(None, board, kind, about=made)
    return made


def _drop_unasked(call_id: uuid.UUID) -> None:
    """Nobody asked for what is still to be said of former slates."""
    waiting = update(Run).where(Run.call_id == call_id, Run.state.in_(UNDER_WAY), Run.asked_by_id.is_(None))
    db.session.execute(waiting.values(state=RunState.STOPPED, ended_at=now()))


def slate_of(slate_id: uuid.UUID | None) -> Slate | None:
    """A slate with the key of its snapshot."""
    if slate_id is None:
        return None
    return db.session.scalar(select(Slate).where(Slate.id == slate_id).options(joinedload(Slate.key)))


def _plain(about: Slate) -> dict[str, Any]:
    """The solver's own answer, without what we put beside it."""
    return {name: value for name, value in about.result.items() if name not in {"split", "tied"}}


def _slate(run: Run, work: Work, data: dict[str, Any], change: dict[str, Any] | None) -> Slate:
    """A draft of the board. One at a time gets its number."""
    inputs = work.inputs
    if inputs is None:
        raise ValueError(work.kind)
    db.session.execute(select(Call.id).where(Call.id == run.call_id).with_for_update())
    last = db.session.scalar(select(func.max(Slate.number)).where(Slate.call_id == run.call_id)) or 0
    found, key, text = slate.slate_from_data(data), new_key(), snapshot.canonical(inputs.problem)
    told = reserves(inputs.problem, found)
    cells = {one.id: one.cells for one in inputs.problem.candidates}
    size = max(found.places, len(found.seats))
    counts = counting.balance(
        cells.values(),
        (cells[one] for one in found.chosen),
        (
            counting.Bounds(rule.cells[0], rule.least(size) or None, rule.most(len(found.seats)))
            for rule in inputs.problem.rules
        ),
        SEALED,
    )
    made = Slate(
        id=uuid.uuid4(),
        call_id=run.call_id,
        board_id=run.board_id,
        number=last + 1,
        key_id=key.id,
        digest=snapshot.digest(inputs.problem),
        rules_digest=inputs.rules_digest,
        rules_number=inputs.rules_number,
        scoring_id=inputs.scoring_id,
        commitment=inputs.commitment,
        pins=list(inputs.pins),
        solver=f"{found.solver} {found.version}",
        result={**data, "split": split(found, work.files)},
        people=_people(inputs, found),
        balance=counting.still(counting.as_data(counts), found.chosen, _told_before(run.call_id), SEALED),
        # A list of who could come for somebody of a sealed cell would say who stands in it.
        reserves={
            "general": list(told.general),
            "by_cell": {one: list(ids) for one, ids in told.by_cell.items() if one.partition(":")[0] not in SEALED},
        },
        change=change,
        proven=found.proven,
        gap=found.gap,
        made_by_id=run.asked_by_id,
    )
    made.snapshot = signing.sealed_snapshot(made.id, key, text)
    db.session.flush()
    db.session.add(made)
    db.session.flush()
    audit.record("selecting.slate_made", made, actor=None, scope_id=run.call_id, number=made.number, proven=made.proven)
    return made


def _told_before(call_id: uuid.UUID) -> Iterator[counting.Told]:
    """The slates of a call with what they told, the newest first."""
    rows = select(Slate.number, Slate.result, Slate.balance).where(Slate.call_id == call_id)
    for number, result, counts in db.session.execute(rows.order_by(Slate.number.desc())):
        yield counting.Told(number, frozenset(seat["candidate"] for seat in result["seats"]), counts)


def split(found: slate.Slate, files: Sequence[Application]) -> dict[str, int]:
    """What the money of a slate goes to: ``ticket``, ``dsa`` and ``other``, in minor units. What is paid in part is
    ``other``, since nobody said for what.
    """
    known = {str(one.id): one for one in files}
    parts = {"ticket": 0, "dsa": 0, "other": 0}
    for seat in found.seats:
        lines = {line["code"]: int(line["amount"]) for line in known[seat.candidate].cost_lines}
        if seat.variant == Support.FULL and sum(lines.values()) == seat.cost:
            parts["ticket"] += lines.get(CostLine.TICKET.value, 0)
            parts["dsa"] += lines.get(CostLine.DSA.value, 0)
    parts["other"] = found.cost - parts["ticket"] - parts["dsa"]
    return parts


def _people(inputs: Inputs, found: slate.Slate) -> list[dict[str, Any]]:
    """Everybody in the order of the list: points as they were scored, and the tie's word where they are equal."""
    turns = inputs.problem.turns()
    seats = {seat.candidate: seat for seat in found.seats}
    must, out = inputs.problem.pinned(must=True), inputs.problem.pinned(must=False)
    ranked = sorted(inputs.problem.candidates, key=lambda one: (-one.rank_points, turns[one.id]))
    return [
        {
            "id": one.id,
            "rank": rank,
            "points": one.rank_points,
            "deviation": inputs.deviations.get(one.id),
            "cost": seats[one.id].cost if one.id in seats else one.variants[0].cost,
            "way": seats[one.id].variant if one.id in seats else one.variants[0].id,
            "chosen": one.id in seats,
            "beyond": one.id in seats and seats[one.id].beyond,
            "tied": one.id in inputs.tied,
            "pin": "must" if one.id in must else "not" if one.id in out else None,
            "taken": one.id in inputs.accepted,
        }
        for rank, one in enumerate(ranked, 1)
    ]


def _compared(run: Run, data: dict[str, Any]) -> dict[str, Any]:
    """For an appeal: the same again, or at least within the rules; and whether anything was touched since."""
    about = slate_of(run.slate_id)
    if about is None:
        return {}
    again = snapshot.restored(signing.snapshot_of(about))
    stored = slate.slate_from_data(_plain(about))
    gone = frozenset((about.change or {}).get("from", {}).get("gone", ()))
    breaches = [*slate.holds(again, stored.seats, places=stored.places)]
    breaches += [slate.Breach("pin", 1, one) for one in sorted(stored.chosen & gone)]
    # A slate of fewest changes from before it kept the former one cannot be calculated again, but only checked.
    is_whole = about.change is None or "from" in about.change
    return {
        "same": data.get("slate", data).get("seats") == about.result["seats"],
        "proven": about.proven and is_whole,
        "untouched": snapshot.digest(again) == about.digest,
        "signed": signing.is_signed(about) if about.signature else None,
        "breaches": [asdict(one) for one in breaches],
    }


def missing_of(answer: Mapping[str, Any]) -> tuple[list[str], list[Missing]]:
    """Why no slate is possible, out of a stored answer: facts, and rules with people."""
    return list(answer.get("contradictions", ())), [Missing(**one) for one in answer.get("missing", ())]


def rule_id(name: str) -> str | None:
    """The id of the rule of balance that a problem calls so."""
    return name.removeprefix(RULE) if name.startswith(RULE) else None
