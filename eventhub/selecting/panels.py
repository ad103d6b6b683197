"""What the board room says on the first page of staff: where a board chooses, and where an approver decides."""

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _

from eventhub.funding.models import Call
from eventhub.kit.access import actor
from eventhub.kit.i18n import in_language
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope
from eventhub.people.models import Person, Role
from eventhub.selecting import access, personal_data, queries
from eventhub.selecting.models import SlateState

CONCERNED = (Role.ADMIN, Role.BOARD_MEMBER, Role.APPROVER)


def today(visitor: Any) -> Panel | None:
    """The ways in; one statement, none for whoever has nothing to do with boards."""
    if not any(grant.role in CONCERNED for grant in visitor.grants):
        return None
    rooms: list[dict[str, Any]] = []
    for one in queries.at_work():
        title = in_language(one.title, g.lang, one.original_language).text
        if one.state is SlateState.RECOMMENDED and access.approves(visitor.grants, one.scope):
            address = url_for("selecting_console.decide", slug=one.slug, number=one.number)
            rooms.append({"title": title, "url": address, "tag": (_("To decide"), "warn")})
        if access.sits(visitor.grants, one.scope):
            tag = (_("The board meets"), "go") if one.meets else None
            rooms.append({"title": title, "url": url_for("selecting_console.room", slug=one.slug), "tag": tag})
    return Panel("selecting/today_panel.html", {"rooms": rooms}) if rooms else None


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """From the page of a call into its board room, for those who sit there, and for officers to who stands aside."""
    call, scope = asked
    links = []
    if access.sits(actor().grants, scope):
        links.append(Link(_("Board room"), url_for("selecting_console.room", slug=call.slug)))
    if access.is_officer(actor().grants, scope) and queries.stands_anybody_aside(call.id):
        links.append(Link(_("Who stands aside at the board"), url_for("selecting_console.asides_of", slug=call.slug)))
    return Panel("", {"links": links}) if links else None


def data(person: Person) -> Panel:
    """What somebody did on boards of the fund, in the person's copy of all data."""
    return Panel("", {"boards_of_the_fund": personal_data.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (("console.today", today), ("console.call", ways), ("me.data", data))
"""What app.py registers."""
