"""What readers have to do, on the first page of staff; the way to them from a call; what they find in their copy."""

import uuid
from collections import Counter
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, npgettext

from eventhub.funding.access import runs
from eventhub.funding.models import Call, State
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope, holds
from eventhub.people.models import Person, Role
from eventhub.reviewing import personal_data, queries, shown, ties
from eventhub.reviewing.models import OPEN


def today(visitor: Any) -> Panel | None:
    """The calls whose files wait for a reader; three statements, none for whoever reads nothing."""
    if not any(grant.role is Role.FUND_REVIEWER for grant in visitor.grants):
        return None
    reader = actor().person.id
    rows = [row for row in queries.files_of(reader) if row[0].state in OPEN and row[1].state is State.UNDER_REVIEW]
    calls = queries.readings({one.call_id for one, *_rest in rows})
    mine = {key: one for key, one in calls.items() if holds(visitor.grants, Role.FUND_REVIEWER, scope=one.scope)}
    hidden = ties.conflicts(list(mine.values()), [reader], [application.id for _one, application, *_rest in rows])
    shut: Counter[uuid.UUID] = Counter()
    waiting: Counter[uuid.UUID] = Counter()
    for one, application, gate, _call in rows:
        if one.call_id in mine and (application.id, reader) not in hidden:
            waiting[one.call_id] += 1
            shut[one.call_id] += gate.declared_at is None
    tasks = [
        {
            "label": shown.title(mine[key], g.lang),
            "url": url_for("reviewing.mine"),
            "note": ngettext("%(num)s new file waits", "%(num)s new files wait", shut[key]) if shut[key] else None,
            "tag": (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", number), "warn"),
        }
        for key, number in waiting.items()
    ]
    return Panel("reviewing/today_panel.html", {"tasks": tasks}) if tasks else None


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """For the officers of the call."""
    call, scope = asked
    if not runs(actor().grants, scope):
        return None
    return Panel("", {"links": [Link(_("Readers and reviews"), url_for("reviewing_console.index", slug=call.slug))]})


def data(person: Person) -> Panel:
    """What somebody read for the fund, in the person's copy of all data."""
    return Panel("", {"read_for_the_fund": personal_data.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (("console.today", today), ("console.call", ways), ("me.data", data))
"""What app.py registers."""
