"""What the staff pages of registration share: the blueprint, who comes in, and which rows are meant."""

import uuid

from flask import Blueprint, request
from flask_babel import lazy_gettext as _l

from eventhub.kit.access import actor
from eventhub.kit.errors import DomainError, NotFound
from eventhub.programme.models import Event
from eventhub.registration import access, desk
from eventhub.registration.access import Sight
from eventhub.registration.models import RegistrationSetup

bp = Blueprint("registration_console", __name__)


class PageTooOld(DomainError):
    """A button of a page that was open too long; nothing was typed, so nothing is lost."""

    message = _l("This page was open too long. Open it again and press the button once more.")


def at_desk(slug: str) -> tuple[Event, RegistrationSetup | None, Sight]:
    """The event whose desk this is, and what the visitor sees there. Raises NotFound for everybody else."""
    event, found = desk.event_of(slug)
    return event, found, access.desk_sight(actor().grants, event)


def to_set_up(slug: str) -> tuple[Event, RegistrationSetup | None]:
    """The event whose settings these are. Raises NotFound for those who may not set it up."""
    event, found = desk.event_of(slug)
    if not access.may_set_up(actor().grants, event):
        raise NotFound
    return event, found


def setup_of(found: RegistrationSetup | None) -> RegistrationSetup:
    """How the event takes registrations. Raises NotFound where it takes none."""
    if found is None:
        raise NotFound
    return found


def marked_ids() -> list[uuid.UUID]:
    """The rows that are marked in a list, each once, in the order of the page. Raises NotFound for nonsense."""
    return ids_of("id")


def ids_of(name: str) -> list[uuid.UUID]:
    """The ids in a field that a page repeats, each once. Raises NotFound for nonsense."""
    try:
        return list(dict.fromkeys(uuid.UUID(value) for value in request.form.getlist(name)[: desk.BULK_LIMIT]))
    except ValueError:
        raise NotFound from None


def seen_versions() -> dict[uuid.UUID, int]:
    """At which version the page showed each row: what a colleague did since must be seen first.

    Raises NotFound for nonsense.
    """
    found = {}
    for value in request.form.getlist("seen")[: desk.BULK_LIMIT]:
        one, _colon, version = value.partition(":")
        try:
            found[uuid.UUID(one)] = int(version)
        except ValueError:
            raise NotFound from None
    return found
