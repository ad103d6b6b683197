"""How people come together changes after registration has opened, and those concerned are asked to choose again.

Those whose way of taking part exists no more are asked once, reminded once, and stay marked for the desk while they
have not chosen.

Who is concerned is never written down: it follows from the event and the registration (ways.py), so that nobody is
forgotten, however the event was changed. What is written down is who was asked, and until when an answer is awaited.
"""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db, table_of
from eventhub.kit.errors import DomainError
from eventhub.kit.outbox import promise
from eventhub.people.models import Person
from eventhub.programme.actions import change_mode
from eventhub.programme.models import Event, Mode, Publication
from eventhub.registration import cancelling, line, ways
from eventhub.registration.actions import WayGone, change_answers, moved_on
from eventhub.registration.models import ModeChoice, Registration, State
from eventhub.registration.moves import NotPossible
from eventhub.registration.queries import Intake
from eventhub.registration.seats import hold_seats

REMINDED_BEFORE = timedelta(hours=48)
"""How long before the answer is due somebody is reminded; where less time is given, half of it."""


ON_THE_WAY = timedelta(minutes=2)
"""Longer than a request takes: what was being sent while the event changed is written by then, or never."""


class DueTooEarly(DomainError):
    """People need some time, and the event must not have begun."""

    status = 422
    message = _l("Give people at least a day to answer, and not beyond the beginning of the event.")
    field = "until"


@dataclass(frozen=True)
class Concerned:
    """Whom a change of mode would concern."""

    total: int
    by_way: Counter[str]
    by_state: Counter[State]
    with_seat: int
    unanswered: int
    """Asked already, and not answered yet: they get no second mail."""


def concerned(event_id: uuid.UUID, mode: Mode) -> Concerned:
    """Who would have to choose again if the event were of this mode. One statement."""
    is_asked = ModeChoice.registration_id.is_not(None)
    columns = Registration.attendance_mode, Registration.state, Registration.has_seat, is_asked
    open_choice = (ModeChoice.registration_id == Registration.id) & ModeChoice.closed_at.is_(None)
    rows = select(*columns, func.count()).outerjoin(ModeChoice, open_choice)
    by_way: Counter[str] = Counter()
    by_state: Counter[State] = Counter()
    seated = asked = 0
    for way, state, has_seat, was_asked, number in db.session.execute(
        rows.where(*ways.without_way(event_id, mode)).group_by(*columns)
    ):
        by_way[way or ""] += number
        by_state[state] += number
        seated += number if has_seat else 0
        asked += number if was_asked else 0
    return Concerned(by_way.total(), by_way, by_state, seated, asked)


def switch(actor: Person, event: Event, mode: Mode, due_at: datetime, *, version: int) -> int:
    """Change how people come together, where that is asked for, and ask everybody concerned who was not asked yet; how
    many. Raises Stale, DueTooEarly, NotAnyMore.
    """
    hold_seats(event.id)
    # As everybody does: registrations before the event, which whoever changes answers keeps from changing.
    concerned_now = select(Registration.id).where(*ways.without_way(event.id, mode)).order_by(Registration.id)
    db.session.execute(concerned_now.with_for_update()).all()
    moment, begins = now(), line.begins(event.id)
    if due_at < moment + timedelta(days=1) or (begins is not None and due_at > begins):
        raise DueTooEarly
    change_mode(actor, event, mode, version=version)
    cancelling.demand_taking_place(event.id)
    _close_needless(event.id, mode)
    asked = _ask_all(actor, event.id, mode, due_at, waits=False)
    key = f"registration.ways_followed:{event.id}:{moment.isoformat()}"
    later = {"event_id": event.id, "mode": mode.value, "due_at": due_at.isoformat()}
    promise("registration.ways_followed", key=key, not_before=moment + ON_THE_WAY, **later)
    detail: dict[str, Any] = {"mode": mode.value, "number": asked, "due_at": due_at.isoformat()}
    audit.record("registration.ways_switched", event, actor=actor, scope_id=event.id, **detail)
    db.session.flush()
    return asked


def ask_latecomers(event_id: uuid.UUID, mode: Mode, due_at: datetime) -> int:
    """Ask those whose registration was on its way while the event changed to this mode; how many. Nobody is asked
    twice. Nothing when the event changed again, is cancelled, or the answer was due already.
    """
    event = db.session.get(Event, event_id)
    if event is None or event.mode is not mode or event.publication is Publication.CANCELLED or due_at <= now():
        return 0
    hold_seats(event_id)
    return _ask_all(None, event_id, mode, due_at, waits=True)


def choose_way(actor: Person, intake: Intake, way: str) -> Registration:
    """Choose again how to take part where the way that was chosen exists no more, whatever the deadline and also with a
    badge. The seat counts under the new way or nothing is changed. Raises NotPossible, WayGone, WayFull, NotAnyMore.
    """
    registration = intake.registration
    cancelling.demand_not_cancelled(intake.event)
    if registration is None or not intake.must_choose:
        raise NotPossible
    if way not in ways.of_event(intake.event.mode):
        raise WayGone
    if intake.answer_set is not None:
        change_answers(actor, intake, {ways.QUESTION: way}, verb="registration.way_chosen", way=way)
    if registration.attendance_mode != way:  # nothing is asked, or not this
        _way_changed(actor, registration, way)
    db.session.flush()
    return registration


def open_choice(registration_id: uuid.UUID) -> ModeChoice | None:
    """What somebody is asked and has not answered."""
    found: ModeChoice | None = db.session.scalar(
        select(ModeChoice).where(ModeChoice.registration_id == registration_id, ModeChoice.closed_at.is_(None))
    )
    return found


def awaited(registration: Registration, event: Event, asked_at: str | None = None) -> ModeChoice | None:
    """The same as long as it is still needed; ``asked_at``: of that asking alone."""
    found = open_choice(registration.id) if ways.must_choose(registration, event.mode) else None
    return found if found and asked_at in {None, found.asked_at.isoformat()} else None


def _ask_all(actor: Person | None, event_id: uuid.UUID, mode: Mode, due_at: datetime, *, waits: bool) -> int:
    moment = now()
    waiting = select(ModeChoice.registration_id).where(ModeChoice.closed_at.is_(None))
    rows = select(Registration).where(*ways.without_way(event_id, mode), Registration.id.not_in(waiting))
    # Who came in since the rows were locked may be at work on it, and wait for the event: asked by ``ask_latecomers``.
    asked = list(db.session.scalars(rows.order_by(Registration.id).with_for_update(skip_locked=not waits)))
    reminded_at = due_at - min(REMINDED_BEFORE, (due_at - moment) / 2)
    for one in asked:
        _ask(actor, one, moment, due_at, reminded_at)
    return len(asked)


def _ask(actor: Person | None, one: Registration, moment: datetime, due_at: datetime, reminded_at: datetime) -> None:
    values = {"registration_id": one.id, "asked_at": moment, "due_at": due_at, "closed_at": None}
    asked = insert(table_of(ModeChoice)).values(values)
    db.session.execute(asked.on_conflict_do_update(index_elements=["registration_id"], set_=values))
    audit.record("registration.way_asked", one, actor=actor, scope_id=one.event_id, until=due_at.isoformat())
    for task, not_before in (("registration.way_asked", moment), ("registration.way_reminded", reminded_at)):
        asked_at = moment.isoformat()
        key = f"{task}:{one.id}:{asked_at}"
        promise(task, key=key, not_before=not_before, registration_id=one.id, asked_at=asked_at)


def _way_changed(actor: Person, registration: Registration, way: str) -> None:
    before, registration.attendance_mode, registration.changed_at = registration.attendance_mode, way, now()
    audit.record("registration.way_chosen", registration, actor=actor, scope_id=registration.event_id, way=way)
    promise("registration.changed", registration_id=registration.id)
    promise("registration.reprinted", registration_id=registration.id)
    moved_on(registration, registration.category, before)


def _close_needless(event_id: uuid.UUID, mode: Mode) -> None:
    """Whose way exists again need not answer any more."""
    fitting = select(Registration.id).where(
        Registration.event_id == event_id, Registration.attendance_mode.not_in(ways.gone(mode))
    )
    needless = update(ModeChoice).where(ModeChoice.registration_id.in_(fitting), ModeChoice.closed_at.is_(None))
    db.session.execute(needless.values(closed_at=now()).execution_options(synchronize_session=False))
