"""Who speaks for a maker in a round at this moment: after another took over, after an erasure, and who then decides."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from eventhub.commitments import following, queries, succeeding, verifying
from eventhub.commitments.capturing import MadeBy
from eventhub.commitments.models import Commitment, Says, Verdict, Why
from eventhub.commitments.verifying import OwnMaker
from eventhub.evidence import assessing
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import Stale
from eventhub.kit.outbox import Promise
from eventhub.people.models import Role
from eventhub.rounds import answering, asking, board, copies, keeping, letters, opening
from eventhub.rounds import queries as rounds
from eventhub.rounds.answering import LinkOver, NotAsked, Said, Seen
from eventhub.rounds.models import Ended, Part, RoundCopy, RoundLink, RoundPart, Standing
from tests.factories.commitments import new_address
from tests.factories.evidence import checked, sign
from tests.factories.people import make_person, make_staff
from tests.factories.rounds import aged, behind, event_of_months_ago, followed, item_of, link_of, opened, secret

pytestmark = pytest.mark.usefixtures("database")
PDF = b"%PDF-1.7\n1 0 obj\n<</N 1>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


def says(email: str, made: Commitment, what: Says, text: str = "") -> Standing:
    return answering.answer(secret(email), item_of(made).id, Said(what, text=text), seen=1).standing


def taken_over(made: Commitment, email: str) -> None:
    found = queries.record(made.id)
    to = MadeBy("Ministry of Schools", "government")
    succeeding.hand_over(make_person(), found, found.makers[0].id, to, "A new government", email=email)
    db.session.flush()


def part_of(email: str) -> Part:
    mine = select(RoundPart.part).where(RoundPart.link_id == link_of(email).id, RoundPart.ended_at.is_(None))
    return db.session.scalars(mine).one()


def test_after_a_change_of_government_the_former_mailbox_answers_nothing_and_the_next_leads(
    client: FlaskClient,
) -> None:
    event, former, colleague, after = event_of_months_ago(), new_address(), new_address(), new_address()
    made, other = followed(event, former), followed(event, former)
    opened(event)
    asking.hand_on(secret(former), {item_of(made).id}, colleague, "", "en")
    taken_over(made, after)
    assert [one.commitment.id for one in behind(former).asked] == [other.id]
    assert made.reference not in client.get(f"/en/answer/{secret(former)}").text
    assert client.get(f"/en/answer/{secret(former)}/commitments/{made.reference}").status_code == 404
    for email in (former, colleague):
        with pytest.raises(NotAsked), db.session.begin_nested():
            says(email, made, Says.FULFILLED)
    assert letters.handed_on(behind(colleague), "") is None
    assert [asking.left_due() for _time in range(2)] == [1, 0]
    assert part_of(after) is Part.LEAD
    last = db.session.scalars(select(Promise).order_by(Promise.id.desc())).first()
    assert last is not None
    assert (last.task, last.payload["link_id"]) == ("rounds.asked", str(link_of(after).id))
    assert says(after, made, Says.PLANNING) is Standing.SAID
    assert says(former, other, Says.IN_PROGRESS) is Standing.SAID


def test_staff_ask_the_new_mailbox_as_the_lead_at_once() -> None:
    event, former, after = event_of_months_ago(), new_address(), new_address()
    made = followed(event, former)
    opened(event)
    taken_over(made, after)
    asking.ask_next(make_person(), board.item_of(item_of(made).id))
    assert part_of(after) is Part.LEAD
    assert asking.left_due() == 1
    assert says(after, made, Says.PLANNING) is Standing.SAID


def test_no_change_from_a_page_that_is_out_of_date_undoes_no_newer_answer() -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    following.say(made, Says.PLANNING)
    since = (now() - timedelta(days=60)).date()
    db.session.execute(update(Commitment).where(Commitment.id == made.id).values(heard_on=since))
    opened(event)
    asking.hand_on(secret(box), {item_of(made).id}, colleague, "", "en")
    says(colleague, made, Says.FULFILLED, "All are open")
    for seen in (Says.PLANNING, Says.WITHDRAWN):
        with pytest.raises(Stale), db.session.begin_nested():
            answering.unchanged(secret(box), {item_of(made).id: Seen(1, seen)})
    assert queries.record(made.id).said is Says.FULFILLED
    assert answering.unchanged(secret(box), {item_of(made).id: Seen(1, Says.FULFILLED)}) == 1


def test_whoever_answered_for_the_maker_assesses_nothing_of_it_and_whoever_was_only_asked_does() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    spoke, silent = (make_staff(Role.COMMITMENT_REVIEWER, event_id=event.id) for _number in range(2))
    asking.hand_on(secret(box), {item_of(made).id}, str(silent.email), "", "en")
    asking.hand_on(secret(box), {item_of(made).id}, str(spoke.email), "", "en")
    says(str(spoke.email), made, Says.FULFILLED, "All are open")
    found = queries.record(made.id)
    checked(found)
    with pytest.raises(OwnMaker), db.session.begin_nested():
        assessing.assess(spoke, found, Verdict.CONFIRMED, text="All are open", seen=sign(found))
    assessing.assess(silent, found, Verdict.CONFIRMED, text="The report says so", seen=sign(found))
    assert queries.record(made.id).checked is Verdict.CONFIRMED


def test_an_answer_that_waited_while_the_round_closed_is_told_so() -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    opened(event)
    item_of(made).silent_on = now().date()
    db.session.flush()
    with pytest.raises(LinkOver):
        says(box, made, Says.PLANNING)


def test_a_closed_round_is_read_as_long_as_its_mailboxes_are_kept(client: FlaskClient) -> None:
    event, box = event_of_months_ago(), new_address()
    made = followed(event, box)
    found = opened(event)
    says(box, made, Says.PLANNING)
    url = f"/en/answer/{secret(box)}"
    aged(found, 31)
    opening.close_due(now())
    assert client.get(url).status_code == 200
    aged(found, keeping.KEPT.days)
    assert client.get(url).status_code == 410
    assert client.post(f"{url}/copy").status_code == 410


def test_with_an_erased_mailbox_go_the_links_of_its_colleagues() -> None:
    event, box, colleague = event_of_months_ago(), new_address(), new_address()
    made = followed(event, box)
    opened(event)
    asking.hand_on(secret(box), {item_of(made).id}, colleague, "", "en")
    key = secret(colleague)
    keeping.forget_mailbox(make_person(), {box})
    ended = db.session.scalars(select(RoundLink.ended).order_by(RoundLink.parent_id.nulls_first())).all()
    assert ended == [Ended.FORGOTTEN, Ended.REVOKED]
    with pytest.raises(LinkOver):
        answering.answer(key, item_of(made).id, Said(Says.PLANNING), seen=1)
    assert rounds.behind(key) is not None


@pytest.mark.parametrize("is_held", [True, False])
def test_a_copy_with_what_was_hidden_since_is_gone_and_made_anew_without_it(client: FlaskClient, is_held: bool) -> None:
    event, box = event_of_months_ago(), new_address()
    made, other = followed(event, box), followed(event, box)
    opened(event)
    says(box, made, Says.PLANNING)
    says(box, other, Says.PLANNING)
    copies.keep(copies.ask(link_of(box), "en"), PDF, at=now())
    url = f"/en/answer/{secret(box)}/copy.pdf"
    assert client.get(url).status_code == 200
    found, who = queries.record(made.id), make_person()
    if is_held:
        verifying.hold(who, found)
    else:
        verifying.withdraw(who, found, Why.SAFETY, reason="They were threatened")
    db.session.flush()
    assert client.get(url).status_code == 404
    assert copies.how_far(link_of(box), "en") == "ask"
    copies.keep(copies.ask(link_of(box), "en"), PDF, at=now())
    assert client.get(url).status_code == 200
    assert len(db.session.scalars(select(RoundCopy)).all()) == 1
