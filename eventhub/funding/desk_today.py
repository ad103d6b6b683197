"""What waits at the fund's desks within somebody's reach, for the page Today."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true

from eventhub.funding.access import may_create, reached
from eventhub.funding.debarring import number_waiting
from eventhub.funding.desk import is_answered
from eventhub.funding.desk_models import FundPair
from eventhub.funding.duplicates import PAIRED
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.kit.clock import now
from eventhub.kit.db import Texts, db
from eventhub.people.models import Role, RoleGrant
from eventhub.programme.models import Event


@dataclass(frozen=True)
class Waiting:
    """A call whose desk has something to do: files to decide, answers to read, days that are past, likely pairs."""

    slug: str
    title: Texts
    original_language: str
    decide: int
    answered: int
    silent: int
    oldest: datetime | None
    pairs: int


def waiting(grants: Iterable[RoleGrant], person_id: uuid.UUID) -> list[Waiting]:
    """The desks within reach that have something to do, the longest wait first, without own files. One statement, or
    none.
    """
    mine = list(grants)
    reach = _reach(mine)
    if reach is None:
        return []
    sent = Application.state == State.SUBMITTED
    answered = is_answered()
    silent = and_(
        Application.state == State.INFO_REQUESTED, Application.due_at < now(), Application.answered_at.is_(None)
    )
    waits_since = case((sent, Application.submitted_at), (answered, Application.answered_at), else_=Application.due_at)
    pairs = (
        select(func.count())
        .where(FundPair.call_id == Call.id, FundPair.verdict.is_(None))
        .where(_stands(FundPair.first_id, person_id), _stands(FundPair.second_id, person_id))
        .correlate(Call)
        .scalar_subquery()
    )
    found: Any = (
        select(
            *(Call.slug, Call.title, Call.original_language),
            *(func.count().filter(one) for one in (sent, answered, silent)),
            func.min(waits_since).filter(or_(sent, answered, silent)),
            pairs,
        )
        .join(Application, Application.call_id == Call.id)
        .outerjoin(Event, Event.id == Call.event_id)
        .where(Call.stand == Stand.OPEN, Application.number.is_not(None), Application.erased_at.is_(None), reach)
        .where(Application.person_id != person_id)
        .group_by(Call.id)
    )
    rows = [Waiting(*row) for row in db.session.execute(found)]
    due = [one for one in rows if one.decide or one.answered or one.silent or one.pairs]
    return sorted(due, key=lambda one: (one.oldest is None, one.oldest, one.slug))


def proposals(grants: Iterable[RoleGrant], person_id: uuid.UUID) -> int:
    """How many proposals to debar wait for somebody, for whom may agree. One statement, or none."""
    return number_waiting(person_id) if may_create(list(grants), None) else 0


def _stands(column: Any, person_id: uuid.UUID) -> ColumnElement[bool]:
    """As in the list of pairs: one of the viewer's own does not exist."""
    rows = select(Application.id).where(Application.id == column, Application.state.in_(PAIRED))
    return rows.where(Application.person_id != person_id, Application.erased_at.is_(None)).exists()


def _reach(grants: list[RoleGrant]) -> ColumnElement[bool] | None:
    """The calls whose desks somebody works at; None: none."""
    series, events, calls = reached(grants, Role.FUND_OFFICER)
    if series is None:
        return true()
    if not (series or events or calls):
        return None
    return or_(Event.series_id.in_(series), Call.event_id.in_(events), Call.id.in_(calls))
