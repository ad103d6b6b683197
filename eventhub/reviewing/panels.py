"""The way to the readers from the page of a call, and what readers find in the copy of their data."""

from flask import url_for
from flask_babel import gettext as _

from eventhub.funding.access import runs
from eventhub.funding.models import Call
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope
from eventhub.people.models import Person
from eventhub.reviewing import personal_data


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """For the officers of the call."""
    call, scope = asked
    if not runs(actor().grants, scope):
        return None
    return Panel("", {"links": [Link(_("Readers and reviews"), url_for("reviewing_console.index", slug=call.slug))]})


def data(person: Person) -> Panel:
    """What somebody read for the fund, in the person's copy of all data."""
    return Panel("", {"read_for_the_fund": personal_data.own_data(person)})


PROVIDERS: tuple[tuple[str, Provider], ...] = (("console.call", ways), ("me.data", data))
"""What app.py registers."""
