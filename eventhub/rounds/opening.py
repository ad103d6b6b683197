"""Rounds by the clock: made once, sent by statements about all at once, closed.

Safe to run twice at the same time and after days of silence: one row for each event and step is the gate.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    ScalarSelect,
    Select,
    Text,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from eventhub.commitments.models import FOLLOWED, Commitment, Contact
from eventhub.commitments.moves import REVISION
from eventhub.kit import audit
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.outbox import promise_all
from eventhub.kit.revisions import bump
from eventhub.kit.tokens import digest, new_salt, token
from eventhub.programme.models import Event, Publication
from eventhub.rounds import schedule
from eventhub.rounds.models import Ended, Part, Plan, Round, RoundDraft, RoundItem, RoundLink, RoundPart
from eventhub.rounds.schedule import Rhythm

PURPOSE = "round"
AHEAD = 5
"""So many rounds to come are looked at for the next day on which news is expected."""


def rhythm_of(plan: Plan | None) -> Rhythm:
    """The plan of a series, or the default."""
    return Rhythm(tuple(plan.months), plan.every, tuple(plan.days)) if plan else Rhythm()


def keep_plan(series_id: uuid.UUID, rhythm: Rhythm) -> Plan:
    """When a series asks from now on: rounds that run go on as they began."""
    found = db.session.get(Plan, series_id, with_for_update=True) or Plan(series_id=series_id)
    found.months, found.every, found.days = list(rhythm.months), rhythm.every, list(rhythm.days)
    found.changed_at = now()
    db.session.add(found)
    db.session.flush()
    return found


def open_due(moment: datetime) -> int:
    """Make the rounds whose day has come; how many. Each is made once, whoever runs this and however often."""
    return sum(
        1
        for event, rhythm in _followed_events()
        if (found := schedule.due(rhythm, event.last_day, moment, event.time_zone)) is not None
        and open_round(event, rhythm, *found, moment) is not None
    )


def open_round(event: Event, rhythm: Rhythm, step: int, planned_on: date, moment: datetime) -> Round | None:
    """One round with its links and what stands behind each; None where it was made before or nobody is to be asked."""
    today = moment.astimezone(UTC).date()
    asked = and_(
        Commitment.event_id == event.id,
        Commitment.state.in_(FOLLOWED),
        Commitment.heard_on <= today - schedule.QUIET,
    )
    if not db.session.scalar(select(exists().where(asked))):
        return None
    made = postgresql.insert(Round).values(
        id=uuid.uuid4(),
        event_id=event.id,
        step=step,
        planned_on=planned_on,
        days=list(rhythm.days),
        opened_at=moment,
        closes_at=datetime.combine(today + schedule.OPEN, time(), tzinfo=UTC),
    )
    round_id = db.session.scalar(made.on_conflict_do_nothing().returning(Round.id))
    if round_id is None:
        return None
    found = db.session.get_one(Round, round_id)
    columns = ["id", "round_id", "commitment_id", "version", "contact_id"]
    items = select(func.gen_random_uuid(), literal(round_id), Commitment.id, Commitment.newest, _first_contact())
    db.session.execute(insert(RoundItem).from_select(columns, items.where(asked), include_defaults=False))
    _make_links(found, moment)
    promise_all("rounds.asked", owed(RoundLink.round_id == round_id))
    expected = update(Commitment).where(
        Commitment.id.in_(select(RoundItem.commitment_id).where(RoundItem.round_id == round_id))
    )
    db.session.execute(expected.values(expected_on=today).execution_options(synchronize_session=False))
    audit.record("rounds.opened", found, actor=None, scope_id=event.id, step=step)
    bump(REVISION)
    return found


def owed(*which: ColumnElement[bool]) -> Select[Any]:
    """Keys and payloads of the next mail to links, as ``promise_all`` wants them: the number tells mails apart."""
    number = cast(RoundLink.mailed, Text)
    key = literal("round:") + cast(RoundLink.id, Text) + ":" + number
    payload = func.jsonb_build_object("link_id", cast(RoundLink.id, Text), "number", RoundLink.mailed)
    return select(key.label("key"), payload.label("payload")).where(*which).order_by(RoundLink.id)


def secret_of(link: RoundLink) -> str:
    """The secret of a link: made anew for each mail, kept nowhere."""
    return token(PURPOSE, link.id, link.salt)


def fresh(round_id: uuid.UUID, email: str, name: str, language: str, moment: datetime) -> dict[str, object]:
    """The columns of a new link to a mailbox."""
    link_id, salt = uuid.uuid4(), new_salt()
    return {
        "id": link_id,
        "round_id": round_id,
        "email": email,
        "name": name,
        "language": language,
        "salt": salt,
        "token_hash": digest(token(PURPOSE, link_id, salt)),
        "made_at": moment,
        "reminded": 1,
        "mailed": 1,
    }


def align(moment: datetime) -> int:
    """Let the next news be expected on the day of the next round; how many commitments changed. What is due stays."""
    today, changed = moment.astimezone(UTC).date(), 0
    for event, rhythm in _followed_events():
        ahead = _ahead(rhythm, event.last_day, today)
        if not ahead:
            continue
        day = func.unnest(literal(ahead, postgresql.ARRAY(Date))).column_valued("day")
        next_one = select(func.min(day)).where(day >= Commitment.heard_on + schedule.QUIET.days).scalar_subquery()
        moved = (
            update(Commitment)
            .where(
                Commitment.event_id == event.id,
                Commitment.state.in_(FOLLOWED),
                Commitment.expected_on > today,
                Commitment.expected_on != next_one,
            )
            .values(expected_on=next_one)
            .execution_options(synchronize_session=False)
        )
        changed += len(db.session.execute(moved.returning(Commitment.id)).all())
    if changed:
        bump(REVISION)
    return changed


def close_due(moment: datetime) -> int:
    """Close the rounds whose days are over: who said nothing is silent from that day, in public. How many."""
    due = select(Round).where(Round.closed_at.is_(None), Round.closes_at <= moment).order_by(Round.id)
    rounds = db.session.scalars(due.with_for_update(skip_locked=True)).all()
    for one in rounds:
        one.closed_at = moment
        followed = select(Commitment.id).where(Commitment.state.in_(FOLLOWED))
        silent = update(RoundItem).where(
            RoundItem.round_id == one.id, RoundItem.answered_at.is_(None), RoundItem.commitment_id.in_(followed)
        )
        silent = silent.values(silent_on=one.closes_at.date()).execution_options(synchronize_session=False)
        number = len(db.session.execute(silent.returning(RoundItem.id)).all())
        links = select(RoundLink.id).where(RoundLink.round_id == one.id)
        drafts = delete(RoundDraft).where(RoundDraft.link_id.in_(links))
        db.session.execute(drafts.execution_options(synchronize_session=False))
        audit.record("rounds.closed", one, actor=None, scope_id=one.event_id, silent=number)
        bump(REVISION)
    db.session.flush()
    return len(rounds)


def _followed_events() -> Iterator[tuple[Event, Rhythm]]:
    followed = exists().where(Commitment.event_id == Event.id, Commitment.state.in_(FOLLOWED))
    rows = (
        select(Event, Plan)
        .outerjoin(Plan, Plan.series_id == Event.series_id)
        .where(followed, Event.publication != Publication.DRAFT)
        .order_by(Event.id)
    )
    return ((event, rhythm_of(plan)) for event, plan in db.session.execute(rows).all())


def _ahead(rhythm: Rhythm, last_day: date, today: date) -> list[date]:
    """The days of rounds that come next, some more than anybody waits for."""
    found: list[date] = []
    for _step, day in schedule.planned(rhythm, last_day):
        if day > today:
            found.append(day)
        if len(found) == AHEAD:
            break
    return found


def _first_contact() -> ScalarSelect[uuid.UUID]:
    """Who is asked first: in the order of the contacts, those last whose mail came back in an earlier round."""
    came_back = exists().where(RoundLink.email == Contact.email, RoundLink.ended == Ended.BOUNCED)
    return (
        select(Contact.id)
        .where(Contact.commitment_id == Commitment.id, Contact.email.is_not(None))
        .order_by(came_back, Contact.position)
        .limit(1)
        .correlate(Commitment)
        .scalar_subquery()
    )


def _make_links(found: Round, moment: datetime) -> None:
    boxes = (
        select(Contact.email, Contact.name, Contact.language)
        .join(RoundItem, RoundItem.contact_id == Contact.id)
        .where(RoundItem.round_id == found.id)
        .ext(postgresql.distinct_on(Contact.email))
        .order_by(Contact.email, Contact.name == "", Contact.id)
    )
    rows = [fresh(found.id, row.email, row.name, row.language, moment) for row in db.session.execute(boxes)]
    if not rows:
        return
    db.session.execute(insert(RoundLink), rows)
    parts = (
        select(RoundLink.id, RoundItem.id, literal(Part.LEAD.value))
        .join(Contact, Contact.id == RoundItem.contact_id)
        .join(RoundLink, and_(RoundLink.round_id == RoundItem.round_id, RoundLink.email == Contact.email))
        .where(RoundItem.round_id == found.id)
    )
    db.session.execute(insert(RoundPart).from_select(["link_id", "item_id", "part"], parts, include_defaults=False))
