"""What boards keep about their members: the members' own copy, and what stays of them when they are erased."""

import uuid
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from eventhub.funding.models import Application, Call
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.reviewing.queries import readings
from eventhub.selecting import actions, queries
from eventhub.selecting.models import Board, Pin, Presence, Recusal, Slate


def own_data(person: Person) -> dict[str, Any]:
    """Meetings that somebody was at, pins, slates that were recommended or decided on, and when they stood aside. Of a
    file for which they stand aside there is neither number nor word.
    """
    return {"meetings": _meetings(person), "aside": _aside(person), "pins": _pins(person), "slates": _slates(person)}


def erase(person_id: uuid.UUID) -> int:
    """A member is erased: gone from meetings that are open; how many. Who was there, who pinned and who signed stays on
    record, as somebody without a name: a signed slate is proven by it. Safe to repeat.
    """
    open_ones = select(Board.id).where(Board.closed_at.is_(None))
    gone = (
        update(Presence)
        .where(Presence.person_id == person_id, Presence.left_at.is_(None), Presence.board_id.in_(open_ones))
        .values(left_at=now())
        .returning(Presence.id)
    )
    return len(db.session.execute(gone).all())


def _meetings(person: Person) -> list[dict[str, Any]]:
    rows = (
        select(Call.title, Board, Presence)
        .join(Board, Board.call_id == Call.id)
        .join(Presence, Presence.board_id == Board.id)
        .where(Presence.person_id == person.id)
        .order_by(Presence.came_at, Presence.id)
    )
    return [
        {
            "call": title,
            "opened": board.opened_at,
            "closed": board.closed_at,
            "chaired": board.chair_id == person.id,
            "came": there.came_at,
            "left": there.left_at,
        }
        for title, board, there in db.session.execute(rows)
    ]


def _aside(person: Person) -> list[dict[str, Any]]:
    rows = select(Call.title, Recusal.at).join(Recusal, Recusal.call_id == Call.id)
    mine = rows.where(Recusal.person_id == person.id).order_by(Recusal.at, Recusal.id)
    return [{"call": title, "at": at} for title, at in db.session.execute(mine)]


def _pins(person: Person) -> list[dict[str, Any]]:
    rows = (
        select(Pin)
        .where(Pin.by_id == person.id)
        .order_by(Pin.at, Pin.id)
        .options(joinedload(Pin.application).joinedload(Application.person).joinedload(Person.seal_key))
    )
    pins = list(db.session.scalars(rows))
    calls = readings({one.call_id for one in pins})
    hidden = {key: queries.aside(one, [person.id])[person.id] for key, one in calls.items()}
    return [
        {"call": calls[one.call_id].call.title, "must": one.must, "at": one.at, "ended": one.dropped_at}
        | (
            {}
            if one.application_id in hidden[one.call_id]
            else {"application": one.application.number, "reason": actions.reason_of(one)}
        )
        for one in pins
        if one.call_id in calls
    ]


def _slates(person: Person) -> list[dict[str, Any]]:
    mine = or_(
        Slate.made_by_id == person.id,
        Slate.recommended_by_id == person.id,
        Slate.approved_by_id == person.id,
        Slate.sent_back_by_id == person.id,
    )
    columns = (
        *(Slate.number, Slate.state, Slate.made_by_id, Slate.recommended_by_id, Slate.recommended_at),
        *(Slate.approved_by_id, Slate.approved_at, Slate.sent_back_by_id, Slate.sent_back_at, Slate.sent_back_reason),
    )
    rows = select(Call.title, *columns).join(Call, Call.id == Slate.call_id).where(mine)
    return [
        {
            "call": row.title,
            "slate": row.number,
            "state": row.state.value,
            "made": row.made_by_id == person.id,
            "recommended": row.recommended_at if row.recommended_by_id == person.id else None,
            "approved": row.approved_at if row.approved_by_id == person.id else None,
            "sent_back": row.sent_back_at if row.sent_back_by_id == person.id else None,
            "reason": row.sent_back_reason if row.sent_back_by_id == person.id else None,
        }
        for row in db.session.execute(rows.order_by(Call.title, Slate.number))
    ]
