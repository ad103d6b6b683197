"""Jobs by the clock: each (job, slot) happens once, also when the scheduler runs twice or was down."""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, db


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
