"""Which calls have decisions that wait."""

from dataclasses import dataclass

from sqlalchemy import and_, exists, select

from eventhub.awards.release_models import Decision, Release, Staging
from eventhub.funding.access import scope_of
from eventhub.funding.models import Application, Call, Stand, State
from eventhub.kit.db import db
from eventhub.people.access import Scope
from eventhub.programme.models import Event
from eventhub.selecting.models import Slate, SlateState


@dataclass(frozen=True)
class Waiting:
    """A call with decisions that nobody was told; ``failed``: its approved slate could not be prepared."""

    call: Call
    scope: Scope
    failed: bool
    is_set: bool


def waiting_calls() -> list[Waiting]:
    """Calls with something to release: one statement."""
    staged = exists().where(
        Application.call_id == Call.id,
        Application.outcome_seen.is_not(None),
        Application.state.in_([State.APPROVED, State.RESERVE, State.NOT_RECOMMENDED]),
        Application.erased_at.is_(None),
        Decision.application_id == Application.id,
    )
    release = and_(
        Release.call_id == Call.id, Release.done_at.is_(None), Release.stopped_at.is_(None), Release.failed.is_(None)
    )
    rows = (
        select(Call, Event.series_id, Staging.failed, Release.id)
        .outerjoin(Event, Event.id == Call.event_id)
        .join(Slate, and_(Slate.call_id == Call.id, Slate.state == SlateState.APPROVED))
        .outerjoin(Staging, Staging.slate_id == Slate.id)
        .outerjoin(Release, release)
        .where(Call.stand == Stand.OPEN, staged | Staging.failed.is_not(None))
        .order_by(Call.closes_at, Call.id)
    )
    return [
        Waiting(call, scope_of(call, series_id), failed is not None, set_one is not None)
        for call, series_id, failed, set_one in db.session.execute(rows)
    ]
