"""What the staff pages of the fund share: the blueprint, and the words for a page that was open too long."""

from flask import Blueprint, g
from flask_babel import lazy_gettext as _l

from eventhub.kit.errors import DomainError

bp = Blueprint("funding_console", __name__)


class PageTooOld(DomainError):
    """A button of a page that was open too long; nothing was typed, so nothing is lost."""

    message = _l("This page was open too long. Open it again and press the button once more.")


@bp.before_request
def in_section() -> None:
    """The entry of the navigation these pages belong to."""
    g.section = "funds"
