"""What the staff pages of the fund share: the blueprint, who comes in, and which files are meant."""

import uuid

from flask import Blueprint, g, request
from flask_babel import lazy_gettext as _l

from eventhub.funding import access, desk
from eventhub.funding.desk import Desk
from eventhub.kit.access import actor
from eventhub.kit.errors import DomainError, NotFound

bp = Blueprint("funding_console", __name__)


class PageTooOld(DomainError):
    """A button of a page that was open too long; nothing was typed, so nothing is lost."""

    message = _l("This page was open too long. Open it again and press the button once more.")


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "funds"


def at_desk(slug: str) -> Desk:
    """The call whose desk this is. Raises NotFound for everybody but its officers."""
    found = desk.desk_of(slug)
    access.demand_officer(actor().grants, found.scope)
    return found.for_visitor(actor().person)


def demand_all() -> None:
    """Officers of everything. Raises NotFound for everybody else."""
    if not access.may_create(actor().grants, None):
        raise NotFound


def marked_ids() -> list[uuid.UUID]:
    """The rows that are marked in a list, each once, in the order of the page. Raises NotFound for nonsense."""
    try:
        return list(dict.fromkeys(uuid.UUID(value) for value in request.form.getlist("id")[: desk.BULK_LIMIT]))
    except ValueError:
        raise NotFound from None


def seen_versions() -> dict[uuid.UUID, int]:
    """At which version the page showed each row: what a colleague did since must be seen first. Raises NotFound for
    nonsense.
    """
    found = {}
    for value in request.form.getlist("seen")[: desk.BULK_LIMIT]:
        one, _colon, version = value.partition(":")
        try:
            found[uuid.UUID(one)] = int(version)
        except ValueError:
            raise NotFound from None
    return found
