"""The order sheet as a table for files: counts without a name, or who asked for what, read at once."""

import uuid
from collections.abc import Mapping

from flask_babel import gettext as _

from eventhub.arrangements import sheet, words
from eventhub.arrangements.sheet import Line
from eventhub.programme.models import Event
from eventhub.registration.access import Sight
from eventhub.registration.models import Registration
from eventhub.registration.shown import name_of

Table = tuple[list[str], list[list[object]]]


def counts(event: Event, lang: str) -> Table:
    """What to order, by due day: how many of what for which session, and how many stand where. Nobody is named."""
    header = [
        _("Order by"),
        _("Day needed"),
        _("Session"),
        _("Service"),
        _("Number"),
        _("To order"),
        _("Source"),
        _("Status"),
    ]
    rows: list[list[object]] = [
        [
            line.due,
            line.session.starts_local.date() if line.session else event.first_day,
            words.where(line.session, event, lang),
            words.what(line, lang).unescape(),
            line.number,
            line.to_order,
            _("Programme") if line.from_programme else _("Participants"),
            status(line),
        ]
        for line in sheet.lines(event)
    ]
    return header, rows


def named(lines: list[Line], bearers: Mapping[uuid.UUID, Registration], event: Event, seen: Sight, lang: str) -> Table:
    """Who asked for what, with the own words. The caller has written down that they were opened."""
    header = [
        _("Order by"),
        _("Session"),
        _("Service"),
        _("In the person’s words"),
        _("Name"),
        _("Reference"),
        _("Status"),
    ]
    rows: list[list[object]] = []
    for line in lines:
        for one in line.wanted:
            registration = bearers[one.need.id]
            rows.append(
                [
                    line.due,
                    words.where(line.session, event, lang),
                    words.what(line, lang).unescape(),
                    one.wish.words,
                    name_of(registration, seen),
                    registration.reference,
                    str(words.STATUSES[one.need.status][0]),
                ]
            )
    return header, rows


def status(line: Line) -> str:
    """How many of a line stand where, in words."""
    parts = [_("%(number)d: %(status)s", number=number, status=tag[0]) for number, tag in words.counted(line)]
    if line.to_cancel:
        parts.append(_("%(number)d: order to cancel", number=line.to_cancel))
    return " · ".join(parts)
