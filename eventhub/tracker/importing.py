"""Bringing many commitments at once: a table is kept, looked through, and becomes drafts when somebody says so."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from eventhub.commitments import capturing, queries
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import DomainError, Stale, or_not_found
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.tracker import judging
from eventhub.tracker.judging import Judged
from eventhub.tracker.models import Sheet

KEPT = timedelta(days=1)
"""So long a table waits to be confirmed."""
WAITING = 20
"""So many tables wait for one event at the most."""


class NothingToWrite(DomainError):
    """Every row has a problem."""

    status = 422
    message = _l("No row can be written as it stands. Correct the file and send it again.")


class TooManyTables(DomainError):
    """Somebody sends one file after the other."""

    status = 422
    message = _l("Many files wait for this event already. Confirm one of them, or come back tomorrow.")
    field = "file"


def bring(actor: Person, event: Event, table: Sequence[Sequence[Any]], *, name: str, language: str) -> Sheet:
    """Keep a table that was read, to be looked through; no commitment is written yet. Raises ColumnsMissing,
    TooManyTables.
    """
    judging.judge(event, table, language)
    waiting = select(func.count()).select_from(Sheet).where(Sheet.event_id == event.id, Sheet.done_at.is_(None))
    if (db.session.scalar(waiting) or 0) >= WAITING:
        raise TooManyTables
    sheet = Sheet(id=uuid.uuid4(), event_id=event.id, name=name, rows=[list(row) for row in table])
    db.session.add(sheet)
    audit.record("tracker.table_brought", sheet, actor=actor, scope_id=event.id, rows=len(table) - 1)
    db.session.flush()
    return sheet


def sheet_of(event: Event, sheet_id: uuid.UUID, *, lock: bool = False) -> Sheet:
    """A table of this event; ``lock`` holds it. Raises NotFound, also after a day."""
    rows = select(Sheet).where(Sheet.id == sheet_id, Sheet.event_id == event.id, Sheet.brought_at > now() - KEPT)
    return or_not_found(db.session.scalar(rows.with_for_update() if lock else rows))


def write(actor: Person, event: Event, sheet: Sheet, *, seen: int, language: str) -> Sheet:
    """The rows without a problem become drafts of the event. The caller holds the table: said twice it is done once.

    ``seen``: how many the page promised. Raises NothingToWrite, Stale when it would be others by now.
    """
    if sheet.done_at is not None:
        return sheet
    good = judging.judge(event, sheet.rows, language).good
    if not good:
        raise NothingToWrite
    if len(good) != seen:
        raise Stale
    for one in good:
        _draft(actor, event, one)
    sheet.done_at, sheet.written, sheet.rows = now(), len(good), []
    audit.record("tracker.table_written", sheet, actor=actor, scope_id=event.id, drafts=len(good))
    db.session.flush()
    return sheet


def forget(moment: datetime) -> int:
    """Drop tables that nobody confirmed within a day, and what is left of the others. How many. Safe to repeat."""
    gone = delete(Sheet).where(Sheet.brought_at <= moment - KEPT).returning(Sheet.id)
    return len(db.session.execute(gone.execution_options(synchronize_session=False)).all())


def _draft(actor: Person, event: Event, one: Judged) -> None:
    if one.words is None or one.described is None:
        raise NothingToWrite
    made = capturing.capture(
        actor,
        event,
        session=None,
        made_by=one.described.makers[0],
        words=one.words,
        language=one.language,
        speaker=one.described.speaker,
        email=one.email,
    )
    made.said_at = _said_at(event, one)
    capturing.describe(actor, queries.record(made.id), one.described)


def _said_at(event: Event, one: Judged) -> datetime:
    """Noon of the day at the event; of a day to come, now."""
    noon = datetime.combine(one.said_on or event.first_day, time(12), tzinfo=ZoneInfo(event.time_zone))
    return min(noon, now())
