"""Counts for host partners: one fixed table, frozen at midnight, from which nobody can be subtracted.

SAFETY.md property 4, DOMAIN.md rule 12. There is one table and no total: a cell under five is hidden, and since no
sum is shown, no other cell can give it away. Numbers are rounded down to fives, so that two days of the table do not
tell who came in between, and everything holds as of the last midnight UTC, so that watching the page tells nothing.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time

from eventhub.kit import codes
from eventhub.kit.clock import now
from eventhub.registration.desk import category_counts

STEP = 5


@dataclass(frozen=True)
class Cell:
    """A category and at least how many; None where fewer than five, none included."""

    category: str
    at_least: int | None


def table(event_id: uuid.UUID) -> tuple[datetime, list[Cell]]:
    """The midnight it holds for, and a cell for every category there is, present or not."""
    midnight = datetime.combine(now().astimezone(UTC).date(), time(), UTC)
    found = category_counts(event_id, midnight)
    return midnight, [Cell(code, shown(found[code])) for code in codes.codes("participant_category")]


def shown(number: int) -> int | None:
    """A count as it may leave."""
    return None if number < STEP else number - number % STEP
