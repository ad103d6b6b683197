"""Pages for everybody: scorecards, and feeds of what changes. Without a session."""

import re
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.commitments import filters, queries
from eventhub.commitments import shown as commitments_shown
from eventhub.commitments.moves import REVISION
from eventhub.kit.access import public
from eventhub.kit.clock import now
from eventhub.kit.config import Settings
from eventhub.kit.errors import NotFound
from eventhub.kit.i18n import show_date
from eventhub.kit.pages import changes_at, kept_page
from eventhub.tracker import changes, scores, shown, told
from eventhub.tracker.scores import By

bp = Blueprint("tracker", __name__)

ATOM = "application/atom+xml; charset=utf-8"
REFERENCE = re.compile(r"C-([0-9]{4,12})")


@bp.get("/commitments/scorecards")
@public
@kept_page(REVISION, "programme")
def scorecards() -> ResponseReturnValue:
    """How much became of what was promised: by kind of maker, country and event, and over time."""
    g.section = "commitments"
    asked = request.args.get("by", "")
    by = By(asked) if asked in set(By) else By.MAKER
    today = now().date()
    changes_at(_midnight())
    found = scores.facts(by, today)
    points = scores.over_time(today) if found else []
    titles = {one.slug: commitments_shown.event_title(one) for one in queries.events_with_commitments()}
    return render_template(
        "tracker/scorecards.html",
        tabs=[
            {"label": words, "url": url_for("tracker.scorecards", by=one.value), "current": one is by}
            for one, words in shown.TABS.items()
        ],
        head=shown.HEADS[by],
        figures=shown.figures(scores.whole(found)),
        rows=shown.rows(by, scores.scores(found), titles),
        legend=shown.legend(),
        points=points,
        columns=shown.columns(points),
        column_rows=shown.column_rows(points),
        curves=shown.lines(points),
        labels=shown.short_labels(points),
        line_rows=shown.line_rows(points),
        scale=shown.scale(points),
        quiet=[
            {
                "name": name,
                "number": number,
                "since": show_date(since, g.lang),
                "url": url_for("commitments.index", by=name, fresh="silent"),
            }
            for name, number, since in scores.quiet(today)
        ],
        today=show_date(today, g.lang),
    )


@bp.get("/commitments/changes.atom")
@public
@kept_page(REVISION, "programme")
def feed() -> Response:
    """What changed of all commitments, or of those that a list is filtered to; one maker with ``by``."""
    asked: dict[str, Any] = dict(filters.kept(request.args))
    found = changes.newest(filters.wanted(asked), now().date())
    title = _("Commitments: what changed")
    return _feed(
        f"{title} · {asked['by']}" if asked.get("by") else title,
        url_for("tracker.feed", **asked),
        url_for("commitments.index", **asked),
        found,
    )


@bp.get("/commitments/<reference>/changes.atom")
@public
@kept_page(REVISION, "programme")
def feed_of_one(reference: str) -> Response:
    """What changed of one commitment."""
    match = REFERENCE.fullmatch(reference)
    one = queries.public_commitment(int(match[1])) if match else None
    if one is None or one.reference != reference:
        raise NotFound
    found = changes.newest(queries.Wanted(), now().date(), number=one.number)
    return _feed(
        f"{one.reference} · {commitments_shown.titled(one).title}",
        url_for("tracker.feed_of_one", reference=reference),
        url_for("commitments.commitment", reference=reference),
        found,
    )


def _feed(title: str, own: str, page: str, found: list[changes.Change]) -> Response:
    settings: Settings = current_app.extensions["eventhub.settings"]
    newest = max((one.at for one in found), default=datetime(2026, 1, 1, tzinfo=UTC))
    body = render_template(
        "tracker/changes.xml",
        feed_id=uuid.uuid5(uuid.NAMESPACE_URL, settings.origin + own),
        title=title,
        updated=f"{newest:%Y-%m-%dT%H:%M:%SZ}",
        own_url=settings.origin + own,
        page_url=settings.origin + page,
        author="EventHub",
        entries=[told.entry(one, settings.origin) for one in found],
    )
    return Response(body, content_type=ATOM)


def _midnight() -> datetime:
    return datetime.combine(now().date() + timedelta(days=1), time(), tzinfo=UTC)
