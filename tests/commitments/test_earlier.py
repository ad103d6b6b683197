"""A check is of what was said until its day: a newer claim is not verified yet, wherever it is read."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.commitments import following, queries
from eventhub.commitments.models import Commitment, Report, Review, Says, Verdict
from eventhub.commitments.standing import standing_of
from eventhub.evidence import queries as evidence
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Role
from tests.factories.commitments import published
from tests.factories.evidence import checked
from tests.factories.people import grant, make_person

pytestmark = pytest.mark.usefixtures("database")


def confirmed(said: Says | None) -> Commitment:
    """One whose maker said this, if anything, and which was confirmed on evidence afterwards."""
    found = published()
    if said:
        following.say(found, said)
    checked(found)
    following.check(make_person(), found, Verdict.CONFIRMED, text="We saw twelve printed books.")
    return found


def stands(found: Commitment) -> Verdict:
    """What the record says was checked."""
    return db.session.scalars(select(Commitment.checked).where(Commitment.id == found.id)).one()


@pytest.mark.parametrize("said", [None, Says.IN_PROGRESS])
def test_a_claim_after_the_check_is_not_verified_yet(said: Says | None) -> None:
    found = confirmed(said)
    assert stands(found) is Verdict.CONFIRMED

    following.say(found, Says.FULFILLED)

    assert stands(found) is Verdict.UNVERIFIED
    earlier = standing_of([found.id]).outdated[found.id]
    assert (earlier.verdict, earlier.on, earlier.said) == (Verdict.CONFIRMED, now().date(), said)
    following.check(make_person(), found, Verdict.CONFIRMED)
    assert stands(found) is Verdict.CONFIRMED
    assert not standing_of([found.id]).outdated


def test_the_same_said_again_takes_nothing_from_a_check_and_waits_for_nobody() -> None:
    found = confirmed(Says.FULFILLED)

    following.say(found, Says.FULFILLED)

    assert stands(found) is Verdict.CONFIRMED
    reviewer = grant(make_person(), Role.COMMITMENT_REVIEWER, event_id=found.event_id)
    assert evidence.queue([reviewer], kind="claim")[1] == 0


def test_a_dispute_is_not_shaken_off_by_saying_it_again() -> None:
    found = published()
    following.say(found, Says.FULFILLED)
    following.check(make_person(), found, Verdict.DISPUTED, text="There is no such school.")

    following.say(found, Says.FULFILLED)

    assert stands(found) is Verdict.DISPUTED


def test_the_order_in_which_rows_come_is_nothing_to_it() -> None:
    found, moment = published(), now()
    late = Report(commitment_id=found.id, says=Says.CHANGED, said_at=moment + timedelta(hours=2))
    first = Report(commitment_id=found.id, says=Says.PLANNING, said_at=moment)
    review = Review(commitment_id=found.id, verdict=Verdict.NO_EVIDENCE, reviewed_at=moment + timedelta(hours=1))
    for one in (late, review, first):
        db.session.add(one)
        db.session.flush()

    assert stands(found) is Verdict.UNVERIFIED


def test_everybody_reads_the_earlier_check_with_its_day(client: FlaskClient) -> None:
    found = confirmed(Says.IN_PROGRESS)
    following.say(found, Says.FULFILLED)
    db.session.flush()

    for address in (f"/en/commitments/{found.reference}", f"/en/commitments?event={found.event.slug}"):
        page = client.get(address).text
        assert "when they said: In progress" in page, address
        assert "Not verified" in page
    assert queries.public_list(queries.Wanted(checked=Verdict.CONFIRMED), "en", today=now().date()).total == 0
