"""What follows a commitment: replaced, merged, split; a joint maker who leaves, a maker whom another succeeds."""

import dataclasses
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from eventhub.commitments import capturing, following, queries, succeeding, verifying
from eventhub.commitments.capturing import MadeBy
from eventhub.commitments.models import Commitment, Kin, Says, State, Why
from eventhub.commitments.moves import NotPossible
from eventhub.commitments.verifying import OwnMaker
from eventhub.commitments.whole import whole
from eventhub.kit.db import db
from eventhub.people.models import Person, Role
from eventhub.people.queries import grants_of
from tests.commitments.test_journeys import RECORD, send
from tests.delegations.test_journeys import browser
from tests.factories.commitments import described, new_address, past_event, published
from tests.factories.people import make_person, make_staff

pytestmark = pytest.mark.usefixtures("database")


def keeper(commitment: Commitment) -> Person:
    return make_staff(Role.ORGANISER, event_id=commitment.event_id)


def replace(before: Commitment, kin: Kin, *after: Commitment, by: Person | None = None) -> Commitment:
    who = by or keeper(before)
    numbers = [one.number for one in after]
    return succeeding.replace(who, grants_of(who.id), before, numbers, kin, "Two became one")


def again(commitment: Commitment) -> Commitment:
    db.session.flush()
    db.session.expire_all()
    return queries.record(commitment.id)


def test_both_keep_their_addresses_and_point_to_one_another(client: FlaskClient) -> None:
    event = past_event()
    before, after = published(event, title="Old classes"), published(event, title="New classes")
    following.say(before, Says.IN_PROGRESS, text="Forty are open")
    replace(before, Kin.MERGED, after)
    page = client.get(f"/en/commitments/{before.reference}").text
    assert all(words in page for words in ("Merged into", after.reference, "New classes", "Two became one"))
    assert "Forty are open" in page
    page = client.get(f"/en/commitments/{after.reference}").text
    assert all(words in page for words in ("Took in", before.reference, "Old classes"))
    with pytest.raises(NotPossible):
        following.say(again(before), Says.FULFILLED)
    verifying.withdraw(make_person(), again(after), Why.SAFETY, reason="They were threatened")
    page = client.get(f"/en/commitments/{before.reference}").text
    assert after.reference not in page


def test_one_is_split_into_several_of_ones_events_alone() -> None:
    event = past_event()
    before, first, second = (published(event) for _number in range(3))
    elsewhere, draft = published(), published(event)
    verifying.hold(make_person(), draft)
    for kin, after in ((Kin.SPLIT, [first]), (Kin.REPLACED, [first, second]), (Kin.MERGED, [first, second])):
        with pytest.raises(succeeding.WrongNumber):
            replace(before, kin, *after)
    for other in (elsewhere, draft, before):
        with pytest.raises(succeeding.NoSuchCommitment), db.session.begin_nested():
            replace(before, Kin.REPLACED, other, by=keeper(before))
    replace(again(before), Kin.SPLIT, first, second)
    assert {one.commitment.number for one in whole(before).kin} == {first.number, second.number}
    assert again(before).state is State.SUPERSEDED
    with pytest.raises(succeeding.NoSuchCommitment):
        replace(first, Kin.REPLACED, before)


@pytest.mark.parametrize("typed", ["", "C-12x", "12", "C-0001 and C-0002"])
def test_what_is_no_reference_is_said(typed: str) -> None:
    with pytest.raises(succeeding.NoSuchCommitment):
        succeeding.references(typed)


def test_references_are_read_as_people_write_them() -> None:
    assert succeeding.references(" C-0012, c-0013، C-0012") == [12, 13]


def test_the_database_replaces_nothing_by_nothing() -> None:
    commitment = published()
    mine = update(Commitment).where(Commitment.id == commitment.id).values(state=State.SUPERSEDED)
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(mine)


def test_a_joint_maker_leaves_and_the_next_one_leads(client: FlaskClient) -> None:
    makers = [MadeBy("Ministry of Education", "government", "KE"), MadeBy("Foundation", "donor_foundation")]
    commitment = described(published(), makers=makers)
    lead = next(one for one in commitment.makers if one.is_lead)
    succeeding.leave(keeper(commitment), commitment, lead.id, "It has no budget any more")
    commitment = again(commitment)
    assert [(one.name, one.is_lead) for one in commitment.makers] == [("Foundation", True)]
    page = client.get(f"/en/commitments/{commitment.reference}").text
    assert all(words in page for words in ("Former makers", "Ministry of Education", "It has no budget any more"))
    with pytest.raises(succeeding.LastMaker):
        succeeding.leave(keeper(commitment), commitment, commitment.makers[0].id, "All have left")


def test_after_a_change_of_government_another_maker_and_mailbox_speak() -> None:
    commitment = published(maker="Ministry of Education")
    former, mailbox = str(commitment.contacts[0].email), new_address()
    near = make_person(email=former)
    with pytest.raises(OwnMaker):
        succeeding.hand_over(near, commitment, commitment.makers[0].id, MadeBy("Office", "government"), "No")
    to = MadeBy("Ministry of Schools", "government", "KE")
    who = keeper(commitment)
    succeeding.hand_over(who, commitment, commitment.makers[0].id, to, "A new government", email=mailbox, language="fr")
    commitment = again(commitment)
    assert [(one.name, one.is_lead) for one in commitment.makers] == [("Ministry of Schools", True)]
    assert [one.email for one in commitment.contacts] == [None, mailbox]
    (row,) = queries.former_makers(commitment)
    assert (row.name, row.succeeded_by, row.reason) == (
        "Ministry of Education",
        "Ministry of Schools",
        "A new government",
    )
    assert "ministry of schools" in commitment.plain


def test_staff_do_all_of_it_on_pages_that_say_what_is_wrong(app: Flask) -> None:
    event = past_event()
    before, after = published(event), published(event, title="New classes")
    reference, other_one = after.reference, published(event).reference
    joint = [MadeBy("Ministry", "government", "KE"), MadeBy("Foundation", "donor_foundation")]
    before = described(before, makers=joint)
    staff = browser(app, keeper(before))
    page = f"{RECORD}/{before.id}"
    lead, other = before.makers
    for url, data, message in (
        (f"{page}/makers/{other.id}/leave", {"reason": ""}, "Say why"),
        (
            f"{page}/makers/{lead.id}/successor",
            {"maker": "", "kind": "government", "reason": "New"},
            "Fill in this field",
        ),
        (f"{page}/replaced", {"kin": "merged", "references": "C-9999", "reason": "One"}, "Write references of other"),
        (f"{page}/replaced", {"references": after.reference, "reason": "One"}, "Fill in this field"),
    ):
        status, shown = send(staff, url, data)
        assert (status, message in shown) == (422, True), url
    assert send(staff, f"{page}/makers/{other.id}/leave", {"reason": "No budget"})[0] == 200
    successor = {"maker": "Office of Schools", "kind": "government", "reason": "Renamed", "language": "en"}
    assert send(staff, f"{page}/makers/{lead.id}/successor", successor)[0] == 200
    done = {"kin": "merged", "references": reference, "reason": "One"}
    status, shown = send(staff, f"{page}/replaced", done)
    assert (status, "look whether this is what you mean" in shown, "New classes" in shown) == (422, True, True)
    assert again(before).state is State.PUBLISHED
    # What was looked at is not what is typed by now.
    assert send(staff, f"{page}/replaced", done | {"seen": other_one})[0] == 422
    # Nor is what a colleague changed meanwhile.
    looked = re.findall(r'name="seen" value="([^"]+)"', shown)[-1]
    other_words = again(after)
    words = dataclasses.replace(capturing.words_of(other_words.words), title="", wording="We will close all schools.")
    capturing.amend(make_person(), other_words, words, reason="Another budget")
    status, shown = send(staff, f"{page}/replaced", done | {"seen": looked})
    assert (status, "close all schools" in shown) == (422, True)
    looked = re.findall(r'name="seen" value="([^"]+)"', shown)[-1]
    status, shown = send(staff, f"{page}/replaced", done | {"seen": looked})
    assert (status, "Merged into" in shown, "Office of Schools" in shown) == (200, True, True)
    assert staff.get(f"{page}/replaced").location == page
