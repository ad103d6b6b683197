"""What the database itself refuses: wrong moves, changed words, typed axes, dates and reasons that do not fit."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from eventhub.commitments import capturing, following, verifying
from eventhub.commitments.capturing import MadeBy, Step, Words
from eventhub.commitments.models import (
    MOVES,
    Commitment,
    Kin,
    Maker,
    Report,
    Review,
    Says,
    State,
    Succession,
    Verdict,
    Version,
    Why,
)
from eventhub.commitments.standing import standing_of
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.factories.commitments import described, make_commitment, past_event, published
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")
WORKFLOW = json.loads("""{
 "draft": ["awaiting_maker", "withdrawn"],
 "awaiting_maker": ["clarification", "verified", "withdrawn", "lapsed"],
 "clarification": ["awaiting_maker", "verified", "withdrawn"],
 "verified": ["published", "clarification", "withdrawn"],
 "published": ["closed", "withdrawn", "superseded", "held"],
 "held": ["published", "withdrawn"],
 "closed": ["published"], "withdrawn": [], "superseded": [], "lapsed": ["awaiting_maker"]}""")


def refused(deed: Callable[[], object]) -> bool:
    """Whether the database says no."""
    try:
        with db.session.begin_nested():
            deed()
            db.session.flush()
    except DBAPIError:
        return True
    return False


def test_the_moves_are_those_of_the_specification() -> None:
    assert {one.value: {to.value for to in after} for one, after in MOVES.items()} == {
        one: set(after) for one, after in WORKFLOW.items()
    }


def test_the_database_refuses_every_other_move() -> None:
    event = past_event()
    other = published(event).id
    for before in State:
        moment, gone = now(), before is State.WITHDRAWN
        row = Commitment(
            event_id=event.id,
            language="en",
            said_at=moment,
            state=before,
            published_at=moment,
            heard_on=moment.date(),
            expected_on=moment.date() + timedelta(days=90),
            withdrawn_at=moment if gone else None,
            withdrawn_why=Why.MISTAKE if gone else None,
        )
        db.session.add(row)
        db.session.flush()
        db.session.add(Succession(before_id=row.id, after_id=other, kin=Kin.REPLACED, reason="A newer one"))
        db.session.flush()
        for after in set(State) - {before}:
            is_end = after is State.WITHDRAWN
            values = {
                "state": after,
                "withdrawn_at": moment if is_end else None,
                "withdrawn_why": (Why.SAFETY if before is State.HELD else Why.MISTAKE) if is_end else None,
            }
            moving = update(Commitment).where(Commitment.id == row.id).values(**values)
            with db.session.begin_nested() as tried:
                assert refused(lambda moving=moving: db.session.execute(moving)) == (after not in MOVES[before])
                tried.rollback()


def test_the_words_of_a_version_stay_as_they_were_said_in_their_language() -> None:
    commitment = published()
    mine = Version.commitment_id == commitment.id
    for values in ({"wording": "Other"}, {"due_on": date(2030, 1, 1)}, {"reason": "None"}, {"number": 9}):
        assert refused(lambda values=values: db.session.execute(update(Version).where(mine).values(**values)))
    assert refused(lambda: db.session.execute(delete(Version).where(mine)))
    theirs = update(Commitment).where(Commitment.id == commitment.id)
    assert refused(lambda: db.session.execute(theirs.values(language="fr")))


def test_three_axes_follow_their_own_histories_and_nobody_types_them() -> None:
    commitment = published()
    day = commitment.heard_on
    assert day is not None
    assert (commitment.said, commitment.checked) == (None, Verdict.UNVERIFIED)
    mine = update(Commitment).where(Commitment.id == commitment.id)
    assert refused(lambda: db.session.execute(mine.values(said=Says.FULFILLED)))
    assert refused(lambda: db.session.execute(mine.values(checked=Verdict.CONFIRMED)))
    before = (commitment.state, commitment.checked)
    later = now() + timedelta(days=100)
    following.say(commitment, Says.FULFILLED, text="All of it", at=later)
    assert (commitment.state, commitment.checked) == before
    assert (commitment.said, commitment.heard_on) == (Says.FULFILLED, later.date())
    assert commitment.expected_on is not None
    assert commitment.expected_on > later.date()
    heard = (commitment.said, commitment.heard_on, commitment.expected_on)
    checked_at = later + timedelta(hours=1)
    db.session.add(Review(commitment_id=commitment.id, verdict=Verdict.DISPUTED, reviewed_at=checked_at))
    db.session.flush()
    db.session.refresh(commitment, ["checked"])
    assert commitment.checked is Verdict.DISPUTED
    assert (commitment.said, commitment.heard_on, commitment.expected_on) == heard
    # An older report that comes late changes nothing of what holds.
    following.say(commitment, Says.PLANNING, at=later - timedelta(days=50))
    assert (commitment.said, commitment.heard_on) == (Says.FULFILLED, later.date())
    newest = select(Report.id).where(Report.says == Says.FULFILLED)
    assert refused(lambda: db.session.execute(update(Report).where(Report.id.in_(newest)).values(text="Less")))
    assert refused(lambda: db.session.execute(delete(Report)))


def test_nothing_is_reported_before_publication() -> None:
    commitment = make_commitment()
    with pytest.raises(capturing.NotPossible):
        following.say(commitment, Says.PLANNING)
    row = Report(commitment_id=commitment.id, says=Says.PLANNING)
    assert refused(lambda: db.session.add(row))


def test_a_withdrawal_has_a_reason_and_one_for_safety_says_nothing() -> None:
    commitment = published()
    mine = update(Commitment).where(Commitment.id == commitment.id)
    assert refused(lambda: db.session.execute(mine.values(state=State.WITHDRAWN)))
    told = {"state": State.WITHDRAWN, "withdrawn_at": now(), "withdrawn_why": Why.SAFETY}
    assert refused(lambda: db.session.execute(mine.values(**told, withdrawn_reason="They know where she lives")))


def test_of_joint_makers_one_leads() -> None:
    commitment = make_commitment()
    makers = [MadeBy("One", "government", "KE"), MadeBy("Two", "business", None)]
    commitment = described(commitment, makers=makers)
    assert [(one.name, one.is_lead) for one in commitment.makers] == [("One", True), ("Two", False)]
    both = update(Maker).where(Maker.commitment_id == commitment.id).values(is_lead=True)
    assert refused(lambda: db.session.execute(both))


def test_a_milestone_keeps_its_row_when_its_words_change() -> None:
    commitment = described(make_commitment(), milestones=[Step("Law drafted"), Step("Law passed")])
    first = commitment.milestones[0].id
    commitment = described(commitment, milestones=[Step("Law drafted and read", done_on=date(2026, 1, 1))])
    assert [(one.id, one.text, one.done_on) for one in commitment.milestones] == [
        (first, "Law drafted and read", date(2026, 1, 1))
    ]
    assert standing_of([commitment.id]).progress == {commitment.id: (1, 1)}


def test_days_and_amounts_of_a_version_fit() -> None:
    commitment = make_commitment()
    with pytest.raises(capturing.DaysWrong):
        capturing.amend(make_person(), commitment, Words("Other", start_on=date(2027, 1, 1), due_on=date(2026, 1, 1)))
    row = Version(commitment_id=commitment.id, number=7, wording="Money", amount=5)
    assert refused(lambda: db.session.add(row))


def test_the_reason_of_a_withdrawal_for_safety_is_sealed_and_read_for_a_reason() -> None:
    commitment, keeper = published(), make_person()
    verifying.withdraw(keeper, commitment, Why.SAFETY, reason="The speaker was threatened")
    raw = db.session.scalar(select(Commitment.sealed_reason).where(Commitment.id == commitment.id))
    assert raw is not None
    assert b"threatened" not in raw
    assert verifying.read_reason(keeper, commitment, "Asked by the Board") == "The speaker was threatened"
