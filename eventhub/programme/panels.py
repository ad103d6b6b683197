"""What the programme says on the start page of staff: sessions whose time somebody must decide."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _

from eventhub.kit.clock import now
from eventhub.kit.i18n import show_date, show_time
from eventhub.kit.panels import Panel, Provider
from eventhub.people.models import Role
from eventhub.people.sessions import Visitor
from eventhub.programme import access, shown
from eventhub.programme import console_queries as queries
from eventhub.programme.local_time import is_missing, is_repeated
from eventhub.programme.models import Session


def today(visitor: Visitor) -> Panel | None:
    """Which sessions are at a time that the clocks there skip or show twice, the soonest first."""
    if not any(grant.role in (*access.EDITORS, Role.ADMIN) for grant in visitor.grants):
        return None
    sessions = [_told(one) for one in queries.in_doubt(visitor.grants, now())]
    return Panel("programme/console/doubt_panel.html", {"sessions": sessions}) if sessions else None


def _told(session: Session) -> dict[str, Any]:
    event, clocks = session.event, (session.starts_local, session.ends_local)
    skipped = [clock for clock in clocks if is_missing(clock, session.time_zone)]
    twice = [clock for clock in clocks if is_repeated(clock, session.time_zone)]
    wall = next(iter([*skipped, *twice, *clocks]))
    parts = {"day": show_date(wall.date(), g.lang, weekday=True), "time": show_time(wall)}
    return {
        "title": shown.words(session.title, event.original_language, g.lang),
        "event": shown.words(event.title, event.original_language, g.lang),
        "url": url_for("programme_console.session_move", slug=event.slug, session_id=session.id),
        "note": _("%(day)s, %(time)s: the clocks there skip this time", **parts)
        if skipped
        else _("%(day)s, %(time)s: the clocks there show this time twice", **parts),
    }


PROVIDERS: tuple[tuple[str, Provider], ...] = (("console.today", today),)
