"""Commitments, made by the actions themselves."""

import uuid
from datetime import date, timedelta

from eventhub.commitments import capturing, confirming, queries, verifying
from eventhub.commitments.capturing import Described, MadeBy, Words
from eventhub.commitments.models import Asking, Commitment
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from tests.factories.people import make_person
from tests.factories.programme import make_event, make_session

WORDING = "We will open classes in the mother tongue in 120 primary schools."


def past_event(**given: object) -> Event:
    """An event that was last week, with one session."""
    event = make_event(first_day=(now() - timedelta(days=7)).date(), **given)
    make_session(event)
    return event


def new_address() -> str:
    """A mailbox of its own: what a mailbox gets is counted for a day, whichever test it was."""
    return f"maker-{uuid.uuid4().hex}@example.org"


def make_commitment(
    event: Event | None = None,
    *,
    actor: Person | None = None,
    wording: str = WORDING,
    title: str = "",
    maker: str = "Ministry of Education of Utopia",
    kind: str = "government",
    country: str | None = "KE",
    due_on: date | None = date(2028, 12, 31),
    email: str | None = None,
    language: str = "en",
    speaker: str = "",
    in_session: bool = True,
) -> Commitment:
    """A draft, as a rapporteur leaves it in the room."""
    event = event or past_event()
    sessions = queries.sittings(event)
    made = capturing.capture(
        actor or make_person(),
        event,
        session=sessions[0] if sessions and in_session else None,
        made_by=MadeBy(maker, kind, country),
        words=Words(wording, title=title, due_on=due_on),
        language=language,
        speaker=speaker,
        email=email,
    )
    return queries.record(made.id)


def asked(commitment: Commitment | None = None, *, email: str | None = None) -> tuple[Commitment, Asking]:
    """One whose maker has a link to confirm it."""
    found = commitment or make_commitment(email=email or new_address())
    asking = confirming.ask(make_person(), found)
    return queries.record(found.id), asking


def published(event: Event | None = None, *, actor: Person | None = None, **given: object) -> Commitment:
    """One that its maker confirmed and the secretariat published."""
    commitment, asking = asked(make_commitment(event, email=new_address(), **given))  # type: ignore[arg-type]
    confirming.confirm(confirming.link_token(asking), seen=1)
    keeper = actor or make_person()
    found = queries.record(commitment.id)
    verifying.verify(keeper, found)
    verifying.publish(keeper, found)
    return queries.record(commitment.id)


def described(commitment: Commitment, **given: object) -> Commitment:
    """The same with what it is about."""
    makers = [MadeBy(one.name, one.kind, one.country) for one in commitment.makers]
    values: dict[str, object] = {"makers": makers, "countries": commitment.countries}
    capturing.describe(make_person(), commitment, Described(**(values | given)))  # type: ignore[arg-type]
    db.session.flush()
    return queries.record(commitment.id)
