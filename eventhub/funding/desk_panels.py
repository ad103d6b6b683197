"""What the fund's desk says on the pages of features below it."""

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, npgettext

from eventhub.funding import access, desk_today
from eventhub.funding.desk_today import Waiting
from eventhub.funding.models import Call
from eventhub.funding.own import Intake
from eventhub.kit.access import actor
from eventhub.kit.i18n import in_language, show_date
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope
from eventhub.people.sessions import Visitor


def today(visitor: Visitor) -> Panel | None:
    """Which desks of the fund have something to do, and proposals that wait for a second person."""
    rows = desk_today.waiting(visitor.grants, visitor.id)
    items = [
        {
            "label": in_language(row.title, g.lang, row.original_language).text,
            "url": url_for("funding_console.files", slug=row.slug, chip=_view(row)),
            "note": _note(row),
            "tag": (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", _number(row)), "warn"),
        }
        for row in rows
    ]
    number = desk_today.proposals(visitor.grants, visitor.id)
    if number:
        items.append(
            {
                "label": _("Proposals to debar somebody"),
                "url": url_for("funding_console.debts"),
                "note": _("A second person agrees, or not."),
                "tag": (npgettext("tasks of the fund", "%(num)s waits", "%(num)s wait", number), "warn"),
            }
        )
    return Panel("funding/today_panel.html", {"tasks": items}) if items else None


def _number(row: Waiting) -> int:
    return row.decide + row.answered + row.silent or row.pairs


def _view(row: Waiting) -> str | None:
    """The view of the list that shows it."""
    if row.decide:
        return None
    return "answered" if row.answered else "silent" if row.silent else None


def _note(row: Waiting) -> str:
    parts = [
        ngettext("%(num)s to decide", "%(num)s to decide", row.decide) if row.decide else "",
        ngettext("%(num)s answer to read", "%(num)s answers to read", row.answered) if row.answered else "",
        ngettext("%(num)s without an answer in time", "%(num)s without an answer in time", row.silent)
        if row.silent
        else "",
        ngettext("%(num)s possible duplicate", "%(num)s possible duplicates", row.pairs) if row.pairs else "",
        _("The oldest came on %(day)s.", day=show_date(row.oldest.date(), g.lang)) if row.oldest else "",
    ]
    return " · ".join(part for part in parts if part)


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """From the page of a call to its files, for its officers."""
    call, scope = asked
    if not access.runs(actor().grants, scope):
        return None
    links = [
        Link(_("Applications"), url_for("funding_console.files", slug=call.slug)),
        Link(_("Possible duplicates"), url_for("funding_console.duplicates", slug=call.slug)),
        Link(_("Applications in numbers"), url_for("funding_console.numbers", slug=call.slug)),
    ]
    if access.may_create(actor().grants, None):
        links.append(Link(_("Reports owed"), url_for("funding_console.debts")))
    return Panel("", {"links": links})


def questions(found: Intake) -> Panel | None:
    """From one's own application to the exchange about it."""
    application = found.application
    if application is None or application.reference is None:
        return None
    return Panel(
        "funding/questions_panel.html", {"url": url_for("funding_thread.mine", reference=application.reference)}
    )


PROVIDERS: tuple[tuple[str, Provider], ...] = (
    ("console.today", today),
    ("console.call", ways),
    ("funding.mine", questions),
)
"""What app.py registers."""
