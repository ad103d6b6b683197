"""What awards say on the pages of features below them."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import npgettext

from eventhub.awards import (
    access,
    console_queries,
    console_shown,
    dashboard_access,
    dashboard_orders,
    letters,
    personal_data,
    queries,
    stepping,
    todo,
)
from eventhub.awards.views import STATES, state_of
from eventhub.funding import call_queries, call_shown
from eventhub.funding.access import scope_of
from eventhub.funding.models import Call
from eventhub.funding.own import Intake
from eventhub.kit.access import actor
from eventhub.kit.i18n import in_language
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope
from eventhub.people.models import Person, Role
from eventhub.people.sessions import Visitor
from eventhub.programme.models import Event


def mine(visitor: Visitor) -> Panel | None:
    """Somebody's grants, on My page."""
    items = [
        {
            "title": letters.title_of(one.application.call, g.lang),
            "url": url_for("awards.mine", reference=one.application.reference),
            "state": state_of(one),
        }
        for one in queries.of_person(visitor.person.id)
    ]
    return Panel("awards/me_panel.html", {"items": items}) if items else None


def granted(found: Intake) -> Panel | None:
    """The way from an application to its grant, once one was offered."""
    application = found.application
    if application is None or application.state not in STATES or not queries.is_offered(application.id):
        return None
    award = queries.award_of(application.id)
    item = {
        "title": letters.title_of(found.call, g.lang),
        "url": url_for("awards.mine", reference=application.reference),
        "state": state_of(award) if award else STATES[application.state],
    }
    return Panel("awards/me_panel.html", {"items": [item]})


def today(visitor: Visitor) -> Panel | None:
    """Reserves that are proposed or wait for an approver, payments and budgets that wait for a second person."""
    tasks: list[dict[str, Any]] = []
    for row in console_queries.waiting(visitor.grants, visitor.person):
        title = in_language(row.title, g.lang, row.original_language).text
        found = (
            (row.proposed, _("Proposed from the reserve list"), url_for("awards_console.reserves", slug=row.slug)),
            (row.to_pay, _("Payments to agree to"), url_for("awards_console.payments", slug=row.slug)),
            (row.to_change, _("Budget changes to agree to"), url_for("awards_console.money", slug=row.slug)),
        )
        for number, label, url in found:
            if number:
                tag = (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", number), "warn")
                tasks.append({"label": label, "note": title, "url": url, "tag": tag})
    tasks += _to_see_to(visitor)
    for one in stepping.to_approve(visitor.grants, visitor.person):
        tag = (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", one.number), "warn")
        url = url_for("awards_console.reserves", slug=one.call.slug)
        tasks.append(
            {
                "label": _("From the reserve list, to approve"),
                "note": letters.title_of(one.call, g.lang),
                "url": url,
                "tag": tag,
            }
        )
    return Panel("awards/today_panel.html", {"tasks": tasks}) if tasks else None


def _to_see_to(visitor: Visitor) -> list[dict[str, Any]]:
    """Accepted grants that wait for a deed of this person."""
    return [
        {
            "label": console_shown.TODO[kind],
            "note": in_language(one.title, g.lang, one.original_language).text,
            "url": url_for("awards_console.index", slug=one.slug, view=kind.value),
            "tag": (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", number), "warn"),
        }
        for one in todo.due(visitor.grants, visitor.person)
        for kind, number in one.numbers.items()
        if number
    ]


def today_numbers(visitor: Visitor) -> Panel | None:
    """For organisers, who have no list of calls: the calls of their events, and the fund in numbers."""
    calls = console_queries.overseen(visitor.grants, Role.ORGANISER)
    tasks = [
        {
            "label": _("The fund in numbers"),
            "note": letters.title_of(call, g.lang),
            "url": url_for("awards_numbers.overview", slug=call.slug),
            "tag": call_shown.tag_of(call),
        }
        for call in calls
    ]
    return Panel("awards/today_numbers.html", {"tasks": tasks}) if tasks else None


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """From the page of a call to its grants, its money, and the fund in numbers."""
    call, scope = asked
    links = []
    if access.sees(actor().grants, scope):
        links += [
            Link(_("Grants"), url_for("awards_console.index", slug=call.slug)),
            Link(_("Money"), url_for("awards_console.money", slug=call.slug)),
        ]
    if dashboard_access.may_oversee(actor().grants, scope):
        links.append(Link(_("The fund in numbers"), url_for("awards_numbers.overview", slug=call.slug)))
    return Panel("", {"links": links}) if links else None


def owed(person: Person) -> Panel:
    """The ways to one's own reports that are owed."""
    found = console_queries.owed_reports(person.id)
    return Panel("", {"links": [url_for("awards.report", reference=one) for one in found]})


def data(person: Person) -> Panel:
    """Grants, what was told beside an outcome, and reports for donors that were asked for, in the copy of all data."""
    return Panel(
        "",
        {
            "grants": personal_data.own_data(person),
            "decisions_of_the_fund": personal_data.decisions(person),
            "fund_reports": dashboard_orders.own_data(person),
        },
    )


def of_event(event: Event) -> Panel | None:
    """The same from an event's pages, for its organisers: they have no list of calls."""
    if not any(grant.role is Role.ORGANISER for grant in actor().grants):
        return None
    found = [
        call
        for call in call_queries.calls_of(event.id)
        if dashboard_access.may_oversee(actor().grants, scope_of(call, event.series_id))
    ]
    links = [
        Link(
            _("The fund in numbers")
            if len(found) == 1
            else _("The fund in numbers: %(call)s", call=letters.title_of(call, g.lang)),
            url_for("awards_numbers.overview", slug=call.slug),
        )
        for call in found
    ]
    return Panel("", {"links": links}) if links else None


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("me.main", mine),
    ("me.data", data),
    ("funding.told", granted),
    ("console.today", today),
    ("console.today", today_numbers),
    ("console.call", ways),
    ("console.event", of_event),
    ("funding.owed", owed),
)
"""What app.py registers."""
