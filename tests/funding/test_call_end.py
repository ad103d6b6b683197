"""A call ends by the clock, so that names and mailboxes of those who vouched are forgotten as it is said."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from eventhub.awards import queries, replacing
from eventhub.funding import personal_data
from eventhub.funding.desk_models import FundPair
from eventhub.funding.duplicates import forget
from eventhub.funding.models import Call, Endorsement, Stand, State
from eventhub.funding.nearness import Nearness, too_near
from eventhub.kit.clock import now
from eventhub.kit.db import db
from tests.awards.scene import confirmed, nominated
from tests.factories.awards import Money, make_application, make_fund
from tests.factories.funding_desk import make_call, make_pair
from tests.factories.people import make_person
from tests.factories.programme import make_event

pytestmark = pytest.mark.usefixtures("database")

ENDED = (State.CLOSED, State.NOT_RECOMMENDED, State.INELIGIBLE, State.WITHDRAWN, State.DECLINED_BY_APPLICANT)
OPEN = (State.SUBMITTED, State.UNDER_REVIEW, State.APPROVED, State.ACCEPTED, State.REPORT_OVERDUE)


def fund_with(*states: State, days_ago: int | None = None) -> Money:
    """A call whose deadline is past, with files; ``days_ago``: when its event was."""
    event = None
    if days_ago is not None:
        day = now().date() - timedelta(days=days_ago)
        event = make_event(first_day=day, last_day=day)
    fund = make_fund(event=event)
    for one in states:
        confirmed(make_application(fund, one))
    return fund


def ended(fund: Money) -> bool:
    personal_data.follow_clock(now())
    return db.session.get_one(Call, fund.call.id).ended_at is not None


def test_a_call_ends_once_everybody_is_done_and_mailboxes_are_forgotten_thirty_days_later() -> None:
    fund = fund_with(*ENDED)
    assert ended(fund)
    first = fund.call.ended_at
    personal_data.follow_clock(now() + timedelta(days=3))
    assert fund.call.ended_at == first, "the days are counted from the first time"
    assert personal_data.forget_vouchers(now() + timedelta(days=29)) == 0
    assert personal_data.forget_vouchers(now() + timedelta(days=31)) == len(ENDED)
    assert set(db.session.scalars(select(Endorsement.email))) == {""}
    assert set(db.session.scalars(select(Endorsement.name))) == {""}


@pytest.mark.parametrize("state", OPEN)
def test_a_call_goes_on_while_something_comes_for_somebody(state: State) -> None:
    assert not ended(fund_with(State.CLOSED, state, days_ago=5))
    assert ended(fund_with(State.CLOSED, state, days_ago=366)), "but not for ever"


@pytest.mark.parametrize("state", [State.RESERVE, State.LAPSED])
def test_somebody_who_may_still_step_in_keeps_a_call_open_until_the_event(state: State) -> None:
    assert not ended(fund_with(State.CLOSED, state, days_ago=-5))
    assert not ended(fund_with(State.CLOSED, state))
    assert ended(fund_with(State.CLOSED, state, days_ago=5))


def test_what_nobody_was_told_keeps_a_call_open() -> None:
    fund = fund_with(State.CLOSED, days_ago=5)
    make_application(fund, State.NOT_RECOMMENDED, outcome_seen=State.UNDER_REVIEW)
    assert not ended(fund)


def test_a_call_within_its_days_or_in_draft_does_not_end() -> None:
    early, draft = fund_with(State.WITHDRAWN), fund_with(State.WITHDRAWN)
    early.call.closes_at, draft.call.stand = now() - timedelta(hours=1), Stand.DRAFT
    early.call.grace_hours = 24
    db.session.flush()
    assert not ended(early)
    assert not ended(draft)


def test_a_call_that_was_extended_or_taken_up_again_has_not_ended() -> None:
    extended, again = fund_with(State.CLOSED), fund_with(State.INELIGIBLE)
    assert ended(extended)
    assert ended(again)
    extended.call.closes_at = now() + timedelta(days=5)
    file = make_application(again, State.INELIGIBLE)
    file.state = State.SUBMITTED
    db.session.flush()
    assert not ended(extended)
    assert not ended(again)


def test_the_end_of_a_cancelled_call_stays_what_it_was() -> None:
    fund = fund_with(State.UNDER_REVIEW)
    moment = now() - timedelta(days=3)
    fund.call.stand, fund.call.ended_at = Stand.CANCELLED, moment
    db.session.flush()
    assert ended(fund)
    assert fund.call.ended_at == moment


def test_traces_of_pairs_go_with_the_end() -> None:
    call = make_call(opens_at=now() - timedelta(days=500), closes_at=now() - timedelta(days=400))
    make_pair(call)
    personal_data.follow_clock(now())
    assert db.session.get_one(Call, call.id).ended_at is not None
    forget(now() + timedelta(days=31))
    assert not db.session.scalars(select(FundPair)).all()


def test_two_forgotten_mailboxes_are_not_one() -> None:
    fund = make_fund()
    award, _row = nominated(fund, "chair@example.org")
    (other,) = replacing.candidates(award)
    db.session.execute(Endorsement.__table__.update().values(email="", organisation_id=None))
    again = queries.award(award.id, lock=True)
    assert replacing.candidates(again) == []
    assert other.nominated_by_id == again.application.nominated_by_id


@pytest.mark.parametrize("before", [False, True])
def test_whoever_vouched_stays_near_when_the_mailbox_is_forgotten(before: bool) -> None:
    fund, officer = make_fund(), make_person(email="chair@example.org")
    file = make_application(fund, State.CLOSED)
    row = confirmed(file, "chair+fund@example.org" if not before else "chair@example.org")
    if before:
        row.mailbox = None
        db.session.flush()
    assert ended(fund)
    assert personal_data.forget_vouchers(now() + timedelta(days=31)) == 1
    assert row.email == ""
    assert too_near(officer, [file]) == {file.id: Nearness.VOUCHED}
