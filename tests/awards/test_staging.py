"""From the approved slate to staged decisions: all of it or nothing, and nobody outside hears of it."""

from collections import Counter

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, explaining, ledger, queries, releasing, staging
from eventhub.awards.allotting import Need, NoRoom, Purse, allot, missing_of
from eventhub.awards.awarding import TwoPeople
from eventhub.awards.models import Award, Outcome, Proposal, ReservePlace
from eventhub.awards.money_models import FundEnvelope
from eventhub.awards.release_models import Decision, Failed, Staging
from eventhub.awards.staging import NothingToApprove
from eventhub.funding.estimates import Variant
from eventhub.funding.models import Application, State
from eventhub.funding.moves import NotPossible
from eventhub.funding.nearness import OwnFile
from eventhub.funding.rules import Support
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.selecting import inputs, running
from eventhub.selecting import queries as selecting
from eventhub.selecting.models import Kind, Recusal
from tests.factories.people import make_organisation
from tests.factories.releasing import Decided, decide, make_decided, make_staged, release, stage
from tests.factories.selecting import COST, answer, at_least, make_scored, meet, reading

pytestmark = pytest.mark.usefixtures("database")


def states(scene: Decided) -> Counter[State]:
    return Counter(one.state for one in scene.files)


def test_an_approval_promises_the_staging() -> None:
    scene = make_decided()
    owed = db.session.scalars(select(Promise).where(Promise.task == "selecting.approved")).one()
    assert owed.payload == {"slate_id": str(scene.slate.id)}


def test_chosen_are_approved_with_money_and_nobody_knows() -> None:
    scene = make_staged(6, 2)
    found = states(scene)
    assert found[State.APPROVED] == 2
    assert found[State.APPROVED] + found[State.RESERVE] + found[State.NOT_RECOMMENDED] == 6
    assert {one.outcome_seen for one in scene.files} == {State.UNDER_REVIEW}
    envelope = queries.envelopes(scene.call.id)[0]
    assert envelope.reserved == 2 * COST
    for award in db.session.scalars(select(Award)):
        assert (award.recommended_by_id, award.approved_by_id) == (scene.member.id, scene.approver.id)
        assert award.offered_at is None
        assert sum(one.approved or 0 for one in queries.lines([award.id])) == award.amount
    assert not db.session.scalars(select(Promise).where(Promise.task.like("awards.%"))).all()


def test_everybody_has_a_reason_and_reserves_stand_in_line() -> None:
    scene = make_staged(8, 2)
    reasons = {row.application_id: row.reason for row in db.session.scalars(select(Decision))}
    wanted = {State.APPROVED: "selected", State.RESERVE: "reserve", State.NOT_RECOMMENDED: "below_line"}
    assert reasons == {one.id: wanted[one.state] for one in scene.files}
    general = select(ReservePlace).where(ReservePlace.cell.is_(None)).order_by(ReservePlace.place)
    in_line = [str(row.application_id) for row in db.session.scalars(general)]
    assert in_line == scene.slate.reserves["general"]


def test_reserves_stand_in_line_for_each_open_cell_too() -> None:
    rules = [at_least("africa", "region", "africa_middle_east", 1), at_least("women", "gender", "woman", 1)]
    make_staged(12, 4, balance=rules)
    cells = set(db.session.scalars(select(ReservePlace.cell)))
    assert "region:africa_middle_east" in cells
    assert not any(cell and cell.startswith("gender") for cell in cells)
    assert "region:africa_middle_east" in set(db.session.scalars(select(Award.cell)))


def test_twice_stages_once() -> None:
    scene = make_staged()
    stage(scene)
    assert len(db.session.scalars(select(Award)).all()) == 2
    assert len(db.session.scalars(select(Staging)).all()) == 1


def test_money_that_does_not_suffice_leaves_nothing_half_done() -> None:
    scene = make_decided(6, 2)
    (envelope,) = ledger_of(scene)
    awarding.write(None, [awarding.Line(envelope.id, awarding.MovementKind.CUT, envelope.budget - COST)], reason="cut")
    row = stage(scene)
    assert (row.failed, row.missing, row.done_at) == (Failed.MONEY, COST, None)
    assert states(scene)[State.APPROVED] == 0
    assert not db.session.scalars(select(Award)).all()
    assert not db.session.scalars(select(Decision)).all()
    assert not db.session.scalars(select(ReservePlace)).all()
    awarding.write(None, [awarding.Line(envelope.id, awarding.MovementKind.RAISE, COST)], reason="raised")
    staging.stage_again(scene.officer, scene.slate)
    assert stage(scene).failed is None
    with pytest.raises(NotPossible):
        staging.stage_again(scene.officer, scene.slate)
    assert states(scene)[State.APPROVED] == 2


def ledger_of(scene: Decided) -> list[FundEnvelope]:
    return ledger.open_envelopes(None, scene.call, reading(scene.call).rules)


def test_an_approver_near_to_a_file_stages_nothing() -> None:
    scene = make_decided()
    chosen = next(one for one in scene.files if one.state is State.RECOMMENDED)
    chosen.filed_by_id = scene.approver.id
    db.session.flush()
    assert stage(scene).failed is Failed.NEAR
    assert states(scene)[State.APPROVED] == 0


def test_whoever_withdrew_before_the_staging_gets_nothing() -> None:
    scene = make_decided()
    gone = next(one for one in scene.files if one.state is State.RECOMMENDED)
    gone.state = State.WITHDRAWN
    db.session.flush()
    stage(scene)
    assert states(scene)[State.APPROVED] == 1
    assert gone.id not in set(db.session.scalars(select(Award.application_id)))


def test_a_limit_of_organizations_is_told_as_such() -> None:
    scene = make_decided(6, 2)
    one = make_organisation()
    best, second = scene.files[0], scene.files[1]
    assert best.state is State.RECOMMENDED
    outside = next(each for each in scene.files if each.state is not State.RECOMMENDED)
    people = {each["id"]: each for each in scene.slate.people}
    people[str(outside.id)]["points"] = people[str(best.id)]["points"]
    best.organisation_id = outside.organisation_id = one.id
    db.session.flush()
    over = explaining.over_limit(reading(scene.call).rules, scene.files, people)
    assert over == {outside.id}
    assert second.id not in over
    outside.organisation_id = make_organisation(name=one.name.upper()).id
    db.session.flush()
    assert explaining.over_limit(reading(scene.call).rules, scene.files, people) == {outside.id}, "one name is one"


def test_whoever_comes_without_money_has_a_grant_of_nothing() -> None:
    call, files = make_scored(3, places=3)
    files[0].support, files[0].accepts = Support.WOULD_COME, ["would_come"]
    db.session.flush()
    scene = decide(call, files)
    assert stage(scene).failed is None
    award = db.session.scalars(select(Award).where(Award.application_id == files[0].id)).one()
    assert (award.amount, award.reserved, award.variant) == (0, 0, Variant.WOULD_COME)
    release(scene)
    award = queries.award(award.id, lock=True)
    assert files[0].state is State.OFFERED
    awarding.answer_held(None, award, accepts=True)
    awarding.withdraw(scene.officer, award)
    assert (award.outcome, award.committed) == (Outcome.WITHDRAWN, 0)


def test_a_partial_grant_is_made_of_the_lines_it_reaches() -> None:
    scene = make_decided()
    file = scene.files[0]
    lines = staging.costs_of(file, Support.PARTIAL, COST // 2 + 5)
    assert [one.amount for one in lines] == [COST // 2, 5]
    dearer = staging.costs_of(file, Support.FULL, COST + 700)
    assert sum(one.amount for one in dearer) == COST + 700


def test_an_envelope_only_for_some_pays_nobody_else() -> None:
    envelopes = [
        {"id": "all", "title": {"en": "All"}, "amount": COST},
        {"id": "women", "title": {"en": "Women"}, "amount": COST, "cells": ["gender:woman"]},
    ]
    scene = make_staged(2, 2, envelopes=envelopes)
    by_envelope = {row.key: row for row in queries.envelopes(scene.call.id)}
    awards = {row.application_id: row.envelope_id for row in db.session.scalars(select(Award))}
    assert awards[scene.files[0].id] == by_envelope["women"].id
    assert awards[scene.files[1].id] == by_envelope["all"].id


def test_a_grant_that_two_envelopes_pay_together_is_paid_by_one_that_the_other_fills() -> None:
    envelopes = [
        {"id": "all", "title": {"en": "All"}, "amount": COST + COST // 2},
        {"id": "women", "title": {"en": "Women"}, "amount": COST - COST // 2, "cells": ["gender:woman"]},
    ]
    scene = make_staged(2, 2, envelopes=envelopes)
    by_envelope = {row.key: row for row in queries.envelopes(scene.call.id)}
    assert {row.key: (row.budget, row.reserved) for row in by_envelope.values()} == {
        "all": (COST, COST),
        "women": (COST, COST),
    }
    awards = {row.application_id: row.envelope_id for row in db.session.scalars(select(Award))}
    assert awards[scene.files[0].id] == by_envelope["women"].id


def test_a_reserve_who_steps_in_is_approved_by_a_third_person() -> None:
    scene = make_staged(8, 2)
    stepping = stepping_in(scene)
    assert (stepping.state, stepping.outcome_seen) == (State.RECOMMENDED, State.RESERVE)
    with pytest.raises(TwoPeople):
        staging.approve_confirmed(scene.officer, scene.call, reading(scene.call).rules, [stepping.id])
    staging.approve_confirmed(scene.approver, scene.call, reading(scene.call).rules, [stepping.id])
    assert (stepping.state, stepping.outcome_seen) == (State.APPROVED, State.RESERVE)
    assert [one.application.id for one in releasing.staged(scene.call.id)] == [stepping.id]
    release(scene)
    assert (stepping.state, stepping.outcome_seen) == (State.OFFERED, None)


def stepping_in(scene: Decided) -> Application:
    """The first who was chosen declines, and the reserve who is next was confirmed."""
    release(scene)
    awarding.answer_held(None, db.session.scalars(queries.whole()).all()[0], accepts=False)
    proposal = db.session.scalars(select(Proposal)).one()
    return awarding.confirm(scene.officer, queries.proposal(proposal.id, lock=True))


def test_a_reserve_who_comes_without_money_is_given_none() -> None:
    call, files = make_scored(8, places=2)
    for one in files[2:]:
        one.support, one.accepts = Support.WOULD_COME, ["would_come"]
    db.session.flush()
    scene = decide(call, files)
    assert stage(scene).failed is None
    stepping = stepping_in(scene)
    stepping.support = Support.FULL  # what was signed holds
    db.session.flush()
    (award,) = staging.approve_confirmed(scene.approver, scene.call, reading(scene.call).rules, [stepping.id])
    assert (award.application_id, award.amount, award.variant) == (stepping.id, 0, Variant.WOULD_COME)
    assert (queries.lines([award.id]), award.reserved) == ([], 0)


def two_stepping_in(scene: Decided) -> list[Application]:
    """Both who were chosen decline, and both reserves who are next were confirmed."""
    release(scene)
    for award in list(db.session.scalars(queries.whole())):
        awarding.answer_held(None, award, accepts=False)
    waiting = queries.open_proposals(scene.call.id)
    return [awarding.confirm(scene.officer, queries.proposal(one.id, lock=True)) for one in waiting]


def test_an_approver_approves_who_stood_on_the_page_and_stands_aside_for_others() -> None:
    scene = make_staged(8, 2)
    own, other = two_stepping_in(scene)
    rules = reading(scene.call).rules
    db.session.add(Recusal(call_id=scene.call.id, application_id=own.id, person_id=scene.approver.id))
    db.session.flush()
    with pytest.raises(OwnFile):
        staging.approve_confirmed(scene.approver, scene.call, rules, [own.id])
    with pytest.raises(NothingToApprove):
        staging.approve_confirmed(
            scene.approver, scene.call, rules, []
        )  # both were confirmed after the page was opened
    staging.approve_confirmed(scene.approver, scene.call, rules, [own.id, other.id])
    assert (own.state, other.state) == (State.RECOMMENDED, State.APPROVED)


def test_a_confirmed_reserve_is_approved_after_another_slate_too() -> None:
    scene = make_staged(8, 2)
    stepping = stepping_in(scene)
    awarding.line_up(scene.call, [])
    rules = reading(scene.call).rules
    with pytest.raises(TwoPeople):
        staging.approve_confirmed(scene.member, scene.call, rules, [stepping.id])
    (award,) = staging.approve_confirmed(scene.approver, scene.call, rules, [stepping.id])
    assert (award.application_id, award.amount) == (stepping.id, COST)
    assert award.recommended_by_id == scene.member.id


def test_envelopes_are_filled_narrow_ones_first_and_say_what_is_missing() -> None:
    purses = [Purse("all", 100), Purse("women", 100, ("gender:woman",))]
    woman, man = Need("w", 100, ("gender:woman",)), Need("m", 100, ())
    assert allot([man, woman], purses) == {"w": "women", "m": "all"}
    with pytest.raises(NoRoom) as found:
        allot([man, Need("n", 30)], purses)
    assert found.value.missing == 30
    assert missing_of([woman, Need("v", 150, ("gender:woman",))], purses) == 50
    with pytest.raises(NoRoom) as parts:
        allot([Need("a", 60), Need("b", 60), Need("c", 60)], [Purse("x", 90), Purse("y", 90)])
    assert parts.value.missing == 0
    assert allot([Need(f"p{one}", 40) for one in range(4)], [Purse("x", 80), Purse("y", 80)]).keys() == {
        *("p0", "p1", "p2", "p3")
    }


def test_after_a_slate_with_people_beyond_the_places_another_can_be_calculated() -> None:
    scene = make_staged(8, 2, envelopes=[{"id": "all", "title": {"en": "All"}, "amount": 4 * COST}])
    first = next(one for one in scene.files if one.state is State.APPROVED)
    award = queries.award_of(first.id)
    assert award is not None
    line = queries.lines([award.id])[0]
    awarding.reprice(scene.officer, award, {line.kind: (line.approved or 0) - 50_000}, may_raise=False)
    release(scene)
    taken = {str(one.id) for one in scene.files if one.state in inputs.TAKEN}
    assert len(taken) > 2
    told = inputs.gather(reading(scene.call), None, inputs.What(fares=50)).problem
    assert told.places == len(taken)
    (costs,) = [one.variants for one in told.candidates if one.id == str(first.id)]
    assert [(one.id, one.cost) for one in costs] == [("full", award.amount)]
    board = selecting.open_board(scene.call.id) or meet(scene.call, scene.member)
    run = answer(running.ask(scene.member, board, Kind.SOLVE))
    assert run.answer is not None
    assert "contradictions" not in run.answer
    about = selecting.slate(scene.call.id)
    assert about is not None
    assert taken <= {one["id"] for one in about.people if one["chosen"]}
