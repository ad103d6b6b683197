"""Days on which something that was promised is due, for calendars (their place ``calendar.days``)."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import g, request
from flask_babel import gettext as _
from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload, selectinload

from eventhub.calendars.days import Day, DayFeed
from eventhub.commitments import filters, queries, shown
from eventhub.commitments.models import Commitment, State, Version
from eventhub.commitments.moves import REVISION
from eventhub.commitments.queries import Wanted
from eventhub.kit.clock import now
from eventhub.kit.db import db
from eventhub.kit.panels import Panel
from eventhub.kit.web import absolute

NAME = "commitments"
BACK = timedelta(days=90)
"""How long what is over stays in the feed."""
MOST = 500
"""So many days at the most, the nearest ones."""
OVER = frozenset({State.WITHDRAWN, State.SUPERSEDED})


def feed(name: str) -> Panel | None:
    """The days on which commitments are due, filtered as the list is."""
    if name != NAME:
        return None
    asked = filters.kept(request.args)
    today = now().date()
    source = absolute("calendars.day_feed", name=NAME, lang=g.lang) + (f"?{urlencode(asked)}" if asked else "")
    midnight = datetime.combine(today + timedelta(days=1), time(), tzinfo=UTC)
    title = _("Commitments: due dates")
    found = DayFeed(
        f"{title} · {asked['by']}" if asked.get("by") else title,
        source,
        (REVISION, "programme"),
        midnight,
        lambda: days(filters.wanted(asked), today),
    )
    return Panel("", {"days": found})


def days(wanted: Wanted, today: date) -> list[Day]:
    """What is due from three months ago on, the nearest first. Two statements."""
    rows = queries.matching(select(Commitment), wanted, today)
    holds = and_(Version.commitment_id == Commitment.id, Version.number == Commitment.newest)
    rows = (
        rows.join(Version, holds)
        .where(Version.due_on >= today - BACK)
        .options(joinedload(Commitment.words), selectinload(Commitment.makers))
        .order_by(Version.due_on, Commitment.number)
        .limit(MOST)
    )
    # One address is asked for, and not a thousand.
    page = absolute("commitments.commitment", lang=g.lang, reference="C-0000").removesuffix("C-0000")
    return [
        _day(one, one.words.due_on, one.published_at, page + one.reference)
        for one in db.session.scalars(rows)
        if one.words.due_on and one.published_at
    ]


def _day(one: Commitment, due_on: date, published: datetime, url: str) -> Day:
    return Day(
        id=uuid.uuid5(one.id, "due"),
        day=due_on,
        summary=_("Due: %(title)s", title=shown.titled(one).title),
        description=f"{one.reference} · {shown.made_by(one)}",
        url=url,
        created=published,
        changed=max(one.words.written_at, published, one.withdrawn_at or published),
        sequence=one.newest - 1 + (one.state in OVER),
        cancelled=one.state in OVER,
    )
