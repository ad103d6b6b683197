"""Jobs by the clock: each (job, slot) happens once, also when the scheduler runs twice or was down."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, db

CLOCK = "beat"
SILENT = timedelta(minutes=10)
"""Minutes after which somebody must hear of it (SAFETY.md, faults)."""


class JobSlot(Base):
    """A slot of time in which a job was done."""

    __tablename__ = "job_slot"

    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    done_at: Mapped[datetime] = mapped_column(default=now)


def take_slot(job: str, every: timedelta) -> bool:
    """Whether this transaction is the one that does the job for the present slot."""
    seconds = every.total_seconds()
    slot = datetime.fromtimestamp(now().timestamp() // seconds * seconds, tz=now().tzinfo)
    row = insert(JobSlot).values(job=job, slot=slot, done_at=now()).on_conflict_do_nothing().returning(JobSlot.job)
    return db.session.execute(row).first() is not None


class Heartbeat(Base):
    """When something that runs apart last gave a sign of life."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


def beat(name: str = CLOCK) -> None:
    """Leave a sign of life now."""
    row = insert(Heartbeat).values(name=name, at=now())
    db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": row.excluded.at}))


def silence(name: str = CLOCK) -> timedelta | None:
    """How long ago the last sign of life was given; None when there never was one. A clock that was set back counts
    like one that was set forward: the next sign puts both right.
    """
    at = db.session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))
    return None if at is None else abs(now() - at)


def is_silent(name: str = CLOCK, *, began: datetime) -> bool:
    """Whether the alarm is due. ``began``: when whoever asks was started, in case there never was a sign of life."""
    found = silence(name)
    return (abs(now() - began) if found is None else found) > SILENT
