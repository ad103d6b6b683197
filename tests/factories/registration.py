"""How events take registrations, what they ask, and registrations."""

import io
import itertools
import uuid
from datetime import timedelta
from typing import Any

from PIL import Image

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Channel, Consent, Person
from eventhub.programme.models import Event, EventKind, Mode
from eventhub.questionnaires import actions as questionnaires
from eventhub.questionnaires.checks import parse
from eventhub.questionnaires.models import Purpose, Questionnaire
from eventhub.registration import actions, admission, queries
from eventhub.registration.models import (
    Approval,
    PreparedDecision,
    Registration,
    RegistrationSetup,
    SeatAt,
    Stage,
    State,
    Word,
)
from eventhub.registration.pair_models import RegistrationPair, Verdict
from eventhub.registration.queries import Intake
from eventhub.registration.reference import new_reference
from tests.factories.people import make_person
from tests.factories.programme import make_event

NUMBERS = itertools.count(1)

ONE_PAGE: dict[str, Any] = {
    "pages": [
        {
            "id": "p1",
            "title": "Your registration",
            "questions": [
                {"id": "q1", "key": "display_name", "kind": "short_text", "label": "Name to show", "required": True},
                {"id": "q2", "key": "residence", "kind": "country", "label": "Where you live", "variant": "anywhere"},
                {"id": "q3", "key": "needs", "kind": "long_text", "label": "What you need", "sealed": True},
            ],
        }
    ]
}
"""What a dialogue asks."""

THREE_PAGES: dict[str, Any] = {
    "pages": [
        {
            "id": "p1",
            "title": "Taking part",
            "questions": [
                {
                    "id": "q1",
                    "key": "attendance_mode",
                    "kind": "choice",
                    "label": "How will you take part?",
                    "required": True,
                    "options": [
                        {"id": "in_person", "label": "In person"},
                        {"id": "remote_listening", "label": "Online, to listen"},
                    ],
                },
                {
                    "id": "q2",
                    "key": "category",
                    "kind": "choice",
                    "label": "On whose behalf?",
                    "required": True,
                    "options": [
                        {"id": "ngo_no_ecosoc", "label": "A non-governmental organization"},
                        {"id": "member_state", "label": "A Member State"},
                    ],
                },
                {"id": "q3", "key": "organisation", "kind": "organisation", "label": "Organization"},
            ],
        },
        {
            "id": "p2",
            "title": "About you",
            "questions": [
                {
                    "id": "q4",
                    "key": "legal_name",
                    "kind": "short_text",
                    "label": "Your name",
                    "required": True,
                    "see": ["desk"],
                },
                {"id": "q5", "key": "nationality", "kind": "country", "label": "Nationality", "variant": "nationality"},
                {
                    "id": "q6",
                    "key": "document_number",
                    "kind": "short_text",
                    "label": "Number of your document",
                    "required": True,
                    "sealed": True,
                    "see": ["desk"],
                    "show_if": {"question": "attendance_mode", "in": ["in_person"]},
                },
            ],
        },
        {
            "id": "p3",
            "title": "Consents",
            "questions": [
                {
                    "id": "q7",
                    "key": "list_of_participants",
                    "kind": "consent",
                    "label": "My name may stand on the list of participants",
                    "purpose": "list_of_participants",
                },
            ],
        },
    ]
}
"""What a forum asks, in short."""

PAPERS: dict[str, Any] = {
    "id": "p4",
    "title": "Papers",
    "questions": [
        {"id": "q8", "key": "letter", "kind": "file", "label": "Letter", "see": ["organiser", "desk"]},
        {
            "id": "q9",
            "key": "scan",
            "kind": "file",
            "label": "Copy of the document",
            "sealed": True,
            "see": ["desk"],
        },
    ],
}
"""A page that asks for files, an open and a sealed one."""

WITH_PAPERS: dict[str, Any] = {"pages": [*THREE_PAGES["pages"], PAPERS]}
"""What a forum asks, files included."""

ANSWERS: dict[str, object] = {
    "attendance_mode": "in_person",
    "category": "ngo_no_ecosoc",
    "organisation": {"name": "Horn Voices Association"},
    "legal_name": "Amina Yusuf Warsame",
    "nationality": "SO",
    "document_number": "RT1234418",
    "list_of_participants": True,
}


def make_questionnaire(data: dict[str, Any] = ONE_PAGE, **given: Any) -> Questionnaire:
    """A published questionnaire."""
    made = questionnaires.create(
        None, purpose=Purpose.REGISTRATION, name=f"Registration {next(NUMBERS)}", definition=parse(data), **given
    )
    questionnaires.publish(None, made)
    db.session.flush()
    return made


def open_registration(event: Event, **given: object) -> RegistrationSetup:
    """Registration that opened a week ago and closes in a week, without a questionnaire."""
    values: dict[str, object] = {
        "opens_at": now() - timedelta(days=7),
        "closes_at": now() + timedelta(days=7),
        "seat_at": SeatAt.ACCREDITATION,
        "needs_accreditation": True,
        "capacity": None,
    }
    setup = RegistrationSetup(event_id=event.id, **(values | given))
    db.session.add(setup)
    db.session.flush()
    return setup


def make_dialogue(*, capacity: int | None = None, data: dict[str, Any] | None = ONE_PAGE, **given: object) -> Event:
    """An online dialogue that confirms places at once."""
    event = make_event(kind=EventKind.DIALOGUE, mode=Mode.ONLINE, code=f"DLG{next(NUMBERS)}")
    asked = {"questionnaire_id": make_questionnaire(data).id} if data else {}
    values: dict[str, object] = {"seat_at": SeatAt.SUBMISSION, "needs_accreditation": False, "capacity": capacity}
    open_registration(event, **(values | asked | given))
    return event


def make_forum(*, capacity: int | None = None, data: dict[str, Any] | None = THREE_PAGES, **given: object) -> Event:
    """A forum that accredits people."""
    event = make_event(code=f"FMI{100 + next(NUMBERS)}")  # apart from those that a scene names
    asked = {"questionnaire_id": make_questionnaire(data).id} if data else {}
    open_registration(event, capacity=capacity, **(asked | given))
    return event


def intake(event: Event, person: Person) -> Intake:
    """What registering this person needs, as the views ask for it."""
    return queries.intake(event.slug, person)


def register(event: Event, person: Person | None = None, **values: object) -> Registration:
    """A registration made by the actions themselves."""
    person = person or make_person()
    found = intake(event, person)
    answers = values or (ANSWERS if found.setup.needs_accreditation else {"display_name": "Amina"})
    return actions.register_now(person, person, found, answers)


def listed(event: Event, person: Person | None = None, **given: object) -> Registration:
    """Somebody who takes part and agreed to stand on the list of participants."""
    person = person or make_person()
    db.session.add(Consent(person_id=person.id, channel=Channel.LIST_OF_PARTICIPANTS, event_id=event.id, given=True))
    return make_registration(event, person, **({"state": State.ACCREDITED} | given))


def make_registration(event: Event, person: Person | None = None, **given: object) -> Registration:
    """A registration that was sent and waits for a decision."""
    values: dict[str, object] = {
        "id": uuid.uuid4(),
        "state": State.UNDER_REVIEW,
        "has_seat": given.get("state") is State.OFFERED,
        "reference": new_reference(event.code),
        "submitted_at": now(),
        "category": "ngo_no_ecosoc",
        "country": "KE",
        "attendance_mode": "in_person",
    }
    registration = Registration(event_id=event.id, person_id=(person or make_person()).id, **(values | given))
    db.session.add(registration)
    db.session.flush()
    return registration


def make_pair(event: Event, *, is_one: bool = False, **given: object) -> RegistrationPair:
    """Two registrations of one name; ``is_one``: somebody found that they are one person's."""
    name = f"Amina Yusuf Warsame {next(NUMBERS)}"
    first, second = sorted(
        (make_registration(event, legal_name=name, **given) for _ in range(2)), key=lambda one: one.id
    )
    said: dict[str, object] = {}
    if is_one:
        second.state = State.WITHDRAWN
        said = {"verdict": Verdict.SAME, "dropped_id": second.id, "dropped_from": "under_review", "decided_at": now()}
    pair = RegistrationPair(
        id=uuid.uuid4(), event_id=event.id, first_id=first.id, second_id=second.id, score=3, reasons=["name"], **said
    )
    db.session.add(pair)
    db.session.flush()
    return pair


def make_prepared(
    registration: Registration, outcome: State = State.ACCREDITED, reason: str = "complete", **given: object
) -> PreparedDecision:
    """A decision that a colleague has prepared."""
    values: dict[str, object] = {"id": uuid.uuid4(), "version": registration.version, "prepared_at": now()}
    values["prepared_by_id"] = given.pop("by", None) or make_person().id
    decision = PreparedDecision(registration_id=registration.id, outcome=outcome, reason=reason, **(values | given))
    db.session.add(decision)
    db.session.flush()
    return decision


def a_photograph(width: int = 300, height: int = 420, kind: str = "JPEG") -> bytes:
    """A letter as a phone takes it: dark lines on grey paper."""
    picture = Image.new("RGB", (width, height), "#dddddd")
    for line in range(height // 10, height - height // 10, max(4, height // 20)):
        picture.paste((40, 40, 60), (width // 10, line, width - width // 5, line + max(2, height // 200)))
    target = io.BytesIO()
    picture.save(target, kind)
    return target.getvalue()


def make_approval(registration: Registration, word: Word | None = None, **given: object) -> Approval:
    """Security was asked, and perhaps said its word."""
    values: dict[str, object] = {"stage": Stage.SECURITY, "asked_at": now()}
    values |= {"outcome": word, "answered_at": now()} if word else {}
    approval = Approval(id=uuid.uuid4(), registration_id=registration.id, **(values | given))
    db.session.add(approval)
    db.session.flush()
    return approval


def take_category(event: Event, code: str = "ngo_no_ecosoc", **rules: Any) -> None:
    """A category that the event takes, by the action itself."""
    admission.set_category(make_person(), event, code, is_open=rules.pop("is_open", True), **rules)


FOR_CATEGORIES: dict[str, Any] = {
    "pages": [
        {
            "id": "p1",
            "title": "Taking part",
            "questions": [
                {
                    "id": "q1",
                    "key": "category",
                    "kind": "choice",
                    "label": "On whose behalf?",
                    "required": True,
                    "options": [
                        {"id": "member_state", "label": "A Member State"},
                        {"id": "ngo_ecosoc", "label": "An organization in status"},
                        {"id": "ngo_no_ecosoc", "label": "An organization without status"},
                        {"id": "minority_representative", "label": "A group"},
                    ],
                },
                {"id": "q2", "key": "letter", "kind": "file", "label": "Letter"},
                {"id": "q3", "key": "attestation", "kind": "file", "label": "Attestation"},
                {"id": "q4", "key": "identity_copy", "kind": "file", "label": "Copy", "sealed": True, "see": ["desk"]},
            ],
        },
        {
            "id": "p2",
            "title": "About you",
            "questions": [
                {"id": "q5", "key": "display_name", "kind": "short_text", "label": "Name to show", "required": True},
                {
                    "id": "q6",
                    "key": "wishes_to_speak",
                    "kind": "choice",
                    "label": "Would you like to speak?",
                    "options": [{"id": "yes", "label": "Yes"}, {"id": "no", "label": "No"}],
                },
            ],
        },
    ]
}
"""A form that asks for a category and for every paper."""
