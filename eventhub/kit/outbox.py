"""Promises: work owed to the outside world, written in the same transaction as its cause.

A promise is kept when its task says so in the database, never when it was published to the broker. The relay
offers due rows again until that happens; tries are counted before each attempt, so a task that kills its worker
is parked after ``TRIES`` and the others flow on.
"""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    Index,
    Interval,
    Select,
    UniqueConstraint,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from eventhub.kit.clock import now
from eventhub.kit.db import Base, Json, Serial, db

log = structlog.get_logger()

REOFFER = timedelta(seconds=30)
LEASE = timedelta(seconds=60)
LEASE_SPREAD = 30
"""Seconds by which leases differ. When one task kills its worker, those it took along come back at other moments than
it does, so that they do not die with it again and again until they are parked."""
TRIES = 8
PER_MINUTE = 600
"""Mails of one cause that become due in a minute. A mail server takes so many, and somebody else's single mail, due
now, does not wait behind all of them."""
HELD = "held after a restore"
"""The problem of a promise that an administrator alone lets go on."""
GIVE_UP_AFTER = timedelta(hours=72)
GAPS = (1, 2, 5, 10, 20, 40, 60, 120, 240, 360)
"""Minutes to wait after each temporary refusal; the last one repeats until 72 hours have passed."""


class Promise(Base):
    """One piece of work owed. ``payload`` holds ids only, so that the queue could never hurt anyone."""

    __tablename__ = "promise"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint("kept_at IS NULL OR parked_at IS NULL", name="kept_or_parked"),
        Index("ix_promise_due", "not_before", postgresql_where="kept_at IS NULL AND parked_at IS NULL"),
        Index("ix_promise_parked", "parked_at", postgresql_where="parked_at IS NOT NULL"),
        Index("ix_promise_payload", "payload", postgresql_using="gin", postgresql_ops={"payload": "jsonb_path_ops"}),
    )

    id: Mapped[Serial]
    task: Mapped[str]
    payload: Mapped[Json]
    key: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    not_before: Mapped[datetime] = mapped_column(default=now)
    offered_until: Mapped[datetime | None]
    lease: Mapped[uuid.UUID | None]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(default=0)
    kept_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
    problem: Mapped[str | None]


@dataclass(frozen=True)
class Taken:
    """A promise that this task has leased."""

    id: int
    task: str
    payload: dict[str, Any]
    lease: uuid.UUID
    tries: int
    created_at: datetime


def promise(task: str, *, key: str | None = None, not_before: datetime | None = None, **payload: Any) -> None:
    """Owe ``task``; it is offered to the workers soon after this transaction commits.

    ``key`` makes it unique: promising the same key twice raises IntegrityError at flush. Payload values must be
    ids (UUID, int) or plain codes, never personal data.
    """
    plain = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in payload.items()}
    db.session.add(Promise(task=task, payload=plain, key=key, not_before=not_before or now()))


def promise_all(
    task: str, rows: Select[Any], *, not_before: datetime | None = None, per_minute: int = PER_MINUTE
) -> None:
    """Owe ``task`` once for each row, in one statement: ``rows`` selects the keys and the payloads. What is owed under
    a key already is not owed again. So many become due in each minute.
    """
    moment = now()
    each = rows.subquery()
    key, payload = each.c
    due = paced(not_before or moment, per_minute)
    owed = select(literal(task), payload, key, literal(moment), due, literal(0), literal(0)).select_from(each)
    columns = ["task", "payload", "key", "created_at", "not_before", "tries", "refusals"]
    db.session.flush()
    db.session.execute(insert(Promise).from_select(columns, owed).on_conflict_do_nothing())


def paced(begins: datetime, per_minute: int = PER_MINUTE) -> ColumnElement[datetime]:
    """When each of many rows of one statement becomes due: so many in each minute, the first ones at once."""
    minute = literal(timedelta(minutes=1), Interval())
    after = (func.row_number().over() - 1) // per_minute
    return literal(begins, DateTime(timezone=True)) + after * minute


def offer_due(limit: int = 100) -> list[tuple[int, str]]:
    """Claim due promises for publishing: ids and task names, oldest first. Inside a unit of work.

    Rows that another relay holds are skipped; a row is offered again after ``REOFFER`` unless its task has it.
    """
    moment = now()
    # A CTE of its own: as a subquery it could be run again for each row, and lock more than the limit.
    due = (
        select(Promise.id)
        .where(
            Promise.kept_at.is_(None),
            Promise.parked_at.is_(None),
            Promise.not_before <= moment,
            (Promise.offered_until.is_(None)) | (Promise.offered_until < moment),
            (Promise.leased_until.is_(None)) | (Promise.leased_until < moment),
        )
        .order_by(Promise.not_before, Promise.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claim = (
        update(Promise)
        .where(Promise.id.in_(select(due.c.id)))
        .values(offered_until=moment + REOFFER)
        .returning(Promise.id, Promise.task)
        .execution_options(synchronize_session=False)
    )
    return sorted((row.id, row.task) for row in db.session.execute(claim))


def withdraw_offers(ids: list[int]) -> None:
    """Publishing failed (the broker is down): offer these again soon; it costs no try."""
    soon = now() + timedelta(seconds=2)
    db.session.execute(update(Promise).where(Promise.id.in_(ids)).values(offered_until=soon))


def take(promise_id: int, task: str | None = None) -> Taken | None:
    """Lease a promise for this task and count the try, or None when it is kept, parked, or another task has it.

    ``task`` is the name of the task that asks: a promise of another name is not its business, so that somebody who
    holds the queue cannot have one promise's payload worked on as another's.
    Inside a unit of work of its own, before the attempt: a task that kills its worker has then used up a try.
    """
    row = db.session.scalar(select(Promise).where(Promise.id == promise_id).with_for_update(skip_locked=True))
    moment = now()
    if row is None or row.kept_at or row.parked_at or (row.leased_until and row.leased_until > moment):
        return None
    if task is not None and row.task != task:
        log.error("promise.wrong_task", promise=row.id, task=task)
        return None
    if row.tries >= TRIES:
        _park(row, row.problem or "gave up after too many tries")
        return None
    row.tries += 1
    spread = timedelta(seconds=random.uniform(0, LEASE_SPREAD))  # noqa: S311 (no secret)
    row.lease, row.leased_until = uuid.uuid4(), moment + LEASE + spread
    return Taken(row.id, row.task, dict(row.payload), row.lease, row.tries, row.created_at)


def keep(taken: Taken) -> bool:
    """Say that the work is done. False when the lease was lost: the work may then happen once more."""
    done = db.session.execute(
        update(Promise)
        .where(Promise.id == taken.id, Promise.lease == taken.lease, Promise.kept_at.is_(None))
        .values(kept_at=now(), leased_until=None, problem=None)
        .returning(Promise.id)
    )
    return done.first() is not None


def renew(taken: Taken) -> bool:
    """Hold the lease for longer: the work goes on. False when it was lost. Inside a unit of work of its own, which no
    slow part stands in.
    """
    held = db.session.execute(
        update(Promise)
        .where(Promise.id == taken.id, Promise.lease == taken.lease, Promise.kept_at.is_(None))
        .values(leased_until=now() + LEASE)
        .returning(Promise.id)
    )
    return held.first() is not None


def put_off(taken: Taken, problem: str) -> None:
    """The other side refused for now: wait with growing gaps, at no cost in tries, for at most 72 hours.

    The gaps are what counts, not the age of the promise: one that was made weeks ahead also gets its 72 hours.
    """
    row = _still_ours(taken)
    if row is None:
        return
    row.refusals, row.tries, row.problem = row.refusals + 1, row.tries - 1, problem
    row.lease = row.leased_until = None
    if waited(row.refusals) > GIVE_UP_AFTER:
        _park(row, problem)
    row.not_before = now() + gap(row.refusals)


def gap(refusals: int) -> timedelta:
    """How long to wait after that many temporary refusals."""
    return timedelta(minutes=GAPS[min(refusals, len(GAPS)) - 1])


def waited(refusals: int) -> timedelta:
    """The sum of all gaps up to and after that many refusals."""
    return sum((gap(number) for number in range(1, refusals + 1)), timedelta())


def release(taken: Taken, problem: str, error: Exception | None = None) -> None:
    """The attempt failed on our side: it is offered again after a pause, or parked when the tries are used up.

    The pause doubles with each try, but not when ``error`` says that the database went away: that is no fault of the
    task, and passes.
    """
    row = _still_ours(taken)
    if row is None:
        return
    row.lease, row.leased_until, row.problem = None, None, problem
    went_away = isinstance(error, DBAPIError) and error.connection_invalidated
    row.not_before = now() + timedelta(seconds=5 if went_away else min(5 * 2**row.tries, 600))
    if row.tries >= TRIES:
        _park(row, problem)


def park(taken: Taken, problem: str) -> None:
    """No further try makes sense (SMTP 5xx, a bug): stop and show it to the organisers."""
    row = _still_ours(taken)
    if row is not None:
        _park(row, problem)


def parked_promises(limit: int = 200) -> list[Promise]:
    """What waits for a person, newest first."""
    rows = select(Promise).where(Promise.parked_at.is_not(None)).order_by(Promise.parked_at.desc()).limit(limit)
    return list(db.session.scalars(rows))


def retry(row: Promise) -> None:
    """Give a parked promise all its tries again."""
    row.parked_at, row.problem, row.tries, row.refusals = None, None, 0, 0
    row.not_before = now()
    row.offered_until = row.lease = row.leased_until = None


def parked_count() -> int:
    """How many promises wait for a person."""
    return db.session.scalar(select(func.count()).select_from(Promise).where(Promise.parked_at.is_not(None))) or 0


def _still_ours(taken: Taken) -> Promise | None:
    """The row, locked, unless its lease was lost or it was decided otherwise meanwhile."""
    row = db.session.get_one(Promise, taken.id, with_for_update=True)
    return row if row.lease == taken.lease and row.kept_at is None and row.parked_at is None else None


def _park(row: Promise, problem: str) -> None:
    row.lease, row.leased_until, row.parked_at, row.problem = None, None, now(), problem
    log.error("promise.parked", promise=row.id, task=row.task, tries=row.tries, problem=problem)


def hold(*, but: str) -> int:
    """Park everything that is owed, except one task; how many. After a restore a person decides what is sent again."""
    held = db.session.execute(
        update(Promise)
        .where(Promise.kept_at.is_(None), Promise.parked_at.is_(None), Promise.task != but)
        .values(parked_at=now(), problem=HELD, leased_until=None)
        .returning(Promise.id)
    )
    return len(held.all())
