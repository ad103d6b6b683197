"""Calls with frozen rules and files at the fund's desk, as rows."""

import itertools
import secrets
import uuid
from datetime import timedelta
from typing import Any

from eventhub.funding import rules as rules_of
from eventhub.funding.desk_models import FundPair
from eventhub.funding.models import (
    Application,
    Call,
    CallRules,
    Debt,
    Endorsement,
    FundKind,
    Owed,
    Stand,
    State,
    Vouch,
    Voucher,
)
from eventhub.funding.rules import Rules
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Organisation, Person, Role, RoleGrant, ScopeKind
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires import answers as given
from eventhub.questionnaires.checks import parse
from eventhub.questionnaires.models import AnswerSet, Purpose, QuestionnaireVersion
from eventhub.registration.reference import new_reference
from tests.factories.people import make_person

NUMBERS = itertools.count(1)

FORM: dict[str, Any] = {
    "pages": [
        {
            "id": "p1",
            "title": "About you",
            "questions": [
                {"id": "q1", "key": "residence", "kind": "country", "label": "Where you live", "variant": "anywhere"},
                {
                    "id": "q2",
                    "key": "why_need",
                    "kind": "long_text",
                    "label": "Why you cannot come without support",
                    "required": True,
                    "see": ["organiser", "desk", "reviewer"],
                },
                {"id": "q3", "key": "birth_date", "kind": "date", "label": "Date of birth", "sealed": True},
            ],
        },
        {
            "id": "p2",
            "title": "Papers",
            "questions": [
                {"id": "q4", "key": "letter", "kind": "file", "label": "Letter of your organization", "required": True},
                {"id": "q5", "key": "identity_copy", "kind": "file", "label": "Copy of your document", "sealed": True},
            ],
        },
    ]
}
"""What a call asks, in short."""


def some_rules(**changed: Any) -> Rules:
    """Rules with everything that must be there."""
    words = {"en": "Words"}
    data: dict[str, Any] = {
        "reviewing": {
            "rubric": [
                {
                    "id": "need",
                    "title": words,
                    "question": words,
                    "weight": 100,
                    "anchors": [{"points": 0, "text": words}, {"points": 10, "text": words}],
                }
            ]
        },
        "costs": {"lines": ["economy_return_ticket"]},
        "envelopes": [{"id": "all", "title": words, "amount": 5_000_000}],
        "vouching": {"nominator": True, "referees": 1, "letter": False},
    }
    return rules_of.read(data | changed)


def make_call(event: Event | None = None, *, form: dict[str, Any] | None = None, **given_values: Any) -> Call:
    """An open call that closes in a week, with its rules agreed to."""
    rules = given_values.pop("rules", None) or some_rules()
    number = next(NUMBERS)
    asked = questionnaires.create(
        None, purpose=Purpose.FUNDING, name=f"Application {number}", definition=parse(form or FORM)
    )
    version: QuestionnaireVersion = questionnaires.publish(None, asked)
    db.session.flush()
    values: dict[str, Any] = {
        "slug": f"fund-{number}-{secrets.token_hex(3)}",
        "code": f"VF{number}-{secrets.token_hex(2).upper()}",
        "kind": FundKind.TRAVEL,
        "stand": Stand.OPEN,
        "title": {"en": "Travel fund of the Forum", "ar": "صندوق السفر للمنتدى"},
        "time_zone": "Europe/Zurich",
        "opens_at": now() - timedelta(days=30),
        "closes_at": now() + timedelta(days=7),
        "opened_at": now() - timedelta(days=30),
        "lottery_commitment": "0" * 64,
        "questionnaire_id": asked.id,
        "version_id": version.id,
        "numbers_given": 1000,
    }
    call = Call(id=uuid.uuid4(), event_id=event.id if event else None, **(values | given_values))
    db.session.add(call)
    db.session.flush()
    agreed = CallRules(
        call_id=call.id,
        number=1,
        rules=rules_of.to_json(rules),
        digest=rules_of.digest(rules),
        version_id=version.id,
        agreed_at=now(),
    )
    db.session.add(agreed)
    db.session.flush()
    return call


def make_application(
    call: Call, person: Person | None = None, *, answers: dict[str, object] | None = None, **given_values: Any
) -> Application:
    """A file that was sent and waits at the desk."""
    person = person or make_person()
    answer_set = AnswerSet(
        id=uuid.uuid4(), version_id=call.version_id, owner_id=person.id, seal_key_id=person.seal_key_id, sent_at=now()
    )
    db.session.add(answer_set)
    db.session.flush()
    kept = {"residence": "KE", "why_need": "We have no money to travel."} | (answers or {})
    given.save(answer_set, db.session.get_one(SealKey, person.seal_key_id), kept)
    values: dict[str, Any] = {
        "state": State.SUBMITTED,
        "number": next(NUMBERS),
        "reference": new_reference(call.code),
        "submitted_at": now() - timedelta(days=1),
        "region": "africa_middle_east",
        "residence": "KE",
        "origin": "KE",
        "answer_set_id": answer_set.id,
    }
    application = Application(id=uuid.uuid4(), call_id=call.id, person_id=person.id, **(values | given_values))
    db.session.add(application)
    db.session.flush()
    return application


def make_endorsement(
    application: Application,
    role: Voucher = Voucher.NOMINATOR,
    outcome: Vouch | None = Vouch.CONFIRMED,
    **given_values: Any,
) -> Endorsement:
    """Somebody who was asked to vouch."""
    values: dict[str, Any] = {
        "name": "Halima Osei",
        "email": f"voucher{next(NUMBERS)}@example.org",
        "language": "en",
        "salt": secrets.token_bytes(16),
        "token_hash": secrets.token_bytes(32),
        "letter_due": now() + timedelta(days=7),
        "outcome": outcome,
        "answered_at": now() if outcome else None,
    }
    one = Endorsement(id=uuid.uuid4(), application_id=application.id, role=role, **(values | given_values))
    db.session.add(one)
    db.session.flush()
    return one


def make_pair(call: Call, **given_values: Any) -> tuple[FundPair, Application, Application]:
    """Two applications of one name, the older one first, and the pair of them."""
    name = f"Amina Yusuf Warsame {next(NUMBERS)}"
    older = make_application(call, make_person(name=name), submitted_at=now() - timedelta(days=3), **given_values)
    newer = make_application(call, make_person(name=name), submitted_at=now() - timedelta(days=1), **given_values)
    first, second = sorted((older.id, newer.id))
    pair = FundPair(id=uuid.uuid4(), call_id=call.id, first_id=first, second_id=second, score=3, reasons=["name"])
    db.session.add(pair)
    db.session.flush()
    return pair, older, newer


def make_debt(person: Person | None = None, organisation: Organisation | None = None, **given_values: Any) -> Debt:
    """A report that is owed, of a person or an organization."""
    debt = Debt(
        id=uuid.uuid4(),
        person_id=person.id if person else None,
        organisation_id=organisation.id if organisation else None,
        **({"kind": Owed.REPORT} | given_values),
    )
    db.session.add(debt)
    db.session.flush()
    return debt


def fund_officer(call: Call | None = None, role: Role = Role.FUND_OFFICER) -> Person:
    """Somebody with a role for this call, or without one for everything; held for some days."""
    person = make_person()
    row = RoleGrant(
        person_id=person.id,
        role=role,
        scope_kind=ScopeKind.CALL if call else ScopeKind.ALL,
        scope_id=call.id if call else None,
    )
    row.granted_at = now() - timedelta(days=2)
    db.session.add(row)
    db.session.flush()
    return person
