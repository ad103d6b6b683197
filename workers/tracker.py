"""Tables of commitments that nobody confirmed, by the clock."""

from datetime import timedelta

from eventhub.kit.clock import now
from eventhub.tracker import importing
from workers.upkeep import by_the_clock


@by_the_clock("tracker.forget", timedelta(hours=1))
def forget() -> None:
    """Drop tables that wait for longer than a day."""
    importing.forget(now())
