"""Calls whose slate was recommended, approved and staged, and the people who did it."""

from dataclasses import dataclass
from typing import Any

from eventhub.awards import releasing, staging
from eventhub.awards.release_models import Release, Staging
from eventhub.funding.models import Application, Call
from eventhub.people.models import Person, Role
from eventhub.selecting import actions
from eventhub.selecting.models import Slate
from tests.factories.people import make_person
from tests.factories.selecting import COST, make_approver, make_member, make_scored, make_slate, meet, reading, role


@dataclass
class Decided:
    """A call with an approved slate. ``files`` from the best score down."""

    call: Call
    files: list[Application]
    member: Person
    approver: Person
    officer: Person
    slate: Slate


def make_officer(call: Call) -> Person:
    """An officer of the fund."""
    return role(make_person(name="Olga Officer"), Role.FUND_OFFICER, call)


def make_decided(number: int = 6, places: int = 2, **rules: Any) -> Decided:
    """Approved, and not staged yet. The money is enough for the places and no more."""
    rules.setdefault("envelopes", [{"id": "all", "title": {"en": "All"}, "amount": places * COST}])
    return decide(*make_scored(number, places=places, **rules))


def decide(call: Call, files: list[Application]) -> Decided:
    """The board of a call recommends its best slate, and an approver approves it."""
    members = [make_member(call), make_member(call)]
    board = meet(call, *members)
    slate = make_slate(board, members[0])
    actions.recommend(members[0], reading(call), board, slate.number)
    approver = make_approver(call)
    actions.approve(approver, reading(call), slate.number)
    return Decided(call, files, members[0], approver, make_officer(call), slate)


def stage(scene: Decided) -> Staging:
    """Stage the approved slate as the worker does."""
    row = staging.stage(scene.slate.id)
    assert row is not None
    return row


def make_staged(number: int = 6, places: int = 2, **rules: Any) -> Decided:
    """Approved and staged."""
    scene = make_decided(number, places, **rules)
    assert stage(scene).failed is None
    return scene


def release(scene: Decided, **given: Any) -> Release:
    """Release all of it, as it is now."""
    stamp = releasing.stamp_of(releasing.staged(scene.call.id))
    return releasing.release(scene.officer, scene.call, stamp=stamp, **given)
