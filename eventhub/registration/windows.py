"""When registration is open: for the event as a whole, and for a category that has its own instants.

Nothing here asks the database. ``setup`` is the row of an event's setup, or anything with its columns.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from eventhub.registration.categories import Rule, Rules


class Window(StrEnum):
    """Where registration stands by the clock."""

    NOT_YET = "not_yet"
    OPEN = "open"
    GRACE = "grace"
    """Closed, but drafts begun before may still be sent."""
    CLOSED = "closed"


def span(setup: Any, rule: Rule | None = None) -> tuple[datetime, datetime]:
    """When registration opens and closes: for a category by its own instants where it has some; without one, from the
    first opening of any category to the last closing.
    """
    if rule is None:
        return setup.first_opens_at or setup.opens_at, setup.last_closes_at or setup.closes_at
    return rule.opens_at or setup.opens_at, rule.closes_at or setup.closes_at


def closes(setup: Any, rule: Rule | None = None) -> datetime:
    """When it closes."""
    return span(setup, rule)[1]


def window(setup: Any, moment: datetime, rule: Rule | None = None) -> Window:
    """Not yet, open, in grace or closed. The deadline itself is already too late."""
    opens_at, closes_at = span(setup, rule)
    if moment < opens_at:
        return Window.NOT_YET
    if moment < closes_at:
        return Window.OPEN
    return Window.GRACE if moment < closes_at + timedelta(hours=setup.grace_hours) else Window.CLOSED


def takes(setup: Any, rule: Rule | None, moment: datetime, begun_at: datetime | None) -> bool:
    """Whether somebody may send a registration in this category now; ``begun_at``: when the draft was begun."""
    place = window(setup, moment, rule)
    in_time = begun_at is not None and begun_at < closes(setup, rule)
    return place is Window.OPEN or (place is Window.GRACE and in_time)


def standing(rules: Rules, setup: Any, moment: datetime, begun_at: datetime | None = None) -> Rules:
    """The rules as they stand now for somebody: a category whose window is not open is not. Where that would leave none
    the rules stay as they are: then registration as a whole is not open, and what was chosen stays readable.
    """
    if setup.first_opens_at is None:
        return rules
    now_open = tuple(
        replace(rule, is_open=rule.is_open and takes(setup, rule, moment, begun_at), is_taken=rule.is_open)
        for rule in rules
    )
    return now_open if any(rule.is_open for rule in now_open) else rules
