"""Which calls have decisions that wait, and to whom a letter is handed once they are told."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import contains_eager, joinedload

from eventhub.awards.release_models import Decision, Release, Staging
from eventhub.funding import own
from eventhub.funding.access import scope_of
from eventhub.funding.desk import CHIPS
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.access import Scope
from eventhub.people.models import Person
from eventhub.programme.models import Event
from eventhub.selecting.models import Slate, SlateState

SOON = timedelta(hours=1)
"""Within this time an approved slate is prepared, if it is: the worker gives up sooner."""

UNDECIDED = CHIPS["open"]
"""Where a file stands that nobody decided on."""


@dataclass(frozen=True)
class Waiting:
    """A call with decisions that nobody was told; ``failed``: its approved slate could not be prepared, or is not after
    ``SOON``; ``not_done``: its newest release was not.
    """

    call: Call
    scope: Scope
    failed: bool
    is_set: bool
    not_done: bool


def told_last(call_id: uuid.UUID) -> datetime | None:
    """When decisions of a call were told last. One statement."""
    moment: datetime | None = db.session.scalar(select(func.max(Release.done_at)).where(Release.call_id == call_id))
    return moment


own.ROUNDS.append(told_last)


def near_files(call_id: uuid.UUID, others: ColumnElement[bool]) -> frozenset[uuid.UUID]:
    """The files of a call that the reader is near to: those that are not ``others``. One statement."""
    return frozenset(db.session.scalars(select(Application.id).where(Application.call_id == call_id, ~others)))


def waiting_calls(others: ColumnElement[bool]) -> list[Waiting]:
    """Calls with something to release among the applications that are ``others`` to the reader: one statement. A call
    where nothing else waits would tell the reader of the own file.
    """
    staged = exists().where(
        Application.call_id == Call.id,
        Application.outcome_seen.is_not(None),
        Application.state.in_([State.APPROVED, State.RESERVE, State.NOT_RECOMMENDED]),
        Application.erased_at.is_(None),
        others,
        Decision.application_id == Application.id,
    )
    release = and_(
        Release.call_id == Call.id, Release.done_at.is_(None), Release.stopped_at.is_(None), Release.failed.is_(None)
    )
    not_prepared = Staging.failed.is_not(None) | and_(Staging.done_at.is_(None), Slate.approved_at < now() - SOON)
    newest = select(Release.failed).where(Release.call_id == Call.id).order_by(Release.made_at.desc(), Release.id)
    rows = (
        select(Call, Event.series_id, not_prepared, Release.id, newest.limit(1).correlate(Call).scalar_subquery())
        .outerjoin(Event, Event.id == Call.event_id)
        .join(Slate, and_(Slate.call_id == Call.id, Slate.state == SlateState.APPROVED))
        .outerjoin(Staging, Staging.slate_id == Slate.id)
        .outerjoin(Release, release)
        .where(Call.stand == Stand.OPEN, staged | not_prepared)
        .order_by(Call.closes_at, Call.id)
    )
    return [
        Waiting(call, scope_of(call, series_id), bool(failed), set_one is not None, not_done is not None)
        for call, series_id, failed, set_one, not_done in db.session.execute(rows)
    ]


@dataclass(frozen=True)
class LeftOpen:
    """A call whose decisions were released, and how many of its files were not among them: ``open`` by their states,
    ``seen`` as their applicants know.
    """

    call: Call
    scope: Scope
    open: int
    seen: int


def left_open(person_id: uuid.UUID) -> list[LeftOpen]:
    """Calls that go on after a release with files that nobody decided on, without one's own: one statement."""
    seen = func.coalesce(Application.outcome_seen, Application.state)
    released = exists().where(Release.call_id == Call.id, Release.done_at.is_not(None))
    rows = (
        select(
            *(Call, Event.series_id),
            func.count().filter(Application.state.in_(UNDECIDED)),
            func.count(),
        )
        .join(Application, Application.call_id == Call.id)
        .outerjoin(Event, Event.id == Call.event_id)
        .where(Call.stand == Stand.OPEN, released, seen.in_(UNDECIDED))
        .where(Application.number.is_not(None), Application.submitted_at.is_not(None))
        .where(Application.erased_at.is_(None), Application.person_id != person_id)
        .group_by(Call.id, Event.series_id)
        .order_by(Call.closes_at, Call.id)
    )
    return [
        LeftOpen(call, scope_of(call, series_id), number, number_seen)
        for call, series_id, number, number_seen in db.session.execute(rows)
    ]


def on_paper(call_id: uuid.UUID, application_id: uuid.UUID | None = None) -> list[tuple[Application, Decision]]:
    """Who was told of a place in reserve or of a no and has no mailbox, with what was told: the desk hands them a
    letter. Of whom another decision waits is not one. One statement.
    """
    rows = (
        select(Application, Decision)
        .join(Decision, Decision.application_id == Application.id)
        .join(Application.person)
        .options(contains_eager(Application.person).joinedload(Person.seal_key), joinedload(Application.call))
        .where(
            Application.call_id == call_id,
            Application.erased_at.is_(None),
            Person.email.is_(None),
            Decision.told_at.is_not(None),
            Application.outcome_seen.is_(None),
            Application.state.in_([State.RESERVE, State.NOT_RECOMMENDED]),
        )
        .order_by(Application.number, Application.id)
    )
    if application_id is not None:
        rows = rows.where(Application.id == application_id)
    return [(row[0], row[1]) for row in db.session.execute(rows)]
