"""The reason that each decision of a staged slate begins with."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from eventhub.awards.release_models import Decision
from eventhub.funding.models import Application, State
from eventhub.funding.rules import Rules
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.people.affiliations import as_one

REASONS = {State.APPROVED: "selected", State.RESERVE: "reserve", State.NOT_RECOMMENDED: "below_line"}
"""The reason that a decision begins with (decision_reason.funding)."""


def over_limit(rules: Rules, files: Iterable[Application], people: dict[str, Any]) -> frozenset[uuid.UUID]:
    """Who was not chosen though others with fewer points were, and whose organization has all that it may have."""
    most = rules.limits.selected_per_organisation
    if most is None:
        return frozenset()
    told = [(one, people[str(one.id)]) for one in files if str(one.id) in people]
    one_of = as_one({each for one, _line in told for each in (one.organisation_id, one.nominated_by_id) if each})

    def theirs(one: Application) -> set[uuid.UUID]:
        return {one_of[each] for each in (one.organisation_id, one.nominated_by_id) if each}

    chosen = [(one, line) for one, line in told if line["chosen"]]
    taken = Counter(each for one, _line in chosen for each in theirs(one))
    lowest = min((line["points"] for _one, line in chosen), default=None)
    return frozenset(
        one.id
        for one, line in told
        if not line["chosen"]
        and lowest is not None
        and line["points"] >= lowest
        and any(taken[each] >= most for each in theirs(one))
    )


def note_reasons(call_id: uuid.UUID, applications: Sequence[Application], over: frozenset[uuid.UUID]) -> None:
    """Everybody has a reason; one that a person chose for a refusal that nobody was told stays, and so does what
    somebody was told whose outcome is the same.
    """
    known = {row.application_id: row for row in db.session.scalars(select(Decision).where(Decision.call_id == call_id))}
    made = []
    for one in applications:
        reason = "over_organisation_limit" if one.id in over and one.state is State.NOT_RECOMMENDED else None
        reason = reason or REASONS[one.state]
        row = known.get(one.id)
        if row is None:
            made.append(Decision(id=uuid.uuid4(), call_id=call_id, application_id=one.id, reason=reason))
        elif row.told_at is not None and one.outcome_seen is None:
            continue
        elif row.keep_told() or row.changed_by_id is None or one.state is not State.NOT_RECOMMENDED:
            row.reason, row.changed_at = reason, now()
            row.words = row.changed_by_id = None
    db.session.add_all(made)
    db.session.flush()
