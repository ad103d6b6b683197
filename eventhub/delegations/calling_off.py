"""A cancelled event: focal points, and nominees who have not begun, are owed a letter about it."""

from sqlalchemy import String, cast, func, literal, select

from eventhub.delegations.models import Delegation, Nominee
from eventhub.kit.clock import now
from eventhub.kit.outbox import promise_all
from eventhub.programme import queries
from eventhub.programme.models import Event


def owe_letters(event: Event) -> None:
    """Owe each of them one letter; whoever is owed one already gets no second one. Two statements, however many.
    Nothing once the event is over. Who has begun to register is told of that (registration/cancelling.py).
    """
    if queries.ends(event) <= now():
        return
    promise_all(
        "delegations.called_off",
        select(
            literal("called_off:") + cast(Delegation.id, String) + ":" + cast(Delegation.focal_id, String),
            func.jsonb_build_object("delegation_id", Delegation.id, "person_id", Delegation.focal_id),
        ).where(Delegation.event_id == event.id, Delegation.focal_id.is_not(None)),
    )
    promise_all(
        "delegations.nomination_called_off",
        select(
            literal("called_off:") + cast(Nominee.id, String),
            func.jsonb_build_object("nominee_id", Nominee.id),
        ).where(
            Nominee.event_id == event.id,
            Nominee.email.is_not(None),
            Nominee.claimed_at.is_(None),
            Nominee.left_at.is_(None),
        ),
    )
