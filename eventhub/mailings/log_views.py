"""What became of each mail: the log of a mailing, and whom no mail about an event reaches."""

import uuid
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventhub.kit.access import actor, staff
from eventhub.kit.i18n import said_by_clock, show_moment
from eventhub.kit.paging import page_number, pager
from eventhub.mailings import access, queries
from eventhub.mailings.console import at_desk, bp, mailing_at_desk, subject_of
from eventhub.mailings.models import Outcome
from eventhub.mailings.words import OUTCOMES, WHYS, said_problem
from eventhub.people.access import holds
from eventhub.people.models import Role
from eventhub.programme.models import Event

__all__ = ["bp"]


@bp.get("/console/events/<slug>/mailings/<uuid:mailing_id>/log")
@staff
def log(slug: str, mailing_id: uuid.UUID) -> ResponseReturnValue:
    """One line for each person: waits, sent, refused, came back, or not due and why."""
    event, seen, mailing = mailing_at_desk(slug, mailing_id)
    asked, page = request.args.get("state", ""), page_number()
    state = Outcome(asked) if asked in set(Outcome) else None
    lines, total = queries.log(mailing.id, seen, state, page=page)
    tally = queries.tallies([mailing.id])[mailing.id]
    here: dict[str, Any] = {"slug": slug, "mailing_id": mailing.id}
    chips = [
        {"label": _("All"), "count": sum(tally.values()), "url": url_for(".log", **here), "current": state is None},
        *(
            {
                "label": OUTCOMES[one][0],
                "count": tally[one],
                "url": url_for(".log", **here, state=one.value),
                "current": one is state,
            }
            for one in OUTCOMES
            if tally[one] or one is state
        ),
    ]
    return render_template(
        "mailings/log.html",
        event=event,
        mailing=mailing,
        subject=subject_of(mailing, event),
        chips=chips,
        rows=[_row(one, event) for one in lines],
        pages=pager(
            lambda number: url_for(".log", **here, state=state.value if state else None, page=number),
            page=page,
            size=queries.LINES,
            total=total,
        ),
    )


@bp.get("/console/events/<slug>/mailings/not-reached")
@staff
def unreached(slug: str) -> ResponseReturnValue:
    """Whom a mail about this event did not reach, letters of the desk included."""
    event, seen = at_desk(slug)
    rows = [
        {
            "name": one.name,
            "reference": one.reference,
            "url": _record(event, one.registration_id, one.reference),
            "problem": said_problem(one.problem),
            "when": said_by_clock(show_moment(one.at, event.time_zone, g.lang)),
        }
        for one in queries.unreached(event.id, seen, first_timers=access.knows_first_timers(actor().grants, event))
    ]
    parked = url_for("people_console.promises") if holds(actor().grants, Role.ADMIN) else None
    return render_template("mailings/unreached.html", event=event, rows=rows, parked_url=parked)


def _row(one: queries.Line, event: Event) -> dict[str, Any]:
    return {
        "name": one.name,
        "reference": one.reference,
        "url": _record(event, one.registration_id, one.reference),
        "tag": OUTCOMES[one.state],
        "why": WHYS[one.why] if one.why else None,
        "problem": said_problem(one.problem) if one.state is not Outcome.SENT else None,
        "when": said_by_clock(show_moment(one.at, event.time_zone, g.lang)),
    }


def _record(event: Event, registration_id: uuid.UUID, reference: str | None) -> str | None:
    """The way to a registration at the desk; a draft is its author's alone."""
    if reference is None:
        return None
    return url_for("registration_console.record", slug=event.slug, registration_id=registration_id)
