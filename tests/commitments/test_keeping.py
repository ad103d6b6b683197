"""How long mailboxes of makers are kept, what an erasure forgets, and organizations that become one."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from eventhub.commitments import confirming, keeping, organisations, queries, verifying
from eventhub.commitments.models import Answer, Asking, Maker, Why
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.affiliations import STILL_NAMED
from eventhub.people.merging import FOLLOWERS
from eventhub.people.models import Organisation
from tests.factories.commitments import asked, make_commitment, new_address, published
from tests.factories.people import make_organisation, make_person

pytestmark = pytest.mark.usefixtures("database")


def confirmed(name: str) -> Organisation:
    """An organization that somebody confirmed."""
    row = make_organisation(name=name)
    row.confirmed_at = now()
    db.session.flush()
    return row


def test_an_erased_persons_mailbox_speaks_for_nobody_and_its_link_is_closed() -> None:
    person = make_person(email=new_address())
    commitment, asking = asked(make_commitment(actor=person, email=person.email))
    assert keeping.own_data(person)[0]["reference"] == commitment.reference
    keeping.forget_mailbox(person, [str(person.email)])
    keeping.erase(person.id)
    db.session.expire_all()
    found = queries.record(commitment.id)
    assert ([one.email for one in found.contacts], found.captured_by_id) == ([None], None)
    assert db.session.get_one(Asking, asking.id).answer is Answer.REPLACED
    with pytest.raises(confirming.LinkClosed):
        confirming.confirm(confirming.link_token(asking), seen=1)
    assert keeping.own_data(person) == []


def test_mailboxes_of_what_was_withdrawn_are_forgotten_after_thirty_days() -> None:
    gone, stays = published(), published()
    verifying.withdraw(make_person(), gone, Why.MAKER, reason="The law was not passed")
    assert keeping.forget(now()) == 0
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        assert keeping.forget(now()) == 1
        assert keeping.forget(now()) == 0
    db.session.expire_all()
    assert [one.email for one in queries.record(gone.id).contacts] == [None]
    assert queries.record(stays.id).contacts[0].email is not None


def test_a_maker_is_tied_to_the_confirmed_organization_of_its_name_and_follows_it() -> None:
    first, second = confirmed("Ministry of Examples"), confirmed("Department of Examples")
    commitment = make_commitment(maker="ministry of examples")
    assert commitment.makers[0].organisation_id == first.id
    mine = next(one for one in FOLLOWERS if one.columns == ("commitment_maker.organisation_id",))
    assert mine.hold([first.id], second.id)
    assert [one.number for one in mine.count([first.id], second.id)] == [1]
    assert {one for named in STILL_NAMED for one in named([first.id, second.id])} >= {first.id}
    mine.move(make_person(), first.id, second)
    rows = db.session.execute(select(Maker.name, Maker.organisation_id).where(Maker.commitment_id == commitment.id))
    assert [tuple(row) for row in rows] == [("ministry of examples", second.id)]
    assert organisations.__doc__
