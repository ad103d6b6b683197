"""How long calendars take when much is in them: a feed of 3,000 entries, a room that changes for 5,000 invited people.

By itself: ``python -m tests.benchmarks.invites``.
"""

import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

from psycopg import sql
from sqlalchemy import func, insert, select

from eventhub.calendars import actions, feeds
from eventhub.calendars.models import CalendarEntry, EntryBlob, Invite, InviteMail
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import Promise
from eventhub.programme.models import Event, Session
from tests import servers
from tests.benchmarks.scene import people_in
from tests.factories.calendars import make_dialogue, make_entry, make_room
from tests.factories.programme import make_event
from tests.live import House

ENTRIES, PEOPLE = 3_000, 5_000
WARM = 10

Row = tuple[str, str, str, str]


def calendar_rows(house: House) -> list[Row]:
    """Both, on a house's database."""
    return [_large_feed(house), _room_change(house)]


def _large_feed(house: House) -> Row:
    with house.work():
        event = make_event()
        entry = make_entry(event, summary={"en": "A few words about what is said in this sitting"})
        body = db.session.get_one(EntryBlob, (entry.id, "en", "public"))
        columns = {name: getattr(entry, name) for name in CalendarEntry.__mapper__.columns.keys()}  # noqa: SIM118
        columns |= {"status": "CANCELLED"}  # a session has one entry that stands, and may have had many
        entries = [
            columns | {"id": uuid.uuid4(), "uid": f"{uuid.uuid4()}@meetings.example"} for _ in range(ENTRIES - 1)
        ]
        stored = [
            {"entry_id": one["id"], "language": "en", "audience": "public", "zone": body.zone}
            | {"digest": one["id"].bytes, "body": body.body.replace(entry.uid.encode(), one["uid"].encode())}
            for one in entries
        ]
        db.session.execute(insert(CalendarEntry), entries)
        db.session.execute(insert(EntryBlob), stored)
        event_id = event.id
    # As a database does by itself a minute later.
    servers.run_sql(sql.SQL("VACUUM ANALYZE"), house.name)
    with house.work():
        event = db.session.get_one(Event, event_id)
        moment, spent = now() + timedelta(seconds=1), []
        # A server that has run for a while: its connection has prepared the statements.
        for _ in range(WARM + 15):
            begun = time.perf_counter()
            built = feeds.event_feed(event, "en", moment).build()
            spent.append(time.perf_counter() - begun)
        assert built.entries == ENTRIES, built.entries
    median = sorted(spent[WARM:])[7]
    return f"feed of {ENTRIES:,} joined", f"{median * 1000:.1f} ms", f"{len(built.body):,} B", "< 20 ms"


def _room_change(house: House) -> Row:
    with house.work():
        event, session = make_dialogue()
        entry = db.session.scalars(select(CalendarEntry).where(CalendarEntry.session_id == session.id)).one()
        invited = [
            {"id": uuid.uuid4(), "entry_id": entry.id, "person_id": one, "salt": one.bytes, "token_hash": one.bytes}
            for one in people_in(event, PEOPLE)
        ]
        db.session.execute(insert(Invite), invited)
        room, session_id = make_room(event), session.id
        room_id = room.id
    with house.work():
        before = _owed()
    begun = time.perf_counter()
    with house.work():
        moved = db.session.get_one(Session, session_id)
        moved.room_id = room_id
        db.session.flush()
        actions.follow_session(moved)
    seconds = time.perf_counter() - begun
    with house.work():
        owed = [after - earlier for after, earlier in zip(_owed(), before, strict=True)]
    assert owed == [PEOPLE, PEOPLE], owed
    return f"room change, {PEOPLE:,} invited", f"{seconds:.2f} s", "all queued at once", "< 2 s"


def _owed() -> list[int]:
    tasks = select(func.count()).select_from(Promise).where(Promise.task == "calendars.invite")
    return [db.session.scalar(select(func.count(InviteMail.id))) or 0, db.session.scalar(tasks) or 0]


def main() -> None:
    """Alone."""
    running = servers.Servers()
    running.start()
    try:
        with tempfile.TemporaryDirectory(prefix="eventhub-bench-") as folder, House(Path(folder)) as house:
            for row in calendar_rows(house):
                print("  ".join(row), flush=True)  # noqa: T201
    finally:
        running.stop()


if __name__ == "__main__":
    main()
