"""A forum with people, a mailing to them, and a mail server that does as it is told."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.mail import post
from eventhub.kit.outbox import Promise
from eventhub.local.mailsink import MailSink
from eventhub.mailings import actions, letters, queries, sending, turns
from eventhub.mailings.audience import Audience
from eventhub.mailings.models import Kind, Mailing, MailingLine, Outcome
from eventhub.people.models import Person, Role
from eventhub.programme.models import Event
from eventhub.registration.models import Registration, State
from tests.factories.people import make_person, make_staff
from tests.factories.registration import make_forum, make_registration

SUBJECT = {"en": "Doors open at nine, {name}", "fr": "Les portes ouvrent à neuf heures"}
TEXT = {
    "en": "Dear {name},\n\nwelcome to {event}. Your reference is {reference}.\nYour page: {link}",
    "fr": "Bonjour {name}, bienvenue.",
}
EVERYBODY = Audience(groups=("decide", "accredited", "attended"))


def make_event_with(*people: Person, state: State = State.ACCREDITED, **given: Any) -> tuple[Event, list[Registration]]:
    """A forum at which these people are accredited."""
    event = make_forum(data=None)
    return event, [make_registration(event, one, state=state, **given) for one in people]


def make_mailing(
    event: Event,
    *,
    kind: Kind = Kind.SERVICE,
    audience: Audience = EVERYBODY,
    by: Person | None = None,
    text: dict[str, str] | None = None,
    subject: dict[str, str] | None = None,
) -> Mailing:
    """A mailing that is written."""
    person = by or make_staff(Role.ORGANISER, event_id=event.id)
    mailing = actions.create(person, event, kind=kind, language="en")
    mailing.audience, mailing.subject, mailing.text = audience.plain(), subject or SUBJECT, text or TEXT
    db.session.flush()
    return mailing


def send(mailing: Mailing, event: Event) -> None:
    """Press the button."""
    actions.schedule(make_person(), mailing, event, at=None, version=mailing.version)
    db.session.flush()


def minute(per_minute: int = 100) -> int:
    """What the clock does in a minute."""
    handed = sending.step(now() + timedelta(seconds=1), per_minute)
    db.session.flush()
    return handed


def write(line_id: str) -> Any:
    """What the task writes."""
    line = turns.take(uuid.UUID(line_id))
    return letters.letter(line) if line else None


def work(write: Callable[..., Any] = write) -> int:
    """What the workers do: every mail that is due, tried once; how many were owed."""
    due = db.session.query(Promise).filter(
        Promise.task == sending.LETTER,
        Promise.kept_at.is_(None),
        Promise.parked_at.is_(None),
        Promise.not_before <= now() + timedelta(seconds=1),
    )
    numbers = [one.id for one in due.order_by(Promise.id)]
    for number in numbers:
        post(number, write, sending.LETTER)
    db.session.expire_all()
    return len(numbers)


def outcomes(mailing: Mailing) -> dict[Outcome, int]:
    """How many lines stand where, as the log says it."""
    db.session.expire_all()
    return dict(queries.tallies([mailing.id])[mailing.id])


def line_of(mailing: Mailing, person: Person) -> MailingLine:
    """The line of one person."""
    db.session.expire_all()
    return db.session.query(MailingLine).filter_by(mailing_id=mailing.id, person_id=person.id).one()


def addresses(sink: MailSink) -> list[str]:
    """To whom mails arrived."""
    return sorted(str(one["To"]) for one in sink.messages())
