"""A person's copy, an erasure that leaves a count without a name, and how long names of others stay."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from eventhub.funding import personal_data, vouching
from eventhub.funding.models import Application, Debt, Endorsement, Owed, Stand, State, Vouch, Voucher
from eventhub.funding.moves import move
from eventhub.funding.vouching import Named
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.files import StoredFile
from eventhub.people import actions as people
from eventhub.people.models import Organisation
from eventhub.questionnaires.models import Answer
from eventhub.questionnaires.uploads import Upload
from tests.factories.funding import an_open_call, apply, begin, held
from tests.factories.people import make_person
from tests.factories.programme import PDF_BYTES, make_event
from tests.people.visits import new_email

pytestmark = pytest.mark.usefixtures("database")
NOMINATOR = {"vouching": {"nominator": True}}


def vouched() -> tuple[Application, Endorsement]:
    call, person = an_open_call(changed=NOMINATOR), make_person()
    draft = begin(call, person)
    who = Named((Voucher.NOMINATOR, 0), "Asha Noor", new_email(), "en", "Pastoralist Women Forum")
    row = vouching.name(person, held(call, person), who)
    vouching.answer(vouching.link_token(row), Vouch.CONFIRMED, "We know her.", Upload("letter.pdf", PDF_BYTES))
    return draft, row


def test_a_copy_holds_what_the_person_said_and_not_what_others_wrote() -> None:
    draft, row = vouched()
    person = draft.person_id
    (told,) = personal_data.own_data(db.session.get_one(people.Person, person))
    assert told["answers"]["gender"] == "woman"
    assert told["vouched_by"][0]["name"] == "Asha Noor"
    assert "We know her" not in str(told)
    assert row.words is not None


def test_an_erasure_in_the_middle_of_a_review_leaves_a_count_without_a_name() -> None:
    call, person = an_open_call(changed={"limits": {"nominees_per_organisation": 1}}), make_person()
    sent = apply(call, person)
    move(sent, State.ELIGIBLE, State.UNDER_REVIEW, actor=None, text="A word about her")
    db.session.add(Debt(kind=Owed.REPORT, person_id=person.id))
    db.session.flush()
    named = {sent.organisation_id, sent.nominated_by_id}
    people.erase(None, person)
    for _twice in range(2):
        personal_data.erase(person.id)
    assert (sent.state, sent.number, sent.erased_at is not None) == (State.WITHDRAWN, 1, True)
    assert (sent.traits, sent.residence, sent.region, sent.nominated_by_id) == (None, None, None, None)
    assert db.session.scalar(select(Answer.id).where(Answer.answer_set_id == sent.answer_set_id)) is None
    assert db.session.scalar(select(Debt.id)) is None
    assert set(db.session.scalars(select(Organisation.id).where(Organisation.id.in_(named)))) <= named


def test_an_erasure_gives_letters_up_and_a_voucher_can_leave_too() -> None:
    draft, row = vouched()
    voucher = make_person(email=row.email)
    people.erase(None, voucher)
    assert (row.email, row.name, row.outcome) == ("", "", Vouch.CONFIRMED)
    personal_data.erase(draft.person_id)
    letters = select(StoredFile).where(StoredFile.purpose == vouching.PURPOSE, StoredFile.deleted_at.is_(None))
    assert db.session.scalar(letters) is None
    assert db.session.scalar(select(Endorsement.id)) is None


def test_names_of_those_who_vouched_go_thirty_days_after_the_end() -> None:
    draft, row = vouched()
    call = db.session.get_one(personal_data.Call, draft.call_id)
    call.stand, call.ended_at = Stand.SETTLED, now() - timedelta(days=29)
    db.session.flush()
    assert personal_data.forget_vouchers(now()) == 0
    assert personal_data.forget_vouchers(now() + timedelta(days=2)) == 1
    assert personal_data.forget_vouchers(now() + timedelta(days=2)) == 0
    db.session.refresh(row)
    assert (row.name, row.email) == ("", "")


def test_days_of_retention_follow_a_deadline_that_moved() -> None:
    form = {
        "pages": [
            {
                "id": "p1",
                "title": "One",
                "questions": [
                    {"id": "q1", "key": "residence", "kind": "country", "label": "Where", "retention_days": 30}
                ],
            }
        ]
    }
    day = now().date() + timedelta(days=90)
    event = make_event(first_day=day, last_day=day)
    call, person = an_open_call(event, form=form), make_person()
    draft = begin(call, person, {"residence": "KE"})
    due = select(Answer.delete_after).where(Answer.answer_set_id == draft.answer_set_id)
    before = db.session.scalar(due)
    event.first_day = event.last_day = day + timedelta(days=10)
    db.session.flush()
    personal_data.follow_end(call.id)
    after = db.session.scalar(due)
    assert before is not None
    assert after is not None
    assert timedelta(days=9) < after - before < timedelta(days=11)
