"""The desk's page of numbers."""

import uuid
from math import ceil
from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.kit.access import actor, staff
from eventhub.kit.clock import now
from eventhub.kit.i18n import show_date, show_number
from eventhub.registration import access, genders, numbers
from eventhub.registration.console import at_desk, bp
from eventhub.registration.numbers import Line, Numbers
from eventhub.registration.shown import label

__all__ = ["bp"]

TITLES: dict[str, Any] = {
    "participant_category": _l("By category"),
    "attendance_mode": _l("By way of taking part"),
    "regional_group": _l("By regional group"),
}


@bp.get("/console/events/<slug>/registrations/numbers")
@staff
def numbers_page(slug: str) -> ResponseReturnValue:
    """How many registered and take part, of whom, and since when; beside the former event."""
    event, _setup, _seen = at_desk(slug)
    earlier = numbers.earlier_events(event)
    mine = {one.id for one in earlier if access.works_at_desk(actor().grants, one)}
    former = numbers.former_event(event)
    hidden = former is not None and former.id not in mine
    if hidden:
        former = None
    found = numbers.numbers(event, former, today=now().date(), first_timers=len(mine) == len(earlier))
    return render_template(
        "registration/numbers.html",
        event=event,
        former=former,
        hidden=hidden,
        found=found,
        figures=_figures(found),
        tables=[_table(name, lines, found) for name, lines in found.by.items() if lines],
        chart=_chart(found),
        gender=_gender(event.id),
    )


def _figures(found: Numbers) -> list[dict[str, str]]:
    named = (
        (_("Registered"), found.registered),
        (_("Taking part"), found.taking_part),
        *([] if found.first_time is None else [(_("For the first time"), found.first_time)]),
        (_("Withdrawn or refused"), found.ended),
    )
    return [{"label": name, "value": show_number(number, g.lang)} for name, number in named]


def _table(name: str, lines: list[Line], found: Numbers) -> dict[str, Any]:
    rows = [
        {
            "label": label(name, one.code, g.lang) if one.code else _("Not said"),
            "line": one,
            "percent": 100 * one.registered / found.registered if found.registered else 0,
        }
        for one in lines
    ]
    return {"id": name.replace("_", "-"), "title": TITLES[name], "rows": rows}


def _gender(event_id: uuid.UUID) -> dict[str, Any] | None:
    """The one table of what people said of themselves: rounded, frozen, the same for every reader."""
    found = genders.table(event_id)
    if found is None:
        return None
    high = max((cell.at_least or 0 for cell in found.cells), default=0)
    return {
        "counted_on": show_date(found.counted_on, g.lang),
        "tells_nothing": found.tells_nothing,
        "rows": [
            {
                "label": label("gender", cell.code, g.lang) if cell.code else _("No answer"),
                "at_least": cell.at_least,
                "percent": 100 * (cell.at_least or 0) / high if high else 0,
            }
            for cell in found.cells
        ],
    }


def _chart(found: Numbers) -> dict[str, Any] | None:
    """The curve; none where there are not two weeks to join."""
    if len(found.points) < 2:
        return None
    high = _round_up(found.points[-1].registered)
    return {
        "points": [{"label": str(one.weeks_before), "value": one.registered} for one in found.points],
        "high": high,
        "lines": [0, high // 2, high],
        "here": str(found.points[-1].weeks_before),
        "say": _(
            "%(first)s registrations %(weeks)s weeks before the event, %(last)s now",
            first=show_number(found.points[0].registered, g.lang),
            weeks=show_number(found.points[0].weeks_before, g.lang),
            last=show_number(found.points[-1].registered, g.lang),
        ),
    }


def _round_up(number: int) -> int:
    """The top of a scale with a line in its middle: 10, 20, 40 … 100, 200, 400."""
    step = 2 * 10 ** max(1, len(str(number)) - 1)
    return 10 if number <= 10 else ceil(number / step) * step
