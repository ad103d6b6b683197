"""The board meets, pins, recommends; another person approves; nobody outside hears of it."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from eventhub.funding.models import Application, State
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.errors import NotFound
from eventhub.kit.outbox import Promise
from eventhub.people.models import Affiliation, Person, Role
from eventhub.reviewing.queries import call_by_id
from eventhub.selecting import actions, queries, running, signing
from eventhub.selecting.models import Board, Kind, Slate, SlateState
from tests.factories.people import make_organisation, make_person
from tests.factories.selecting import (
    answer,
    make_approver,
    make_call,
    make_file,
    make_member,
    make_scored,
    make_slate,
    meet,
    reading,
    role,
    score,
)
from tests.together import at_once


def states(files: list[Application]) -> list[State]:
    for one in files:
        db.session.refresh(one, ["state", "outcome_seen"])
    return [one.state for one in files]


def test_recommending_moves_everybody_and_nobody_is_told(database: None) -> None:
    call, files = make_scored(40, places=5, envelopes=[{"id": "a", "title": {"en": "A"}, "amount": 1_400_000}])
    first, second = make_member(call), make_member(call)
    board = meet(call, first, second)
    slate = make_slate(board, first)
    before = db.session.query(Promise).count()
    actions.recommend(first, reading(call), board, slate.number)
    now_there = states(files)
    assert now_there[:5] == [State.RECOMMENDED] * 5
    assert State.RESERVE in now_there
    assert set(now_there) <= {State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED}
    assert {one.outcome_seen for one in files} == {State.UNDER_REVIEW}
    assert db.session.query(Promise).count() == before
    assert slate.state is SlateState.RECOMMENDED
    assert signing.is_signed(slate)
    assert slate.minutes["present"] == sorted([str(first.id), str(second.id)])


def test_recommending_takes_as_many_statements_for_five_hundred_as_for_twelve(
    database: None, statements: list[str]
) -> None:
    numbers = []
    for size in (12, 500):
        call = make_call()
        files = [make_file(call) for _one in range(size)]
        score(call, {one: 90.0 - place * 0.1 for place, one in enumerate(files)})
        member, other = make_member(call), make_member(call)
        board = meet(call, member, other)
        slate = make_slate(board, member)
        number, known = slate.number, reading(call)
        db.session.expire_all()
        statements.clear()
        actions.recommend(member, known, board, number)
        numbers.append(len(statements))
    # Reserves and those not recommended are two more groups: two statements each.
    assert numbers[1] - numbers[0] <= 4
    assert numbers[1] <= 40


def test_a_quorum_of_those_who_are_there(database: None) -> None:
    call, _files = make_scored()
    first, second = make_member(call), make_member(call)
    board = meet(call, first)
    slate = make_slate(board, first)
    with pytest.raises(actions.NoQuorum):
        actions.recommend(first, reading(call), board, slate.number)
    with pytest.raises(actions.NotThere):
        actions.recommend(second, reading(call), board, slate.number)
    actions.come(second, board)
    actions.leave(first, board)
    actions.come(first, board)
    assert actions.recommend(second, reading(call), board, slate.number).recommended_by_id == second.id


def test_a_slate_older_than_a_pin_a_score_or_a_withdrawal_is_not_recommended(database: None) -> None:
    call, files = make_scored()
    first, second = make_member(call), make_member(call)
    board = meet(call, first, second)
    slate = make_slate(board, first)
    held = queries.file(reading(call), files[12].id)
    pinned = actions.pin(first, board, held, must=True, reason="Speaks for a group that nobody else speaks for")
    assert actions.reason_of(pinned) == "Speaks for a group that nobody else speaks for"
    with pytest.raises(actions.Outdated):
        actions.recommend(first, reading(call), board, slate.number)
    slate = make_slate(board, first)
    assert str(files[12].id) in {seat["candidate"] for seat in slate.result["seats"]}
    files[0].state = State.WITHDRAWN
    db.session.flush()
    with pytest.raises(actions.Outdated):
        actions.recommend(first, reading(call), board, slate.number)
    slate = make_slate(board, first)
    score(call, dict.fromkeys(files, 50.0))
    with pytest.raises(actions.Outdated):
        actions.recommend(first, reading(call), board, slate.number)


def test_a_new_slate_takes_the_place_of_the_former(database: None) -> None:
    call, files = make_scored(18, places=5, envelopes=[{"id": "a", "title": {"en": "A"}, "amount": 1_400_000}])
    first, second = make_member(call), make_member(call)
    board = meet(call, first, second)
    former = make_slate(board, first)
    actions.recommend(first, reading(call), board, former.number)
    files[0].state = State.WITHDRAWN
    db.session.flush()
    run = answer(running.ask(first, board, Kind.RESOLVE, about=former, what={"keep": True}))
    slate = db.session.get_one(Slate, run.slate_id)
    actions.recommend(first, reading(call), board, slate.number)
    assert former.state is SlateState.SUPERSEDED
    assert slate.minutes["previous"] == former.signature
    assert states(files)[1:6] == [State.RECOMMENDED] * 5
    assert {one.outcome_seen for one in files[1:]} == {State.UNDER_REVIEW}


def test_recommend_and_approve_are_two_people(database: None) -> None:
    call, files = make_scored()
    first, second = make_member(call), make_member(call)
    board = meet(call, first, second)
    slate = make_slate(board, first)
    approver = make_approver(call)
    with pytest.raises(NotFound):
        actions.approve(approver, reading(call), slate.number)
    actions.recommend(first, reading(call), board, slate.number)
    for one in (first, second):
        role(one, Role.APPROVER, call)
        with pytest.raises(actions.OwnSlate):
            actions.approve(one, reading(call), slate.number)
    near = role(make_person(), Role.APPROVER, call)
    organisation = make_organisation()
    db.session.add(Affiliation(person_id=near.id, organisation_id=organisation.id))
    files[0].organisation_id = organisation.id
    db.session.flush()
    with pytest.raises(actions.TooNear):
        actions.approve(near, reading(call), slate.number)
    actions.approve(approver, reading(call), slate.number)
    assert slate.state is SlateState.APPROVED
    with pytest.raises(actions.MovedOn):
        actions.send_back(approver, reading(call), slate.number, reason="Late")


@pytest.mark.parametrize("place", [0, -1])
def test_nobody_signs_a_slate_with_their_own_or_their_organization_s_file(database: None, place: int) -> None:
    """Chosen or not: whoever is refused must not learn which."""
    call, files = make_scored()
    near, own, other = make_member(call), make_member(call), make_member(call)
    organisation = make_organisation()
    db.session.add(Affiliation(person_id=near.id, organisation_id=organisation.id))
    files[place].organisation_id, files[place].person_id = organisation.id, own.id
    db.session.flush()
    board = meet(call, near, own, other)
    slate = make_slate(board, other)
    for one in (near, own):
        with pytest.raises(actions.TooNear):
            actions.recommend(one, reading(call), board, slate.number)
    assert slate.state is SlateState.DRAFT
    actions.recommend(other, reading(call), board, slate.number)
    assert slate.minutes["aside"] == {str(one.id): [str(files[place].id)] for one in (near, own)}


def test_sent_back_the_board_makes_another(database: None) -> None:
    call, files = make_scored()
    first, second = make_member(call), make_member(call)
    board = meet(call, first, second)
    slate = make_slate(board, first)
    actions.recommend(first, reading(call), board, slate.number)
    actions.send_back(make_approver(call), reading(call), slate.number, reason="Look at Africa again")
    assert slate.state is SlateState.SENT_BACK
    assert set(states(files)) == {State.UNDER_REVIEW}, "files are read again, and somebody may still step back"
    again = make_slate(board, first)
    actions.recommend(second, reading(call), board, again.number)
    assert again.minutes["previous"] == slate.signature
    assert State.UNDER_REVIEW not in states(files)


def test_a_signature_holds_for_the_minutes_too(database: None) -> None:
    call, _files = make_scored()
    first, second = make_member(call), make_member(call)
    board = meet(call, first, second)
    slate = make_slate(board, first)
    actions.recommend(first, reading(call), board, slate.number)
    with db.session.no_autoflush:
        slate.minutes = {**slate.minutes, "present": []}
        assert not signing.is_signed(slate)
        db.session.expire(slate)
    assert signing.is_signed(slate)


@pytest.mark.lane
def test_two_members_recommend_at_once(committed: Flask) -> None:
    with committed.test_request_context(), unit_of_work():
        call, files = make_scored()
        members = [make_member(call), make_member(call)]
        board = meet(call, *members)
        slate = make_slate(board, members[0])
        board_id, number, known = board.id, slate.number, [one.id for one in members]
        call_id, ids = call.id, [one.id for one in files]

    def recommends(person_id: uuid.UUID) -> str:
        person = db.session.get_one(Person, person_id)
        actions.recommend(person, call_by_id(call_id), db.session.get_one(Board, board_id), number)
        return "recommended"

    told = at_once(committed, [lambda one=one: recommends(one) for one in known])  # type: ignore[misc]
    assert dict(told) == {"recommended": 1, "MovedOn": 1}
    with committed.app_context():
        found = db.session.scalars(select(Application).where(Application.id.in_(ids))).all()
        assert {one.outcome_seen for one in found} == {State.UNDER_REVIEW}
        assert {one.version for one in found} == {2}
        db.session.remove()
