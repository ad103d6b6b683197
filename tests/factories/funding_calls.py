"""Calls of the fund as officers make them: of a kind, open or not, for an event or none."""

import itertools
from datetime import timedelta
from typing import Any

from eventhub.funding import call_queries, calls, opening
from eventhub.funding.calls import CallFacts
from eventhub.funding.models import Application, Call, FundKind, State
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.models import Person
from eventhub.programme.models import Event
from tests.factories.people import make_person

NUMBERS = itertools.count(1)


def facts_of(**given: Any) -> CallFacts:
    """A call that opened yesterday and takes applications for a month."""
    number = next(NUMBERS)
    values: dict[str, Any] = {
        "slug": f"call-{number}",
        "code": f"CALL{number}",
        "original_language": "en",
        "time_zone": "Europe/Zurich",
        "opens_at": now() - timedelta(days=1),
        # Not after the first day of make_event: it is a month from now by UTC, and Geneva may be a day ahead of that.
        "closes_at": now() + timedelta(days=30, hours=-2),
        "grace_hours": 24,
        "currency": "USD",
    }
    return CallFacts(**(values | given))


def make_call(
    event: Event | None = None,
    *,
    kind: FundKind = FundKind.TRAVEL,
    is_open: bool = True,
    by: Person | None = None,
    **facts: Any,
) -> Call:
    """A call with the usual rules of its kind."""
    officer = by or make_person()
    call = calls.create(officer, kind=kind, facts=facts_of(**facts), event=event)
    if is_open:
        opening.open_call(officer, call, stamp=call_queries.standing(call).stamp)
    db.session.flush()
    return call


def propose(person: Person, call: Call, reason: str = "More money came", **rules: Any) -> Call:
    """Propose other rules of an open call."""
    stamp = call_queries.standing(call).stamp
    return calls.edit(person, call, stamp=stamp, rules=rules or {"places": 41}, reason=reason)


def apply_to(call: Call, state: State = State.DRAFT, *, person: Person | None = None) -> Application:
    """An application as it lies there, without answers."""
    sent = state not in {State.DRAFT, State.WITHDRAWN, State.EXPIRED}
    number = next(NUMBERS) if sent else None
    who = person or make_person()
    row = Application(call_id=call.id, person_id=who.id, state=state, number=number, language=who.language)
    db.session.add(row)
    db.session.flush()
    return row
