"""Why somebody is not considered, said in time and with the cure: what is owed, a recent grant, too many nominees.

Of an organization its nominee learns why, and never whose report or whose application it is.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, Uuid, and_, func, null, or_, select
from sqlalchemy.orm import aliased

from eventhub.funding.models import Application, Call, Debt, Owed, State
from eventhub.funding.rules import Limits
from eventhub.kit.db import db
from eventhub.people.models import Organisation
from eventhub.programme.models import Event

GRANTED = frozenset(
    {
        *(State.ACCEPTED, State.VISA_PENDING, State.TICKETED, State.TRAVELLED),
        *(State.REPORT_DUE, State.REPORT_OVERDUE, State.CLOSED),
    }
)
"""States of somebody who takes, or took, a grant."""
NOT_COUNTED = frozenset({State.DRAFT, State.EXPIRED, State.WITHDRAWN, State.INELIGIBLE})
"""Applications that take no place among an organization's nominees."""


class Bar(StrEnum):
    """Why a file cannot be sent."""

    OWN_REPORT = "own_report"
    OWN_DEBARRED = "own_debarred"
    THEIR_REPORT = "their_report"
    THEIR_DEBARRED = "their_debarred"
    TOO_SOON = "too_soon"
    NOMINEES = "nominees"


@dataclass(frozen=True)
class Barred:
    """One reason. ``until``: the day from which it holds no more, where there is one; ``most``: the limit in people."""

    why: Bar
    until: date | None = None
    most: int | None = None


def of_person(person_id: uuid.UUID, call: Call, limits: Limits, moment: datetime) -> list[Barred]:
    """What stands against a person. Two statements at the most."""
    found = _owed(Debt.person_id == person_id, limits, moment, Bar.OWN_REPORT, Bar.OWN_DEBARRED)
    if limits.months_between_grants and (until := _free_from(person_id, call, limits.months_between_grants)):
        judged = call.closes_at.date()
        if until > judged:
            found.append(Barred(Bar.TOO_SOON, until))
    return found


def of_organisation(organisation_id: uuid.UUID, limits: Limits, moment: datetime) -> list[Barred]:
    """What stands against an organization that nominates; its namesakes that nobody confirmed apart count as it. One
    statement.
    """
    theirs = Debt.organisation_id.in_(_namesakes(organisation_id))
    return _owed(theirs, limits, moment, Bar.THEIR_REPORT, Bar.THEIR_DEBARRED)


def of_application(application: Application, call: Call, limits: Limits, moment: datetime) -> list[Barred]:
    """What stands against the person of an application, and against the organization that nominates: every question
    whether somebody may be considered is this one. Three statements at the most.
    """
    found = of_person(application.person_id, call, limits, moment)
    if application.nominated_by_id is not None:
        found += of_organisation(application.nominated_by_id, limits, moment)
    return found


def about(people: Collection[uuid.UUID], organisations: Collection[uuid.UUID], moment: datetime) -> Select[Debt]:
    """The debts that hold now, of these people and organizations with their namesakes."""
    theirs = or_(Debt.person_id.in_(people), Debt.organisation_id.in_(_namesakes(*organisations)))
    return select(Debt).where(theirs, *holding(moment))


def owing(
    people: Collection[uuid.UUID], organisations: Collection[uuid.UUID], moment: datetime
) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """Which of these people and organizations owe something now or are debarred. One statement, none for nothing."""
    if not people and not organisations:
        return set(), set()
    this, other = aliased(Organisation), aliased(Organisation)
    none = null().cast(Uuid)
    theirs = (
        select(none, this.id)
        .join(other, or_(other.id == this.id, other.name_key == this.name_key))
        .join(Debt, Debt.organisation_id == other.id)
        .where(this.id.in_(organisations), *holding(moment))
    )
    rows = select(Debt.person_id, none).where(Debt.person_id.in_(people), *holding(moment)).union(theirs)
    found = db.session.execute(rows).all()
    return {row[0] for row in found if row[0]}, {row[1] for row in found if row[1]}


def holding(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """Debts that hold now: not cleared, and their last day is not past."""
    return Debt.cleared_at.is_(None), or_(Debt.until.is_(None), Debt.until >= moment.date())


def granted_beside(applications: Collection[Application]) -> set[uuid.UUID]:
    """Which of these people take a grant of another call than that of their application. One statement."""
    if not applications:
        return set()
    this, other = aliased(Application), aliased(Application)
    rows = select(this.person_id).join(other, and_(other.person_id == this.person_id, other.call_id != this.call_id))
    rows = rows.where(this.id.in_([one.id for one in applications]), other.state.in_(GRANTED))
    return set(db.session.scalars(rows))


def hold_person(person_id: uuid.UUID) -> None:
    """Let whoever answers an offer to the same person wait until the end of this transaction."""
    here = func.hashtextextended(f"funding.person:{person_id}", 0)
    db.session.execute(select(func.pg_advisory_xact_lock(here)))


def nominees(call_id: uuid.UUID, organisation_id: uuid.UUID, but: uuid.UUID) -> int:
    """How many others an organization has nominated for this call. One statement."""
    rows = select(func.count()).select_from(Application)
    return (
        db.session.scalar(
            rows.where(
                Application.call_id == call_id,
                Application.id != but,
                Application.nominated_by_id.in_(_namesakes(organisation_id)),
                Application.state.not_in(NOT_COUNTED),
                Application.merged_into_id.is_(None),
            )
        )
        or 0
    )


def hold_nominees(call_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """Let whoever is nominated by the same organization, or by a namesake of it, wait until the end of this
    transaction: a lock of its row would not do, since each person's own words have a row each until somebody confirms.
    """
    name = db.session.scalar(select(Organisation.name_key).where(Organisation.id == organisation_id)) or ""
    here = func.hashtextextended(f"funding.nominees:{call_id}:{name}", 0)
    db.session.execute(select(func.pg_advisory_xact_lock(here)))


def _namesakes(*organisation_ids: uuid.UUID) -> Select[uuid.UUID]:
    this, other = aliased(Organisation), aliased(Organisation)
    rows = select(other.id).join(this, or_(other.id == this.id, other.name_key == this.name_key))
    return rows.where(this.id.in_(organisation_ids))


def _owed(theirs: ColumnElement[bool], limits: Limits, moment: datetime, report: Bar, debarred: Bar) -> list[Barred]:
    standing = db.session.execute(select(Debt.kind, Debt.until).where(theirs, *holding(moment))).all()
    found = []
    if limits.owed_report_blocks and any(row.kind is Owed.REPORT for row in standing):
        found.append(Barred(report))
    barred: Collection[date | None] = [row.until for row in standing if row.kind is Owed.DEBARRED]
    if barred:
        until = None if None in barred else max(day for day in barred if day is not None)
        found.append(Barred(debarred, until))
    return found


def _free_from(person_id: uuid.UUID, call: Call, months: int) -> date | None:
    """The day from which somebody who had a grant may have another one; None for somebody who had none."""
    day = func.coalesce(Event.last_day, func.date(Application.decided_at), func.date(Application.changed_at))
    rows = (
        select(func.max(day))
        .select_from(Application)
        .join(Call, Call.id == Application.call_id)
        .outerjoin(Event, Event.id == Call.event_id)
        .where(Application.person_id == person_id, Application.call_id != call.id, Application.state.in_(GRANTED))
    )
    last: date | None = db.session.scalar(rows)
    return months_after(last, months) if last else None


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that has no such day."""
    whole = day.month - 1 + months
    year, month = day.year + whole // 12, whole % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
