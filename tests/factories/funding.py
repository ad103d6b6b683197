"""A call that is open, with a small form that asks what the features of the fund read."""

import itertools
import uuid
from datetime import timedelta
from typing import Any

from eventhub.funding import applying, own, rules
from eventhub.funding.models import Application, Call, CallRules, FundKind, Stand
from eventhub.funding.own import Intake
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.checks import parse
from eventhub.questionnaires.models import Purpose

NUMBERS = itertools.count(1)
YES_NO = [{"id": "yes", "label": "Yes"}, {"id": "no", "label": "No"}]


def _asked(key: str, kind: str, label: str, **given: Any) -> dict[str, Any]:
    return {"id": f"q{key}", "key": key, "kind": kind, "label": label} | given


FORM: dict[str, Any] = {
    "pages": [
        {
            "id": "p1",
            "title": "About you",
            "questions": [
                _asked("residence", "country", "Where you live", variant="anywhere", required=True),
                _asked("origin", "country", "Where your journey begins", variant="anywhere"),
                _asked("nationality", "country", "Nationality", variant="nationality"),
                _asked("first_time", "choice", "Is it your first time?", options=YES_NO, required=True),
                _asked("language", "language", "The language you work in"),
            ],
        },
        {
            "id": "p2",
            "title": "Your organization",
            "questions": [
                _asked("organisation", "organisation", "Your organization"),
                _asked("nominating_organisation", "organisation", "The organization that nominates you"),
                _asked("previous_grant", "choice", "Have you had a grant before?", options=YES_NO),
            ],
        },
        {
            "id": "p3",
            "title": "Why you",
            "questions": [
                _asked("why_need", "long_text", "Why you need support", required=True, see=["reviewer", "desk"]),
                _asked("why_voice", "long_text", "What you will say", required=True, see=["reviewer", "desk"]),
                _asked("why_after", "long_text", "What you will do afterwards", see=["reviewer", "desk"]),
            ],
        },
        {
            "id": "p4",
            "title": "What you need",
            "questions": [
                _asked(
                    "support",
                    "choices",
                    "Which support would you accept?",
                    required=True,
                    options=[
                        {"id": "full", "label": "Full support"},
                        {"id": "partial", "label": "Part of the cost"},
                        {"id": "would_come", "label": "I would come anyway"},
                    ],
                ),
                _asked("partial_amount", "number", "How much you ask for"),
                _asked("needs_access", "long_text", "What you need to take part", sealed=True, see=["desk"]),
                _asked("needs_companion", "choice", "Do you need a companion?", options=YES_NO),
            ],
        },
        {
            "id": "p5",
            "title": "About you, if you like",
            "questions": [
                _asked(
                    "gender",
                    "choice",
                    "Gender",
                    sealed=True,
                    see=["statistics"],
                    options=[
                        {"id": one, "label": one.capitalize()}
                        for one in ("woman", "man", "another", "prefer_not_to_say")
                    ],
                ),
                _asked("birth_date", "date", "Day of birth", sealed=True, see=["desk"]),
                _asked(
                    "minority_basis",
                    "choices",
                    "Minority",
                    sealed=True,
                    see=["statistics"],
                    options=[{"id": one, "label": one.capitalize()} for one in ("ethnic", "religious", "linguistic")],
                ),
                _asked("disability", "choice", "Disability", sealed=True, see=["statistics"], options=YES_NO),
            ],
        },
        {
            "id": "p6",
            "title": "Papers",
            "questions": [
                _asked("letter", "file", "A letter of your organization"),
                _asked("identity_copy", "file", "A photograph of your document", sealed=True, see=["desk"]),
            ],
        },
    ]
}
"""What a call asks, in short."""

ANSWERS: dict[str, object] = {
    "residence": "KE",
    "nationality": "SO",
    "first_time": "yes",
    "language": "fr",
    "organisation": {"name": "Horn Voices Association"},
    "nominating_organisation": {"name": "Pastoralist Women Forum"},
    "why_need": "No grant pays for it.",
    "why_voice": "What was promised and not done.",
    "support": ["full", "partial"],
    "partial_amount": 850.5,
    "gender": "woman",
    "birth_date": "1994-05-01",
    "minority_basis": ["ethnic", "religious"],
    "disability": "no",
}

RULES: dict[str, Any] = {
    "supports": ["full", "partial", "would_come"],
    "vouching": {"nominator": False, "referees": 0},
    "reviewing": {
        "rubric": [
            {
                "id": one,
                "title": {"en": one.capitalize()},
                "question": {"en": f"{one.capitalize()}?"},
                "weight": weight,
                "anchors": [{"points": 0, "text": {"en": "None"}}, {"points": 5, "text": {"en": "All"}}],
            }
            for one, weight in (("need", 30), ("voice", 40), ("after", 30))
        ]
    },
    "costs": {
        "lines": ["economy_return_ticket", "dsa", "terminal_expenses", "visa_fee", "accessibility_support"],
        "fares": [{"origin": "KE", "amount": 98_000}, {"origin": "west", "amount": 110_000, "countries": ["SN", "ML"]}],
        "usual_fare": 150_000,
        "dsa": 30_000,
        "dsa_days": 4,
        "terminal": 6_000,
        "visa": 9_000,
        "access_most": 50_000,
    },
    "envelopes": [{"id": "main", "title": {"en": "Voluntary fund"}, "amount": 10_000_000}],
}


OPEN_TO_ALL = {"limits": {"months_between_grants": 0, "owed_report_blocks": False}}
"""Rules of a call that considers also who had a grant, or owes a report."""


def an_open_call(event: Event | None = None, *, form: dict[str, Any] = FORM, changed: Any = None, **given: Any) -> Call:
    """A call that opened a week ago and closes in a week. ``changed``: other rules, by their part."""
    number = next(NUMBERS)
    data = RULES | (changed or {})
    questionnaire = questionnaires.create(
        None, purpose=Purpose.FUNDING, name=f"Application {number}", definition=parse(form)
    )
    version = questionnaires.publish(None, questionnaire)
    values: dict[str, Any] = {
        "slug": f"fund-{number}-{uuid.uuid4().hex[:6]}",
        "code": f"VF{number}",
        "kind": FundKind.TRAVEL,
        "stand": Stand.OPEN,
        "event_id": event.id if event else None,
        "title": {"en": "Travel fund", "fr": "Fonds de voyage", "ar": "صندوق السفر"},
        "time_zone": "Europe/Zurich",
        "opens_at": now() - timedelta(days=7),
        "closes_at": now() + timedelta(days=7),
        "questionnaire_id": questionnaire.id,
        "version_id": version.id,
        "rules": data,
        "lottery_seal": b"",
        "lottery_commitment": "0" * 64,
    }
    call = Call(id=uuid.uuid4(), **(values | given))
    db.session.add(call)
    db.session.flush()
    standing = rules.read(data)
    db.session.add(
        CallRules(
            call_id=call.id,
            number=1,
            rules=rules.to_json(standing),
            version_id=version.id,
            digest=rules.digest(standing),
            agreed_at=now(),
        )
    )
    db.session.flush()
    return call


def begin(call: Call, person: Person, answers: dict[str, object] | None = None) -> Application:
    """A draft with these answers."""
    found = applying.start_draft(person, person, own.intake_alone(call.slug, person))
    application = applying.save_page(person, found, ANSWERS if answers is None else answers)
    db.session.flush()
    return application


def apply(call: Call, person: Person, answers: dict[str, object] | None = None) -> Application:
    """An application that was sent."""
    begin(call, person, answers)
    return applying.submit(person, held(call, person))


def held(call: Call, person: Person) -> Intake:
    """The application, locked, as the pages read it."""
    return own.intake(call.slug, person, lock=True)
