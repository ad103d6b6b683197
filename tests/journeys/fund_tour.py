"""Stops of the tour at the fund's desk."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from eventhub.funding import debarring, deciding, desk, thread
from eventhub.funding.debarring import Party
from eventhub.funding.models import Owed, State, Voucher
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
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
from tests.factories.people import make_organisation, make_person
from tests.factories.registration import a_photograph


def fund_stops(
    words: Callable[[str], str], texts: Callable[[str], dict[str, str]], owner: Person
) -> dict[str, dict[str, str]]:
    """Addresses by who looks: a call with files in all sorts of states."""
    call = make_call(title=texts("Travel fund of the Forum"))
    officer, colleague = fund_officer(), fund_officer()
    house = make_organisation(name=words("Mountain Voices Fund"))
    papers: dict[str, Any] = {
        "why_need": words("We have no money to travel."),
        "birth_date": "1990-11-26",
        "letter": Upload(f"{words('letter')}.png", a_photograph(kind="PNG")),
        "identity_copy": Upload("copy.jpg", a_photograph()),
    }
    mine = make_application(call, owner, answers=papers, organisation_id=house.id, nominated_by_id=house.id)
    voucher = make_endorsement(mine, name=words("Halima Osei"), organisation_id=house.id)
    make_endorsement(mine, Voucher.REFEREE, outcome=None, name=words("Daw Mya"))
    thread.ask(officer, call, desk.record(call.id, mine.id), words("Where do you come from?"), days=3)
    key = desk.record(call.id, mine.id).person.seal_key
    sent = Upload(f"{words('m')}.png", a_photograph(kind="PNG"))
    message = thread.answer(owner, mine, key, words("From the mountains"), sent)
    voucher.file_id = message.file_id
    refused = make_application(call, make_person(name=words("Not eligible")), submitted_at=now() - timedelta(days=20))
    deciding.decide(officer, call, [refused], State.INELIGIBLE, "other", words("Words to add"))
    deciding.note(officer, refused, words("A note"))
    waits, _older, _newer = make_pair(call)
    same, older, newer = make_pair(call)
    same.verdict, same.dropped_id, same.decided_at = Verdict.SAME, older.id, now()
    older.state, older.merged_into_id = State.WITHDRAWN, newer.id
    debarring.propose(colleague, str(refused.reference), Party.PERSON, words("Why"), None)
    make_debt(organisation=house)
    debt = make_debt(make_person(name=words("Owes")), kind=Owed.DEBARRED, note=words("Forged"))
    db.session.flush()
    console = f"/console/funds/{call.slug}"
    return {
        "staff": {
            "funding_console.files": f"{console}/files?chip=all",
            "funding_console.export": f"{console}/files/export?chip=all",
            "funding_console.record": f"{console}/files/{mine.id}",
            "funding_console.record#refused": f"{console}/files/{refused.id}",
            "funding_console.papers": f"{console}/files/{mine.id}/papers",
            "funding_console.paper": f"{console}/files/{mine.id}/papers/identity_copy",
            "funding_console.letter": f"{console}/files/{mine.id}/letters/{voucher.id}",
            "funding_console.message_file": f"{console}/files/{mine.id}/messages/{message.id}",
            "funding_console.duplicates": f"{console}/duplicates",
            "funding_console.duplicate": f"{console}/duplicates/{waits.id}",
            "funding_console.duplicate#found": f"{console}/duplicates/{same.id}",
            "funding_console.numbers": f"{console}/numbers",
            "awards_numbers.overview": f"{console}/overview",
            "funding_console.debts": "/console/funds/debts",
            "funding_console.clear": f"/console/funds/debts/{debt.id}/clear",
        },
        "owner": {"funding_thread.mine": f"/me/applications/{mine.reference}/questions"},
    }
