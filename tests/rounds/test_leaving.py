"""After whoever spoke for a maker has left: the former mailbox opens nothing, and the one that speaks now is asked."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from eventhub.commitments import queries as commitments
from eventhub.commitments import succeeding
from eventhub.commitments.capturing import MadeBy
from eventhub.commitments.models import Commitment, Says
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.rounds import answering, asking, letters
from eventhub.rounds.answering import LinkOver, NotAsked, Said
from eventhub.rounds.models import Ended, RoundAnswer, RoundLink
from tests.factories.commitments import new_address
from tests.factories.people import make_person
from tests.factories.rounds import behind, event_of_months_ago, followed, item_of, link_of, opened, secret

pytestmark = pytest.mark.usefixtures("database")


def hand_over(commitment: Commitment, email: str) -> None:
    """After a change of government another ministry stands for it, with a mailbox of its own."""
    held = commitments.record(commitment.id, lock=True)
    to = MadeBy("Ministry of Schools", "government", "KE")
    succeeding.hand_over(make_person(), held, held.makers[0].id, to, "A new government", email=email, language="fr")
    db.session.flush()
    db.session.expire_all()


def test_the_former_mailbox_answers_no_more_and_the_next_one_is_asked(client: FlaskClient) -> None:
    event, box, after = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    opened(event)
    old, item_id = secret(box), item_of(made).id
    hand_over(made, after)
    with pytest.raises(NotAsked):
        answering.answer(old, item_id, Said(Says.FULFILLED, text="All of it"), seen=1)
    with pytest.raises(NotAsked):
        asking.hand_on(old, {item_id}, new_address(), "", "en")
    for page in ("", "/colleague", "/later", "/not-me", f"/commitments/{made.reference}"):
        assert client.get(f"/en/answer/{old}{page}").status_code == 410, page
    assert letters.asked(behind(box)) is None
    assert asking.left_due() == 1
    assert asking.left_due() == 0
    assert link_of(box).ended is Ended.REVOKED
    assert [one.commitment.id for one in behind(after).asked] == [made.id]
    last = db.session.scalars(select(Promise).order_by(Promise.id.desc())).first()
    assert last is not None
    assert (last.task, last.payload["link_id"]) == ("rounds.asked", str(link_of(after).id))
    answering.answer(secret(after), item_id, Said(Says.PLANNING), seen=1)
    assert db.session.scalars(select(RoundAnswer)).one().says is Says.PLANNING


def test_what_it_was_asked_about_beside_stays_with_it(app: Flask) -> None:
    event, box, after = event_of_months_ago(), new_address(), new_address()
    mine, theirs = followed(event, box), followed(event, box)
    opened(event)
    hand_over(theirs, after)
    assert asking.left_due() == 1
    assert link_of(box).ended is None
    assert [one.commitment.id for one in behind(box).asked] == [mine.id]
    with pytest.raises(NotAsked):
        answering.answer(secret(box), item_of(theirs).id, Said(Says.PLANNING), seen=1)
    assert app.test_client().get(f"/en/answer/{secret(box)}/commitments/{theirs.reference}").status_code == 404


def test_a_colleague_of_the_former_mailbox_answers_no_more() -> None:
    event, box, colleague, after = event_of_months_ago(), new_address(), new_address(), new_address()
    made = followed(event, box)
    opened(event)
    item_id = item_of(made).id
    asking.hand_on(secret(box), {item_id}, colleague, "Bao", "zh")
    theirs = secret(colleague)
    hand_over(made, after)
    with pytest.raises(NotAsked):
        answering.answer(theirs, item_id, Said(Says.PLANNING), seen=1)
    asking.left_due()
    with pytest.raises(LinkOver):
        answering.answer(theirs, item_id, Said(Says.PLANNING), seen=1)
    assert link_of(colleague).ended is Ended.REVOKED


def test_a_mailbox_that_speaks_on_keeps_its_link() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    mailed = link_of(box).mailed
    hand_over(made, box)
    assert asking.left_due() == 0
    assert (link_of(box).ended, link_of(box).mailed) == (None, mailed)
    answering.answer(secret(box), item_of(made).id, Said(Says.PLANNING), seen=1)


def test_what_was_answered_before_is_not_asked_again() -> None:
    event, box, after = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    opened(event)
    answering.answer(secret(box), item_of(made).id, Said(Says.PLANNING), seen=1)
    hand_over(made, after)
    assert asking.left_due() == 1
    assert link_of(box).ended is Ended.REVOKED
    assert db.session.scalar(select(RoundLink.id).where(RoundLink.email == after)) is None
    assert db.session.get_one(Commitment, made.id).said is Says.PLANNING
