"""What became of all that was promised at an event or in a series, as a file: asked for, made by a worker, of one day.

It holds nothing that is not public, so anybody may ask for it; it is made once for everybody.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from eventhub.commitments import queries
from eventhub.commitments.models import Commitment
from eventhub.commitments.queries import Wanted
from eventhub.kit import files
from eventhub.kit.clock import now
from eventhub.kit.codes import LANGUAGES
from eventhub.kit.db import Texts, db
from eventhub.kit.errors import NotFound, or_not_found
from eventhub.kit.file_types import PDF
from eventhub.kit.outbox import promise
from eventhub.programme.models import Event, Series
from eventhub.tracker.models import SessionReport

LIFE = timedelta(hours=24)
"""How long it can be fetched."""
SLOW = timedelta(minutes=10)
"""How long it may be in the making before it is asked for anew."""
PURPOSE = "tracker.report"
NAME = "tracker.make_report"


class Of(StrEnum):
    """What a report is about."""

    EVENT = "event"
    SERIES = "series"


@dataclass(frozen=True)
class Subject:
    """An event or a series with something public in it; ``event_id``: whose hosts sign it."""

    of: Of
    id: uuid.UUID
    slug: str
    title: Texts
    language: str
    event_id: uuid.UUID

    def is_in(self) -> ColumnElement[bool]:
        """A condition on Event."""
        return Event.id == self.id if self.of is Of.EVENT else Event.series_id == self.id

    def is_mine(self) -> ColumnElement[bool]:
        """A condition on SessionReport."""
        return (SessionReport.event_id if self.of is Of.EVENT else SessionReport.series_id) == self.id


def about(of: Of, slug: str) -> Subject:
    """What is named. Raises NotFound where nothing public was promised."""
    return _about(Event.slug == slug if of is Of.EVENT else Series.slug == slug, of)


def subject_of(report: SessionReport) -> Subject:
    """What a report is about. Raises NotFound where nothing is public any more."""
    of = Of.EVENT if report.event_id else Of.SERIES
    return _about(Event.id == report.event_id if report.event_id else Series.id == report.series_id, of)


def _about(which: ColumnElement[bool], of: Of) -> Subject:
    both: list[Any] = [Event, Series]
    rows = queries.matching(select(*both).select_from(Commitment), Wanted(), now().date())
    rows = rows.join(Series, Series.id == Event.series_id).where(which).order_by(Event.first_day.desc(), Event.id)
    row = or_not_found(db.session.execute(rows.limit(1)).first())
    event, series = row[0], row[1]
    named = event if of is Of.EVENT else series
    return Subject(of, named.id, named.slug, named.title, named.original_language, event.id)


def of_subject(subject: Subject, language: str) -> SessionReport | None:
    """The file in a language, made or in the making; None where it names what is not public any more."""
    rows = select(SessionReport).where(subject.is_mine(), SessionReport.language == language)
    found = db.session.scalar(rows.options(joinedload(SessionReport.file)))
    return found if found is None or _holds(found) else None


def stages(subject: Subject) -> dict[str, str]:
    """How far the file is in each language: ``ask`` for it, ``waits`` or ``made``. One statement, and one for each that
    is made.
    """
    found = dict.fromkeys(LANGUAGES, "ask")
    for one in db.session.scalars(select(SessionReport).where(subject.is_mine())):
        if one.made_at is None:
            found[one.language] = "waits" if now() - one.asked_at < SLOW else "ask"
        elif _holds(one):
            found[one.language] = "made"
    return found


def ask(subject: Subject, language: str) -> SessionReport:
    """Owe the file. Asked for twice it is made once; one that was never made, or that does not hold any more, is asked
    for anew.
    """
    mine = subject.is_mine() & (SessionReport.language == language)
    _drop(mine & SessionReport.made_at.is_(None) & (SessionReport.asked_at <= now() - SLOW))
    if of_subject(subject, language) is None:
        _drop(mine & SessionReport.made_at.is_not(None))
    fresh = uuid.uuid4()
    about_it = {"event_id" if subject.of is Of.EVENT else "series_id": subject.id}
    made = insert(SessionReport).values(id=fresh, language=language, asked_at=now(), **about_it)
    if db.session.scalar(made.on_conflict_do_nothing().returning(SessionReport.id)) is not None:
        promise(NAME, report_id=fresh)
    found = of_subject(subject, language)
    assert found is not None  # noqa: S101 (just written, by this press or another)
    return found


def fetch(subject: Subject, language: str) -> files.StoredFile:
    """The file. Raises NotFound before it is made, and when what it says is not public any more."""
    found = of_subject(subject, language)
    if found is None or found.file is None:
        raise NotFound
    return found.file


def to_make(report_id: uuid.UUID) -> SessionReport | None:
    """One that nobody made yet, held; None when it is made or gone."""
    rows = select(SessionReport).where(SessionReport.id == report_id, SessionReport.made_at.is_(None))
    return db.session.scalar(rows.with_for_update().execution_options(populate_existing=True))


def keep(report: SessionReport, body: bytes, numbers: list[int], *, at: datetime) -> SessionReport:
    """Keep what was made. Raises what ``files.store`` raises."""
    report.file = files.store(body, name="commitments.pdf", allowed=frozenset({PDF}), purpose=PURPOSE)
    report.made_at, report.numbers = at, numbers
    db.session.flush()
    return report


def drop_outdated(moment: datetime) -> int:
    """Give up files whose day is over; how many."""
    return _drop(SessionReport.asked_at <= moment - LIFE)


def _holds(report: SessionReport) -> bool:
    if report.numbers is None:
        return True
    rows = queries.matching(select(func.count(Commitment.id)), Wanted(), now().date())
    still = db.session.scalar(rows.where(Commitment.number.in_(report.numbers))) or 0
    return still == len(report.numbers)


def _drop(where: ColumnElement[bool]) -> int:
    rows = select(SessionReport).where(where).options(joinedload(SessionReport.file)).order_by(SessionReport.id)
    found = list(db.session.scalars(rows.with_for_update(of=SessionReport)))
    for one in found:
        db.session.delete(one)
    db.session.flush()
    for one in found:
        if one.file is not None:
            files.remove(one.file)
    return len(found)
