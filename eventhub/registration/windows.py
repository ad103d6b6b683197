"""When registration is open: for the event as a whole, and for a category that has its own instants.

Nothing here asks the database. ``setup`` is the row of an event's setup, or anything with its columns.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from eventhub.kit.clock import now
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


def overall(setup: Any, moment: datetime, rules: Rules = ()) -> Window:
    """Where registration stands for somebody who has not chosen yet. Between the windows of the categories, when none
    of them is open, it has not opened yet.
    """
    place = window(setup, moment)
    taken = [rule for rule in rules if rule.is_taken] if setup.first_opens_at is not None else []
    if place is Window.OPEN and taken and not any(window(setup, moment, rule) is Window.OPEN for rule in taken):
        return Window.NOT_YET
    return place


def opens(setup: Any, moment: datetime, rules: Rules = ()) -> datetime:
    """When it opens, and between the windows of the categories when the next of them does."""
    if overall(setup, moment, rules) is Window.NOT_YET:
        later = [span(setup, rule)[0] for rule in rules if rule.is_taken and span(setup, rule)[0] > moment]
        return min(later, default=span(setup)[0]) if setup.first_opens_at is not None else setup.opens_at
    return span(setup)[0]


def lets_in(setup: Any, rules: Rules, code: object) -> bool:
    """Whether a change may lead into this category now: where categories have windows, into one whose own is open."""
    rule = next((rule for rule in rules if rule.code == code), None)
    return rule is None or setup.first_opens_at is None or window(setup, now(), rule) is Window.OPEN


def takes(setup: Any, rule: Rule | None, moment: datetime, begun_at: datetime | None) -> bool:
    """Whether somebody may send a registration in this category now; ``begun_at``: when the draft was begun."""
    place = window(setup, moment, rule)
    in_time = begun_at is not None and begun_at < closes(setup, rule)
    return place is Window.OPEN or (place is Window.GRACE and in_time)


def standing(rules: Rules, setup: Any, moment: datetime, begun_at: datetime | None = None) -> Rules:
    """The rules as they stand now for somebody: a category whose window is not open is not. They stay as they are where
    registration as a whole is not open, so that what was chosen stays readable; not between two windows.
    """
    if setup.first_opens_at is None:
        return rules
    now_open = tuple(
        replace(rule, is_open=rule.is_open and takes(setup, rule, moment, begun_at), is_taken=rule.is_open)
        for rule in rules
    )
    is_within = window(setup, moment) is Window.OPEN
    return now_open if is_within or any(rule.is_open for rule in now_open) else rules
