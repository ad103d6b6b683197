"""From the files of a call to a slate and back, through the real solver and the worker's task."""

import os
import signal
import subprocess
import uuid
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from eventhub.funding.models import Application, State
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people.models import OrganisationAlias, Person
from eventhub.selecting import actions, asking, counting, inputs, running, signing, snapshot
from eventhub.selecting.counting import Bounds
from eventhub.selecting.models import Board, Failed, Kind, Run, RunState, Slate, SlateState
from tests import servers
from tests.factories.people import make_organisation
from tests.factories.selecting import (
    COST,
    answer,
    at_least,
    make_file,
    make_member,
    make_scored,
    make_slate,
    meet,
    reading,
    score,
)


def chosen(slate: Slate) -> set[str]:
    return {seat["candidate"] for seat in slate.result["seats"]}


def ids(files: list[Application]) -> set[str]:
    return {str(one.id) for one in files}


def test_the_best_are_chosen_and_the_slate_comes_back_the_same(database: None) -> None:
    call, files = make_scored()
    member = make_member(call)
    board = meet(call, member)
    slate = make_slate(board, member)
    assert ids(files[:10]) <= chosen(slate)
    assert slate.number == 1
    assert slate.proven
    again = snapshot.restored(signing.snapshot_of(running.slate_of(slate.id) or slate))
    assert snapshot.digest(again) == slate.digest
    told = answer(running.ask(member, board, Kind.RECOMPUTE, about=slate))
    assert told.answer == {"same": True, "proven": True, "untouched": True, "signed": None, "breaches": []}


def test_nothing_in_clear_says_who_stands_in_a_sealed_cell(database: None) -> None:
    call, _files = make_scored(balance=[at_least("women", "gender", "woman", 4)])
    member = make_member(call)
    slate = make_slate(meet(call, member), member, and_more=True)
    runs = db.session.scalars(select(Run).where(Run.call_id == call.id)).all()
    kept = str([slate.people, slate.result, slate.reserves, slate.change, [(one.ask, one.answer) for one in runs]])
    assert "woman" not in kept
    assert b"woman" not in slate.snapshot
    told = {one["cell"]: (one["chosen"], one["all"]) for one in slate.balance if one["dimension"] == "gender"}
    assert told == {"man": (None, None), "woman": (None, None)}


def test_each_run_that_opens_traits_leaves_one_row(database: None) -> None:
    call, files = make_scored()
    member = make_member(call)
    make_slate(meet(call, member), member)
    rows = [entry for entry, _text in audit.history("fund_call", call.id) if entry.verb == "selecting.traits_counted"]
    assert [(one.actor_id, one.detail) for one in rows] == [(member.id, {"files": len(files)})]


def test_a_quota_is_kept_and_whoever_did_not_say_counts_in_none(database: None) -> None:
    call, files = make_scored(balance=[at_least("men", "gender", "man", 4)])
    member = make_member(call)
    slate = make_slate(meet(call, member), member)
    assert len(chosen(slate) & ids(files[1::4])) >= 4
    told = inputs.gather(reading(call), member)
    silent = {one.id for one in told.problem.candidates if not any(cell.startswith("gender:") for cell in one.cells)}
    assert silent == ids(files[3::4])


def test_an_impossible_quota_is_answered_in_people(database: None) -> None:
    call, _files = make_scored(balance=[at_least("women", "gender", "woman", 10)])
    member = make_member(call)
    run = answer(running.ask(member, meet(call, member), Kind.SOLVE))
    assert run.slate_id is None
    facts, missing = running.missing_of(run.answer or {})
    assert facts == []
    assert [(running.rule_id(one.rule), one.people) for one in missing] == [("women", 2)]


def test_an_organization_has_one_place(database: None) -> None:
    call, files = make_scored()
    both = make_organisation()
    files[0].organisation_id = files[1].nominated_by_id = both.id
    member = make_member(call)
    slate = make_slate(meet(call, member), member)
    assert str(files[0].id) in chosen(slate)
    assert str(files[1].id) not in chosen(slate)


def test_a_tie_at_the_line_is_decided_by_the_rules(database: None) -> None:
    call, files = make_scored(12)
    for place, one in enumerate(files):
        one.first_time = place == 11
    score(call, {one: 90.0 - place * 0.5 for place, one in enumerate(files)}, deviation=1.1)
    member = make_member(call)
    told = inputs.gather(reading(call), member)
    assert told.tied == ids(files[7:])
    slate = make_slate(meet(call, member), member)
    assert str(files[11].id) in chosen(slate)


def test_a_seed_that_was_not_committed_to_is_refused(database: None) -> None:
    call, _files = make_scored()
    call.lottery_commitment = "00" * 32
    with pytest.raises(inputs.NoInputs):
        inputs.gather(reading(call), None)


def test_variants_are_what_somebody_accepts(database: None) -> None:
    call, _files = make_scored(2)
    lines = [{"code": "economy_return_ticket", "amount": 90_001}, {"code": "accessibility_support", "amount": 9_999}]
    one = make_file(
        call, cost=100_000, cost_lines=lines, accepts=["full", "partial", "would_come"], asked_amount=40_000
    )
    costs = {way.id: way.cost for way in inputs.variants_of(one)}
    assert costs == {"full": 100_000, "partial": 40_000, "would_come": 9_999}
    assert inputs.variants_of(one, fares=6)[0].cost == 105_401


def test_five_withdraw_and_as_little_as_possible_changes(database: None) -> None:
    call, files = make_scored(18)
    member = make_member(call)
    board = meet(call, member)
    first = make_slate(board, member)
    for one in files[:5]:
        one.state = State.WITHDRAWN
    db.session.flush()
    run = answer(running.ask(member, board, Kind.RESOLVE, about=first, what={"keep": True}))
    second = db.session.get_one(Slate, run.slate_id)
    assert chosen(first) - ids(files[:5]) <= chosen(second)
    assert len(chosen(second)) >= 10
    assert second.change is not None
    assert second.change["leaves"] == []


def test_a_slate_of_fewest_changes_is_the_same_again_for_an_appeal(database: None) -> None:
    call, files = make_scored(12, places=4, envelopes=[{"id": "all", "title": {"en": "All"}, "amount": 4 * COST}])
    members = [make_member(call), make_member(call)]
    board = meet(call, *members)
    first = make_slate(board, members[0])
    # The seventh is the best now, and stays out: those who are in stay.
    score(call, {one: 95.0 if place == 6 else 90.0 - place for place, one in enumerate(files)})
    run = answer(running.ask(members[0], board, Kind.RESOLVE, about=first, what={"keep": True}))
    kept = db.session.get_one(Slate, run.slate_id)
    assert {one["id"] for one in kept.people if one["chosen"]} == {str(one.id) for one in files[:4]}
    assert kept.proven
    actions.recommend(members[0], reading(call), board, kept.number)
    told = answer(running.ask(members[0], board, Kind.RECOMPUTE, about=kept))
    whole = {"same": True, "proven": True, "untouched": True, "signed": True, "breaches": []}
    assert told.answer == whole
    # One from before the former seats were kept is checked against the rules, and nobody is alarmed.
    older = {name: kept.change[name] for name in ("stays", "leaves", "joins", "other_way")} if kept.change else {}
    draft = answer(running.ask(members[0], board, Kind.RESOLVE, about=first, what={"keep": True}))
    former = db.session.get_one(Slate, draft.slate_id)
    former.change = older
    db.session.flush()
    told = answer(running.ask(members[0], board, Kind.RECOMPUTE, about=former))
    assert told.answer == whole | {"same": False, "proven": False, "signed": None}


def test_what_if_makes_no_slate(database: None) -> None:
    call, _files = make_scored()
    member = make_member(call)
    board = meet(call, member)
    first = make_slate(board, member)
    run = answer(running.ask(member, board, Kind.RESOLVE, about=first, what={"budget": 2_000_000}))
    assert run.slate_id == first.id
    assert run.answer is not None
    assert len(run.answer["slate"]["seats"]) == 8
    assert db.session.query(Slate).count() == 1


def test_accepted_people_stay_whatever_is_solved(database: None) -> None:
    call, files = make_scored()
    files[15].state = State.ACCEPTED
    member = make_member(call)
    assert str(files[15].id) in chosen(make_slate(meet(call, member), member))


def test_a_slate_that_was_recommended_never_changes(database: None) -> None:
    call, _files = make_scored()
    member = make_member(call)
    slate = make_slate(meet(call, member), member)
    slate.signature, slate.state = "m:00", SlateState.RECOMMENDED
    db.session.flush()
    changed = update(Slate).where(Slate.id == slate.id).values(digest="00")
    for deed in (changed, delete(Slate).where(Slate.id == slate.id)):
        refused(deed)


def refused(deed: Any) -> None:
    with pytest.raises(DatabaseError, match="recommended slate never"), db.session.begin_nested():
        db.session.execute(deed)


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=60), st.integers(0, 60))
def test_small_numbers_of_sealed_cells_cannot_be_reckoned_back(cells: list[str], taken: int) -> None:
    people = [(f"gender:{one}",) for one in cells]
    found = counting.balance(people, people[:taken], [Bounds("gender:a", 3, None)], {"gender"})
    for numbers in ([one.chosen for one in found], [one.all for one in found]):
        assert all(one is None or (one >= counting.FEWEST and one % 5 == 0) for one in numbers)
        assert numbers.count(None) != 1 or len(numbers) == 1


@pytest.fixture
def worker(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Do all promises that are owed, in the worker's own task."""
    # Importing the workers reads the environment; their own app is not used.
    monkeypatch.setenv("DATABASE_URL", servers.database_url(servers.TEMPLATE, servers.APP_ROLE))
    module = import_module("workers.selecting")
    monkeypatch.setattr(module, "flask_app", committed)

    def work() -> None:
        with committed.app_context():
            due = select(Promise.id).where(Promise.task == module.NAME, Promise.kept_at.is_(None))
            waiting = list(db.session.scalars(due))
            db.session.remove()
        for one in waiting:
            module.run(one)

    return work


@pytest.mark.lane
def test_the_worker_answers_and_a_killed_solver_is_said_and_asked_again(
    committed: Flask, worker: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed.test_request_context(), unit_of_work():
        call, _files = make_scored()
        member = make_member(call)
        board = meet(call, member)
        run_id = running.ask(member, board, Kind.SOLVE).id
        board_id, member_id = board.id, member.id
    began = subprocess.Popen

    def killed(*given: Any, **more: Any) -> Any:
        child = began(*given, **more)
        os.kill(child.pid, signal.SIGKILL)
        return child

    monkeypatch.setattr(asking.subprocess, "Popen", killed)
    worker()
    assert ended(committed, run_id) == (RunState.FAILED, Failed.DIED)
    monkeypatch.setattr(asking.subprocess, "Popen", began)
    with committed.test_request_context(), unit_of_work():
        again = running.ask(
            db.session.get_one(Person, member_id), db.session.get_one(running.Board, board_id), Kind.SOLVE
        ).id
        assert again != run_id
    worker()
    assert ended(committed, again) == (RunState.DONE, None)
    worker()
    with committed.app_context():
        states = [(one.kind, one.state) for one in db.session.scalars(select(Run).where(Run.id != run_id))]
        db.session.remove()
    assert sorted(states) == [(kind, RunState.DONE) for kind in (Kind.CURVE, Kind.PRICES, Kind.SOLVE, Kind.WHY)]


def ended(app: Flask, run_id: uuid.UUID) -> tuple[RunState, Failed | None]:
    with app.app_context():
        run = db.session.get_one(Run, run_id)
        db.session.remove()
        return run.state, run.failed


@pytest.mark.usefixtures("database")
def test_envelopes_for_some_bound_who_is_chosen() -> None:
    envelopes = [
        {"id": "all", "title": {"en": "All"}, "amount": COST},
        {"id": "women", "title": {"en": "Women"}, "amount": 2 * COST, "cells": ["gender:woman"]},
    ]
    call, files = make_scored(8, places=4, envelopes=envelopes)
    member = make_member(call)
    slate = make_slate(meet(call, member, make_member(call)), member)
    chosen = {seat["candidate"] for seat in slate.result["seats"]}
    assert chosen == {str(files[place].id) for place in (0, 1, 2)}
    assert any(each in {str(files[4].id), str(files[6].id)} for each in slate.reserves["general"])
    assert answer(
        running.ask(member, db.session.get_one(Board, slate.board_id), Kind.RECOMPUTE, about=slate)
    ).answer == {
        "same": True,
        "proven": True,
        "untouched": True,
        "signed": None,
        "breaches": [],
    }


def test_two_records_of_one_organization_share_its_places(database: None) -> None:
    call, files = make_scored(6, places=2, limits={"selected_per_organisation": 1})
    one, other = make_organisation(name="Open Register"), make_organisation(name="OPEN  register")
    former = make_organisation(name="The Register")
    was = {"name": former.name, "name_key": former.name_key, "is_official": False, "merged_at": now()}
    db.session.add(OrganisationAlias(id=uuid.uuid4(), organisation_id=other.id, **was))
    for file, organisation in zip(files, (one, other, former), strict=False):
        file.organisation_id = organisation.id
    db.session.flush()
    member = make_member(call)
    slate = make_slate(meet(call, member), member)
    chosen = {each["id"] for each in slate.people if each["chosen"]}
    assert chosen & {str(one.id) for one in files[:3]} == {str(files[0].id)}
