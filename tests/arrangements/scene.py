"""A forum that asks what people need, people who said it, and a session with services."""

import uuid
from typing import Any

from eventhub.arrangements import actions, queries
from eventhub.arrangements.models import Kind, Need
from eventhub.arrangements.wishes import Wish, read
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person
from eventhub.programme.models import Event, Session
from eventhub.registration.models import Registration
from tests.factories.people import make_person
from tests.factories.programme import make_session
from tests.factories.registration import intake, make_forum, register

WHEELCHAIR, CAPTIONS = Wish(Kind.WHEELCHAIR), Wish(Kind.CAPTIONING)

OPTIONS = ("wheelchair", "international_sign", "realtime_captioning", "large_print", "assistant", "quiet_room")
FORM: dict[str, Any] = {
    "pages": [
        {
            "id": "p1",
            "title": "Your registration",
            "questions": [
                {"id": "q1", "key": "display_name", "kind": "short_text", "label": "Name to show", "required": True},
                {
                    "id": "q2",
                    "key": "access_needs",
                    "kind": "choices",
                    "label": "What do you need?",
                    "sealed": True,
                    "see": ["organiser"],
                    "retention_days": 30,
                    "options": [{"id": one, "label": one.replace("_", " ")} for one in (*OPTIONS, "guide_dog")],
                },
                {
                    "id": "q3",
                    "key": "other_support",
                    "kind": "long_text",
                    "label": "Anything else?",
                    "sealed": True,
                    "see": ["organiser"],
                    "retention_days": 30,
                },
            ],
        }
    ]
}
"""What a forum asks, in short."""


def make_stage(**given: object) -> tuple[Event, Session]:
    """A forum a month away, and a session with interpretation, captions and International Sign."""
    event = make_forum(data=FORM, **given)  # type: ignore[arg-type]
    session = make_session(
        event,
        title={"en": "Opening", "ar": "الافتتاح"},
        interpretation=["en", "fr"],
        access_services=["international_sign"],
    )
    return event, session


def come(event: Event, person: Person | None = None, **answers: object) -> Registration:
    """Somebody who registers and says what is needed."""
    return register(event, person or make_person(), **({"display_name": "Amina"} | answers))


def gathered(registration: Registration) -> list[Wish]:
    """What has become of the answers once the promise is kept."""
    for promise in db.session.query(Promise).filter_by(task="registration.needs_told"):
        actions.gather(uuid.UUID(promise.payload["registration_id"]))
    return [one.wish for one in held(registration)]


def held(registration: Registration) -> list[queries.Known]:
    """The wishes of a registration, opened."""
    return queries.of_registration(registration.id, key_of(registration))


def wish(event: Event, registration: Registration, what: Wish = WHEELCHAIR, session: Session | None = None) -> Need:
    """Something asked for on the own page."""
    person = person_of(registration)
    made = actions.ask(person, intake(event, person), what, session)
    db.session.flush()
    return made


def person_of(registration: Registration) -> Person:
    """Whose registration it is."""
    return db.session.get_one(Person, registration.person_id)


def key_of(registration: Registration) -> SealKey:
    """The key of whose registration it is."""
    return db.session.get_one(SealKey, person_of(registration).seal_key_id)


def opened(need: Need) -> Wish:
    """What a wish says."""
    found = read(need, key_of(db.session.get_one(Registration, need.registration_id)))
    assert found is not None
    return found
