"""What the pages of the doors share: the blueprint, and who comes in."""

from flask import Blueprint

from eventhub.checkin import access, queries
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.kit.web import CSP
from eventhub.programme.models import Event

bp = Blueprint("checkin_console", __name__)

PHONE_CSP = CSP.replace("trusted-types 'none'", "trusted-types check-in")
"""Registering a service worker takes an address from a policy: check-in.js makes one that lets no other one pass."""


def at_door(slug: str) -> Event:
    """The event at whose doors the visitor works. Raises NotFound for everybody else."""
    event = queries.event_of(slug)
    if not access.may_check_in(actor().grants, event):
        raise NotFound
    return event
