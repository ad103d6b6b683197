"""Calls whose board meets: scored files with costs and traits, members, approvers, and a solver that answers."""

import itertools
import json
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from eventhub.funding.models import Application, Call, CallRules, FundKind, Stand, State
from eventhub.funding.rules import Support, digest, read
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey, place, seal, seal_for_house
from eventhub.people.models import Person, Role, RoleGrant, ScopeKind
from eventhub.reviewing.models import Scoring
from eventhub.reviewing.queries import Reading, call_by_id
from eventhub.selecting import actions, asking, running
from eventhub.selecting.models import Board, Kind, Run, RunState, Slate
from tests.factories.people import make_person

NUMBERS = itertools.count(1)
REGIONS = ("africa_middle_east", "americas", "asia_pacific", "europe_central_asia")
COST = 250_000


def at_least(name: str, dimension: str, cell: str, value: int, **given: Any) -> dict[str, Any]:
    """A rule of balance."""
    return {"id": name, "dimension": dimension, "cell": cell, "bound": "least", "value": value} | given


def rules_of(**given: Any) -> dict[str, Any]:
    """The rules of a call of ten places, two of whose board are a quorum."""
    anchors = [{"points": points, "text": {"en": f"Need {points}"}} for points in (0, 3)]
    rubric = [{"id": "need", "weight": 100, "title": {"en": "Need"}, "question": {"en": "How?"}, "anchors": anchors}]
    return {
        "reviewing": {"rubric": rubric},
        "costs": {"lines": ["economy_return_ticket"]},
        "envelopes": [{"id": "all", "title": {"en": "All"}, "amount": 12_000_000}],
        "board": {"members": 3, "quorum": 2},
        "supports": ["full", "partial"],
        "places": 10,
    } | given


def make_call(**given: Any) -> Call:
    """An open call whose rules hold and whose lottery is committed to; words change its rules."""
    number, seed = next(NUMBERS), secrets.token_bytes(32)
    call = Call(
        id=uuid.uuid4(),
        slug=f"fund-{number}",
        code=f"FUND{number}",
        kind=FundKind.TRAVEL,
        stand=Stand.OPEN,
        title={"en": f"Fund {number}"},
        time_zone="Europe/Zurich",
        opens_at=now() - timedelta(days=30),
        closes_at=now() - timedelta(days=1),
        lottery_commitment=sha256(seed).hexdigest(),
        event_id=given.pop("event_id", None),
    )
    call.lottery_seal = seal_for_house(place("fund_call", "lottery_seal", call.id), seed)
    db.session.add(call)
    db.session.flush()
    rules = read(rules_of(**given))
    row = CallRules(call_id=call.id, number=1, rules=rules.model_dump(mode="json"), digest=digest(rules))
    row.agreed_at = now()
    db.session.add(row)
    db.session.flush()
    return call


def make_file(call: Call, person: Person | None = None, *, traits: Sequence[str] = (), **given: Any) -> Application:
    """An application under review; ``traits`` are sealed cells."""
    number = next(NUMBERS)
    who = person or make_person(name=f"Applicant {number}")
    cost = given.get("cost", COST)
    values: dict[str, Any] = {
        "state": State.UNDER_REVIEW,
        "number": number,
        "reference": f"REF-{number}-{uuid.uuid4().hex[:4]}",
        "region": REGIONS[number % 4],
        "first_time": bool(number % 2),
        "support": Support.FULL,
        "accepts": ["full"],
        "cost": cost,
        "cost_lines": [
            {"code": "economy_return_ticket", "amount": (cost or 0) // 2},
            {"code": "dsa", "amount": (cost or 0) - (cost or 0) // 2},
        ],
        "submitted_at": now() - timedelta(days=2),
    }
    row = Application(id=uuid.uuid4(), call_id=call.id, person_id=who.id, **(values | given))
    if traits:
        key = db.session.get_one(SealKey, who.seal_key_id)
        row.traits = seal(key, place("fund_application", "traits", row.id), json.dumps(list(traits)))
    db.session.add(row)
    db.session.flush()
    return row


def score(call: Call, points: dict[Application, float], deviation: float | None = None) -> Scoring:
    """What all reviews say together."""
    files = [
        {"application": str(one.id), "reviews": 3, "raw": value, "calibrated": value, "deviation": deviation}
        for one, value in points.items()
    ]
    row = Scoring(id=uuid.uuid4(), call_id=call.id, at=now(), digest=uuid.uuid4().hex, files=files, reviewers=[])
    db.session.add(row)
    db.session.flush()
    return row


def make_scored(number: int = 16, **rules: Any) -> tuple[Call, list[Application]]:
    """A call with files from 90 points down, a point apart; every second a woman, every fourth undisclosed."""
    call = make_call(**rules)
    traits: tuple[tuple[str, ...], ...] = (("gender:woman",), ("gender:man",), ("gender:woman",), ())
    files = [make_file(call, traits=traits[place % 4], region=REGIONS[place % 4]) for place in range(number)]
    score(call, {one: max(0.0, 90.0 - place) for place, one in enumerate(files)})
    return call, files


def role(person: Person, which: Role, call: Call) -> Person:
    """Give a role over a call."""
    row = RoleGrant(person_id=person.id, role=which, scope_kind=ScopeKind.CALL, scope_id=call.id)
    row.granted_at = now() - timedelta(days=2)
    db.session.add(row)
    db.session.flush()
    return person


def make_member(call: Call, person: Person | None = None) -> Person:
    """A member of the board."""
    return role(person or make_person(name=f"Member {next(NUMBERS)}"), Role.BOARD_MEMBER, call)


def make_approver(call: Call) -> Person:
    """An approver."""
    return role(make_person(name="Aurelia Approver"), Role.APPROVER, call)


def meet(call: Call, *members: Person) -> Board:
    """The members meet; the first opens it."""
    board = actions.open_board(members[0], reading(call))
    for one in members[1:]:
        actions.come(one, board)
    return board


def reading(call: Call) -> Reading:
    """The call with the rules that hold."""
    return call_by_id(call.id)


def answer(run: Run) -> Run:
    """Answer a question as the worker does, with the real solver."""
    work = running.take_up(run.id)
    assert work is not None
    running.keep(work, asking.answer(work.verb, **work.request))
    db.session.flush()
    return run


def make_slate(board: Board, person: Person, *, and_more: bool = False) -> Slate:
    """A slate of the solver; ``and_more``: with reasons, prices and the curve."""
    run = answer(running.ask(person, board, Kind.SOLVE))
    assert run.slate_id is not None, run.answer
    if and_more:
        waiting = select(Run).where(Run.call_id == board.call_id, Run.state == RunState.WAITING)
        for one in list(db.session.scalars(waiting)):
            answer(one)
    return db.session.get_one(Slate, run.slate_id)
