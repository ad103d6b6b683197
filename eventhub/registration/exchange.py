"""Questions and answers about a registration, as pages show them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import g
from flask_babel import gettext as _

from eventhub.kit.i18n import Clock, Moment, show_by
from eventhub.registration import attached
from eventhub.registration.attached import Attached
from eventhub.registration.thread import Said


@dataclass(frozen=True)
class Line:
    """One message, for templates/registration/exchange.html."""

    who: str
    by_desk: bool
    when: Moment
    text: str | None
    file: Attached | None


def lines(said: Sequence[Said], who: Callable[[Said], str], clock: Clock, url: Callable[[Said], str]) -> list[Line]:
    """The exchange, the oldest first. ``who`` names the author for this reader, ``clock`` is the reader's."""
    files = attached.told({str(one.message.id): one.file for one in said if one.file}, clock.zone)
    return [
        Line(
            who(one),
            one.message.by_desk,
            show_by(one.message.sent_at, clock, g.lang),
            one.text,
            attached.named(files[str(one.message.id)], one.name, url(one)) if str(one.message.id) in files else None,
        )
        for one in said
    ]


def own_author(one: Said) -> str:
    """Whom the registrant reads: nobody of the desk by name."""
    return str(_("The secretariat")) if one.message.by_desk else str(_("You"))
