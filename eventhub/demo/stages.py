"""What security has said at a regional forum of the demo, and gender in numbers of all events."""

from datetime import timedelta

from sqlalchemy import select

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.registration import genders, stages
from eventhub.registration.models import Registration, RegistrationSetup, State, Word

ASKED = 14
ANSWERED = (Word.NO_OBJECTION, Word.NO_OBJECTION, Word.OBJECTION, Word.NO_OBJECTION)
NOTE = "The host authorities say that the visa was refused in an earlier year."


def make_stages(event: Event, staff: Person, security: Person) -> None:
    """Security is asked at this event; it has answered about some, and others wait."""
    setup = db.session.get_one(RegistrationSetup, event.id)
    setup.needs_security = True
    rows = select(Registration).where(Registration.event_id == event.id, Registration.state == State.UNDER_REVIEW)
    waiting = list(db.session.scalars(rows.order_by(Registration.submitted_at, Registration.id).limit(ASKED)))
    if waiting:
        stages.ask(staff, setup, waiting)
    known = stages.standing(setup, (), waiting)
    for place, one in enumerate(waiting):
        approval = known[one.id].approval
        if approval is None:
            continue
        approval.asked_at = now() - timedelta(days=ASKED - place)
        db.session.flush()
        if place < len(ANSWERED):
            word = ANSWERED[place]
            note = NOTE if word is Word.OBJECTION else None
            stages.say(security, approval.id, word, note, seen=approval.version)
    db.session.flush()
    genders.freeze(now())
