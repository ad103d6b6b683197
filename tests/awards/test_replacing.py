"""A nominator's mailbox: where it is forgotten nothing is mailed, no link opens, and no address stays."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from eventhub.awards import replacing
from eventhub.awards.models import Award, Replacement
from eventhub.funding import personal_data, vouching
from eventhub.funding.models import Endorsement, Stand, State
from eventhub.funding.moves import NotPossible
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.tokens import digest
from eventhub.people import actions as people
from tests.awards.scene import nominated
from tests.factories.awards import Money, make_fund
from tests.factories.people import make_person

pytestmark = pytest.mark.usefixtures("database")


def nominator_of(award: Award) -> Endorsement:
    rows = select(Endorsement).where(Endorsement.application_id == award.application_id)
    return db.session.scalars(rows).one()


def forget(way: str, fund: Money, voucher: Endorsement) -> None:
    """One of the three ways in which a mailbox is forgotten."""
    if way == "not me":
        voucher.token_hash = digest(vouching.link_token(voucher))
        db.session.flush()
        assert vouching.refuse(vouching.link_token(voucher))
    elif way == "erased":
        people.erase(None, make_person(email=voucher.email))
    else:
        fund.call.stand, fund.call.ended_at = Stand.SETTLED, now() - timedelta(days=31)
        db.session.flush()
        assert personal_data.forget_vouchers(now()) == 2, "the nominator of both"


@pytest.mark.parametrize("way", ["not me", "erased", "after the call"])
def test_a_mailbox_that_is_forgotten_is_forgotten_here_too(way: str) -> None:
    fund = make_fund()
    award, row = nominated(fund, "chair@example.org")
    other = replacing.candidates(award)[0]
    forget(way, fund, nominator_of(award))
    db.session.refresh(row)
    assert (row.email, replacing.is_open(row, now())) == ("", False)
    with pytest.raises(NotPossible):
        replacing.name(replacing.link(row), other.id)
    owed = select(Promise.id).where(Promise.task == "awards.replace")
    before = len(db.session.scalars(owed).all())
    with pytest.raises(replacing.NoNominator):
        replacing.ask_nominator(fund.officer, award)
    assert len(db.session.scalars(owed).all()) == before, "nothing is mailed to nobody"


def test_an_erased_person_is_forgotten_under_a_tag_too() -> None:
    fund = make_fund()
    award, row = nominated(fund, "chair+fund@example.org")
    voucher = nominator_of(award)
    people.erase(None, make_person(email="chair@example.org"))
    db.session.refresh(row)
    assert (voucher.email, voucher.name, row.email) == ("", "", "")
    assert not replacing.is_open(row, now())


def test_the_link_does_not_tell_who_was_moved_before_the_release() -> None:
    fund = make_fund()
    award, row = nominated(fund, "chair@example.org")
    before = [one.id for one in replacing.candidates(award)]
    moved = replacing.candidates(award)[0]
    for state in (State.RECOMMENDED, State.NOT_RECOMMENDED):
        moved.state, moved.outcome_seen = state, State.RESERVE
        db.session.flush()
        assert [one.id for one in replacing.candidates(award)] == before
        with pytest.raises(replacing.NotEligible):
            replacing.name(replacing.link(row), moved.id)
    moved.state, moved.outcome_seen = State.RESERVE, State.UNDER_REVIEW
    db.session.flush()
    assert replacing.candidates(award) == [], "a reserve who was not told is not on it either"


def test_no_address_stays_with_a_link_that_is_closed() -> None:
    fund = make_fund()
    award, first = nominated(fund, "chair@example.org")
    second = replacing.ask_nominator(fund.officer, award)
    replacing.name(replacing.link(second), replacing.candidates(award)[0].id)
    assert {(one.email, one.closed_at is None) for one in (first, second)} == {("", False)}
    assert db.session.scalars(select(Replacement.id).where(Replacement.email != "")).all() == list[uuid.UUID]()
