"""Nobody in the board room reads one person's sealed trait out of slates, trials or reasons."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from eventhub.funding.models import Application, Call
from eventhub.kit.db import db
from eventhub.selecting import actions, inputs, queries, running, shown
from eventhub.selecting.counting import OF, Told, still
from eventhub.selecting.models import Kind, Run
from tests.factories.people import sign_in
from tests.factories.selecting import COST, answer, at_least, make_member, make_scored, make_slate, meet, reading
from tests.programme.console import send, text_of

WOMEN = at_least("women", "gender", "woman", 3)
SENTENCE = "Rules of balance that are not shown for one person"


@pytest.mark.parametrize("tried", [{"places": "1"}, {"places": "5"}, {"budget": "5,000"}])
def test_a_trial_for_those_who_are_pinned_alone_is_refused(client: FlaskClient, tried: dict[str, str]) -> None:
    call, files = make_scored(20, balance=[WOMEN])
    member = make_member(call)
    board = meet(call, member)
    make_slate(board, member)
    actions.pin(member, board, files[3], must=True, reason="One alone")
    db.session.flush()
    sign_in(client, member)
    before, room = db.session.scalar(select(func.count(Run.id))), f"/en/console/funds/{call.slug}/board"
    refused = send(client, f"{room}/try", at=room, **tried)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "at least five people who are not pinned" in text_of(refused)
    assert db.session.scalar(select(func.count(Run.id))) == before
    assert send(client, f"{room}/try", at=room, places="6").status_code == HTTPStatus.SEE_OTHER


def test_a_trial_of_fares_that_leave_no_room_is_refused(database: None) -> None:
    envelopes = [{"id": "all", "title": {"en": "All"}, "amount": 12 * COST}]
    call, files = make_scored(20, balance=[WOMEN], envelopes=envelopes)
    member = make_member(call)
    board = meet(call, member)
    make_slate(board, member)
    for one in files[:3]:
        actions.pin(member, board, one, must=True, reason="These three")
    db.session.flush()
    slate = queries.slate(call.id)
    with pytest.raises(running.TooSmall):
        running.ask(member, board, Kind.RESOLVE, about=slate, what={"fares": 60})
    assert running.ask(member, board, Kind.RESOLVE, about=slate, what={"fares": 10}).ask == {"fares": 10}


def test_pinning_out_leaves_more_files_than_places(database: None) -> None:
    """Of five who are left, whether three are women is what yes and no would say."""
    call, files = make_scored(20, places=10, balance=[WOMEN])
    member = make_member(call)
    board = meet(call, member)
    slate = make_slate(board, member)
    for one in files[:5]:
        actions.pin(member, board, one, must=False, reason="Not these")
    db.session.flush()
    assert running.ask(member, board, Kind.RESOLVE, about=slate, what={"places": 10}).kind is Kind.RESOLVE
    actions.pin(member, board, files[5], must=False, reason="Nor this one")
    db.session.flush()
    with pytest.raises(running.TooSmall):
        running.ask(member, board, Kind.RESOLVE, about=slate, what={"places": 10})
    with pytest.raises(running.TooSmall):
        running.ask(member, board, Kind.SOLVE)


def test_the_price_of_a_sealed_rule_says_no_number(database: None) -> None:
    open_rule = at_least("africa", "region", "africa_middle_east", 1)
    call, _files = make_scored(20, balance=[WOMEN, open_rule])
    rules, sight = reading(call).rules, shown.Sight({}, frozenset(), str)
    rows = [
        {"kind": "rule", "id": f"balance.{name}", "lost": 800, "joins": ["a"], "leaves": ["b"]}
        for name in ("women", "africa")
    ]
    told = shown.prices(Run(answer={"rows": rows}), rules, sight)
    assert told is not None
    assert [(one["points"], one["people"]) for one in told] == [("0.8", "1"), ("–", "–")]
    assert told[1]["label"] == SENTENCE
    assert "Gender" not in told[0]["label"]


def test_an_impossible_slate_says_nothing_exact_of_a_sealed_rule(database: None) -> None:
    call, _files = make_scored(balance=[at_least("women", "gender", "woman", 10)])
    member = make_member(call)
    run = answer(running.ask(member, meet(call, member), Kind.SOLVE))
    assert run.answer is not None
    assert run.answer["missing"]
    assert shown.impossible(run.answer, reading(call).rules) == [SENTENCE]


def test_two_slates_that_differ_in_one_person_tell_the_same_of_sealed_cells(database: None) -> None:
    call, files = make_scored(40, places=20, balance=[WOMEN])
    member = make_member(call)
    board = meet(call, member)
    first = make_slate(board, member)
    actions.pin(member, board, files[38], must=True, reason="To see who this is")
    second = make_slate(board, member)
    told = [
        {one["cell"]: one["chosen"] for one in slate.balance if one["dimension"] == "gender"}
        for slate in (first, second)
    ]
    assert str(files[38].id) in {seat["candidate"] for seat in second.result["seats"]}
    assert told[0] == told[1]
    assert all(one is None or one % 5 == 0 for one in told[0].values())
    assert {one[OF] for one in second.balance if one["dimension"] == "gender"} == {first.number}
    assert all(OF not in one for one in second.balance if one["dimension"] == "region")


def test_counts_move_when_five_differ_from_every_slate_that_told_its_own() -> None:
    rows = [{"dimension": "gender", "cell": "a", "chosen": 10, "all": 20, "least": None, "most": None}]
    former = [{**rows[0], "chosen": 5}]
    first, more = frozenset("abcdefghij"), frozenset("fghijklmno")
    told = [Told(2, more, former), Told(1, first, former)]
    assert still(rows, frozenset("klmnopqrst"), told, {"gender"}) == rows
    near_the_older = still(rows, frozenset("abcdefghiz"), told, {"gender"})
    assert [(one["chosen"], one[OF]) for one in near_the_older] == [(5, 1)]
    taken_over = [Told(2, more, [{**former[0], OF: 1}])]
    assert still(rows, more, taken_over, {"gender"}) == rows


def test_why_not_says_the_same_of_sealed_rules_for_everybody(database: None) -> None:
    call, files = make_scored(20, balance=[WOMEN])
    rules, sight = reading(call).rules, shown.Sight(queries.names(reading(call), [], masked=False), frozenset(), str)
    base = {"cost": None, "leaves": [], "joins": [], "proven": True, "candidate": str(files[0].id)}
    on_one_side = {**base, "because": [], "forbids": [{"rule": "balance.women", "people": 2}]}
    on_the_other = {**base, "because": [], "forbids": []}
    assert shown.why(on_one_side, rules, sight) == shown.why(on_the_other, rules, sight)
    assert shown.why(on_one_side, rules, sight)["binds"] == [SENTENCE]


@pytest.mark.parametrize("must", [True, False])
def test_pins_that_leave_nothing_to_choose_are_no_question(database: None, must: bool) -> None:
    call, files = make_scored(16, places=10, balance=[at_least("women", "gender", "woman", 2)])
    member = make_member(call)
    board = meet(call, member)
    pinned = files[:5] if must else files[:1]
    for one in pinned:
        actions.pin(member, board, file_with_key(call, one), must=must, reason="To try")
    assert running.ask(member, board, Kind.SOLVE).kind is Kind.SOLVE
    actions.pin(member, board, file_with_key(call, files[12]), must=must, reason="To try")
    with pytest.raises(running.TooSmall):
        running.ask(member, board, Kind.SOLVE)
    waiting = db.session.scalars(select(Run).where(Run.call_id == call.id)).one()
    with pytest.raises(inputs.NoInputs):
        running.take_up(waiting.id)


def test_pins_of_a_call_without_sealed_rules_may_be_many(database: None) -> None:
    call, files = make_scored(8, places=3, balance=[at_least("africa", "region", "africa_middle_east", 1)])
    member = make_member(call)
    board = meet(call, member)
    for one in files[:3]:
        actions.pin(member, board, file_with_key(call, one), must=True, reason="To try")
    assert running.ask(member, board, Kind.SOLVE).kind is Kind.SOLVE


@pytest.mark.parametrize("sealed", [True, False])
def test_the_curve_begins_five_places_after_the_pins_where_rules_are_sealed(database: None, sealed: bool) -> None:
    """With as many places as pins, a point or none would say in which cells the pinned stand."""
    rule = at_least("women", "gender", "woman", 2) if sealed else at_least("africa", "region", "africa_middle_east", 1)
    call, files = make_scored(20, places=10, balance=[rule])
    member = make_member(call)
    board = meet(call, member)
    for one in files[:4]:
        actions.pin(member, board, file_with_key(call, one), must=True, reason="To try")
    slate = make_slate(board, member)
    run = running.ask(None, board, Kind.CURVE, about=slate)
    answer(run)
    db.session.refresh(run)
    assert run.answer is not None
    assert min(row["places"] for row in run.answer["rows"]) == (9 if sealed else 5)


def file_with_key(call: Call, file: Application) -> Application:
    """A file as the board's page has it."""
    return queries.file(reading(call), file.id)
