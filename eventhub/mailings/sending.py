"""What the clock does each minute: begin what is due, hand over the next mails, write down what became of the others.

Who is meant is frozen by one statement when a mailing begins. Each step is one transaction: a crash between two loses
none and doubles none, since a line is handed over in the same transaction as it is marked, under a key of its own.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from eventhub.kit import audit
from eventhub.kit.db import db, table_of
from eventhub.kit.mail import Mail
from eventhub.kit.outbox import Promise, promise_all
from eventhub.mailings import audience
from eventhub.mailings.models import UNDER_WAY, Kind, Mailing, MailingLine, Outcome, Stage, Why

LETTER = "mailings.letter"
KEY = func.concat(f"{LETTER}:", cast(MailingLine.id, Text), ":", cast(MailingLine.round, Text))
"""The key of the promise of a line, in SQL."""

_LINE = table_of(MailingLine)

NOW: ColumnElement[str] = case(
    (MailingLine.state.in_([Outcome.SKIPPED, Outcome.BOUNCED]), cast(MailingLine.state, Text)),
    (Mail.bounced_at.is_not(None), Outcome.BOUNCED.value),
    (Mail.sent_at.is_not(None), Outcome.SENT.value),
    (Promise.parked_at.is_not(None) & Promise.problem.like("SMTP 5%"), Outcome.REFUSED.value),
    (Promise.parked_at.is_not(None), Outcome.GIVEN_UP.value),
    (Promise.kept_at.is_not(None), Outcome.SKIPPED.value),
    (Promise.refusals > 0, Outcome.PUT_OFF.value),
    (Promise.id.is_not(None), Outcome.WAITING.value),
    else_=cast(MailingLine.state, Text),
)
"""What became of a line, by its promise where there is one still. For statements ``with_promises``."""


def step(moment: datetime, per_minute: int) -> int:
    """One minute's work: how many mails were handed to the outbox."""
    settle(moment)
    for mailing in _locked(Mailing.stage == Stage.SCHEDULED, Mailing.send_at <= moment):
        begin(mailing, moment)
    db.session.flush()
    return hand_over(moment, per_minute)


def begin(mailing: Mailing, moment: datetime) -> int:
    """Freeze who is meant: a line for each, also for who gets no mail. How many lines. Safe to repeat."""
    names = ["id", "mailing_id", "person_id", "registration_id", "state", "why", "round", "moved_at"]
    rows = audience.lines(mailing, mailing.event, moment)
    made = db.session.execute(
        insert(_LINE).from_select(names, rows).on_conflict_do_nothing().returning(_LINE.c.id)
    ).all()
    mailing.stage, mailing.begun_at = Stage.SENDING, moment
    audit.record("mailings.begun", mailing, actor=None, scope_id=mailing.event_id, number=len(made))
    return len(made)


def hand_over(moment: datetime, per_minute: int) -> int:
    """Owe the next mails, no more than fit into this minute: what lies in the outbox untried counts. Service messages
    go first, then the older mailing. One at a time (advisory lock): two would both count before either has added.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(7_301_002)))
    left, done = per_minute - _in_flight(), 0
    for mailing in _locked(Mailing.stage == Stage.SENDING):
        if left <= 0:
            break
        chosen = (
            select(MailingLine.id)
            .where(
                MailingLine.mailing_id == mailing.id,
                MailingLine.state == Outcome.WAITING,
                MailingLine.promised_at.is_(None),
            )
            .order_by(MailingLine.id)
            .limit(left)
        )
        ids = list(db.session.scalars(chosen.with_for_update(skip_locked=True)))
        owe(ids, moment)
        left, done = left - len(ids), done + len(ids)
    return done


def owe(line_ids: Sequence[uuid.UUID], moment: datetime) -> None:
    """Hand these lines to the outbox, each under the key of its round. The caller holds them."""
    if not line_ids:
        return
    payload = func.jsonb_build_object("line_id", cast(MailingLine.id, Text))
    lines = select(KEY.label("key"), payload.label("payload")).where(MailingLine.id.in_(line_ids))
    # All at once: how many there are is the throttle.
    promise_all(LETTER, lines, per_minute=len(line_ids))
    db.session.execute(update(_LINE).where(_LINE.c.id.in_(line_ids)).values(promised_at=moment))
    db.session.expire_all()


def settle(moment: datetime) -> int:
    """Write down what became of the lines that are under way, or were not reached and were tried again by an
    administrator; then which mailings are done. How many lines moved.
    """
    open_states = [*UNDER_WAY, Outcome.REFUSED, Outcome.GIVEN_UP]
    found = with_promises(select(MailingLine.id, NOW.label("now"), Mail.sent_at))
    found = found.where(MailingLine.state.in_(open_states), MailingLine.promised_at.is_not(None)).cte("found")
    moved = update(_LINE).where(_LINE.c.id == found.c.id, cast(_LINE.c.state, Text) != found.c.now)
    values = {
        "state": found.c.now,
        "sent_at": func.coalesce(_LINE.c.sent_at, found.c.sent_at),
        "why": case((found.c.now == Outcome.SKIPPED.value, Why.NOTHING.value), else_=None),
        "moved_at": moment,
    }
    number = len(db.session.execute(moved.values(values).returning(_LINE.c.id)).all())
    db.session.expire_all()
    under_way = select(MailingLine.id).where(
        MailingLine.mailing_id == Mailing.id, MailingLine.state.in_(list(UNDER_WAY))
    )
    for mailing in _locked(Mailing.stage == Stage.SENDING, ~under_way.exists()):
        mailing.stage, mailing.ended_at = Stage.DONE, moment
        audit.record("mailings.done", mailing, actor=None, scope_id=mailing.event_id)
    db.session.flush()
    return number


def hold() -> int:
    """Stop all that is under way or scheduled; how many. After a restore a person decides what is sent: what the backup
    holds as waiting may have gone out since.
    """
    found = list(db.session.scalars(select(Mailing).where(Mailing.stage.in_([Stage.SCHEDULED, Stage.SENDING]))))
    for mailing in found:
        begun = mailing.stage is Stage.SENDING
        mailing.stage, mailing.send_at = (Stage.STOPPED, mailing.send_at) if begun else (Stage.DRAFT, None)
        verb = "mailings.stopped" if begun else "mailings.called_back"
        audit.record(verb, mailing, actor=None, scope_id=mailing.event_id, reason="restore")
    return len(found)


def with_promises(rows: Any) -> Any:
    """Lines with their promise and its mail, where there are still some, and where they still have something to say: of
    what is known to be sent, which is most of it, the line says all.
    """
    unsettled = MailingLine.state.not_in([Outcome.SENT, Outcome.SKIPPED])
    return (
        rows.select_from(MailingLine)
        .outerjoin(Promise, and_(Promise.key == KEY, unsettled))
        .outerjoin(Mail, Mail.promise_id == Promise.id)
    )


def _locked(*which: ColumnElement[bool]) -> list[Mailing]:
    """Mailings that this worker alone moves now; what somebody holds comes with the next minute."""
    rows = (
        select(Mailing)
        .options(joinedload(Mailing.event))
        .where(*which)
        .order_by(Mailing.kind != Kind.SERVICE, func.coalesce(Mailing.begun_at, Mailing.send_at), Mailing.id)
        .with_for_update(of=Mailing, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(rows))


def _in_flight() -> int:
    """Mails of mailings that were handed over, and that no mail server has answered yet."""
    rows = select(func.count()).where(
        Promise.task == LETTER, Promise.kept_at.is_(None), Promise.parked_at.is_(None), Promise.refusals == 0
    )
    return db.session.scalar(rows) or 0
