"""Two officers at one file, at one pair, at one proposal, and an applicant who answers meanwhile: decided once."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventhub.funding import debarring, deciding, desk, duplicates, thread
from eventhub.funding.debarring import Party
from eventhub.funding.desk_models import FundMessage
from eventhub.funding.models import Application, Call, Debt, State
from eventhub.kit.db import db, unit_of_work
from eventhub.kit.outbox import Promise
from eventhub.people import merging
from eventhub.people.models import Person
from tests.factories.funding_desk import fund_officer, make_application, make_call, make_pair
from tests.factories.people import make_organisation, make_person
from tests.together import at_once

pytestmark = pytest.mark.lane


def mails(task: str) -> int:
    return db.session.scalar(select(func.count()).select_from(Promise).where(Promise.task == task)) or 0


def test_two_officers_and_the_applicant_decide_once(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        call = make_call()
        owner = make_person()
        one = make_application(call, owner)
        call_id, one_id, owner_id, reference = call.id, one.id, owner.id, str(one.reference)
        officers = [fund_officer().id for _ in range(3)]

    def deciding_as(who: uuid.UUID, outcome: State) -> str:
        files = desk.chosen(call_id, [one_id])
        deciding.decide(
            db.session.get_one(Person, who), db.session.get_one(Call, call_id), files, outcome, "not_eligible"
        )
        return outcome.value

    def asking() -> str:
        who = db.session.get_one(Person, officers[2])
        thread.ask(who, db.session.get_one(Call, call_id), desk.record(call_id, one_id), "A letter?", days=2)
        return "asked"

    def answering() -> str:
        person = db.session.get_one(Person, owner_id)
        application = thread.own(person, reference, lock=True)
        thread.answer(person, application, application.person.seal_key, "Here")
        return "answered"

    ended = at_once(
        committed,
        [
            lambda: deciding_as(officers[0], State.ELIGIBLE),
            lambda: deciding_as(officers[1], State.INELIGIBLE),
            asking,
            answering,
        ],
    )
    allowed = {"eligible", "ineligible", "asked", "answered", "Stale", "NotPossible", "NotAsked", "StaleDataError"}
    assert set(ended) <= allowed
    assert ended["eligible"] + ended["ineligible"] <= 1 or ended["answered"] + ended["asked"]
    with committed.app_context():
        assert mails("funding.eligible") == ended["eligible"]
        assert mails("funding.ineligible") == ended["ineligible"]
        assert mails("funding.asked") == ended["asked"]
        written = select(func.count()).select_from(FundMessage)
        assert db.session.scalar(written) == ended["asked"] + ended["answered"]
        db.session.remove()


def test_a_pair_is_merged_or_decided_once(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        call = make_call()
        row, older, newer = make_pair(call)
        call_id, pair_id, ids = call.id, row.id, [older.id, newer.id]
        officers = [fund_officer().id for _ in range(3)]

    def merging_as(who: uuid.UUID) -> str:
        one = duplicates.pair_of(call_id, pair_id, who)
        duplicates.keep_newest(db.session.get_one(Person, who), db.session.get_one(Call, call_id), one, "Same passport")
        return "merged"

    def apart() -> str:
        one = duplicates.pair_of(call_id, pair_id, officers[2])
        duplicates.hold_apart(db.session.get_one(Person, officers[2]), one, "Cousins")
        return "apart"

    def both() -> str:
        files = desk.chosen(call_id, ids)
        me = db.session.get_one(Person, officers[2])
        deciding.decide(me, db.session.get_one(Call, call_id), files, State.INELIGIBLE, "not_eligible")
        return "decided"

    ended = at_once(committed, [lambda: merging_as(officers[0]), lambda: merging_as(officers[1]), apart, both])
    assert set(ended) <= {"merged", "apart", "decided", "DecidedAlready", "Stale", "NotPossible", "StaleDataError"}
    assert ended["merged"] + ended["apart"] <= 1
    assert ended["merged"] + ended["decided"] <= 1
    with committed.app_context():
        states = set(db.session.scalars(select(Application.state).where(Application.id.in_(ids))))
        if ended["merged"]:
            assert states == {State.WITHDRAWN, State.SUBMITTED}
        assert mails("funding.merged") == ended["merged"]
        db.session.remove()


def test_a_proposal_is_agreed_to_once(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        call = make_call()
        one = make_application(call)
        proposal = debarring.propose(fund_officer(), str(one.reference), Party.PERSON, "Why", None)
        proposal_id, officers = proposal.id, [fund_officer().id for _ in range(3)]

    def agreeing(who: uuid.UUID) -> str:
        debarring.agree(db.session.get_one(Person, who), proposal_id)
        return "agreed"

    ended = at_once(committed, [lambda who=who: agreeing(who) for who in officers])  # type: ignore[misc]
    assert ended == {"agreed": 1, "DecidedAlready": 2}
    with committed.app_context():
        assert db.session.scalar(select(func.count()).select_from(Debt)) == 1
        db.session.remove()


def test_organizations_merge_while_their_files_are_decided(committed: Flask) -> None:
    with committed.app_context(), unit_of_work():
        call = make_call()
        kept, gone = make_organisation(), make_organisation()
        ids = [make_application(call, nominated_by_id=gone.id).id for _ in range(5)]
        call_id, kept_id, gone_id = call.id, kept.id, gone.id
        officers = [fund_officer().id for _ in range(2)]

    def joining() -> str:
        merging.merge(db.session.get_one(Person, officers[0]), kept_id, [gone_id], "The same")
        return "merged"

    def decided() -> str:
        files = desk.chosen(call_id, ids)
        me = db.session.get_one(Person, officers[1])
        deciding.decide(me, db.session.get_one(Call, call_id), files, State.ELIGIBLE, None)
        return "decided"

    ended = at_once(committed, [joining, decided])
    assert ended["decided"] == 1
    assert set(ended) <= {"merged", "decided", "Busy"}
    with committed.app_context():
        named = set(db.session.scalars(select(Application.nominated_by_id)))
        assert named == ({kept_id} if ended["merged"] else {gone_id})
        db.session.remove()
