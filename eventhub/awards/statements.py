"""The statement of an allowance as a file: asked for, made by a worker, fetched, dead after a day."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from eventhub.awards.models import AwardStay, StatementPaper
from eventhub.kit import files
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.kit.file_types import PDF
from eventhub.kit.outbox import promise
from eventhub.kit.sealed import SealKey
from eventhub.people.models import Person

LIFE = timedelta(hours=24)
"""How long it can be fetched."""
SLOW = timedelta(minutes=10)
"""How long it may be in the making before it is asked for anew."""
PURPOSE = "awards.statement"
NAME = "awards.make_statement"


def of_stay(stay: AwardStay, language: str) -> StatementPaper | None:
    """The file in a language, made or in the making."""
    rows = select(StatementPaper).where(StatementPaper.stay_id == stay.id, StatementPaper.language == language)
    return db.session.scalar(rows.options(joinedload(StatementPaper.file)))


def ask(stay: AwardStay, language: str) -> StatementPaper:
    """Owe somebody the file. Asked for twice it is made once; one that was never made is asked for anew."""
    late = (StatementPaper.stay_id == stay.id) & (StatementPaper.language == language)
    _drop(late & (StatementPaper.made_at.is_(None)) & (StatementPaper.asked_at <= now() - SLOW))
    fresh = uuid.uuid4()
    made = insert(StatementPaper).values(id=fresh, stay_id=stay.id, language=language, asked_at=now())
    made = made.on_conflict_do_nothing(index_elements=["stay_id", "language"])
    if db.session.scalar(made.returning(StatementPaper.id)) is not None:
        promise(NAME, paper_id=fresh)
    found = of_stay(stay, language)
    assert found is not None  # noqa: S101 (just written, by this press or another)
    return found


def fetch(stay: AwardStay, language: str) -> files.StoredFile:
    """The file. Raises NotFound before it is made."""
    found = of_stay(stay, language)
    if found is None or found.file is None:
        raise NotFound
    return found.file


def to_make(paper_id: uuid.UUID) -> StatementPaper | None:
    """One that nobody made yet, held; None when it is made or gone."""
    rows = select(StatementPaper).where(StatementPaper.id == paper_id, StatementPaper.made_at.is_(None))
    rows = rows.options(joinedload(StatementPaper.stay)).with_for_update(of=StatementPaper)
    return db.session.scalar(rows.execution_options(populate_existing=True))


def keep(paper: StatementPaper, owner: Person, body: bytes, *, at: datetime) -> StatementPaper:
    """Keep what was made, sealed for the traveller. Raises what ``files.store`` raises."""
    key = db.session.get_one(SealKey, owner.seal_key_id)
    paper.file = files.store(
        body, name="allowance.pdf", allowed=frozenset({PDF}), purpose=PURPOSE, owner_id=owner.id, key=key
    )
    paper.made_at = at
    db.session.flush()
    return paper


def forget(stay_ids: Collection[uuid.UUID]) -> int:
    """Of these stays nothing holds any more: they were entered anew, or the person was erased. How many."""
    return _drop(StatementPaper.stay_id.in_(stay_ids)) if stay_ids else 0


def drop_outdated(moment: datetime) -> int:
    """Give up files whose day is over; how many."""
    return _drop(StatementPaper.asked_at <= moment - LIFE)


def _drop(where: ColumnElement[bool]) -> int:
    rows = select(StatementPaper).where(where).options(joinedload(StatementPaper.file)).order_by(StatementPaper.id)
    found = list(db.session.scalars(rows.with_for_update(of=StatementPaper)))
    for one in found:
        if one.file is not None:
            files.remove(one.file)
        db.session.delete(one)
    db.session.flush()
    return len(found)
