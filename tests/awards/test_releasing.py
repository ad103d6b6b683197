"""Releasing staged decisions: all at one instant, nothing to those who left, the same effort for many as for few."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from eventhub.awards import awarding, ledger, letters, personal_data, queries, releasing
from eventhub.awards.considering import NotConsidered
from eventhub.awards.models import Award, Proposal
from eventhub.awards.release_models import Failed, Release
from eventhub.awards.releasing import (
    ChangedSince,
    NotApproved,
    NothingStaged,
    NotSet,
    UnderWay,
    WrongCode,
    WrongInstant,
)
from eventhub.funding import applying, own
from eventhub.funding import personal_data as applicants
from eventhub.funding.models import Application, Debt, Owed, State
from eventhub.funding.nearness import OwnFile
from eventhub.funding.thread import due_after
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound, Stale
from eventhub.kit.outbox import Promise
from eventhub.people.models import Person
from eventhub.people.queries import grants_of
from eventhub.selecting.models import SlateState
from tests.factories.people import make_organisation
from tests.factories.releasing import Decided, make_staged, release
from tests.factories.selecting import COST, make_approver

pytestmark = pytest.mark.usefixtures("database")


def owed(*tasks: str) -> list[Promise]:
    rows = select(Promise).where(Promise.task.in_(tasks or ("awards.offered", "awards.decided"))).order_by(Promise.id)
    return list(db.session.scalars(rows))


def test_everybody_learns_at_one_instant_and_letters_go_within_the_hour() -> None:
    scene = make_staged(8, 2)
    made = release(scene)
    assert made.done_at is not None
    assert made.told == 8
    assert {one.outcome_seen for one in scene.files} == {None}
    assert sum(one.state is State.OFFERED for one in scene.files) == 2
    promised = owed()
    assert sorted(row.task for row in promised) == ["awards.decided"] * 6 + ["awards.offered"] * 2
    first, last = min(row.not_before for row in promised), max(row.not_before for row in promised)
    assert timedelta() < last - first < timedelta(minutes=1) < releasing.WITHIN < timedelta(hours=1)
    envelope = queries.envelopes(scene.call.id)[0]
    assert (envelope.reserved, envelope.committed) == (0, 2 * COST)
    until = {row.accept_by for row in db.session.scalars(select(Award))}
    assert until == {due_after(scene.call, 7, made.done_at)}


def test_many_take_as_many_statements_as_few(statements: list[str]) -> None:
    counts = []
    for number in (3, 30):
        scene = make_staged(number, number // 3)
        stamp = releasing.stamp_of(releasing.staged(scene.call.id))
        db.session.expire_all()
        officer, call = db.session.get_one(Person, scene.officer.id), queries.call(scene.call.id)
        statements.clear()
        releasing.release(officer, call, stamp=stamp)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[1] < 40


def test_a_second_release_has_nothing_to_tell() -> None:
    scene = make_staged()
    release(scene)
    with pytest.raises(NothingStaged):
        release(scene)
    assert len(owed()) == 6


def test_a_release_at_an_instant_tells_nobody_before_it() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=2))
    assert made.done_at is None
    assert not owed()
    assert {one.outcome_seen for one in scene.files} == {State.UNDER_REVIEW}
    (promise,) = owed("awards.release")
    assert promise.not_before == made.at
    with pytest.raises(UnderWay):
        release(scene)
    assert releasing.release_due(made.id) is made
    assert len(owed()) == 6
    assert releasing.release_due(made.id) is None
    assert len(owed()) == 6


def test_a_release_is_stopped_before_its_instant() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=2))
    releasing.stop(scene.officer, scene.call)
    assert releasing.release_due(made.id) is None
    assert not owed()
    with pytest.raises(NotSet):
        releasing.stop(scene.officer, scene.call)
    assert release(scene).done_at is not None


@pytest.mark.parametrize("away", [-timedelta(days=1), timedelta(days=61)])
def test_an_instant_that_nobody_means(away: timedelta) -> None:
    scene = make_staged()
    with pytest.raises(WrongInstant):
        release(scene, at=now() + away)


def test_what_changed_since_the_page_was_opened_is_looked_at_first() -> None:
    scene = make_staged()
    stamp = releasing.stamp_of(releasing.staged(scene.call.id))
    applying.withdraw(*own_of(scene, State.APPROVED))
    with pytest.raises(ChangedSince):
        releasing.release(scene.officer, scene.call, stamp=stamp)
    assert not owed()
    release(scene)
    assert len(owed()) == 5


def own_of(scene: Decided, state: State) -> tuple[Person, own.Intake]:
    one = next(each for each in scene.files if each.state is state)
    person = db.session.get_one(Person, one.person_id)
    return person, own.by_reference(str(one.reference), person, lock=True)


@pytest.mark.parametrize("way", ["withdraws", "erased"])
def test_whoever_leaves_gets_no_letter_and_keeps_no_money(way: str) -> None:
    scene = make_staged(8, 2)
    person, found = own_of(scene, State.APPROVED)
    assert found.application is not None
    award = queries.award_of(found.application.id)
    assert award is not None
    if way == "withdraws":
        applying.withdraw(person, found)
    else:
        applicants.erase(person.id)
        personal_data.erase(person)
    assert awarding.free_left() == 1
    assert (award.reserved, award.committed) == (0, 0)
    assert db.session.scalars(select(Proposal)).one().freed_award_id == award.id
    assert awarding.free_left() == 0
    release(scene)
    letters_to = {row.payload.get("award_id") for row in owed()}
    assert str(award.id) not in letters_to
    assert len(owed()) == 7


@pytest.mark.parametrize("state", [State.RESERVE, State.NOT_RECOMMENDED, State.APPROVED])
def test_a_staged_outcome_does_not_show_in_whether_one_may_withdraw(state: State) -> None:
    scene = make_staged(40, 2)
    person, found = own_of(scene, state)
    assert found.application is not None
    assert own.may_withdraw(found.application)
    applying.withdraw(person, found)
    release(scene)
    assert len(owed()) == 39
    assert found.application.outcome_seen is None
    assert found.application.state is State.WITHDRAWN


def test_whoever_was_told_no_cannot_withdraw() -> None:
    scene = make_staged(40, 2)
    release(scene)
    assert not own.may_withdraw(next(one for one in scene.files if one.state is State.NOT_RECOMMENDED))


def test_an_officer_releases_nothing_of_their_own() -> None:
    scene = make_staged()
    scene.files[5].filed_by_id = scene.officer.id
    db.session.flush()
    with pytest.raises(OwnFile):
        release(scene)


def test_a_newer_slate_waits_for_its_approver() -> None:
    scene = make_staged()
    scene.slate.state = SlateState.SUPERSEDED
    db.session.flush()
    with pytest.raises(NotApproved):
        release(scene)


def test_a_release_that_the_money_does_not_hold_says_so_and_tells_nobody() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=1))
    scene.files[0].filed_by_id = scene.officer.id
    db.session.flush()
    done = releasing.release_due(made.id)
    assert done is not None
    assert (done.failed, done.done_at) == (Failed.NEAR, None)
    assert not owed()
    assert releasing.standing(scene.call.id) is None


def test_what_changed_since_a_release_was_set_goes_out_to_nobody() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=1))
    file = next(one for one in scene.files if one.state is State.RESERVE)
    releasing.say(
        scene.officer, releasing.one_staged(scene.call.id, file.id), reason="reserve", words="Unseen", version=1
    )
    done = releasing.release_due(made.id)
    assert done is not None
    assert (done.failed, done.done_at) == (Failed.MOVED, None)
    assert not owed()
    again = release(scene, at=now() + timedelta(hours=1))
    file.changed_at = now() + timedelta(minutes=1)
    db.session.flush()
    done = releasing.release_due(again.id)
    assert done is not None
    assert done.failed is Failed.MOVED
    assert not owed()


@pytest.mark.parametrize("amount", [1, COST + 5_000])
def test_another_amount_since_a_release_was_set_goes_out_to_nobody(amount: int) -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=1))
    file = next(one for one in scene.files if one.state is State.APPROVED)
    award = queries.award_of(file.id)
    assert award is not None
    ledger.change_budget(scene.officer, award.envelope, COST, reason="by_hand")
    whoever = make_approver(scene.call) if amount > COST else scene.officer
    line = queries.lines([award.id])[0]
    awarding.reprice(whoever, award, {line.kind: amount}, may_raise=amount > COST)
    done = releasing.release_due(made.id)
    assert done is not None
    assert (done.failed, done.done_at) == (Failed.MOVED, None)
    assert not owed()
    assert release(scene).done_at is not None


def test_words_written_before_a_release_was_set_and_kept_after_it_go_out_to_nobody() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=1))
    file = next(one for one in scene.files if one.state is State.RESERVE)
    row = releasing.one_staged(scene.call.id, file.id)
    releasing.say(scene.officer, row, reason="reserve", words="Unseen", version=1)
    row.decision.changed_at = made.made_at - timedelta(seconds=1)
    db.session.flush()
    done = releasing.release_due(made.id)
    assert done is not None
    assert done.failed is Failed.MOVED
    assert not owed()


def test_a_release_that_was_set_before_decisions_had_marks_is_done() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=1))
    made.marks = None
    db.session.flush()
    assert releasing.release_due(made.id) is made
    assert made.done_at is not None


def test_whoever_owes_something_at_the_instant_is_held_back_and_all_others_are_told() -> None:
    scene = make_staged(8, 2)
    file, other = [one for one in scene.files if one.state is State.APPROVED]
    made = release(scene, at=now() + timedelta(hours=1))
    debt = owes(file)
    done = releasing.release_due(made.id)
    assert done is not None
    assert (done.failed, done.told, done.held) == (None, 7, 1)
    assert len(owed()) == 7
    assert (file.state, file.outcome_seen, other.state) == (State.APPROVED, State.UNDER_REVIEW, State.OFFERED)
    award = queries.award_of(file.id)
    assert award is not None
    assert (award.reserved, award.committed) == (COST, 0)
    (promise,) = owed("awards.release_failed")
    assert promise.payload == {"release_id": str(made.id)}
    mail = mailed(made, scene)
    assert "1 person was not told" in mail
    assert f"/console/funds/{scene.call.slug}/release" in mail
    with pytest.raises(NotConsidered), db.session.begin_nested():
        release(scene)
    nobody = release(scene, at=now() + timedelta(hours=1))
    done = releasing.release_due(nobody.id)
    assert done is not None
    assert (done.failed, done.held) == (Failed.BARRED, 0)
    assert "nobody was told" in mailed(nobody, scene)
    debt.cleared_at = now()
    db.session.flush()
    assert release(scene).told == 1
    assert len(owed()) == 8


def owes(file: Application) -> Debt:
    """The organization that nominates somebody owes a report since now."""
    file.nominated_by_id = make_organisation().id
    debt = Debt(kind=Owed.REPORT, organisation_id=file.nominated_by_id, since=now())
    db.session.add(debt)
    db.session.flush()
    return debt


def mailed(made: Release, scene: Decided) -> str:
    """What whoever set a release reads of it."""
    letter = letters.release_failed(made, scene.officer, scene.call)
    assert letter is not None
    return letters.preview(letter).text


def test_a_release_that_was_not_done_is_mailed_to_whoever_set_it() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=1))
    assert letters.release_failed(made, scene.officer, scene.call) is None
    scene.slate.state = SlateState.SUPERSEDED
    db.session.flush()
    releasing.release_due(made.id)
    (promise,) = owed("awards.release_failed")
    assert promise.payload == {"release_id": str(made.id)}
    assert "The decisions had moved on" in mailed(made, scene)
    assert not owed()


def test_a_release_is_not_done_in_the_name_of_somebody_who_is_no_officer_any_more() -> None:
    scene = make_staged()
    made = release(scene, at=now() + timedelta(hours=1))
    for grant in grants_of(scene.officer.id):
        grant.revoked_at, grant.revoked_by_id = now(), scene.approver.id
    db.session.flush()
    done = releasing.release_due(made.id)
    assert done is not None
    assert (done.failed, done.done_at) == (Failed.ROLE, None)
    assert not owed()


def test_reason_and_words_of_one_person_stand_in_the_letter_and_on_the_page() -> None:
    scene = make_staged(40, 2)
    file = next(one for one in scene.files if one.state is State.NOT_RECOMMENDED)
    one = releasing.one_staged(scene.call.id, file.id)
    with pytest.raises(WrongCode):
        releasing.say(scene.officer, one, reason="selected", words=None, version=1)
    releasing.say(scene.officer, one, reason="budget", words="Water matters to us", version=1)
    with pytest.raises(Stale):
        releasing.say(scene.officer, one, reason="other", words=None, version=1)
    assert b"Water" not in (one.decision.words or b"")
    assert releasing.decision_told(file) is None
    assert personal_data.decisions(one.application.person) == []
    release(scene)
    assert releasing.words_told(file) == "Water matters to us"
    assert personal_data.decisions(one.application.person)[0]["words"] == "Water matters to us"
    (mine,) = [row for row in owed("awards.decided") if row.payload["application_id"] == str(file.id)]
    assert mine.payload["reason"] == "budget"
    told = letters.decided(file, one.application.person, scene.call, "budget", releasing.words_told(file))
    assert told is not None
    assert "Water matters to us" in letters.preview(told).text


def test_nobody_changes_the_reason_of_a_chosen_person() -> None:
    scene = make_staged()
    one = next(each for each in releasing.staged(scene.call.id) if each.award)
    with pytest.raises(NotFound):
        releasing.say(scene.officer, one, reason="other", words=None, version=1)
