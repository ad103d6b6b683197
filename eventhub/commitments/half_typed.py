"""What somebody typed in the room and did not write down yet: kept while one types, on every device the same."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from eventhub.commitments.models import HalfTyped
from eventhub.kit.clock import now
from eventhub.kit.db import Json, db
from eventhub.people.models import Person
from eventhub.programme.models import Event

KEPT = timedelta(days=7)
"""How long it is kept after the last letter."""


def keep(person: Person, event: Event, given: Json) -> None:
    """Keep what is typed so far in the place of what was kept before; nothing typed leaves nothing."""
    if not given:
        drop(person, event)
        return
    row = insert(HalfTyped).values(event_id=event.id, person_id=person.id, given=given, kept_at=now())
    again = {"given": row.excluded.given, "kept_at": row.excluded.kept_at}
    db.session.execute(row.on_conflict_do_update(index_elements=["event_id", "person_id"], set_=again))


def kept(person: Person, event: Event) -> HalfTyped | None:
    """What was kept, to go on."""
    found = db.session.get(HalfTyped, (event.id, person.id), populate_existing=True)
    return found if found and found.kept_at > now() - KEPT else None


def drop(person: Person, event: Event) -> None:
    """It is written down, or was taken out again."""
    mine = delete(HalfTyped).where(HalfTyped.event_id == event.id, HalfTyped.person_id == person.id)
    db.session.execute(mine.execution_options(synchronize_session="fetch"))


def forget(moment: datetime) -> None:
    """Forget what nobody went on with. Safe to repeat."""
    old = delete(HalfTyped).where(HalfTyped.kept_at <= moment - KEPT)
    db.session.execute(old.execution_options(synchronize_session="fetch"))
