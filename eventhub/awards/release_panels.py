"""What a release says on other pages: where decisions wait, the way there, and why, once told."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import npgettext, pgettext

from eventhub.awards import access, release_shown, releasing
from eventhub.awards.letters import title_of
from eventhub.awards.release_queries import left_open, waiting_calls
from eventhub.funding import attending
from eventhub.funding.access import runs
from eventhub.funding.models import Call, Stand, State
from eventhub.funding.nearness import Aside, aside_of
from eventhub.funding.own import Intake
from eventhub.kit.access import actor
from eventhub.kit.codes import reason_text
from eventhub.kit.i18n import show_own
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope
from eventhub.people.models import Role
from eventhub.people.sessions import Visitor
from eventhub.reviewing.queries import Reading
from eventhub.selecting.models import Slate, SlateState

CONCERNED = (Role.ADMIN, Role.FUND_OFFICER, Role.APPROVER)


def today(visitor: Visitor) -> Panel | None:
    """Calls with decisions to release, whose approved slate could not be prepared, or that have files left after a
    release; four statements, one more while decisions wait of a call that had a release.
    """
    if not any(grant.role in CONCERNED for grant in visitor.grants):
        return None
    calls: list[dict[str, Any]] = []
    aside = aside_of(visitor.person)
    for one in waiting_calls(aside.others()):
        if not (access.may_offer(visitor.grants, one.scope) or access.may_approve(visitor.grants, one.scope)):
            continue
        if one.failed:
            tag = (_("Not prepared"), "stop")
        elif one.not_done:
            tag = (_("Release failed"), "stop")
        else:
            tag = (pgettext("a release", "Scheduled"), "ok") if one.is_set else (_("To release"), "warn")
        url = url_for("awards_release.board", slug=one.call.slug)
        calls.append({"title": title_of(one.call, g.lang), "url": url, "tag": tag})
    calls += _left_open(visitor, aside)
    return Panel("awards/release_today.html", {"calls": calls}) if calls else None


def _left_open(visitor: Visitor, aside: Aside) -> list[dict[str, Any]]:
    """Files that a release left open: nobody asks for them any more, and their people wait."""
    found = [one for one in left_open(visitor.id) if runs(visitor.grants, one.scope)]
    # As in the desk's list: whoever is near to a file that waits for word sees all as their applicants do.
    near = aside.waiting([one.call.id for one in found if one.open != one.seen])
    numbers = [(one.call, one.seen if one.call.id in near else one.open) for one in found]
    return [
        {
            "title": title_of(call, g.lang),
            "url": url_for("funding_console.files", slug=call.slug, chip="open"),
            "note": _("Not among the decisions that were released: what becomes of them?"),
            "tag": (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", number), "warn"),
        }
        for call, number in numbers
        if number
    ]


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """From the page of a call to its release."""
    call, scope = asked
    grants = list(actor().grants)
    if call.stand is Stand.DRAFT or not (access.may_offer(grants, scope) or access.may_approve(grants, scope)):
        return None
    return Panel("", {"links": [Link(_("Release of decisions"), url_for("awards_release.board", slug=call.slug))]})


def mine(found: Intake) -> Panel | None:
    """Why, on one's own application, for whoever is in reserve or not selected; that there is no answer yet, for who
    was not part of a release.
    """
    application = found.application
    if application is None:
        return None
    known = application.outcome_seen or application.state
    if known in releasing.OPEN:
        at = releasing.last_done(application.call_id)
        day = show_own(at, found.call.time_zone, g.lang) if at else ""
        return Panel("awards/release_without.html", {"day": day}) if day else None
    if known not in releasing.CHOICES:
        return None
    told = releasing.decision_told(application)
    if told is None or told.reason_told is None:
        return None
    words = releasing.words_told(application)
    in_reserve = (application.outcome_seen or application.state) is State.RESERVE
    said = {
        "reason": reason_text("funding", told.reason_told, g.lang),
        "words": words,
        "lives": attending.reserve_until(found.call, g.lang) if in_reserve else None,
    }
    return Panel("awards/release_mine.html", said)


def decided(asked: tuple[Reading, Slate]) -> Panel | None:
    """On the approver's page of an approved slate: whether its decisions are prepared."""
    reading, slate = asked
    if slate.state is not SlateState.APPROVED:
        return None
    call = reading.call
    near = releasing.is_near(actor().person, call.id)
    problem = release_shown.staging(releasing.staging_of(slate), call.currency, g.lang, near=near)
    url = url_for("awards_release.board", slug=call.slug)
    return Panel("awards/release_decided.html", {"problem": problem, "url": url})


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("console.today", today),
    ("console.call", ways),
    ("funding.told", mine),
    ("selecting.decided", decided),
)
"""What app.py registers."""
