"""Budgets that follow the rules: what two people agreed to change in a call's envelopes reaches the ledger once."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from eventhub.awards.ledger import EnvelopeBroken, Line, hold, make_room, open_envelopes, write
from eventhub.awards.money_models import FundEnvelope, Movement, MovementKind
from eventhub.funding.models import Call, CallRules
from eventhub.funding.rules import Rules, read
from eventhub.kit import audit
from eventhub.kit.db import db
from eventhub.kit.errors import NotFound
from eventhub.people.models import Person


@dataclass(frozen=True)
class Lag:
    """A change of rules that the ledger did not follow: ``difference`` in minor units for the envelope ``key``."""

    number: int
    key: str
    difference: int


def follow(call_id: uuid.UUID, number: int, *, actor: Person | None = None) -> bool:
    """Envelopes that are new are opened, budgets change by what the rules changed, and offers may reach as far as the
    rules say. Safe to repeat. False where an envelope does not hold so little any more: then nothing has changed, and
    ``lagging`` tells of it.
    """
    call = db.session.get_one(Call, call_id)
    rules = next((one.rules for one in _agreed(call_id) if one.number == number), None)
    if rules is None:
        raise NotFound
    try:
        with db.session.begin_nested():
            open_envelopes(actor, call, rules)
            held = hold({row.id for row in _envelopes(call_id)})  # two who follow at once count one after the other
            rows = {row.key: row for row in held.values()}
            differences = [one for one in lagging(call_id) if one.number == number]
            for one in sorted(differences, key=lambda one: -one.difference):
                make_room(rows[one.key], one.difference)
            lines = [
                Line(
                    rows[one.key].id,
                    MovementKind.RAISE if one.difference > 0 else MovementKind.CUT,
                    abs(one.difference),
                )
                for one in differences
            ]
            for row in rows.values():
                row.over_commit = max(row.over_commit, rules.over_commit)
            write(actor, lines, reason=_mark(number))
            for row in rows.values():
                row.over_commit = rules.over_commit
            db.session.flush()
    except (EnvelopeBroken, IntegrityError):
        return False
    audit.record("awards.rules_followed", call, actor=actor, scope_id=call.id, number=number)
    return True


def follow_now(actor: Person, call: Call, number: int) -> Call:
    """Somebody of finance tries again, after money was made free. Raises EnvelopeBroken and NotFound."""
    if not any(one.number == number for one in lagging(call.id)):
        raise NotFound
    if not follow(call.id, number, actor=actor):
        raise EnvelopeBroken
    return call


def lagging(call_id: uuid.UUID) -> list[Lag]:
    """What changes of rules said of budgets and the ledger does not: the oldest first. An envelope that was opened
    after a change holds what it said. Three statements at the most.
    """
    agreed = _agreed(call_id)
    if len(agreed) < 2:
        return []
    done, rows = _followed(call_id), {row.key: row for row in _envelopes(call_id)}
    return [
        Lag(after.number, key, difference)
        for before, after in pairwise(agreed)
        for key, difference in _differences(before.rules, after.rules).items()
        if key in rows and rows[key].created_at <= after.at and (rows[key].id, _mark(after.number)) not in done
    ]


@dataclass(frozen=True)
class _Agreed:
    number: int
    rules: Rules
    at: datetime


def _agreed(call_id: uuid.UUID) -> list[_Agreed]:
    rows = select(CallRules.number, CallRules.rules, CallRules.agreed_at)
    rows = rows.where(CallRules.call_id == call_id, CallRules.agreed_at.is_not(None)).order_by(CallRules.number)
    return [_Agreed(number, read(rules), at) for number, rules, at in db.session.execute(rows) if at is not None]


def _envelopes(call_id: uuid.UUID) -> list[FundEnvelope]:
    return list(db.session.scalars(select(FundEnvelope).where(FundEnvelope.call_id == call_id)))


def _followed(call_id: uuid.UUID) -> set[tuple[uuid.UUID, str]]:
    rows = (
        select(Movement.envelope_id, Movement.reason)
        .join(FundEnvelope, FundEnvelope.id == Movement.envelope_id)
        .where(FundEnvelope.call_id == call_id, Movement.reason.startswith("rules:"))
    )
    return {(envelope_id, reason) for envelope_id, reason in db.session.execute(rows)}


def _differences(before: Rules, after: Rules) -> dict[str, int]:
    """By envelope: also of one that left the rules and is there again. One that was never there is opened with its
    whole amount instead, later than the rules were agreed to.
    """
    old = {one.id: one.amount for one in before.envelopes}
    new = {one.id: one.amount for one in after.envelopes}
    return {key: new.get(key, 0) - old.get(key, 0) for key in old | new if new.get(key, 0) != old.get(key, 0)}


def _mark(number: int) -> str:
    return f"rules:{number}"
