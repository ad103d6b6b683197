"""The way to the readers from the page of a call."""

from flask import url_for
from flask_babel import gettext as _

from eventhub.funding.access import runs
from eventhub.funding.models import Call
from eventhub.kit.access import actor
from eventhub.kit.panels import Panel, Provider
from eventhub.kit.web import Link
from eventhub.people.access import Scope


def ways(asked: tuple[Call, Scope]) -> Panel | None:
    """For the officers of the call."""
    call, scope = asked
    if not runs(actor().grants, scope):
        return None
    return Panel("", {"links": [Link(_("Readers and reviews"), url_for("reviewing_console.index", slug=call.slug))]})


PROVIDERS: tuple[tuple[str, Provider], ...] = (("console.call", ways),)
"""What app.py registers."""
