"""What the staff pages of arrangements share: the blueprint, who comes in, and which rows are meant."""

import uuid

from flask import Blueprint, request

from eventhub.arrangements import access
from eventhub.kit.access import actor
from eventhub.kit.errors import NotFound
from eventhub.programme.models import Event
from eventhub.registration import desk
from eventhub.registration.access import Sight

bp = Blueprint("arrangements_console", __name__)
ROWS = 500
"""At most so many rows in one form."""


def at_desk(slug: str) -> tuple[Event, Sight]:
    """The event whose arrangements these are, and what the visitor sees. Raises NotFound for everybody else."""
    event, _setup = desk.event_of(slug)
    return event, access.desk(actor().grants, event)


def marked() -> list[uuid.UUID]:
    """The rows that are marked, each once. Raises NotFound for nonsense."""
    try:
        return list(dict.fromkeys(uuid.UUID(value) for value in request.form.getlist("id")[:ROWS]))
    except ValueError:
        raise NotFound from None


def seen() -> dict[uuid.UUID, int]:
    """At which version the page showed each row. Raises NotFound for nonsense."""
    found = {}
    for value in request.form.getlist("seen")[:ROWS]:
        one, _colon, version = value.partition(":")
        try:
            found[uuid.UUID(one)] = int(version)
        except ValueError:
            raise NotFound from None
    return found
