"""The desk's page of numbers of a call."""

from math import ceil
from typing import Any

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventhub.funding import call_numbers, desk_shown
from eventhub.funding.call_numbers import Numbers
from eventhub.funding.console import at_desk, bp
from eventhub.kit.access import staff
from eventhub.kit.clock import now
from eventhub.kit.i18n import show_number

__all__ = ["bp"]

FIRST_TIME = {"yes": _l("For the first time"), "no": _l("Took part before"), "": _l("Not said")}


@bp.get("/console/funds/<slug>/numbers")
@staff
def numbers(slug: str) -> ResponseReturnValue:
    """How many applied, of whom, how they stand, and since when."""
    place = at_desk(slug)
    found = call_numbers.numbers(place, now())
    return render_template(
        "funding/numbers.html",
        place=place,
        title=desk_shown.title_of(place.call, g.lang),
        found=found,
        figures=[
            {"label": label, "value": show_number(number, g.lang)}
            for label, number in ((_("Sent"), found.total), (_("Late"), found.late), (_("Drafts"), found.drafts))
        ],
        tables=_tables(found),
        chart=_chart(found),
    )


def _tables(found: Numbers) -> list[dict[str, Any]]:
    states = [(desk_shown.STATES[state][0], number) for state, number in found.states.items()]
    regions = [(desk_shown.region(code, g.lang) or _("Not said"), number) for code, number in found.regions.items()]
    first = [(FIRST_TIME[code], number) for code, number in found.first_time.items()]
    return [
        {
            "id": name,
            "title": title,
            "rows": [
                {"label": label, "number": number, "percent": 100 * number / found.total} for label, number in rows
            ],
        }
        for name, title, rows in (
            ("states", _("By status"), states),
            ("regions", _("By region"), regions),
            ("first-time", _("By whether it is the first time"), first),
        )
        if rows
    ]


def _chart(found: Numbers) -> dict[str, Any] | None:
    """The curve; none where there are not two weeks to join."""
    if len(found.weeks) < 2:
        return None
    top = found.weeks[-1].sent
    step = 2 * 10 ** max(1, len(str(top)) - 1)
    high = 10 if top <= 10 else ceil(top / step) * step
    return {
        "points": [{"label": str(week.before), "value": week.sent} for week in found.weeks],
        "high": high,
        "lines": [0, high // 2, high],
        "here": str(found.weeks[-1].before),
        "say": _(
            "%(first)s applications %(weeks)s weeks before the deadline, %(last)s now",
            first=show_number(found.weeks[0].sent, g.lang),
            weeks=show_number(found.weeks[0].before, g.lang),
            last=show_number(top, g.lang),
        ),
    }
