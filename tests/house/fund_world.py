"""What the fund's desk has in the small world: a call of an event with its files."""

from datetime import timedelta

from eventhub.funding import debarring, desk, thread
from eventhub.funding.debarring import Party
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires.uploads import Upload
from eventhub.registration.pair_models import Verdict
from tests.factories.funding_desk import (
    fund_officer,
    make_application,
    make_call,
    make_debt,
    make_endorsement,
    make_pair,
)
from tests.factories.people import make_person
from tests.factories.programme import PDF_BYTES


def fund_parts(event: Event, owner: Person) -> dict[str, str]:
    """A call with an application of somebody who was asked something and answered, pairs, debts and a proposal."""
    call, officer = make_call(event), fund_officer()
    papers = {
        "birth_date": "1990-11-26",
        "letter": Upload("letter.pdf", PDF_BYTES),
        "identity_copy": Upload("copy.pdf", PDF_BYTES),
    }
    mine = make_application(call, owner, answers=papers)
    one = make_endorsement(mine)
    sent = Upload("more.pdf", PDF_BYTES)
    thread.ask(officer, call, desk.record(call.id, mine.id), "Where from?", days=3)
    message = thread.answer(owner, mine, desk.record(call.id, mine.id).person.seal_key, "From home", sent)
    one.file_id = message.file_id
    pair, _older, _newer = make_pair(call)
    same, older, newer = make_pair(call)
    same.verdict, same.dropped_id, same.decided_at = Verdict.SAME, older.id, now()
    older.state, older.merged_into_id = "withdrawn", newer.id  # type: ignore[assignment]
    refused = make_application(call, state="ineligible", reason="incomplete")
    proposals = [
        debarring.propose(officer, str(make_application(call).reference), Party.PERSON, "Why", None) for _ in range(2)
    ]
    debt = make_debt(make_person(), since=now() - timedelta(days=30))
    db.session.flush()
    return {
        "call": call.slug,
        "application": str(mine.id),
        "application_reference": str(mine.reference),
        "application_refused": str(refused.id),
        "fund_message": str(message.id),
        "endorsement": str(one.id),
        "fund_pair": str(pair.id),
        "fund_same": str(same.id),
        "proposal": str(proposals[0].id),
        "proposal_to_drop": str(proposals[1].id),
        "debt": str(debt.id),
    }
